"""Tiles: the paths of the specification, which tiles a size has, and any hash read out of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import UsageError
from remit.ledger.tile import FULL_WIDTH, Tile, TileTree, changed_tiles, parse_path, parse_tile, tiles_of, write_tile
from remit.ledger.tree import root_at
from tests.ledger.small_log import SmallLog, TileDict, refused

LOG = SmallLog(600)
FILES = LOG.files()


def test_a_number_is_written_in_groups_of_three_digits() -> None:
    assert Tile(0, 1_234_067, 256).path == "tile/0/x001/x234/067"
    assert Tile(2, 7, 17).path == "tile/2/007.p/17"
    assert Tile(0, 999_000, 1).bundle_path == "tile/entries/x999/000.p/1"


def test_the_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    full = [tile.level for tile in tiles if tile.width == FULL_WIDTH]
    assert (full.count(0), full.count(1), full.count(2)) == (273, 1, 0)
    partial = [tile for tile in tiles if tile.width < FULL_WIDTH]
    assert partial == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 2**18), st.integers(0, 2**18))
def test_the_changed_tiles_are_those_the_old_size_lacks(one: int, other: int) -> None:
    old, new = sorted((one, other))
    before = set(tiles_of(old))
    assert list(changed_tiles(old, new)) == [tile for tile in tiles_of(new) if tile not in before]


@given(st.integers(0, 63), st.integers(0, 2**55), st.integers(1, 256), st.booleans())
def test_every_path_that_is_written_is_read(level: int, number: int, width: int, entries: bool) -> None:  # noqa: FBT001
    tile = Tile(0 if entries else level, number, width)
    assert parse_path(tile.bundle_path if entries else tile.path) == (tile, entries)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/67",
        "tile/00/067",
        "tile/64/067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x067",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/300",
        "tile/0/067.p/01",
        "tile/0/067\n",
        "tile/0/0\N{FULLWIDTH DIGIT SIX}7",
        "/tile/0/067",
        "tile/entries/../067",
        "tile/0" + "/x001" * 9 + "/067",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    with refused("tile-path"):
        parse_path(path)


def test_a_tree_does_not_shrink() -> None:
    for old, new in ((2, 1), (-1, 1), (0, 2**63)):
        with pytest.raises(UsageError, match="does not grow"):
            list(changed_tiles(old, new))


def test_a_tile_holds_1_to_256_hashes_of_32_bytes() -> None:
    hashes = [bytes([value]) * 32 for value in range(3)]
    assert parse_tile(write_tile(hashes), 3) == hashes
    for wrong in ([], [bytes(32)] * 257):
        with refused("tile-width"):
            write_tile(wrong)
    with refused("hash-length"):
        write_tile([b""])


def test_a_partial_tile_does_not_pass_for_a_full_one() -> None:
    partial = FILES["tile/0/002.p/88"]
    with refused("tile-width"):
        parse_tile(partial, FULL_WIDTH)
    presented = TileDict(FILES | {"tile/0/002": partial})
    del presented["tile/0/002.p/88"]
    with refused("tile-width"):
        TileTree(600, presented).node(0, 599)


@given(st.integers(1, 600), st.data())
def test_any_hash_is_read_out_of_the_tiles(size: int, data: st.DataObject) -> None:
    level = data.draw(st.integers(0, size.bit_length() - 1))
    index = data.draw(st.integers(0, (size >> level) - 1))
    files = TileDict(LOG.files(size))
    tree = TileTree(size, files)
    assert tree.node(level, index) == LOG.node(level, index)
    assert root_at(size, tree.node) == LOG.root(size)


def test_the_full_tile_stands_in_for_a_partial_one_that_is_gone() -> None:
    assert TileTree(300, TileDict(FILES)).node(0, 299) == LOG.leaves[299]


@pytest.mark.parametrize("gone", ["tile/0/002.p/88", "tile/0/001"])
def test_a_tile_that_is_gone_is_named(gone: str) -> None:
    files = TileDict(FILES)
    del files[gone]
    with refused("tile-absent"):
        TileTree(600, files).node(0, 599 if "002" in gone else 300)


@pytest.mark.parametrize(("level", "index"), [(0, 600), (3, 75), (10, 0), (-1, 0), (0, -1)])
def test_a_hash_beyond_the_size_is_not_read(level: int, index: int) -> None:
    with pytest.raises(UsageError, match="no subtree"):
        TileTree(600, TileDict(FILES)).node(level, index)
