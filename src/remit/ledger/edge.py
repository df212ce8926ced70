"""The right edge of the tiles: takes entries, and gives out each tile and bundle when it is full (C2SP tlog-tiles).

What is held is at most 255 hashes for each level and 255 entries, however large the log is.

1. An edge is taken up where the last full tile of level 0 ended; the entries after it come again.
2. A full tile is hashed into the level above; one that is not full is given out with its width and stays.
3. The root over the edge is the root of the tree, since each level's hashes are perfect subtrees of one size and what
   is left over below them stands last (RFC 6962, section 2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.ledger.bundle import write_bundle
from remit.ledger.tile import FULL_WIDTH, TILE_HEIGHT, Tile, read_tile, write_tile
from remit.ledger.tree import EMPTY_ROOT, leaf_hash, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.ledger.tile import TileReader


class Edge:
    """The tiles of a log that are not full yet."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = [[]]
        self._entries: list[bytes] = []

    @classmethod
    def read(cls, size: int, reader: TileReader) -> Edge:
        """Take up the edge of a published tree at its last full tile; raise if a tile is not there."""
        edge = cls()
        edge.size = size - size % FULL_WIDTH  # (1)
        count, level = edge.size // FULL_WIDTH, 1
        while count:
            index, width = divmod(count, FULL_WIDTH)
            edge._levels.append(read_tile(Tile(level, index, width), reader) if width else [])
            count, level = index, level + 1
        return edge

    def extend(self, entries: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        """Append entries, and yield the path and the content of each tile and bundle that is full with them."""
        for entry in entries:
            self._entries.append(entry)
            self._levels[0].append(leaf_hash(entry))
            self.size += 1
            if len(self._entries) == FULL_WIDTH:
                tile = Tile(0, self.size // FULL_WIDTH - 1, FULL_WIDTH)
                yield tile.bundle_path, write_bundle(self._entries)
                self._entries = []
                yield from self._close(0)

    def unfinished(self) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the content of each tile and bundle that has begun."""
        if self._entries:
            yield self._tile(0).bundle_path, write_bundle(self._entries)
        for level, hashes in enumerate(self._levels):
            if hashes:
                yield self._tile(level).path, write_tile(hashes)

    def root(self) -> bytes:
        """Return the root over all entries (3)."""
        below: list[bytes] = []
        for hashes in self._levels:
            if hashes or below:
                below = [root_of([*hashes, *below])]
        return below[0] if below else EMPTY_ROOT

    def _close(self, level: int) -> Iterator[tuple[str, bytes]]:
        hashes = self._levels[level]
        if len(hashes) < FULL_WIDTH:
            return
        index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
        yield Tile(level, index, FULL_WIDTH).path, write_tile(hashes)
        if level + 1 == len(self._levels):
            self._levels.append([])
        self._levels[level + 1].append(root_of(hashes))  # (2)
        self._levels[level] = []
        yield from self._close(level + 1)

    def _tile(self, level: int) -> Tile:
        return Tile(level, self.size >> TILE_HEIGHT * (level + 1), len(self._levels[level]))
