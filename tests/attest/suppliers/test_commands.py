"""The commands of a round of asking, from the first request to the worst status, as a user runs them."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from remit.cli.main import main
from tests.attest.suppliers.handed_in import REGISTER, draw_key, fill_in, sign_with_ssh_keygen
from tests.house.console import ROOT

Run = Callable[..., tuple[int, str, str]]
AT = "2026-09-01"
EXAMPLE = ROOT / "examples/harbour-suppliers"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    line = draw_key(tmp_path / "s2.key")
    (tmp_path / "suppliers.yaml").write_text(
        f"""{REGISTER}suppliers:
  - {{id: s2, role: developer, contracts: [harbour-watch], keys: ['{line}']}}
  - {{id: s3, role: operator, contracts: [harbour-watch, citizen-desk]}}
  - {{id: petal, role: operator, contracts: [harbour-watch], exempt: delivers flowers}}
""",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str, str]:
        code = main(["suppliers", *words])
        return code, *capsys.readouterr()

    return call


def ask(run: Run) -> None:
    code, shown, _ = run("request", "--at", "2026-08-03", "--key", "q.pem", "--new-key")
    assert (code, shown.splitlines()[-1]) == (0, "asked 2 of 3, in the round round-1")


def answer(place: Path, supplier: str, **answers: str) -> Path:
    path = place / f"{supplier}.answer.yaml"
    path.write_bytes(fill_in((place / f"requests/{supplier}.request.yaml").read_bytes(), **answers))
    return path


def test_a_round_goes_from_missing_to_answered(place: Path, run: Run) -> None:
    ask(run)
    code, shown, _ = run("status", "--at", AT)
    assert code == 4
    assert shown.startswith("0 of 2 answered, the worst is missing")
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    code, shown, _ = run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20", "--json")
    (row,) = json.loads(shown)["taken"]
    assert (code, row["supplier"], row["form"], row["new"], row["status"]) == (0, "s2", "ssh", True, "clean")
    assert Path(row["receipt"]).is_file()
    answer(place, "s3")
    words = ("intake", "s3.answer.yaml", "--key", "q.pem", "--at", "2026-08-21")
    assert run(*words)[0] == 2
    assert run(*words, "--transcribed-by", "R. Amadi")[0] == 4
    code, shown, _ = run("status", "--at", AT)
    assert code == 4
    assert shown.startswith("2 of 2 answered, the worst is transcribed")
    assert "need not answer: petal, delivers flowers" in shown
    code, shown, _ = run("status", "--at", "2026-08-20T12:00:00Z", "--json")
    assert json.loads(shown)["answered"] == 1


def test_green_is_green_only_when_everybody_answered(place: Path, run: Run) -> None:
    text = (place / "suppliers.yaml").read_text(encoding="utf-8")
    alone = "".join(line for line in text.splitlines(keepends=True) if "{id: s3" not in line)
    (place / "suppliers.yaml").write_text(alone, encoding="utf-8")
    assert run("request", "--at", "2026-08-03", "--key", "q.pem", "--new-key")[0] == 0
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    assert run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")[0] == 0
    code, shown, _ = run("status", "--at", AT)
    assert (code, shown.splitlines()[0]) == (0, "1 of 1 answered, the worst is clean, at 2026-09-01T00:00:00Z")


def test_a_revocation_list_of_ssh_keygen_regrades_what_came_in_since(place: Path, run: Run) -> None:
    ask(run)
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    assert run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")[0] == 0
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", "revoked.krl", "s2.key.pub"], check=True, cwd=place)
    (place / "revoked.txt").write_text((place / "s2.key.pub").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("revoked.krl", "revoked.txt"):
        revoked = ("status", "--at", AT, "--revoked", name)
        assert "the worst is revoked-key" in run(*revoked)[1]
        assert "the worst is missing" in run(*revoked, "--revoked-from", "2026-08-25")[1]


def test_a_statement_of_remit_attest_is_an_answer(place: Path, run: Run) -> None:
    ask(run)
    nonce = next(
        path.stem for path in (place / "desk/sent").iterdir() if '"supplier":"s2"' in path.read_text(encoding="utf-8")
    )
    shutil.copytree(ROOT / "examples/harbour", place / "harbour")
    with (place / "harbour/remit/remit.yaml").open("a", encoding="utf-8") as terms:
        terms.write("\nmakers: [{id: halden, domicile: DE}]\n")
    (place / "order.txt").write_text("the order\n", encoding="utf-8")
    digest = hashlib.sha256(b"the order\n").hexdigest()
    register = place / "suppliers.yaml"
    text = register.read_text(encoding="utf-8").replace("a" * 64, digest).replace("[repositories]", "[repository]")
    register.write_text(text, encoding="utf-8")
    words = ["attest", "harbour/apps", "--order", "order-12@3", "--order-file", "order.txt", "--scope", "citizen-desk"]
    words += ["--target", "halden", "--nonce", nonce, "--no-suppliers", "none", "--key", "s2.key", "--org", "s2"]
    words += ["--affirmed-by", "E. Strand, counsel", "--at", "2026-08-12", "--terms", "harbour/remit"]
    assert main([*words, "--output", "bundle"]) == 0
    code, shown, _ = run("intake", "bundle/statement.dsse.json", "--key", "q.pem", "--at", "2026-08-20")
    assert code == 4
    assert "s2  dsse  receipt" in shown
    node = next(each for each in json.loads(run("status", "--at", AT, "--json")[1])["suppliers"] if each["id"] == "s2")
    assert node["status"] == "wrong-scope"
    assert node["not_covered"] == ["contract harbour-watch"]
    assert "traffic leaving the network: not looked at, not inquired" in node["why"]


def test_everybody_is_asked_once_and_again_when_told_to(place: Path, run: Run) -> None:
    ask(run)
    before = (place / "requests/s2.request.yaml").read_bytes()
    assert run("request", "--key", "q.pem")[0] == 3
    assert (place / "requests/s2.request.yaml").read_bytes() == before
    assert run("request", "s2", "--again", "--at", "2026-08-04", "--key", "q.pem")[0] == 0
    assert (place / "requests/s2.request.yaml").read_bytes() != before
    assert run("request", "nobody", "--key", "q.pem")[0] == 2


def test_one_bad_file_keeps_no_good_one_out(place: Path, run: Run) -> None:
    ask(run)
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    (place / "junk.yaml").write_bytes(b"PK\x03\x04")
    before = sorted(path.name for path in (place / "desk").rglob("*"))
    code, _, said = run("intake", "junk.yaml", "absent.yaml", "--key", "q.pem", "--at", "2026-08-20")
    assert code == 2
    assert said.startswith("Not every answer was taken in: 2 of 2 were not.")
    assert sorted(path.name for path in (place / "desk").rglob("*")) == before
    code, shown, said = run("intake", "junk.yaml", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")
    assert (code, "s2  clean" in shown) == (2, True)
    assert "junk.yaml is a zip archive" in said


def test_our_own_scan_is_held_against_an_answer(place: Path, run: Run) -> None:
    ask(run)
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    assert run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")[0] == 0
    row = {"relation": "runtime-call", "models": ["heron-4"], "evidence": [{"path": "a.py", "line": 3}]}
    findings = {"nav": {"makers": {"halden": {"integrations": [row]}}, "coverage": {"present": 1}}}
    (place / "nav.json").write_text(json.dumps(findings), encoding="utf-8")
    code, shown, _ = run("status", "--at", AT, "--scan", "s2=nav.json")
    assert code == 10
    assert "nav.json shows runtime-call at nav/a.py:3" in shown
    assert run("status", "--at", AT, "--scan", "s99=nav.json")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--scan", "s2"),
        ("status", "--scan", "s2=suppliers.yaml"),
        ("status", "--revoked-from", "2026-01-01"),
        ("status", "--at", "yesterday"),
        ("graph", "--output", "x.docx"),
    ],
)
def test_a_wrong_call_is_told_as_one(place: Path, run: Run, words: tuple[str, ...]) -> None:
    ask(run)
    assert run(*words)[0] == 2
    assert not (place / "x.docx").exists()


@pytest.mark.usefixtures("place")
def test_without_a_register_or_a_desk_there_is_nothing_to_look_at(run: Run) -> None:
    assert run("status", "--register", "absent.yaml")[0] == 3
    assert run("status")[0] == 3


def test_an_entry_in_our_log_says_that_an_answer_came(place: Path, run: Run) -> None:
    ask(run)
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2"))
    assert main(["log", "init", "log", "--origin", "quayside.example/suppliers"]) == 0
    code, shown, _ = run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20", "--log", "log")
    assert code == 0
    assert "to the log, and published" in shown


def test_what_a_supplier_writes_moves_no_cursor(place: Path, run: Run) -> None:
    ask(run)
    why = 'unread: 3\n      why: "\\e[2J\\nclean"'
    sign_with_ssh_keygen(place / "s2.key", answer(place, "s2", unread=why.removeprefix("unread: ")))
    code, shown, _ = run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")
    assert code == 4
    assert "\x1b" not in shown + run("status", "--at", AT)[1] + run("graph", "--at", AT)[1]


def test_every_form_of_the_graph_is_written(place: Path, run: Run, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "example")
    outputs = [f"chain{ending}" for ending in (".txt", ".csv", ".cdx.json", ".html")]
    words = [word for name in outputs for word in ("--output", name)]
    assert run("graph", "--register", "example/suppliers.yaml", "--at", AT, *words)[0] == 0
    assert all((place / name).stat().st_size for name in outputs)
    for form in ("text", "csv", "cyclonedx", "html"):
        assert run("graph", "--register", "example/suppliers.yaml", "--at", AT, "--format", form)[0] == 0
