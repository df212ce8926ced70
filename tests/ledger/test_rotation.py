"""A log is handed on from one key to another by both, in one chain, and in steps that a crash does not spoil."""

from pathlib import Path

import pytest

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.folder import LogFolder, make_folder, read_folder
from remit.ledger.invariants import Invariants
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.note import ED25519, VerifierKey
from remit.ledger.rotation import draft_rotation
from remit.ledger.signer import FileSigner
from remit.ledger.succession import prepare_key, retire_keys, take_key
from remit.ledger.verification import verify_place
from remit.ledger.writer import Writer
from tests.fakes import SteppingClock
from tests.ledger.small_log import LOG_KEY, LOG_SIGNER, ORIGIN, OTHER_SIGNER
from tests.ledger.written import terms

THIRD_SIGNER = FileSigner.from_seed(bytes(31) + b"\x03")
AT = "2026-03-02T08:00:00.000Z"


def fields_of(**changed: str) -> dict[str, object]:
    fields = dict(draft_rotation(ORIGIN, LOG_SIGNER, OTHER_SIGNER).fields)
    return {name: value for name, value in {**fields, **changed}.items() if value}


def take(*records: dict[str, object]) -> None:
    invariants = Invariants()
    for n, fields in enumerate(records):
        invariants.take(make_draft(Kind.KEY, LOG_STREAM, fields).write(n, n, AT))


def refused(*records: dict[str, object]) -> EvidenceRefused:
    with pytest.raises(EvidenceRefused) as caught:
        take(*records)
    return caught.value


def test_a_chain_of_rotations_holds() -> None:
    take(fields_of(), dict(draft_rotation(ORIGIN, OTHER_SIGNER, THIRD_SIGNER).fields))


def test_a_rotation_is_signed_by_both_keys() -> None:
    other = draft_rotation(ORIGIN, LOG_SIGNER, THIRD_SIGNER).fields
    for name in ("by_old", "by_new"):
        assert refused(fields_of(**{name: str(other[name])})).step == "note-signature"
        assert f"lacks {name}" in refused(fields_of(**{name: ""})).says


def test_a_rotation_goes_on_where_the_last_one_ended() -> None:
    assert "which was handed on to" in refused(fields_of(), fields_of()).says


def test_a_log_is_handed_on_to_another_key_of_its_own_name() -> None:
    other = VerifierKey("quayside.example/other", ED25519, OTHER_SIGNER.public_key).text
    assert refused(fields_of(new=other)).step == "key-rotation"
    assert refused(fields_of(new=LOG_KEY.text)).step == "key-rotation"
    with pytest.raises(UsageError, match="the new key is the old one"):
        draft_rotation(ORIGIN, LOG_SIGNER, LOG_SIGNER)
    with pytest.raises(UsageError, match="too long for an entry"):
        draft_rotation("quayside.example/" + "a" * 90, LOG_SIGNER, OTHER_SIGNER)


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    log = make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)
    (log.path / "policy").write_text(f"# ours\nlog {LOG_KEY.text}\n# nobody else\nquorum none\n")
    write(log)
    return log


def write(log: LogFolder, given: FileSigner | None = None, *, first: bool = True) -> None:
    draft = terms() if first else prepare_key(log, given)
    writer = Writer(log.open_store, log.keyring, SteppingClock())
    writer.commit([draft] if draft else [])
    writer.close()


def publish(log: LogFolder) -> LogFolder:
    store = log.open_store()
    log.publisher(store).publish()
    store.close()
    return log


def test_while_both_keys_are_in_use_either_verifies_and_afterwards_the_new_one_does(log: LogFolder) -> None:
    old = log.policy
    write(log, OTHER_SIGNER, first=False)
    log = publish(take_key(log))
    assert [len(verify_place(log.site, policy).verified.signed_by) for policy in (old, log.policy)] == [1, 2]
    with pytest.raises(UsageError, match="has 2 keys already"):
        prepare_key(log, None)
    log, gone = retire_keys(log)
    assert gone == [LOG_KEY.text]
    assert (log.path / "policy").read_text().startswith("# ours\nlog ")
    write(log, first=True)
    publish(log)
    assert verify_place(log.site, log.policy).verified.checkpoint.size == 3
    with pytest.raises(EvidenceRefused):
        verify_place(log.site, old)
    assert oct((log.path / "private/log-2.pem").stat().st_mode)[-3:] == "600"
    with pytest.raises(NothingToLookAt, match="has one key"):
        retire_keys(log)


def test_after_a_crash_between_the_steps_each_can_be_done_again(log: LogFolder) -> None:
    first = prepare_key(log, OTHER_SIGNER)
    again = prepare_key(log, None)
    assert first is not None
    assert again is not None
    assert first.fields["new"] == again.fields["new"]
    with pytest.raises(UsageError, match="an earlier try left another key"):
        prepare_key(log, THIRD_SIGNER)
    write(log, first=False)
    assert prepare_key(log, None) is None
    log = take_key(log)
    assert len(log.policy.logs) == 2
    store = log.open_store()
    assert [read_entry(raw).kind for raw in store.entries(0, 2)] == [Kind.TERMS, Kind.KEY]
    store.close()


def test_a_log_without_a_key_cannot_be_handed_on(log: LogFolder) -> None:
    (log.path / "private/log.pem").unlink()
    with pytest.raises(UsageError, match="holds no key of the log"):
        prepare_key(read_folder(log.path), None)
