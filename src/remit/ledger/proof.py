"""Proofs over the tree: that a leaf stands in it, that it grew by appending alone, that a range is whole.

A proof is a list of 32-byte hashes. It is made from stored hashes, `node(level, index)`, and verified from bytes and
numbers alone. A verifier says nothing when the proof holds and raises when it does not; no proof is made or taken for a
tree of size 0, under whose root anything would seem to stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, UsageError
from remit.ledger.tree import LARGEST_SIZE, demand_hash, node_hash, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.ledger.tree import Node


def make_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Prove that the leaf at `index` stands in the tree of `size`, from its sibling upwards (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise UsageError(f"No proof was made: a tree of {size} entries has no entry {index}.")
    proof = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_root_between(middle, high, node))
            high = middle
        else:
            proof.append(_root_between(low, middle, node))
            low = middle
    return proof[::-1]


def make_consistency(old_size: int, new_size: int, node: Node) -> list[bytes]:
    """Prove that the tree of `old_size` is the beginning of the one of `new_size` (RFC 6962, 2.1.2)."""
    if not 1 <= old_size <= new_size:
        raise UsageError(f"No proof was made: a tree of {new_size} entries does not grow out of one of {old_size}.")
    proof = []
    low, high = 0, new_size
    while old_size < high:
        middle = low + _split(high - low)
        if old_size <= middle:
            proof.append(_root_between(middle, high, node))
            high = middle
        else:
            proof.append(_root_between(low, middle, node))
            low = middle
    # The whole old tree is known to the verifier; any smaller part that the descent ends in is not.
    if low > 0:
        proof.append(_root_between(low, high, node))
    return proof[::-1]


def make_range(first: int, count: int, size: int, node: Node) -> list[bytes]:
    """Prove that `count` leaves from `first` are those of the tree of `size`: what lies beside them, left to right.

    The tree is halved as for every other proof (RFC 6962, 2.1). A part beside the range gives its root, one within
    gives nothing, and one that straddles an edge is halved again.
    """
    if count < 1 or not 0 <= first <= size - count:
        raise UsageError(f"No proof was made: a tree of {size} entries has no {count} entries from {first}.")
    return list(_beside(0, size, (first, first + count), node))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Say nothing if the leaf hash stands at `index` of the tree under `root`; raise if not (RFC 9162, 2.1.3.2).

    1. Demand 32 bytes of every hash, and an index within the size.
    2. Climb from the leaf: a hash on the left where the path is a right child or has no sibling, else on the right.
    3. Demand that the proof is used up exactly at the root.
    4. Demand the root.
    """
    _demand_hashes("inclusion", [leaf, *proof, root])  # (1)
    _demand_size("inclusion", size)
    if not 0 <= index < size:
        raise EvidenceRefused("inclusion-index", f"a tree of {size} entries has no entry {index}")
    place, last, climbed = index, size - 1, leaf
    for value in proof:  # (2)
        if last == 0:
            raise EvidenceRefused("inclusion-length", f"the proof goes on above the root, with {len(proof)} hashes")
        if place & 1 or place == last:
            climbed = node_hash(value, climbed)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            climbed = node_hash(climbed, value)
        place, last = place >> 1, last >> 1
    if last != 0:  # (3)
        raise EvidenceRefused("inclusion-length", f"the proof ends below the root, after {len(proof)} hashes")
    if climbed != root:  # (4)
        raise EvidenceRefused("inclusion-root", f"entry {index} of {size} does not lead to the root {root.hex()}")


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Say nothing if the new tree begins with the old one; raise if not (RFC 9162, 2.1.4.2).

    1. Demand 32 bytes of every hash, and sizes of which the old is neither 0 nor the larger.
    2. Trees of one size have one root and need no proof.
    3. Take the old root itself as first hash where the old tree is a perfect subtree of the new.
    4. Pass over the levels where the old tree is whole, then climb with both roots at once.
    5. Demand that the proof is used up exactly at the root.
    6. Demand the old root, then the new one.
    """
    _demand_hashes("consistency", [old_root, new_root, *proof])  # (1)
    _demand_size("consistency", new_size)
    if not 1 <= old_size <= new_size:
        raise EvidenceRefused("consistency-size", f"a tree of {new_size} does not grow out of one of {old_size}")
    if old_size == new_size:  # (2)
        _demand_same(old_root, new_root, proof)
        return
    hashes = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)  # (3)
    if not hashes:
        raise EvidenceRefused("consistency-length", "the proof is empty")
    old_climbed, new_climbed = _climb_both(old_size, new_size, hashes)  # (4, 5)
    if old_climbed != old_root:  # (6)
        raise EvidenceRefused("consistency-old-root", f"the proof does not lead to the root of size {old_size}")
    if new_climbed != new_root:
        raise EvidenceRefused("consistency-new-root", f"the proof does not lead to the root of size {new_size}")


def verify_range(first: int, leaves: Sequence[bytes], size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Say nothing if these leaf hashes are all there is in the tree from `first` on; raise if not.

    1. Demand 32 bytes of every hash, at least one leaf, and a range within the size.
    2. Halve the tree as the prover did (RFC 6962, 2.1): take the roots beside the range from the proof, make those
       within it from the leaves.
    3. Demand that the proof is used up.
    4. Demand the root.
    """
    _demand_hashes("range", [*leaves, *proof, root])  # (1)
    _demand_size("range", size)
    end = first + len(leaves)
    if not leaves or not 0 <= first < end <= size:
        raise EvidenceRefused("range-index", f"a tree of {size} entries has no {len(leaves)} entries from {first}")
    rest = iter(proof)
    found = _climb_range(0, size, (first, leaves), rest)  # (2)
    if next(rest, None) is not None:  # (3)
        raise EvidenceRefused("range-length", f"the proof has more hashes than lie beside the range: {len(proof)}")
    if found != root:  # (4)
        raise EvidenceRefused("range-root", f"entries {first} to {end - 1} of {size} do not lead to {root.hex()}")


def _split(count: int) -> int:
    """Return the largest power of two below a count of at least two (RFC 6962, 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def _root_between(low: int, high: int, node: Node) -> bytes:
    """Return the root over the leaves from `low` to before `high`, a part that halving a tree leads to."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(count)
    return node_hash(_root_between(low, middle, node), _root_between(middle, high, node))


def _beside(low: int, high: int, wanted: tuple[int, int], node: Node) -> Iterator[bytes]:
    first, end = wanted
    if high <= first or end <= low:
        yield _root_between(low, high, node)
    elif low < first or end < high:
        middle = low + _split(high - low)
        yield from _beside(low, middle, wanted, node)
        yield from _beside(middle, high, wanted, node)


def _climb_range(low: int, high: int, wanted: tuple[int, Sequence[bytes]], rest: Iterator[bytes]) -> bytes:
    first, leaves = wanted
    end = first + len(leaves)
    if high <= first or end <= low:
        value = next(rest, None)
        if value is None:
            raise EvidenceRefused("range-length", "the proof has fewer hashes than lie beside the range")
        return value
    if first <= low and high <= end:
        return root_of(leaves[low - first : high - first])
    middle = low + _split(high - low)
    left = _climb_range(low, middle, wanted, rest)
    return node_hash(left, _climb_range(middle, high, wanted, rest))


def _climb_both(old_size: int, new_size: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Climb to the old root and the new, from the largest perfect subtree that ends where the old tree does."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_climbed = new_climbed = hashes[0]
    for value in hashes[1:]:
        if last == 0:
            raise EvidenceRefused("consistency-length", "the proof goes on above the root")
        if place & 1 or place == last:
            old_climbed, new_climbed = node_hash(value, old_climbed), node_hash(value, new_climbed)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            new_climbed = node_hash(new_climbed, value)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise EvidenceRefused("consistency-length", "the proof ends below the root")
    return old_climbed, new_climbed


def _demand_same(old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise EvidenceRefused("consistency-length", f"two trees of one size need no proof, and this has {len(proof)}")
    if old_root != new_root:
        raise EvidenceRefused("consistency-new-root", "two trees of one size have two roots")


def _demand_size(check: str, size: int) -> None:
    if not 1 <= size <= LARGEST_SIZE:
        raise EvidenceRefused(f"{check}-size", f"nothing is proved in a tree of {size} entries")


def _demand_hashes(check: str, values: Sequence[bytes]) -> None:
    what = f"a hash of the {check} proof"
    for value in values:
        demand_hash(value, what)
