"""`remit attest` and `remit verify` as they are called: what is stated, refused, looked at again and decided again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from remit.attest.bundle import Companions, seal_integration
from remit.attest.envelope import read_envelope
from remit.attest.files import (
    BOM,
    ENTRY,
    ENVELOPE,
    FINDINGS,
    PROOF,
    READING,
    SARIF,
    SIGNER_PEM,
    SIGNERS,
    read_bundle,
    write_bundle,
)
from remit.attest.predicates.model_integration import ModelIntegration
from remit.attest.predicates.register import published_schema
from remit.attest.signer import public_pem, public_text, read_signer
from remit.attest.ssh_signature import public_line, sign_with_key
from remit.attest.statement import read_statement
from remit.cli.exit import Exit
from remit.cli.main import main
from remit.ledger.cosignature import cosign
from remit.ledger.entry import make_draft
from remit.ledger.kind import Kind
from remit.ledger.proof import make_inclusion
from remit.ledger.signer import FileSigner
from remit.ledger.tlog_proof import write_proof
from remit.ledger.tree import leaf_hash
from tests.attest.signed import MACHINE, QUAYSIDE, SECRET, bundle
from tests.attest.test_predicates import RECORDS
from tests.attest.test_subject import git
from tests.ledger.small_log import AT as SEEN
from tests.ledger.small_log import LOG_KEY, WITNESS, WITNESS_KEY, WITNESS_SIGNER, SmallLog
from tests.terms.writing import SCENE, clause, instrument

ROOT = Path(__file__).parents[2]
AT = "2026-09-01T12:00:00Z"
ORDER = "instrument: o\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with a key, those who are allowed, the text of an order, and a small system that calls one maker."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "attest" / "key", tmp_path / "key")
    shutil.copy(ROOT / "examples" / "attest" / "allowed_signers", tmp_path / "allowed")
    (tmp_path / "order.yaml").write_text(ORDER, encoding="utf-8")
    (tmp_path / "nav").mkdir()
    (tmp_path / "nav" / "requirements.txt").write_text("anthropic==0.60\n", encoding="utf-8")
    code = 'import anthropic\nclient = anthropic.Anthropic()\nclient.messages.create(model="claude-sonnet-4-5")\n'
    (tmp_path / "nav" / "main.py").write_text(code, encoding="utf-8")
    return tmp_path


ASKED = ["--order", "order-7@2", "--order-file", "order.yaml", "--scope", "c-1", "--org", "quayside", "--at", AT]
TRUST = ["--allowed-signers", "allowed", "--at", AT]


def attest(*words: str, path: str = "nav", target: str = "anthropic", key: str = "key") -> int:
    return main(["attest", path, *ASKED, "--target", target, "--key", key, *words])


def said(name: str = "attestation") -> dict[str, Any]:
    predicate: dict[str, Any] = json.loads(Path(name, READING).read_bytes())["predicate"]
    return predicate


def test_what_is_found_is_stated_with_its_relation_and_verifies(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--nonce", "n-7", "--affirmed-by", "R. Amadi, system owner", "--exclude", "third_party/=see S2"]
    assert (
        attest(*words, "--supplier", f"S2=sha256:{'a' * 64}", "--supplier", "S5=no answer since April") == Exit.WITHIN
    )
    found = said()
    assert (found["status"], found["findings"]["open"], found["findings"]["relations"]) == (
        "found",
        1,
        {"runtime-call": 1},
    )
    assert found["order"]["version"] == 2
    assert found["affirmedBy"] == {"name": "R. Amadi", "role": "system owner", "standard": "reasonable inquiry"}
    assert found["suppliers"] == [
        {"id": "S2", "statement": {"sha256": "a" * 64}},
        {"id": "S5", "missing": "no answer since April"},
    ]
    assert found["scope"]["excluded"] == [{"what": "third_party/", "why": "see S2"}]
    assert {row["name"]: row["unread"] for row in found["method"]["surfaces"]}["suppliers and their suppliers"] == 0
    asked = ["--order", "order-7@2", "--nonce", "n-7", "--scope", "c-1", "--rescan", "nav"]
    assert main(["verify", "attestation", *TRUST, *asked]) == Exit.WITHIN
    out = capsys.readouterr().out
    assert "20 rescan          pass         the same findings" in out
    assert "grade E1" in out, "suppliers were asked, which nobody can repeat"
    assert "complian" not in out.lower()
    assert not [path for path in place.iterdir() if path.name.startswith(".")]


def test_what_is_not_found_is_stated_with_what_was_not_looked_at(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attest(target="deepseek") == Exit.WITHIN
    assert said()["status"] == "not-found with gaps"
    assert (
        "deepseek: not-found with gaps. Not looked at, or not wholly: settings of hosted services"
        in capsys.readouterr().out
    )
    assert main(["verify", "attestation", *TRUST, "--rescan", "nav", "--json"]) == Exit.WITHIN
    told = json.loads(capsys.readouterr().out)
    assert (told["refused"], told["grade"], told["signed_by"]) == (None, "E2", ["quayside"])
    assert [step["outcome"] for step in told["steps"]].count("pass") == 11
    files = [path for path in place.joinpath("attestation").iterdir() if path.name != SIGNERS]
    assert not [path.name for path in files if b"complian" in path.read_bytes().lower()]


def test_only_what_was_asked_about_is_handed_out(place: Path) -> None:
    (place / "nav" / "more.py").write_text(
        "import openai\nopenai.OpenAI().responses.create(model='gpt-5')\n", encoding="utf-8"
    )
    assert attest() == Exit.WITHIN
    for name in (FINDINGS, SARIF, BOM, ENVELOPE):
        assert b"openai" not in (place / "attestation" / name).read_bytes().lower()


def test_everything_inquired_and_nothing_found_is_not_found_and_removal_is_told(place: Path) -> None:
    assert attest(target="deepseek") == Exit.WITHIN
    assert not (place / "whole").exists()
    surfaces = [row["name"] for row in said()["method"]["surfaces"] if row["unread"]]
    asked = [word for surface in surfaces for word in ("--inquired", f"{surface}=R. Amadi asked")]
    assert attest(*asked, "--output", "whole", target="deepseek") == Exit.WITHIN
    assert (said("whole")["status"], said("whole")["method"]["kind"]) == ("not-found", "scan+inquiry")
    assert attest("--removed", "heron-2 in nav=2026-08-20", "--output", "gone", target="deepseek") == Exit.WITHIN
    assert (said("gone")["status"], said("gone")["removed"]) == (
        "removed",
        [{"what": "heron-2 in nav", "on": "2026-08-20"}],
    )
    none = ["--no-suppliers", "we build all of it", "--named-only", "--model", "heron-*", "--output", "none"]
    assert attest(*none, target="deepseek") == Exit.WITHIN
    assert said("none")["none"] == "we build all of it"


def test_looking_again_at_something_else_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attest() == Exit.WITHIN
    (place / "nav" / "main.py").write_text("print()\n", encoding="utf-8")
    assert main(["verify", "attestation", *TRUST, "--rescan", "nav"]) == Exit.REFUSED
    assert "20 rescan          FAIL         the place has sha256:" in capsys.readouterr().out
    assert main(["verify", "attestation", *TRUST, "--rescan", "absent"]) == Exit.REFUSED
    assert main(["verify", "attestation", *TRUST, "--redecide", "nav"]) == Exit.REFUSED


def test_a_finished_scan_of_the_same_contents_is_taken_and_of_others_is_not(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attest() == Exit.WITHIN
    earlier = ["--from-scan", "attestation/findings.json"]
    assert attest(*earlier, "--nonce", "again", "--output", "second") == Exit.WITHIN
    assert (place / "second" / SARIF).read_bytes() == (place / "attestation" / SARIF).read_bytes()
    assert main(["verify", "second", *TRUST, "--nonce", "again", "--rescan", "nav"]) == Exit.WITHIN
    capsys.readouterr()
    refusals = {
        "answers for another target": attest(*earlier, "--output", "x", target="halden"),
        "is no findings.json of a bundle": attest("--from-scan", "order.yaml", "--output", "x"),
    }
    (place / "attestation" / SARIF).write_text("{}", encoding="ascii")
    refusals["was changed since its bundle was made"] = attest(*earlier, "--output", "x")
    (place / "nav" / "more").write_text("", encoding="ascii")
    refusals["is about other contents"] = attest("--from-scan", "second/findings.json", "--output", "x")
    told = capsys.readouterr().err
    for says, code in refusals.items():
        assert (code, says in told) == (Exit.MISUSED, True), says
    assert not (place / "x").exists()


def test_a_checkout_is_looked_at_as_it_is_committed_and_changes_only_by_their_digest(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    nav = place / "nav"
    git(nav, "init", "-q")
    (nav / ".gitignore").write_text("kept-out.py\n", encoding="utf-8")
    git(nav, "add", ".")
    git(nav, "commit", "-qm", "one")
    (nav / "kept-out.py").write_text("import openai\n", encoding="utf-8")
    assert attest("--name", "nav") == Exit.WITHIN
    surfaces = {row["name"]: row for row in said()["method"]["surfaces"]}
    assert (surfaces["repository"]["present"], surfaces["history"]["seen"]) == (3, 1)
    assert main(["verify", "attestation", *TRUST, "--rescan", "nav"]) == Exit.WITHIN
    (nav / "main.py").write_text("import anthropic\n", encoding="utf-8")
    capsys.readouterr()
    assert attest("--output", "dirty") == Exit.MISUSED
    assert "is not what is committed; main.py differs" in capsys.readouterr().err
    assert not (place / "dirty").exists()
    assert attest("--output", "dirty", "--with-changes") == Exit.WITHIN
    assert main(["verify", "dirty", *TRUST, "--rescan", "nav"]) == Exit.WITHIN


def test_nothing_is_written_over_and_nothing_looked_at_in_vain(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "attestation").mkdir()
    assert attest() == Exit.MISUSED
    assert "attestation is there already" in capsys.readouterr().err
    assert not list((place / "attestation").iterdir())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nav", "--key", "key"], Exit.MISUSED, "say what is asked"),
        (["nav", *ASKED, "--target", "x"], Exit.MISUSED, "name the key that signs it"),
        (["nav", *ASKED, "--target", "x", "--key", "order.yaml"], Exit.MISUSED, "neither a key of OpenSSH"),
        (["nav", "--order", "o@0", "--scope", "c", "--target", "x", "--key", "key"], Exit.MISUSED, "no version"),
        (["nav", "--order", "o", "--scope", "c", "--target", "x", "--key", "key"], Exit.MISUSED, "text of o is not"),
        (["nav", "--order", "o", "--order-file", "none", "--scope", "c", "--target", "x", "--key", "key"], Exit.NOTHING,
         "No such file"),
        (["nav", "--order", "o", "--order-file", "order.yaml", "--scope", "c", "--target", "x", "--key", "key"],
         Exit.MISUSED, "say who states it"),
        (["none", *ASKED, "--target", "x", "--key", "key"], Exit.NOTHING, "there is no none"),
        (["nav", *ASKED, "--target", "x", "--key", "key", "--at", "then"], Exit.MISUSED, "--at 'then'"),
        (["nav", *ASKED, "--target", "x", "--key", "key", "--valid", "soon"], Exit.MISUSED, "--valid 'soon'"),
        (["nav", *ASKED, "--target", "x", "--key", "key", "--affirmed-by", "Amadi"], Exit.MISUSED, "a name and a role"),
        (["nav", *ASKED, "--target", "x", "--key", "key", "--inquired", "bills"], Exit.MISUSED, "two texts around a ="),
        (["nav", *ASKED, "--target", "x", "--key", "key", "--inquired", "bill=y"], Exit.MISUSED, "they are: settings"),
        (["nav", *ASKED, "--target", "mistrall", "--key", "key"], Exit.MISUSED, "unknown maker; did you mean mistral?"),
        (["nav", *ASKED, "--target", "a b", "--key", "key"], Exit.MISUSED, "'a b' is an unknown maker"),
        (["nav", "--predicate", "receipt", "--key", "key"], Exit.MISUSED, "--record FILE"),
        (["nav", "--predicate", "receipt", "--key", "key", "--record", "order.yaml"], Exit.MISUSED, "cannot be read"),
        (["none", "--predicate", "model-usage", "--key", "key"], Exit.NOTHING, "there is no folder none"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_answered_says_so_and_writes_nothing(
    words: list[str], code: Exit, says: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attest", *words]) == code
    told = capsys.readouterr().err
    assert says in told
    assert told.startswith(("Nothing was attested", "Nothing was signed", "Nothing was written"))
    assert not (place / "attestation").exists()


def test_an_empty_place_is_nothing_to_look_at(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "empty").mkdir()
    assert attest(path="empty") == Exit.NOTHING
    assert "there is no file in empty" in capsys.readouterr().err


def test_two_keys_sign_one_envelope_and_a_machine_signs_in_pem(place: Path) -> None:
    (place / "ci.pem").write_bytes(FileSigner.from_seed(bytes(range(64, 96))).to_pem())
    assert attest("--key", "ci.pem") == Exit.WITHIN
    assert len(read_envelope((place / "attestation" / ENVELOPE).read_bytes()).signatures) == 2
    (place / "pinned.pem").write_text(public_pem(MACHINE.key), encoding="ascii")
    for trust in (["--key", "pinned.pem"], ["--allowed-signers", "allowed"]):
        assert main(["verify", "attestation", *trust, "--at", AT]) == Exit.WITHIN
    assert attest("--output", "alone", key="ci.pem") == Exit.WITHIN
    assert not (place / "alone" / SIGNERS).exists()
    assert main(["verify", "alone", "--trust-key-inside", "--at", AT]) == Exit.WITHIN


@pytest.mark.parametrize("name", ["removal", "reconciliation", "receipt", "assessment"])
def test_a_predicate_that_people_filled_in_is_signed(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {key: value for key, value in RECORDS[name].items() if key not in {"evidence", "affirmedBy"}}
    (place / "record.json").write_text(json.dumps(record), encoding="utf-8")
    words = ["--predicate", name, "--record", "record.json", "--key", "key", "--at", AT, "--affirmed-by", "A, b"]
    assert main(["attest", "order.yaml", *words]) == Exit.WITHIN
    assert main(["verify", "attestation", *TRUST]) == Exit.WITHIN
    (place / "record.json").write_text(json.dumps(record | {"evidence": []}), encoding="utf-8")
    assert main(["attest", "order.yaml", *words, "--output", "x"]) == Exit.MISUSED
    (place / "record.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()
    assert main(["attest", "order.yaml", *words, "--output", "x"]) == Exit.MISUSED
    assert "Nothing was attested: the predicate has" in capsys.readouterr().err


def test_a_window_of_a_log_is_counted_as_the_ledger_counts_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(ROOT / "examples" / "ledger")
    words = ["--predicate", "model-usage", "--key", "key", "--at", AT]
    assert main(["attest", log, *words]) == Exit.WITHIN
    found = said()
    assert found["counts"]["citizen-desk"]["decision:allow"] == 2
    assert found["boundaries"]["halden.no-mass-surveillance"] == {"clear": 3, "crossed": 1}
    assert (found["holds"]["held"], found["holds"]["approved"], found["grade"]) == (1, 1, "E2")
    assert found["delayMs"] == {"of": 3, "p50": 5, "p90": 48210, "p99": 48210, "most": 48210}
    assert main(["verify", "attestation", *TRUST]) == Exit.WITHIN
    assert main(["attest", log, *words, "--first", "0", "--stop", "2", "--output", "few"]) == Exit.WITHIN
    assert "delayMs" not in said("few")
    capsys.readouterr()
    assert main(["attest", log, *words, "--first", "3", "--stop", "3", "--output", "none"]) == Exit.MISUSED
    assert "3 to 3 is no window" in capsys.readouterr().err
    assert not (place / "none").exists()


def test_terms_are_stated_with_what_the_prover_says_of_them(place: Path) -> None:
    words = ["--predicate", "terms", "--key", "key", "--at", AT]
    assert main(["attest", str(ROOT / "examples" / "harbour"), *words]) == Exit.WITHIN
    found = said()
    assert [row["id"] for row in found["instruments"]][:2] == ["board-designation-7", "house-rules"]
    assert (found["prover"]["holds"], found["prover"]["certificate"]["name"]) == (False, "certificate.json")
    assert main(["verify", "attestation", *TRUST]) == Exit.WITHIN
    assert (place / "attestation" / "certificate.json").exists()


HARBOUR = ["--order", "ministry-order-12", "--scope", "harbour-watch", "--target", "meta", "--key", "key", "--at", AT]


@pytest.fixture
def harbour(place: Path) -> Path:
    shutil.copytree(ROOT / "examples" / "harbour", place / "harbour")
    assert main(["attest", "harbour", *HARBOUR]) == Exit.WITHIN
    return place / "harbour"


def test_verdicts_of_the_contract_are_stated_and_come_out_again(
    harbour: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = said()["terms"]["verdicts"]
    assert [(row["scope"], row["maker"], row["relation"]) for row in rows] == [
        ("harbour-watch", "meta", "local-weights")
    ]
    again = ["--redecide", str(harbour / "remit"), "--rescan", "harbour"]
    assert main(["verify", "attestation", *TRUST, *again]) == Exit.WITHIN
    assert "21 redecide        pass         1 verdicts come out again" in capsys.readouterr().out


def test_other_terms_do_not_decide_again(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (harbour / "remit" / "remit.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert main(["verify", "attestation", *TRUST, "--redecide", "harbour"]) == Exit.REFUSED
    assert "21 redecide        FAIL         the terms are sha256:" in capsys.readouterr().out
    assert main(["verify", "attestation", *TRUST, "--redecide", "nowhere"]) == Exit.REFUSED


def test_a_verdict_that_does_not_follow_from_its_facts_is_refused(
    harbour: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = read_bundle(harbour.parent / "attestation")
    verdict = said()["terms"]["verdicts"][0]["verdict"]
    told = f'"verdict": "{verdict}"'
    found, record = (files[name].decode().replace(told, '"verdict": "within"') for name in (FINDINGS, READING))
    honest = read_statement(files[READING])
    predicate = ModelIntegration.from_dict(json.loads(record)["predicate"])
    companions = Companions(found.encode(), files[SARIF], json.loads(files[BOM]))
    signer = read_signer(harbour.parent / "key", name="quayside")
    write_bundle(harbour.parent / "lie", seal_integration(predicate, honest.subjects, companions, [signer]))
    assert main(["verify", "lie", *TRUST]) == Exit.WITHIN
    capsys.readouterr()
    assert main(["verify", "lie", *TRUST, "--redecide", str(harbour)]) == Exit.REFUSED
    assert f"meta in harbour-watch is {verdict}, and was said to be within" in capsys.readouterr().out
    assert main(["verify", "lie", *TRUST, "--rescan", "harbour"]) == Exit.REFUSED
    one = seal_integration(predicate, honest.subjects, replace(companions, findings=files[FINDINGS]), [signer])
    write_bundle(harbour.parent / "half", one)
    assert main(["verify", "half", *TRUST, "--redecide", str(harbour)]) == Exit.REFUSED
    assert "the statement and its findings differ: verdicts[0].verdict was 'within'" in capsys.readouterr().out


@pytest.mark.parametrize(
    "found", ["{}", "no json", '{"found": 1, "rules": {"sha256": ""}}', '{"found": {"scopes": [1]}}']
)
def test_findings_that_cannot_be_read_are_refused_and_break_nothing(found: str, harbour: Path) -> None:
    files = read_bundle(harbour.parent / "attestation")
    honest = read_statement(files[READING])
    predicate = ModelIntegration.from_dict(dict(honest.predicate))
    text = found.replace("[1]}", '[1]}, "rules": {"sha256": ""}')
    companions = Companions(text.encode(), files[SARIF], json.loads(files[BOM]))
    signer = read_signer(harbour.parent / "key")
    write_bundle(harbour.parent / "odd", seal_integration(predicate, honest.subjects, companions, [signer]))
    assert main(["verify", "odd", *TRUST]) == Exit.WITHIN
    assert main(["verify", "odd", *TRUST, "--redecide", str(harbour)]) == Exit.REFUSED
    assert main(["verify", "odd", *TRUST, "--rescan", "harbour"]) == Exit.REFUSED


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], Exit.MISUSED, "name a bundle"),
        (["b"], Exit.NOTHING, "there is no b"),
        (["given"], Exit.MISUSED, "say whom to trust, in one way"),
        (["given", "--key", "key", "--trust-key-inside"], Exit.MISUSED, "say whom to trust, in one way"),
        (["given", "--allowed-signers", "absent"], Exit.NOTHING, "Nothing was read: absent"),
        (["given", "--key", "order.yaml"], Exit.MISUSED, "order.yaml:1"),
        (["given", *TRUST, "--order", "o@x"], Exit.MISUSED, "no version"),
        (["given", "--key", "key", "--at", "then"], Exit.MISUSED, "order.yaml|key:1"),
        (["given", "--allowed-signers", "allowed", "--at", "then"], Exit.MISUSED, "--at 'then'"),
        (["bare", "--trust-key-inside"], Exit.MISUSED, "there is no key inside"),
        (["--write-script", "key"], Exit.MISUSED, "Nothing was written: key"),
    ],
)
def test_a_verification_that_cannot_be_made_says_so(
    words: list[str], code: Exit, says: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, files in (("given", bundle()), ("bare", {ENVELOPE: bundle()[ENVELOPE]})):
        for name, content in files.items():
            (place / folder / name).parent.mkdir(exist_ok=True)
            (place / folder / name).write_bytes(content)
    assert main(["verify", *words]) == code
    assert re.search(says, capsys.readouterr().err)


def test_a_revoked_key_and_another_identity_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in bundle().items():
        (place / "given" / name).parent.mkdir(exist_ok=True)
        (place / "given" / name).write_bytes(content)
    (place / "allowed").write_text(public_text(QUAYSIDE.key), encoding="ascii")
    (place / "revoked").write_text(f"{QUAYSIDE.key.ident}\n", encoding="ascii")
    assert main(["verify", "given", *TRUST]) == Exit.WITHIN
    assert main(["verify", "given", *TRUST, "--revoked", "revoked"]) == Exit.REFUSED
    assert main(["verify", "given", *TRUST, "--identity", "tidewater"]) == Exit.REFUSED
    assert "refused at the step revocation" in capsys.readouterr().out
    (place / "given" / SIGNER_PEM).write_text(public_pem(MACHINE.key), encoding="ascii")
    (place / "given" / SIGNERS).unlink()
    assert main(["verify", "given", "--trust-key-inside", "--at", AT]) == Exit.REFUSED


def test_the_script_is_written_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--write-script", "remit-verify.py"]) == Exit.WITHIN
    assert "python -I remit-verify.py BUNDLE" in capsys.readouterr().out
    assert (place / "remit-verify.py").read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")


def test_terms_say_which_key_signed_which_instrument(place: Path) -> None:
    folder = place / "agreed"
    pinned = [{"key": public_line(QUAYSIDE.key.blob)}]
    parties = [each | ({"keys": pinned} if each["id"] == "ministry" else {}) for each in SCENE.register["parties"]]
    files = SCENE.with_register(parties=parties).with_instruments(
        instrument("signed", "order", clause("no", "forbid")), instrument("plain", "policy", clause("yes", "permit"))
    ).files()  # fmt: skip
    (folder / "instruments").mkdir(parents=True)
    (folder / "remit.yaml").write_bytes(files.register)
    for name, content in files.instruments.items():
        (folder / name).write_bytes(content)
        if b'"signed"' in content:
            made = sign_with_key(SECRET, QUAYSIDE.key.blob, content, "remit-instrument@v1")
            (folder / f"{name}.sig").write_bytes(made)
    assert main(["attest", "agreed", "--predicate", "terms", "--key", "key", "--at", AT]) == Exit.WITHIN
    assert {row["id"]: row.get("signedBy") for row in said()["instruments"]} == {
        "signed": QUAYSIDE.key.ident,
        "plain": None,
    }


def test_the_schema_of_a_kind_is_printed_and_nothing_attested(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attest", "--predicate", "receipt", "--schema"]) == Exit.WITHIN
    assert json.loads(capsys.readouterr().out) == published_schema("receipt")
    assert not (place / "attestation").exists()


def test_a_statement_in_a_log_that_a_witness_cosigned_is_worth_more(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attest() == Exit.WITHIN
    payload = read_envelope((place / "attestation" / ENVELOPE).read_bytes()).payload
    log = SmallLog(9)
    fields = {"digest": f"sha256:{sha256(payload).hexdigest()}", "type": "model-integration"}
    log.entries[3] = make_draft(Kind.MESSAGE, "log", fields).write(3, 3, "2026-09-01T12:00:00.000Z")
    log.leaves[3] = leaf_hash(log.entries[3])
    plain = log.checkpoint()
    note = replace(plain, signatures=(*plain.signatures, cosign(plain.text, WITNESS, WITNESS_SIGNER, SEEN)))
    (place / "attestation" / "log").mkdir()
    (place / "attestation" / ENTRY).write_bytes(log.entries[3])
    (place / "attestation" / PROOF).write_bytes(write_proof(3, make_inclusion(3, 9, log.node), note.content()))
    policy = f"log {LOG_KEY.text}\nwitness w {WITNESS_KEY.text}\nquorum w\n"
    (place / "policy").write_text(policy, encoding="utf-8")
    assert main(["verify", "attestation", *TRUST, "--log-policy", "policy", "--rescan", "nav"]) == Exit.WITHIN
    out = capsys.readouterr().out
    assert "entry 3 of quayside.example/remit/harbour, cosigned by w" in out
    assert "grade E3" in out


def test_a_key_that_would_not_be_accepted_signs_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    command = ["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", "small"]
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    assert attest(key="small") == Exit.MISUSED
    assert "the bundle would not verify at signature" in capsys.readouterr().err
    assert not (place / "attestation").exists()


def test_an_archive_is_named_by_its_digest_and_has_no_history_to_read(place: Path) -> None:
    shutil.make_archive("nav", "tar", place, "nav")
    assert attest(path="nav.tar") == Exit.WITHIN
    assert [row["name"] for row in said()["method"]["surfaces"]][:2] == ["repository", "settings of hosted services"]
    assert main(["verify", "attestation", *TRUST, "--rescan", "nav.tar"]) == Exit.WITHIN
