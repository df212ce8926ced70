"""Proofs: every one that is made verifies, every bit that is flipped refuses, and others' vectors agree."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused, UsageError
from remit.ledger.proof import (
    make_consistency,
    make_inclusion,
    make_range,
    verify_consistency,
    verify_inclusion,
    verify_range,
)
from tests.ledger.small_log import SmallLog, flip, refused

VECTORS = Path(__file__).parents[3] / "shared/vectors/merkle/vectors.json"
LOG = SmallLog(130)
STRICTER = {
    # Its roots are texts of twelve bytes, which pass where two roots of one size are merely compared.
    "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
}


@given(st.integers(1, 130), st.data())
def test_every_inclusion_that_is_made_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = make_inclusion(index, size, LOG.node)
    verify_inclusion(LOG.leaves[index], index, size, proof, LOG.root(size))


@given(st.integers(1, 130), st.data())
def test_every_consistency_that_is_made_verifies(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = make_consistency(old, new, LOG.node)
    verify_consistency(old, new, LOG.root(old), LOG.root(new), proof)


@given(st.integers(1, 130), st.data())
def test_every_range_that_is_made_verifies(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    count = data.draw(st.integers(1, size - first))
    proof = make_range(first, count, size, LOG.node)
    verify_range(first, LOG.leaves[first : first + count], size, proof, LOG.root(size))
    assert len(proof) <= 2 * size.bit_length()


def test_the_whole_tree_is_a_range_that_needs_no_proof() -> None:
    assert make_range(0, 130, 130, LOG.node) == []


@given(st.integers(2, 130), st.data())
def test_any_bit_flipped_in_an_inclusion_refuses(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    parts = [LOG.leaves[index], LOG.root(size), *make_inclusion(index, size, LOG.node)]
    place, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[place] = flip(parts[place], bit)
    leaf, root, *proof = parts
    with refused("inclusion-root"):
        verify_inclusion(leaf, index, size, proof, root)


@given(st.integers(2, 130), st.data())
def test_any_bit_flipped_in_a_consistency_refuses(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    parts = [LOG.root(old), LOG.root(new), *make_consistency(old, new, LOG.node)]
    place, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[place] = flip(parts[place], bit)
    old_root, new_root, *proof = parts
    with pytest.raises(EvidenceRefused) as caught:
        verify_consistency(old, new, old_root, new_root, proof)
    assert caught.value.step in {"consistency-old-root", "consistency-new-root"}


@given(st.integers(1, 130), st.data())
def test_any_change_to_a_range_refuses(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    count = data.draw(st.integers(1, size - first))
    leaves, proof = LOG.leaves[first : first + count], make_range(first, count, size, LOG.node)
    kind = data.draw(st.sampled_from(["flip leaf", "flip proof", "drop", "swap", "shift"]))
    place = data.draw(st.integers(0, count - 1))
    if kind == "flip leaf":
        leaves[place] = flip(leaves[place], data.draw(st.integers(0, 255)))
    elif kind == "flip proof" and proof:
        proof[-1] = flip(proof[-1], data.draw(st.integers(0, 255)))
    elif kind == "swap" and count > 1:
        leaves[place], leaves[place - 1] = leaves[place - 1], leaves[place]
    elif kind == "shift" and first > 0:
        first -= 1
    else:
        del leaves[place]
    with pytest.raises(EvidenceRefused):
        verify_range(first, leaves, size, proof, LOG.root(size))


def test_a_proof_of_another_length_is_refused_by_name() -> None:
    leaf, root = LOG.leaves[5], LOG.root(100)
    inclusion = make_inclusion(5, 100, LOG.node)
    for proof in ([*inclusion, root], inclusion[:-1]):
        with refused("inclusion-length"):
            verify_inclusion(leaf, 5, 100, proof, root)
    consistency = make_consistency(6, 100, LOG.node)
    for proof in ([*consistency, root], consistency[:-1], []):
        with refused("consistency-length"):
            verify_consistency(6, 100, LOG.root(6), root, proof)
    beside = make_range(5, 10, 100, LOG.node)
    for proof in ([*beside, root], beside[:-1]):
        with refused("range-length"):
            verify_range(5, LOG.leaves[5:15], 100, proof, root)


def test_a_consistency_from_another_log_is_refused() -> None:
    other = SmallLog(100)
    other.leaves.reverse()
    with refused("consistency-old-root"):
        verify_consistency(60, 100, LOG.root(60), LOG.root(100), make_consistency(60, 100, other.node))


def test_trees_of_one_size_have_one_root_and_no_proof() -> None:
    root, other = LOG.root(8), LOG.root(9)
    verify_consistency(8, 8, root, root, [])
    with refused("consistency-length"):
        verify_consistency(8, 8, root, root, [other])
    with refused("consistency-new-root"):
        verify_consistency(8, 8, root, other, [])


def test_nothing_is_proved_in_an_empty_tree() -> None:
    empty, some = bytes(32), [bytes(32)]
    with refused("inclusion-size"):
        verify_inclusion(empty, 0, 0, [], empty)
    with refused("consistency-size"):
        verify_consistency(0, 0, empty, empty, [])
    with refused("consistency-size"):
        verify_consistency(0, 5, empty, empty, [])
    with refused("range-size"):
        verify_range(0, some, 0, [], empty)
    with refused("inclusion-size"):
        verify_inclusion(empty, 0, 2**63, [], empty)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_is_not_32_bytes_proves_nothing(length: int) -> None:
    short, whole = bytes(length), bytes(32)
    for leaf, proof, root in ((short, [], short), (whole, [short], whole), (whole, [], short)):
        with refused("hash-length"):
            verify_inclusion(leaf, 0, 1, proof, root)
        with refused("hash-length"):
            verify_range(0, [leaf], 1, proof, root)
        with refused("hash-length"):
            verify_consistency(1, 1, leaf, root, proof)


def test_places_outside_the_tree_are_refused() -> None:
    root = LOG.root(8)
    for index in (-1, 8):
        with refused("inclusion-index"):
            verify_inclusion(LOG.leaves[0], index, 8, [], root)
        with pytest.raises(UsageError, match="has no entry"):
            make_inclusion(index, 8, LOG.node)
    for first, count in ((-1, 1), (8, 1), (7, 2), (0, 0)):
        with refused("range-index"):
            verify_range(first, LOG.leaves[:count], 8, [], root)
        with pytest.raises(UsageError, match=f"has no {count} entries from {first}"):
            make_range(first, count, 8, LOG.node)
    with refused("consistency-size"):
        verify_consistency(9, 8, root, root, [])
    for old in (0, 9):
        with pytest.raises(UsageError, match="does not grow"):
            make_consistency(old, 8, LOG.node)


def vectors(*kinds: str) -> list[tuple[str, dict[str, Any]]]:
    if not VECTORS.exists():
        pytest.skip("the vectors of transparency-dev/merkle are not beside the project")
    return [
        (name, vector)
        for name, vector in json.loads(VECTORS.read_text(encoding="utf-8")).items()
        if name.split("/")[0] in kinds
    ]


def accepted(vector: dict[str, Any]) -> bool:
    proof = [b64decode(value) for value in vector["proof"] or []]
    start = vector.get("start", 0)
    try:
        if "leafIdx" in vector:
            size = vector.get("treeSize", vector.get("end", 0) - start)
            leaf, root = b64decode(vector["leafHash"] or ""), b64decode(vector["root"] or "")
            verify_inclusion(leaf, vector["leafIdx"] - start, size, proof, root)
        else:
            old, new = b64decode(vector["root1"] or ""), b64decode(vector["root2"] or "")
            verify_consistency(vector["size1"], vector["size2"], old, new, proof)
    except EvidenceRefused:
        return False
    return True


def test_the_vectors_of_transparency_dev_merkle_agree() -> None:
    found = vectors("inclusion", "consistency")
    assert len(found) == 196
    differ = {name for name, vector in found if accepted(vector) == vector.get("wantErr", False)}
    assert differ == STRICTER


def test_the_vectors_of_inclusion_in_a_subtree_agree_where_the_subtree_is_one() -> None:
    found = vectors("subtreeinclusion")
    valid = [
        (name, vector)
        for name, vector in found
        if vector["end"] > vector["start"]
        and vector["start"] % (1 << (vector["end"] - vector["start"] - 1).bit_length()) == 0
    ]
    assert len(valid) > 150
    assert {name for name, vector in valid if accepted(vector) == vector.get("wantErr", False)} == set()
