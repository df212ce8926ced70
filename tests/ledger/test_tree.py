"""The hashes and the frontier: one root however the leaves come, and 32 bytes wherever a hash comes in."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ledger.tree import EMPTY_ROOT, LARGEST_SIZE, Frontier, leaf_hash, node_hash, peaks_of, root_at, root_of
from tests.ledger.small_log import SmallLog, refused


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def test_a_leaf_and_a_node_are_told_apart_by_their_first_byte() -> None:
    left, right = bytes(32), bytes([1]) * 32
    assert leaf_hash(b"entry") == sha256(b"\x00entry").digest()
    assert node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right)


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == root_of([]) == EMPTY_ROOT == sha256(b"").digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_the_one_of_the_specification(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    assert root_of(leaves) == naive_root(leaves)


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=8))
def test_any_split_of_the_appends_gives_one_root(parts: list[int]) -> None:
    leaves = SmallLog(sum(parts)).leaves
    frontier = Frontier()
    for part in parts:
        frontier = Frontier.from_hashes(frontier.size, frontier.hashes())
        frontier.extend(leaves[frontier.size : frontier.size + part])
    assert (frontier.size, frontier.root()) == (len(leaves), root_of(leaves))


@given(st.integers(min_value=0, max_value=200))
def test_a_root_of_the_past_is_made_of_stored_hashes(size: int) -> None:
    log = SmallLog(200)
    assert root_at(size, log.node) == log.root(size)
    assert sum(1 << level for level, _ in peaks_of(size)) == size


def test_a_copy_grows_on_its_own() -> None:
    leaves = SmallLog(7).leaves
    frontier = Frontier()
    frontier.extend(leaves[:3])
    copy = frontier.copy()
    for leaf in leaves[3:]:
        copy.append(leaf)
    assert frontier.root() == root_of(leaves[:3])
    assert copy.root() == root_of(leaves)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_is_not_32_bytes_is_no_hash_anywhere(length: int) -> None:
    short, whole = bytes(length), bytes(32)
    frontier = Frontier()
    with refused("hash-length"):
        frontier.append(short)
    assert frontier.size == 0
    with refused("hash-length"):
        node_hash(short, whole)
    with refused("hash-length"):
        node_hash(whole, short)
    with refused("hash-length"):
        Frontier.from_hashes(1, [short])


@pytest.mark.parametrize(("size", "count"), [(-1, 0), (LARGEST_SIZE + 1, 1), (3, 1), (4, 2), (0, 1)])
def test_a_frontier_has_one_hash_for_each_perfect_subtree(size: int, count: int) -> None:
    with refused("frontier-size"):
        Frontier.from_hashes(size, [bytes(32)] * count)
