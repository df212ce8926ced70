"""What every verifier must fail on, as far as it concerns the formats: each change by the step that refuses it.

What belongs to statements and entries (nonces, orders, JSON) is held where those live.
"""

from collections.abc import Callable, Sequence

import pytest

from remit.errors import EvidenceRefused, RecordUnusable
from remit.ledger.bundle import demand_entry, parse_bundle, write_bundle
from remit.ledger.checkpoint import sign_checkpoint
from remit.ledger.cosignature import cosign
from remit.ledger.note import COSIGNATURE, NoteSignature, SignedNote, VerifierKey
from remit.ledger.policy import parse_policy, verify_checkpoint
from remit.ledger.proof import make_consistency, verify_consistency, verify_inclusion
from remit.ledger.tile import TileTree
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.witness import Witness, write_request
from tests.ledger.small_log import (
    AT,
    LOG_KEY,
    LOG_SIGNER,
    ORIGIN,
    OTHER_SIGNER,
    WITNESS,
    WITNESS_SIGNER,
    WITNESSED,
    DictMemory,
    SmallLog,
    TileDict,
    flip,
    refused,
)

LOG = SmallLog(300)
NOTE = LOG.checkpoint()
FILES = LOG.files()
LINE = cosign(NOTE.text, WITNESS, WITNESS_SIGNER, AT)
LOG_LINE = NOTE.signatures[0]
COSIGNED = SignedNote(NOTE.text, (LOG_LINE, LINE)).content()


def verify_all(checkpoint: bytes, files: dict[str, bytes]) -> None:
    """Verify a whole log: its checkpoint by the policy, its tiles and its root from the entries."""
    head = verify_checkpoint(checkpoint, WITNESSED).checkpoint
    tree = TileTree(head.size, TileDict(files))
    entries = parse_bundle(files["tile/entries/000"], 256) + parse_bundle(files["tile/entries/001.p/44"], 44)
    for index, entry in enumerate(entries):
        if leaf_hash(entry) != tree.node(0, index):
            raise EvidenceRefused("tile-leaf", f"entry {index} is not what its tile says")
    if root_of(map(leaf_hash, entries)) != head.root:
        raise EvidenceRefused("log-root", "the entries do not give the root")


def with_lines(*lines: NoteSignature) -> bytes:
    return SignedNote(NOTE.text, lines).content()


def with_file(path: str, change: Callable[[bytes], bytes]) -> dict[str, bytes]:
    return FILES | {path: change(FILES[path])}


def in_text(old: bytes, new: bytes) -> bytes:
    assert COSIGNED.count(old) >= 1
    return COSIGNED.replace(old, new, 1)


def later(line: NoteSignature) -> NoteSignature:
    return NoteSignature(line.name, line.ident, flip(line.signature, 7 * 8))


def signed_with(line: NoteSignature, other: NoteSignature) -> NoteSignature:
    """Return a line that bears the signature of another."""
    return NoteSignature(line.name, line.ident, other.signature)


def test_the_log_itself_verifies() -> None:
    verify_all(COSIGNED, FILES)


ROOT_LINE = COSIGNED.split(b"\n")[2]
BY_ANOTHER = sign_checkpoint(ORIGIN, 300, LOG.root(), OTHER_SIGNER).signatures[0]
CHECKPOINTS: dict[str, tuple[bytes, str]] = {
    "a bit in the root": (in_text(ROOT_LINE[:1], bytes([ROOT_LINE[0] ^ 1])), "note-signature"),
    "a bit in the size": (in_text(b"\n300\n", b"\n301\n"), "note-signature"),
    "a bit in the origin": (in_text(b"quayside", b"puayside"), "checkpoint-origin"),
    "a bit in the time of a cosignature": (with_lines(LOG_LINE, later(LINE)), "note-signature"),
    "a bit in the ID of the log's key": (
        with_lines(NoteSignature(ORIGIN, flip(LOG_LINE.ident, 0), LOG_LINE.signature), LINE),
        "note-unsigned",
    ),
    "a bit in the ID of the witness's key": (
        with_lines(LOG_LINE, NoteSignature(WITNESS, flip(LINE.ident, 0), LINE.signature)),
        "policy-quorum",
    ),
    "signatures swapped": (with_lines(signed_with(LOG_LINE, LINE), signed_with(LINE, LOG_LINE)), "note-signature"),
    "the log's line twice": (with_lines(LOG_LINE, LOG_LINE, LINE), "note-duplicate"),
    "the witness's line twice": (with_lines(LOG_LINE, LINE, LINE), "note-duplicate"),
    "an unknown key with the log's name": (with_lines(BY_ANOTHER, LINE), "note-unsigned"),
    "an unknown key with the witness's name": (
        with_lines(LOG_LINE, cosign(NOTE.text, WITNESS, OTHER_SIGNER, AT)),
        "policy-quorum",
    ),
    "a witness's line signed by the log's key": (
        with_lines(LOG_LINE, cosign(NOTE.text, WITNESS, LOG_SIGNER, AT)),
        "policy-quorum",
    ),
    "a witness's line gone": (with_lines(LOG_LINE), "policy-quorum"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_changed_checkpoint_is_refused(name: str) -> None:
    checkpoint, step = CHECKPOINTS[name]
    with refused(step):
        verify_all(checkpoint, FILES)


def without_last(entries: Sequence[bytes]) -> bytes:
    return write_bundle(entries[:-1])


TREES: dict[str, tuple[dict[str, bytes], str]] = {
    "a bit in a tile": (with_file("tile/0/000", lambda tile: flip(tile, 999)), "tile-leaf"),
    "a bit in an entry": (with_file("tile/entries/000", lambda bundle: flip(bundle, 30)), "tile-leaf"),
    "an entry removed": (
        with_file("tile/entries/001.p/44", lambda bundle: without_last(parse_bundle(bundle, 44))),
        "bundle-count",
    ),
    "a partial tile presented as full": (FILES | {"tile/0/000": FILES["tile/0/001.p/44"]}, "tile-width"),
    "a full tile presented as partial": (FILES | {"tile/0/001.p/44": FILES["tile/0/000"]}, "tile-width"),
}


@pytest.mark.parametrize("name", TREES)
def test_a_changed_tree_is_refused(name: str) -> None:
    files, step = TREES[name]
    with refused(step):
        verify_all(COSIGNED, files)


def test_a_tree_whose_tiles_were_changed_with_its_entries_is_refused_at_the_root() -> None:
    other = SmallLog(300)
    other.entries[7] = b"{}"
    other.leaves[7] = leaf_hash(b"{}")
    with refused("log-root"):
        verify_all(COSIGNED, other.files())


def test_an_empty_root_does_not_prove_an_empty_leaf() -> None:
    with refused("hash-length"):
        verify_inclusion(b"", 0, 1, [], b"")
    with refused("inclusion-size"):
        verify_inclusion(bytes(32), 0, 0, [], bytes(32))


def test_an_entry_of_65536_bytes_gets_no_place() -> None:
    with pytest.raises(RecordUnusable, match="is 65536 bytes long"):
        demand_entry(bytes(65_536))


def test_a_consistency_proof_of_another_log_is_refused() -> None:
    other = SmallLog(300)
    other.leaves.reverse()
    with refused("consistency-old-root"):
        verify_consistency(200, 300, LOG.root(200), LOG.root(), make_consistency(200, 300, other.node))


def test_a_log_is_not_its_own_witness() -> None:
    own = VerifierKey("own.example", COSIGNATURE, LOG_KEY.key)
    with refused("policy-own-witness"):
        parse_policy(f"log {LOG_KEY.text}\nwitness own {own.text}\nquorum own\n".encode())


def test_a_fork_from_a_restored_database_is_not_cosigned() -> None:
    witness = Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], DictMemory())
    witness.add_checkpoint(write_request(0, [], COSIGNED), AT)
    restored = SmallLog(300)
    restored.leaves[290:] = [leaf_hash(b"written after the restore")] * 10
    smaller = witness.add_checkpoint(write_request(250, [], restored.checkpoint(280).content()), AT)
    same = witness.add_checkpoint(write_request(300, [], restored.checkpoint().content()), AT)
    assert (smaller.status, smaller.body, smaller.step) == (409, b"300\n", "witness-old-size")
    assert (same.status, same.step) == (422, "consistency-new-root")
