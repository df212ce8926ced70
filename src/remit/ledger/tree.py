"""The Merkle tree of RFC 6962: its hashes, its root, and the frontier that grows by one leaf at a time.

1. A leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right), so neither passes for the other (section 2.1).
2. A hash is 32 bytes wherever one comes in, or an empty text would pass for a root that proves an empty leaf.
3. The frontier is the roots of the perfect subtrees a size is made of, largest first: all that appending needs.

>>> frontier = Frontier()
>>> for entry in (b"one", b"two", b"three"):
...     frontier.append(leaf_hash(entry))
>>> frontier.root() == root_of([leaf_hash(entry) for entry in (b"one", b"two", b"three")])
True
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Node = Callable[[int, int], bytes]
    """Reads a stored hash: `node(level, index)` is that of the `2**level` leaves from `index << level`."""

HASH_SIZE = 32
LARGEST_SIZE = 2**63 - 1
"""What a signed 64-bit number holds, as other implementations count."""
EMPTY_ROOT = sha256(b"").digest()
"""The root of no leaves (section 2.1); no proof is made or taken under it."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()  # (1)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees, whose hashes are 32 bytes each, as the node above them."""
    demand_hash(left, "the left hash")  # (2)
    demand_hash(right, "the right hash")
    return sha256(b"\x01" + left + right).digest()  # (1)


def demand_hash(value: bytes, what: str) -> None:
    """Raise if something that should be a hash is not 32 bytes long."""
    if len(value) != HASH_SIZE:
        raise EvidenceRefused("hash-length", f"{what} is {len(value)} bytes long, not {HASH_SIZE}")


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in their order; without any it is `EMPTY_ROOT`."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def peaks_of(size: int) -> Iterator[tuple[int, int]]:
    """Name the perfect subtrees a tree is made of, largest first, as level and index."""
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level


def root_at(size: int, node: Node) -> bytes:
    """Return the root a tree had at a size, from its stored hashes."""
    return Frontier.from_hashes(size, [node(level, index) for level, index in peaks_of(size)]).root()


class Frontier:
    """The right edge of a growing tree; appending costs about two hashes a leaf."""

    __slots__ = ("_hashes", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._hashes: list[bytes] = []

    @classmethod
    def from_hashes(cls, size: int, hashes: Sequence[bytes]) -> Frontier:
        """Take up a frontier where `hashes()` left it at `size`."""
        if not 0 <= size <= LARGEST_SIZE:
            raise EvidenceRefused("frontier-size", f"no tree has {size} leaves")
        if len(hashes) != size.bit_count():
            found = f"a tree of {size} leaves has a frontier of {size.bit_count()} hashes, not {len(hashes)}"
            raise EvidenceRefused("frontier-size", found)
        for position, value in enumerate(hashes):
            demand_hash(value, f"hash {position} of the frontier")
        frontier = cls()
        frontier._size = size
        frontier._hashes = list(hashes)
        return frontier

    @property
    def size(self) -> int:
        """How many leaves have been appended."""
        return self._size

    def hashes(self) -> tuple[bytes, ...]:
        """Return what `from_hashes` needs beside the size."""
        return tuple(self._hashes)

    def copy(self) -> Frontier:
        """Return a second frontier that grows on its own."""
        return Frontier.from_hashes(self._size, self._hashes)

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in their order; a faulty one stops there, with those before it appended."""
        hashes, pop = self._hashes, self._hashes.pop
        for leaf in leaves:
            if len(leaf) != HASH_SIZE:
                demand_hash(leaf, f"leaf hash {self._size}")
            # As in binary counting: every carry joins two perfect subtrees of one height.
            joined, carry = leaf, self._size
            while carry & 1:
                joined = sha256(b"\x01" + pop() + joined).digest()
                carry >>= 1
            hashes.append(joined)
            self._size += 1

    def root(self) -> bytes:
        """Return the root over everything appended (section 2.1)."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root
