"""The commands of a round of asking, from the first request to the worst status, as a user runs them."""

import json
import shutil
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
    assert run("intake", "s2.answer.yaml", "--key", "q.pem", "--at", "2026-08-20")[0] == 0
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
    (place / "s2.revoked").write_text((place / "s2.key.pub").read_text(encoding="utf-8"), encoding="utf-8")
    revoked = ("status", "--at", AT, "--revoked", "s2.revoked")
    assert "the worst is revoked-key" in run(*revoked)[1]
    assert "the worst is clean" in run(*revoked, "--revoked-from", "2026-08-25")[1]


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
