"""Contents beside the log: sealed, bound to their place, and gone with their key."""

from pathlib import Path

import pytest

from remit.errors import EvidenceRefused, NotRecorded, UsageError
from remit.ledger.commitment import commit, make_disclosures, write_fields
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.kind import Kind
from remit.ledger.sidecar import Epoch, KeyFolder, Keyring, Sealer, open_contents
from tests.fakes import MemoryKeyring

EPOCH = Epoch(1, bytes(range(32)))
HIDDEN = write_fields({"purpose": "translate", "subject": "c-19", "people": 3})


@pytest.fixture(params=["memory", "folder"])
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> Keyring:
    return MemoryKeyring() if request.param == "memory" else KeyFolder(tmp_path / "epochs")


def test_contents_open_at_their_place_under_their_epoch_and_nowhere_else() -> None:
    sealed = Sealer(EPOCH).seal(7, HIDDEN)
    assert Sealer(EPOCH).unseal(7, sealed) == {"purpose": "translate", "subject": "c-19", "people": 3}
    others = [(Sealer(EPOCH), 8), (Sealer(Epoch(2, EPOCH.key)), 7), (Sealer(Epoch(1, bytes(32))), 7)]
    for sealer, n in others:
        with pytest.raises(EvidenceRefused, match="do not open") as caught:
            sealer.unseal(n, sealed)
        assert caught.value.step == "contents-seal"


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(40)], ids=len)
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(EvidenceRefused, match="do not open"):
        Sealer(EPOCH).unseal(7, sealed)


def test_the_same_contents_are_sealed_otherwise_each_time() -> None:
    assert Sealer(EPOCH).seal(7, HIDDEN) != Sealer(EPOCH).seal(7, HIDDEN)


def test_opened_contents_are_held_against_the_entry() -> None:
    draft = make_draft(Kind.BEAT, "log", {}, {"purpose": "translate", "subject": "c-19", "people": 3})
    entry = read_entry(draft.write(7, 0, "2026-03-02T08:00:00.000Z", 1, commit(EPOCH.key, 7, draft.hidden)))
    disclosures = open_contents(entry, Sealer(EPOCH).seal(7, draft.hidden), EPOCH)
    assert list(disclosures) == make_disclosures(EPOCH.key, 7, HIDDEN)
    with pytest.raises(EvidenceRefused, match="not what it is committed to") as caught:
        open_contents(entry, Sealer(EPOCH).seal(7, write_fields({"purpose": "spy"})), EPOCH)
    assert caught.value.step == "contents-digest"


def test_an_epoch_begins_is_current_and_can_be_found(keyring: Keyring) -> None:
    first, second = keyring.begin(), keyring.begin()
    assert (first.number, second.number) == (1, 2)
    assert first.key != second.key
    assert keyring.current() == keyring.current() == second
    assert keyring.find(1) == first
    assert keyring.find(3) is None


def test_a_destroyed_epoch_stays_destroyed_and_its_number_is_not_given_again(keyring: Keyring) -> None:
    keyring.begin()
    keyring.current()
    keyring.destroy(1)
    assert keyring.find(1) is None
    with pytest.raises(NotRecorded, match="begin one"):
        keyring.current()
    with pytest.raises(UsageError, match="epoch 1 has no key here"):
        keyring.destroy(1)
    assert keyring.begin().number == 2


def test_without_an_epoch_nothing_is_committed_to(tmp_path: Path) -> None:
    folder = tmp_path / "epochs"
    with pytest.raises(NotRecorded, match="cannot be read"):
        KeyFolder(folder).current()
    folder.mkdir()
    with pytest.raises(NotRecorded, match="begin one"):
        KeyFolder(folder).current()


def test_a_key_destroyed_by_another_process_is_not_used_from_memory(tmp_path: Path) -> None:
    here, there = KeyFolder(tmp_path), KeyFolder(tmp_path)
    here.begin()
    assert here.current().number == 1
    there.destroy(1)
    with pytest.raises(NotRecorded, match="begin one"):
        here.current()


def test_an_epoch_begun_by_another_process_is_the_one_in_use(tmp_path: Path) -> None:
    here, there = KeyFolder(tmp_path), KeyFolder(tmp_path)
    here.begin()
    assert here.current().number == 1
    assert there.begin() == here.current()
    there.begin()
    assert here.current().number == 3


def test_an_epoch_begun_and_destroyed_meanwhile_does_not_bring_the_one_before_back(tmp_path: Path) -> None:
    here, there = KeyFolder(tmp_path), KeyFolder(tmp_path)
    here.begin()
    assert here.current().number == 1
    there.destroy(there.begin().number)
    with pytest.raises(NotRecorded, match="begin one"):
        here.current()


def test_keys_are_files_for_their_owner_alone(tmp_path: Path) -> None:
    KeyFolder(tmp_path / "epochs").begin()
    (file,) = (tmp_path / "epochs").iterdir()
    assert file.name == "000001.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "epochs").stat().st_mode & 0o777 == 0o700


def test_a_key_file_of_another_length_or_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "000001.key").write_bytes(b"short")
    with pytest.raises(NotRecorded, match="5 bytes long"):
        KeyFolder(tmp_path).current()
    (tmp_path / "000002.key").mkdir()
    with pytest.raises(NotRecorded, match="the key of epoch 2 cannot be read"):
        KeyFolder(tmp_path).current()
