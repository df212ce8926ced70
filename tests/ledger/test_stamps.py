"""A checkpoint is stamped by file, and its stamp is shown only of the log that it was made of."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from remit.cli.main import main
from remit.errors import EvidenceRefused, NothingToLookAt
from remit.ledger.stamps import ask_stamp, keep_stamp, read_stamps
from remit.ledger.verification import verify_stamps
from tests.ledger.small_log import OTHER_SIGNER, UNWITNESSED
from tests.ledger.test_timestamp import Authority
from tests.ledger.written import WrittenLog

NONCE = 2**63 + 5


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "tsa").mkdir()
    return Authority(tmp_path / "tsa", ec.generate_private_key(ec.SECP256R1()))


def written(entries: int) -> WrittenLog:
    log = WrittenLog()
    log.fill(entries)
    log.publisher.publish()
    return log


def stamped(authority: Authority, log: WrittenLog) -> bytes:
    query = ask_stamp(log.site, log.site.read("checkpoint") or b"", NONCE)
    keep_stamp(log.site, query, authority.stamp(query), authority.certificate)
    return query


def test_a_stamp_of_an_older_checkpoint_is_shown_of_the_log_that_has_grown(authority: Authority) -> None:
    log = written(4)
    stamped(authority, log)
    log.write()
    log.fill(2)
    log.publisher.publish()
    assert [stamp.size for stamp in verify_stamps(log.site, authority.certificate, UNWITNESSED)] == [5]


def test_a_stamp_of_another_log_shows_nothing_of_this_one(authority: Authority) -> None:
    log, other = written(4), written(6)
    stamped(authority, log)
    for name in ("stamped/5", "stamped/5.tsr"):
        other.site.write({name: log.site.read(name) or b""})
    with pytest.raises(EvidenceRefused) as caught:
        verify_stamps(other.site, authority.certificate, UNWITNESSED)
    assert caught.value.step.startswith("consistency")


def test_a_reply_is_kept_only_for_the_query_that_was_sent(authority: Authority) -> None:
    log = written(4)
    query = stamped(authority, log)
    other = ask_stamp(log.site, log.site.read("checkpoint") or b"", NONCE - 1)
    with pytest.raises(EvidenceRefused, match="another request"):
        keep_stamp(log.site, other, authority.stamp(query), authority.certificate)
    with pytest.raises(NothingToLookAt, match="about no checkpoint"):
        keep_stamp(written(2).site, query, authority.stamp(query), authority.certificate)
    with pytest.raises(EvidenceRefused):
        keep_stamp(log.site, b"\x30\x00", b"", authority.certificate)


def test_of_several_checkpoints_that_wait_to_be_stamped_the_one_that_was_asked_about_is(authority: Authority) -> None:
    log = written(4)
    ask_stamp(log.site, log.site.read("checkpoint") or b"", NONCE)
    log.fill(2)
    log.publisher.publish()
    stamped(authority, log)
    assert [stamp.size for stamp in read_stamps(log.site, authority.certificate)] == [8]


def test_what_lies_under_the_size_of_another_checkpoint_is_refused(authority: Authority) -> None:
    log = written(4)
    stamped(authority, log)
    log.site.write({"stamped/4": log.site.read("stamped/5") or b""})
    with pytest.raises(EvidenceRefused, match="is not a checkpoint of 4 entries"):
        list(read_stamps(log.site, authority.certificate))


def test_a_keeper_stamps_by_file_and_a_stranger_reads_the_time(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tsa.pem").write_bytes(authority.certificate)
    assert main(["log", "init", "ev", "--origin", "quayside.example/one"]) == 0
    assert main(["log", "stamp", "ev", "--query", "q.tsq"]) == 0
    Path("r.tsr").write_bytes(authority.stamp(Path("q.tsq").read_bytes()))
    reply = ("--query", "q.tsq", "--reply", "r.tsr")
    assert main(["log", "stamp", "ev", *reply]) == 2
    assert main(["log", "stamp", "ev", *reply, "--authority", "tsa.pem"]) == 0
    assert "the first 1 entries were there at 20" in capsys.readouterr().out
    assert main(["log", "append", "ev", "beat"]) == 0
    assert main(["log", "verify", "ev", "--policy", "ev/policy", "--authority", "tsa.pem"]) == 0
    assert "the first 1 entries were there at 20" in capsys.readouterr().out
    assert authority.verifies(Path("ev/public/stamped/1.tsr").read_bytes(), Path("ev/public/stamped/1").read_bytes())
    Path("other.pem").write_text("log " + OTHER_SIGNER.public_key.hex())
    assert main(["log", "verify", "ev", "--policy", "ev/policy", "--authority", "other.pem"]) == 12


def test_a_log_is_handed_on_at_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["init", "ev", "--origin", "q.example/one"], ["rotate", "ev"], ["rotate", "ev", "--finish"]):
        assert main(["log", *words]) == 0
    said = capsys.readouterr().out
    old, new = (line.split()[-1] for line in said.splitlines() if line.startswith(("old key", "new key")))
    assert f"out of use {old}" in said
    assert main(["log", "append", "ev", "beat"]) == 0
    assert main(["log", "verify", "ev", "--key", new]) == 0
    assert main(["log", "verify", "ev", "--key", old]) == 12
    assert main(["log", "rotate", "ev", "--finish", "--key", "x.pem"]) == 2
