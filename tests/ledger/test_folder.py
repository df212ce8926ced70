"""The folder of a log: made whole, read strictly, and opened only where it holds what it signed."""

from pathlib import Path

import pytest

from remit.errors import LogRewound, NothingToLookAt, UsageError
from remit.ledger.cosignature import cosign
from remit.ledger.folder import is_folder, make_folder, read_folder
from remit.ledger.note import COSIGNATURE, VerifierKey
from remit.ledger.writer import Writer
from tests.fakes import SteppingClock
from tests.ledger.small_log import LOG_KEY, LOG_SIGNER, ORIGIN, WITNESS, WITNESS_KEY, WITNESS_SIGNER
from tests.ledger.written import decision, terms


def fill(path: Path) -> None:
    log = read_folder(path)
    writer = Writer(log.open_store, log.keyring, SteppingClock())
    writer.commit([terms(), decision(purpose="translate")])
    writer.close()


def test_a_folder_is_made_with_everything_in_it(tmp_path: Path) -> None:
    log = make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    assert (log.origin, log.policy.logs) == (ORIGIN, (LOG_KEY,))
    assert (log.path / "private").stat().st_mode & 0o777 == 0o700
    assert (log.path / "private/log.pem").stat().st_mode & 0o777 == 0o600
    fill(log.path)
    store = log.open_store()
    log.publisher(store).publish()
    store.close()
    assert log.published().size == log.newest().size == 2
    assert log.witnesses() == []


@pytest.mark.parametrize("origin", ["", "a b", "a+b"])
def test_an_origin_that_cannot_be_one_is_refused_before_anything_is_made(tmp_path: Path, origin: str) -> None:
    with pytest.raises(UsageError, match="is not a key's name"):
        make_folder(tmp_path / "log", origin, LOG_SIGNER)
    assert not (tmp_path / "log").exists()


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        make_folder(tmp_path, ORIGIN, LOG_SIGNER)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_what_is_no_log_is_not_read(tmp_path: Path) -> None:
    assert not is_folder(tmp_path)
    with pytest.raises(NothingToLookAt, match="there is no log at"):
        read_folder(tmp_path)


def test_a_policy_of_two_logs_or_none_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    (tmp_path / "log/policy").write_text("quorum none\n")
    with pytest.raises(UsageError, match="names 0 logs, not one"):
        read_folder(tmp_path / "log")


def test_without_its_key_nothing_is_signed(tmp_path: Path) -> None:
    log = make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    (log.path / "private/log.pem").unlink()
    store = log.open_store()
    with pytest.raises(UsageError, match="holds no key of the log"):
        log.publisher(store)
    store.close()


def test_a_store_put_back_from_yesterday_is_not_opened(tmp_path: Path) -> None:
    log = make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    yesterday = (log.path / "ledger.db").read_bytes()
    fill(log.path)
    store = log.open_store()
    log.publisher(store).publish()
    store.close()
    (log.path / "ledger.db").write_bytes(yesterday)
    with pytest.raises(LogRewound, match="its store holds 0 entries, but the published checkpoint speaks of 2"):
        log.open_store()


def test_what_is_published_is_read_at_its_quorum_where_there_is_one(tmp_path: Path) -> None:
    log = make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    second = VerifierKey("other.example/w", COSIGNATURE, LOG_SIGNER.public_key)
    lines = f"witness ministry {WITNESS_KEY.text} http://127.0.0.1:1/\nquorum ministry\n"
    (log.path / "policy").write_text(f"log {LOG_KEY.text}\n{lines}")
    log = read_folder(log.path)
    assert [call.key for call in log.witnesses()] == [WITNESS_KEY]
    assert second != WITNESS_KEY
    store = log.open_store()
    note = log.publisher(store).publish().note
    assert log.published().verified.cosigned_by == {}
    line = cosign(note.text, WITNESS, WITNESS_SIGNER, 7).line.encode()
    log.publisher(store).add_lines(line, [WITNESS_KEY])
    assert log.published().verified.cosigned_by.keys() == {"ministry"}
    (log.path / "public/checkpoint").write_bytes(b"damaged")
    with pytest.raises(Exception, match="the note has no text"):
        log.published()
    store.close()
