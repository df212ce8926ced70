"""The commands of a log as a keeper, a witness and a stranger use them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from remit.cli.exit import Exit
from remit.cli.main import EXTRA_OF, main
from tests.house.console import ROOT

Say = Callable[..., str]
TERMS = "tm=sha256:" + "ab" * 32
FROM = "from=2020-01-01T00:00:00.000Z"
ORIGIN = "quayside.example/one/halden"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command that must go well, or with the code given, and returns what it said."""

    def run(*words: str, code: int = Exit.WITHIN) -> str:
        capsys.readouterr()
        found = main(["log", *words])
        out, err = capsys.readouterr()
        assert found == code, out + err
        return err if code else out

    return run


@pytest.fixture
def log(say: Say) -> Path:
    say("init", "ev", "--origin", ORIGIN)
    say("append", "ev", "terms", TERMS, FROM, "by=a,b")
    hidden = ("--hide", "purpose=translate", "--hide", "subject=c-19")
    say("append", "ev", "decision", "s=uc-07", "o=allow", TERMS, 'b={"b.surv":"ok"}', *hidden)
    say("append", "ev", "outcome", "s=uc-07", "of=2", "status=200", "model=heron-2", "ms=12")
    return Path("ev")


def key_of(log: Path) -> str:
    return (log / "policy").read_text().split()[1]


def test_a_log_is_begun_filled_shown_and_verified(log: Path, say: Say) -> None:
    shown = say("show", "ev").splitlines()
    assert [line.split()[3] for line in shown] == ["start", "terms", "decision", "outcome"]
    assert shown[2].endswith("+2 hidden")
    assert len(say("show", "ev", "--stream", "uc-07", "--last", "1").splitlines()) == 1
    assert len(json.loads(say("show", "ev", "--kind", "terms", "--format", "json"))) == 1
    assert "no" not in say("show", "ev", "--first", "3", "--stop", "4").split()
    said = say("verify", "ev", "--key", key_of(log), "--beat", "5")
    assert "4 entries, all of the log" in said
    assert "grade E2: reproducible" in said
    assert "not shown:" in said
    assert "compliant" not in said


def test_a_key_that_lies_beside_is_worth_nothing_and_one_must_be_named(log: Path, say: Say) -> None:
    assert "say whom to trust" in say("verify", "ev", code=Exit.MISUSED)
    assert "say whom to trust" in say("verify", "ev", "--trust-key-inside", "--key", key_of(log), code=Exit.MISUSED)
    assert "grade E0: asserted" in say("verify", "ev", "--trust-key-inside")


def test_an_entry_that_would_spoil_the_log_is_not_written(log: Path, say: Say) -> None:
    wrong = [
        (["outcome", "s=uc-07", "of=9"], "names 9, which is no earlier entry"),
        (["outcome", "s=uc-07", "of=2"], "names 2, which is no decision that waits"),
        (["decision", "s=uc-07", "o=allow", TERMS.replace("ab", "cd")], "was in force"),
        (["decision", "s=uc-07", "o=maybe", TERMS], "not one of allow"),
        (["decision", "s=uc-07", "o", TERMS], "'o' is not NAME=VALUE"),
        (["message", "type=x", "digest=no"], "sha256: and 64"),
        ([], "name a kind with its fields, or --file"),
        (["beat", "--file", "x"], "and not both"),
    ]
    for words, says in wrong:
        assert says in say("append", "ev", *words, code=Exit.MISUSED)
    assert len(say("show", str(log)).splitlines()) == 4


def test_many_entries_come_from_a_file(log: Path, say: Say) -> None:
    lines = [
        {"k": "decision", "s": "uc-08", "o": "hold", "tm": TERMS[3:], "hide": {"purpose": "x"}},
        {"k": "release", "s": "uc-08", "of": 4, "o": "approved"},
        {"k": "beat"},
    ]
    Path("lines").write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert say("append", "ev", "--file", "lines", "--no-publish").startswith("wrote entries 4 to 6 at ")
    assert "4 entries, all of the log" in say("verify", "ev", "--key", key_of(log))
    for content, says in [
        ("{", "line 1 cannot be read"),
        ("\n[]", "line 2 is no object"),
        ('{"k":"x"}', "with a known kind"),
        ('{"k":"beat","hide":[]}', "hide in line 1"),
    ]:
        Path("lines").write_text(content)
        assert says in say("append", "ev", "--file", "lines", code=Exit.MISUSED)
    assert "Nothing was read: gone" in say("append", "ev", "--file", "gone", code=Exit.NOTHING)


def test_one_entry_is_proved_and_verified_alone(log: Path, say: Say) -> None:
    say("prove", "ev", "2", "--out", "2.tlog-proof", "--entry", "2.entry")
    assert say("prove", "ev", "2") == Path("2.tlog-proof").read_text()
    said = say("verify", "2.tlog-proof", "--entry", "2.entry", "--key", key_of(log))
    assert "entry 2: decision in uc-07" in said
    assert "grade E1: signed by a key known beforehand" in said
    assert "needs the entry" in say("verify", "2.tlog-proof", "--key", key_of(log), code=Exit.MISUSED)
    assert "is there already" in say("prove", "ev", "2", "--out", "2.tlog-proof", code=Exit.MISUSED)
    assert "and not both" in say("prove", "ev", code=Exit.MISUSED)
    say("open", "ev", "2", "--out", "parcel")
    opened = ("--disclosures", "parcel/open/2.disclosures", "--format", "json")
    record = json.loads(say("verify", "2.tlog-proof", "--entry", "2.entry", "--key", key_of(log), *opened))
    assert record["opened"][0]["fields"] == {"purpose": "translate", "subject": "c-19"}


def test_a_changed_entry_is_refused_with_the_step(log: Path, say: Say) -> None:
    bundle = log / "public/tile/entries/000.p/4"
    bundle.write_bytes(bundle.read_bytes().replace(b'"allow"', b'"deny!"'))
    said = say("verify", "ev", "--key", key_of(log), code=Exit.REFUSED)
    assert said.startswith("The evidence was not accepted: ")
    assert "Refused at the step" in said


def test_counts_are_committed_to_proved_and_counted_again(log: Path, say: Say) -> None:
    said = say("summary", "ev", "--stream", "uc-07", "--out", "s.tlog-proof")
    assert "entry 4 is the summary of 0 to before 4" in said
    assert "        1 uc-07 decision:allow" in said
    assert "grade E1" in said
    say("verify", "s.tlog-proof", "--entry", "s.tlog-proof.entry", "--key", key_of(log))
    assert "(uc-07)" in say("show", "ev", "--last", "1")
    assert "is equal to the count of entries 0 to before 4" in say("recount", "ev", "4", "--key", key_of(log))
    record = json.loads(say("recount", "ev", "4", "--key", key_of(log), "--format", "json"))
    assert record["counts"]["uc-07"]["outcome"] == 1
    assert "entry 5 is the summary of 4 to before 5" in say("summary", "ev", "--stream", "uc-07")
    assert "entry 6 is the summary of 1 to before 3" in say("summary", "ev", "--first", "1", "--stop", "3")
    assert "3 to 99 are none of them" in say("summary", "ev", "--stop", "99", code=Exit.MISUSED)
    assert "3 summaries recounted" in say("verify", "ev", "--key", key_of(log))


def test_a_summary_too_long_says_what_to_do(log: Path, say: Say) -> None:
    rules = [",".join(f"rule-{line}-{n}-{'x' * 90}" for n in range(60)) for line in range(12)]
    draft = [{"k": "decision", "s": "uc-07", "o": "deny", "tm": TERMS[3:], "r": line.split(",")} for line in rules]
    Path("lines").write_text("\n".join(map(json.dumps, draft)))
    say("append", str(log), "--file", "lines")
    assert "Take a shorter range" in say("summary", "ev", code=Exit.MISUSED)


def test_fields_are_opened_chosen_or_drawn(log: Path, say: Say) -> None:
    said = say("open", "ev", "2", "--field", "purpose")
    assert said.splitlines()[1:] == ["  purpose: translate", "  1 fields stay closed"]
    nonce = ("--nonce", "00" * 16)
    say("open", "ev", "--sample", "3", *nonce, "--out", "parcel")
    said = say("verify", "parcel", "--key", key_of(log))
    assert "3 entries opened, drawn by the nonce" in said
    assert "go together" in say("open", "ev", "--sample", "3", code=Exit.MISUSED)
    assert "and not both" in say("open", "ev", code=Exit.MISUSED)
    assert "invalid" in say("open", "ev", "--sample", "3", "--nonce", "zz", code=Exit.MISUSED)
    say("append", "ev", "beat")
    assert "something else than a parcel" in say("open", "ev", "2", "--out", "parcel", code=Exit.MISUSED)


def test_a_destroyed_epoch_opens_nothing_and_breaks_no_count(log: Path, say: Say) -> None:
    say("append", "ev", "--destroy-epoch", "1")
    assert "cannot be opened" in say("open", "ev", "2")
    assert "begin one" in say("append", "ev", "beat", "--hide", "a=b", code=Exit.FAILED)
    say("append", "ev", "--begin-epoch")
    say("append", "ev", "beat", "--hide", "a=b")
    assert "  a: b" in say("open", "ev", "6")
    assert "7 entries, all of the log" in say("verify", "ev", "--key", key_of(log))


def test_a_parcel_of_each_level_is_carried_away_and_verified(log: Path, say: Say) -> None:
    say("export", "ev", "l0", "--level", "0")
    say("export", "ev", "l1", "--level", "1", "--entry", "2")
    say("export", "ev", "l2")
    say("export", "ev", "range", "--first", "1", "--stop", "3")
    say("open", "ev", "2", "--out", "l2")
    verified = {name: say("verify", name, "--key", key_of(log)) for name in ("l0", "l1", "l2", "range")}
    assert "grade E1" in verified["l0"]
    assert "1 entry opened, chosen by the operator" in verified["l1"]
    assert "4 entries, all of the log" in verified["l2"]
    assert "purpose: translate" in verified["l2"]
    assert "2 entries, from 1 to before 3, none left out" in verified["range"]
    assert {"VERIFY.md", "verify.sh", "policy", "checkpoint"} <= {path.name for path in Path("l2").iterdir()}
    assert "is not empty" in say("export", "ev", "l2", code=Exit.MISUSED)
    assert "belongs to --level 1" in say("export", "ev", "x", "--entry", "2", code=Exit.MISUSED)


def test_an_older_checkpoint_must_have_been_outgrown(log: Path, say: Say) -> None:
    old = (log / "public/checkpoint").read_bytes()
    Path("old").write_bytes(old)
    say("append", "ev", "beat")
    said = say("verify", "ev", "--key", key_of(log), "--since", "old")
    assert "it has grown out of the older one of 4 entries" in said
    record = json.loads(say("verify", "ev", "--key", key_of(log), "--since", "old", "--format", "json"))
    assert (record["grown_from"], record["grade"], record["size"]) == (4, "E2", 5)


def test_a_witness_out_of_reach_cosigns_by_file(log: Path, say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    say("prove", "ev", "--seen", "0", "--out", "request")
    witness = ("--logs", "ev/policy", "--name", "ministry.example/w", "--key", "w.pem", "--new-key")
    assert main(["witness", "sign", "request", "--out", "line", *witness]) == Exit.WITHIN
    from remit.ledger.note import COSIGNATURE, VerifierKey
    from remit.ledger.signer import FileSigner

    key = VerifierKey("ministry.example/w", COSIGNATURE, FileSigner.from_pem(Path("w.pem").read_bytes()).public_key)
    (log / "policy").write_text(f"log {key_of(log)}\nwitness ministry {key.text}\nquorum ministry\n")
    said = say("verify", "ev", "--policy", "ev/policy", code=Exit.REFUSED)
    assert "Refused at the step policy-quorum" in said
    assert "added the cosignature" in say("append", "ev", "--cosignature", "line")
    said = say("verify", "ev", "--policy", "ev/policy")
    assert "grade E3: in a log that others have cosigned" in said
    assert "cosigned by ministry at 20" in said
    assert "cosigned by" in said.partition("grade")[2]
    capsys.readouterr()


def test_a_witness_that_does_not_answer_is_told_of(log: Path, say: Say) -> None:
    from remit.ledger.note import COSIGNATURE, VerifierKey

    key = VerifierKey("ministry.example/w", COSIGNATURE, bytes(32)).text
    (log / "policy").write_text(f"log {key_of(log)}\nwitness w {key} http://127.0.0.1:1\nquorum none\n")
    assert "not cosigned by ministry.example/w: " in say("append", "ev", "beat")


def test_a_log_set_back_is_refused_and_a_new_one_refers_to_it(log: Path, say: Say) -> None:
    yesterday = (log / "ledger.db").read_bytes()
    say("append", "ev", "beat")
    (log / "ledger.db").write_bytes(yesterday)
    said = say("append", "ev", "beat", code=Exit.FAILED)
    assert "its store holds 4 entries, but the published checkpoint speaks of 5" in said
    assert "remit log init NEW --origin NEW-ORIGIN --after THIS" in said
    same = ("--origin", ORIGIN, "--after", "ev")
    assert "has an origin of its own" in say("init", "new", *same, code=Exit.MISUSED)
    say("init", "new", "--origin", "quayside.example/two/halden", "--after", "ev")
    first = json.loads(say("show", "new", "--format", "json"))[0]
    assert (first["old_origin"], first["old_size"]) == (ORIGIN, 5)
    Path("empty").mkdir()
    other = ("--origin", "quayside.example/three", "--after", "empty")
    assert "no published checkpoint" in say("init", "x", *other, code=Exit.MISUSED)


def test_a_key_of_ones_own_signs_the_log(say: Say) -> None:
    from remit.ledger.signer import FileSigner

    Path("own.pem").write_bytes(FileSigner.from_seed(bytes(32)).to_pem())
    say("init", "ev", "--origin", ORIGIN, "--key", "own.pem")
    assert Path("ev/private/log.pem").read_bytes() == Path("own.pem").read_bytes()


def test_what_is_not_there_is_said(say: Say) -> None:
    assert "there is no log at gone" in say("show", "gone", code=Exit.NOTHING)
    assert "there is no folder gone" in say("verify", "gone", "--trust-key-inside", code=Exit.NOTHING)


def test_a_range_that_is_not_there_is_not_shown(log: Path, say: Say) -> None:
    assert "has 4 entries, and 0 to 9" in say("show", str(log), "--stop", "9", code=Exit.MISUSED)
    assert "invalid" in say("verify", "ev", "--key", "x", "--beat", "0", code=Exit.MISUSED)


def test_stretches_without_a_beat_are_told(say: Say) -> None:
    example = str(ROOT / "examples/ledger")
    said = say("verify", f"{example}/public", "--policy", f"{example}/policy", "--beat", "0.1")
    assert "  no beat between 2026-03-02T08:01:18.430Z and 2026-03-02T08:01:25.560Z" in said


def test_a_verifier_needs_cryptography_and_nothing_else_that_is_installed() -> None:
    example = ROOT / "examples/ledger"
    words = ["log", "verify", str(example / "public"), "--policy", str(example / "policy")]
    look = (
        f"import sys; sys.modules.update(dict.fromkeys({sorted(EXTRA_OF)!r}));"
        f"from remit.cli.main import main; sys.exit(main({words!r}))"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (Exit.WITHIN, "")


def test_the_example_holds(say: Say) -> None:
    example = str(ROOT / "examples/ledger")
    said = say("verify", f"{example}/public", "--policy", f"{example}/policy")
    assert "12 entries, all of the log" in said
    assert "1 summaries recounted" in said
