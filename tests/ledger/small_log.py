"""A log of a few entries in memory, with keys that are the same every time, and a law's way to flip a bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from remit.errors import EvidenceRefused
from remit.ledger.bundle import write_bundle
from remit.ledger.checkpoint import sign_checkpoint
from remit.ledger.note import COSIGNATURE, ED25519, SignedNote, VerifierKey
from remit.ledger.policy import WitnessPolicy
from remit.ledger.proof import make_inclusion
from remit.ledger.signer import FileSigner
from remit.ledger.tile import TILE_HEIGHT, tiles_of, write_tile
from remit.ledger.tlog_proof import write_proof
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.witness import WitnessMemory

ORIGIN = "quayside.example/remit/harbour"
ORIGIN_HASH = sha256(ORIGIN.encode()).hexdigest()
WITNESS = "ministry.example/witness"
LOG_SIGNER = FileSigner.from_seed(bytes(range(32)))
WITNESS_SIGNER = FileSigner.from_seed(bytes(range(32, 64)))
OTHER_SIGNER = FileSigner.from_seed(bytes(range(64, 96)))
LOG_KEY = VerifierKey(ORIGIN, ED25519, LOG_SIGNER.public_key)
WITNESS_KEY = VerifierKey(WITNESS, COSIGNATURE, WITNESS_SIGNER.public_key)
UNWITNESSED = WitnessPolicy((LOG_KEY,), {}, {}, "none")
WITNESSED = WitnessPolicy((LOG_KEY,), {"ministry": WITNESS_KEY}, {}, "ministry")
AT = 1_793_000_000


class SmallLog:
    """Entries, and everything that is derived from them, made anew at each call."""

    def __init__(self, size: int) -> None:
        self.entries = [b'{"k":"beat","n":%d}' % index for index in range(size)]
        self.leaves = [leaf_hash(entry) for entry in self.entries]

    def node(self, level: int, index: int) -> bytes:
        leaves = self.leaves[index << level : (index + 1) << level]
        assert len(leaves) == 1 << level, "only whole subtrees are stored"
        return root_of(leaves)

    def root(self, size: int | None = None) -> bytes:
        return root_of(self.leaves[:size])

    def checkpoint(self, size: int | None = None) -> SignedNote:
        return sign_checkpoint(ORIGIN, len(self.entries) if size is None else size, self.root(size), LOG_SIGNER)

    def proof(self, index: int, extra: bytes | None = None) -> bytes:
        hashes = make_inclusion(index, len(self.entries), self.node)
        return write_proof(index, hashes, self.checkpoint().content(), extra)

    def files(self, size: int | None = None) -> dict[str, bytes]:
        """Return the tiles and bundles by their paths."""
        found = {}
        for tile in tiles_of(len(self.entries) if size is None else size):
            first = tile.number * 256
            hashes = [self.node(tile.level * TILE_HEIGHT, first + place) for place in range(tile.width)]
            found[tile.path] = write_tile(hashes)
            if tile.level == 0:
                found[tile.bundle_path] = write_bundle(self.entries[first : first + tile.width])
        return found

    def write(self, folder: Path) -> None:
        """Publish the log into a folder."""
        for path, content in {**self.files(), "checkpoint": self.checkpoint().content()}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


class TileDict(dict[str, bytes]):
    """The double of whatever tiles are read from."""

    def read(self, path: str) -> bytes | None:
        return self.get(path)


class DictMemory(WitnessMemory):
    """The double of the witness's memory; `meanwhile` is stored by somebody else before the next replacing."""

    def __init__(self) -> None:
        self.notes: dict[str, bytes] = {}
        self.meanwhile: bytes | None = None

    def latest(self, origin: str) -> bytes | None:
        return self.notes.get(origin)

    def replace(self, origin: str, expected: bytes | None, note: bytes) -> bool:
        if self.meanwhile is not None:
            self.notes[origin], self.meanwhile = self.meanwhile, None
        if self.notes.get(origin) != expected:
            return False
        self.notes[origin] = note
        return True


@contextmanager
def refused(step: str) -> Iterator[None]:
    """Expect the evidence to be refused, and by that step."""
    with pytest.raises(EvidenceRefused) as caught:
        yield
    assert caught.value.step == step, str(caught.value)


def flip(content: bytes, bit: int) -> bytes:
    """Return the content with one bit flipped."""
    place, shift = divmod(bit, 8)
    return content[:place] + bytes([content[place] ^ 1 << shift]) + content[place + 1 :]
