"""Tiles: the tree as files of up to 256 hashes, and how to read any hash out of them (C2SP tlog-tiles).

1. The tile `n` of level `l` holds the roots of 256 subtrees of `256**l` leaves each, beginning at subtree `256 * n`.
2. A path writes the number in groups of three digits, all but the last behind an `x`: 1234067 is `x001/x234/067`.
3. A tile that is not full yet bears its width, `.p/112`, and is never hashed into the level above.
4. A partial tile may be missing once the full one is there, of which it is the beginning.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remit.errors import EvidenceRefused, UsageError
from remit.ledger.tree import HASH_SIZE, LARGEST_SIZE, demand_hash, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FULL_WIDTH = 256
TILE_HEIGHT = 8
HIGHEST_LEVEL = 63
ENTRIES = "entries"
"""What stands in a bundle's path in place of the level."""

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/){0,6}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)
_KEPT_TILES = 64


class Tile(NamedTuple):
    """One tile by its level, its number in the level and how many hashes it holds."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where the tile's hashes are stored, below the log."""
        return _path_of(str(self.level), self.number, self.width)

    @property
    def bundle_path(self) -> str:
        """Where the entries under a tile of level 0 are stored."""
        return _path_of(ENTRIES, self.number, self.width)


class TileReader(Protocol):
    """Whatever tiles are fetched from: a folder, a database, an address."""

    def read(self, path: str) -> bytes | None:
        """Return the content at a path such as `tile/0/000.p/3`, or None when there is none."""


def parse_path(path: str) -> tuple[Tile, bool]:
    """Return the tile a path names and whether the path means its entries; raise if it is not written as (2) asks."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise EvidenceRefused("tile-path", f"{path!r} is not the path of a tile")
    level, digits, width = match.groups()
    groups = digits.split("/")
    tile = Tile(
        level=0 if level == ENTRIES else int(level),
        number=int("".join(group.removeprefix("x") for group in groups)),
        width=int(width or FULL_WIDTH),
    )
    fits = tile.level <= HIGHEST_LEVEL and tile.width <= FULL_WIDTH
    # What was read is written again, which finds needless zeroes and a full width that is spelt out.
    if not fits or path != _path_of(level, tile.number, tile.width):
        raise EvidenceRefused("tile-path", f"{path!r} is not the path of a tile")
    return tile, level == ENTRIES


def tiles_of(size: int) -> Iterator[Tile]:
    """Name every tile a tree of this size has, from the leaves upwards."""
    return changed_tiles(0, size)


def changed_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """Name the tiles a tree of the new size has and one of the old size has not, from the leaves upwards."""
    if not 0 <= old_size <= new_size <= LARGEST_SIZE:
        raise UsageError(f"No tiles were named: a tree does not grow from {old_size} to {new_size} leaves.")
    old, new, level = old_size, new_size, 0
    while new > old:
        for number in range(old // FULL_WIDTH, -(-new // FULL_WIDTH)):
            yield Tile(level, number, min(FULL_WIDTH, new - number * FULL_WIDTH))
        old, new, level = old // FULL_WIDTH, new // FULL_WIDTH, level + 1  # (3)


def write_tile(hashes: Sequence[bytes]) -> bytes:
    """Write between 1 and 256 hashes as one tile."""
    if not 1 <= len(hashes) <= FULL_WIDTH:
        raise EvidenceRefused("tile-width", f"a tile has 1 to {FULL_WIDTH} hashes, not {len(hashes)}")
    for position, value in enumerate(hashes):
        demand_hash(value, f"hash {position} of the tile")
    return b"".join(hashes)


def parse_tile(content: bytes, width: int) -> list[bytes]:
    """Return the hashes of a tile, which must be exactly as many as its width."""
    if len(content) != width * HASH_SIZE:
        found = f"a tile of width {width} is {width * HASH_SIZE} bytes long, not {len(content)}"
        raise EvidenceRefused("tile-width", found)
    return [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]


def read_tile(tile: Tile, reader: TileReader) -> list[bytes]:
    """Fetch the hashes of a tile; raise if they are not there."""
    content = reader.read(tile.path)
    if content is not None:
        return parse_tile(content, tile.width)
    full = reader.read(tile._replace(width=FULL_WIDTH).path) if tile.width < FULL_WIDTH else None  # (4)
    if full is None:
        raise EvidenceRefused("tile-absent", f"{tile.path} is not there")
    return parse_tile(full, FULL_WIDTH)[: tile.width]


class TileTree:
    """A tree of one size whose hashes stand in tiles; `node` is what proofs are made with.

    The tiles are not trusted here: what is made of them is held against a signed root.
    """

    def __init__(self, size: int, reader: TileReader) -> None:
        self.size = size
        self._reader = reader
        self._hashes = lru_cache(_KEPT_TILES)(self._read)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree: `2**level` leaves from `index << level`."""
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise UsageError(f"No hash was read: a tree of {self.size} leaves has no subtree {index} at level {level}.")
        tile_level, above = divmod(level, TILE_HEIGHT)
        first = index << above
        hashes = self._hashes(tile_level, first // FULL_WIDTH)
        start = first % FULL_WIDTH
        return hashes[start] if above == 0 else root_of(hashes[start : start + (1 << above)])

    def _read(self, level: int, number: int) -> list[bytes]:
        held = (self.size >> level * TILE_HEIGHT) - number * FULL_WIDTH
        return read_tile(Tile(level, number, min(FULL_WIDTH, held)), self._reader)  # (1)


def _path_of(level: str, number: int, width: int) -> str:
    *front, last = (group.zfill(3) for group in f"{number:,}".split(","))  # (2)
    path = "/".join(["tile", level, *(f"x{group}" for group in front), last])
    return path if width == FULL_WIDTH else f"{path}.p/{width}"
