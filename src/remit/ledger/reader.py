"""Reads a published log: its checkpoint, its entries and its hashes, out of static files that are not trusted.

1. The checkpoint is what a policy accepts; nothing is read before it is.
2. An entry that is read alone is held against the root by its proof; all of them against every tile and the root.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError
from remit.ledger.bundle import parse_bundle
from remit.ledger.edge import Edge
from remit.ledger.policy import verify_checkpoint
from remit.ledger.proof import make_inclusion, verify_inclusion
from remit.ledger.site import CHECKPOINT, COSIGNED
from remit.ledger.tile import FULL_WIDTH, Tile, TileTree, parse_path, read_tile
from remit.ledger.tree import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.ledger.policy import VerifiedCheckpoint, WitnessPolicy
    from remit.ledger.site import Site


def newest_checkpoint(site: Site, policy: WitnessPolicy) -> tuple[bytes, VerifiedCheckpoint]:
    """Return the newest checkpoint of a site that a policy accepts, as it is written and as it was verified.

    Only where the newest of all lacks cosignatures, which come less often, is an older one taken; one that is damaged
    or signed by somebody else is refused.
    """
    note = site.read(CHECKPOINT)
    if note is None:
        raise NothingToLookAt("Nothing was verified: no checkpoint is published there.")
    try:
        return note, verify_checkpoint(note, policy)
    except EvidenceRefused as error:
        if error.step != "policy-quorum":
            raise
        refused = error
    sizes = (int(name) for name in site.names(COSIGNED) if name.isdecimal())
    for size in sorted(sizes, reverse=True):
        note = site.read(f"{COSIGNED}/{size}") or b""
        with suppress(EvidenceRefused):
            return note, verify_checkpoint(note, policy)
    raise refused


class PublishedLog:
    """A log at the size of one checkpoint that a policy accepts."""

    def __init__(self, reader: Site, policy: WitnessPolicy) -> None:
        self.note, self.verified = newest_checkpoint(reader, policy)  # (1)
        self.checkpoint = self.verified.checkpoint
        self.size = self.checkpoint.size
        self._reader = reader
        self._tree = TileTree(self.size, reader)
        self.node = self._tree.node

    def entries(self, first: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of a range of entries, not yet held against anything."""
        if not 0 <= first <= stop <= self.size:
            raise UsageError(f"Nothing was read: the log has {self.size} entries, and {first} to {stop} are not there.")
        for index in range(first // FULL_WIDTH, -(-stop // FULL_WIDTH)):
            start = index * FULL_WIDTH
            entries = self._bundle(Tile(0, index, min(FULL_WIDTH, self.size - start)))
            yield from entries[max(first - start, 0) : stop - start]

    def entry(self, n: int) -> tuple[bytes, list[bytes]]:
        """Return one entry with its proof, which holds (2)."""
        if not 0 <= n < self.size:
            raise UsageError(f"Nothing was read: the log has {self.size} entries, and none at {n}.")
        raw = next(self.entries(n, n + 1))
        proof = make_inclusion(n, self.size, self.node)
        verify_inclusion(leaf_hash(raw), n, self.size, proof, self.checkpoint.root)
        return raw, proof

    def walk(self) -> Iterator[bytes]:
        """Yield every entry, and raise at the end at the latest if they are not what the checkpoint and tiles say."""
        edge = Edge()
        for start in range(0, self.size, FULL_WIDTH):
            entries = list(self.entries(start, min(start + FULL_WIDTH, self.size)))
            self._hold_tiles(edge.extend(entries))
            yield from entries
        self._hold_tiles(edge.unfinished())
        if edge.root() != self.checkpoint.root:
            raise EvidenceRefused("log-root", f"the {self.size} entries do not give the root of the checkpoint")

    def _hold_tiles(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, content in files:
            tile, is_bundle = parse_path(path)
            if not is_bundle and b"".join(read_tile(tile, self._reader)) != content:  # (2)
                raise EvidenceRefused("tile-content", f"{path} is not what the entries give")

    def _bundle(self, tile: Tile) -> list[bytes]:
        content = self._reader.read(tile.bundle_path)
        if content is not None:
            return parse_bundle(content, tile.width)
        full = self._reader.read(tile._replace(width=FULL_WIDTH).bundle_path)
        if full is None:
            raise EvidenceRefused("bundle-absent", f"{tile.bundle_path} is not there")
        return parse_bundle(full, FULL_WIDTH)[: tile.width]
