"""Where the log is kept: the one truth, of which tiles and checkpoints are made.

What a store promises, whatever it is made of:

1. A group is everything or nothing, and durable once it has ended without an error.
2. One group runs at a time, over all threads, processes and machines that share the store.
3. Entries are never changed and never removed. Counters and rows are; contents can be forgotten.
4. It never signs for two roots of one size, nor for less than it has signed for.
5. Whatever goes wrong below is raised as `NotRecorded`, saying what.

A row is a few bytes under a name, for what is not evidence but must change together with it: an approval that is used
once, a call that is under way, a sketch of who was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from remit.errors import LogRewound, NotRecorded
from remit.ledger.tree import Frontier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager


class Head(NamedTuple):
    """The end of the log: its size, its frontier, and the time of its last entry, empty at first."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    at: str = ""

    def root(self) -> bytes:
        """Return the root over all entries."""
        return Frontier.from_hashes(self.size, self.frontier).root()


class Signed(NamedTuple):
    """The last size that was signed for, and its root."""

    size: int
    root: bytes


class Record(NamedTuple):
    """An entry as it is stored: its place, its bytes, and its contents if it has any."""

    n: int
    body: bytes
    sealed: bytes | None = None


class Changes(NamedTuple):
    """What a group leaves behind; a row of None is removed."""

    records: Sequence[Record]
    head: Head
    streams: Mapping[str, int]
    counters: Mapping[str, int]
    rows: Mapping[str, bytes | None]


class Group(Protocol):
    """A group that has begun: nobody else writes until it ends."""

    def head(self) -> Head:
        """Return the end of the log."""

    def stream(self, name: str) -> int:
        """Return how many entries a stream has."""

    def counter(self, name: str) -> int:
        """Return a counter, which is 0 until it is changed."""

    def row(self, name: str) -> bytes | None:
        """Return a row, or None where there is none."""

    def apply(self, changes: Changes) -> None:
        """Write what is to be left behind."""

    def signed(self) -> Signed | None:
        """Return what was signed for last."""

    def sign_for(self, signed: Signed) -> None:
        """Remember what is about to be signed for."""


class Store(Protocol):
    """A store that is open."""

    def group(self) -> AbstractContextManager[Group]:
        """Begin a group; leaving it ends it, and leaving it with an error undoes it."""

    def head(self) -> Head:
        """Return the end of the log as it is durable now."""

    def signed(self) -> Signed | None:
        """Return what was signed for last."""

    def entries(self, first: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of the entries of a range, all of which must be there."""

    def contents(self, n: int) -> bytes | None:
        """Return the sealed contents of an entry, or None where there are none or they were forgotten."""

    def forget(self, n: int) -> None:
        """Forget the contents of an entry, which stays as it is."""

    def counter(self, name: str) -> int:
        """Return a counter, which is 0 until it is changed."""

    def rows(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the rows whose names begin so, by name."""

    def close(self) -> None:
        """Let go of the store."""


def sign_for(group: Group, size: int) -> Signed:
    """Settle within a group what may be signed: the end of the log as it stands, or what was settled before.

    1. What was signed for is never more than there is; otherwise the store is not the one that was signed for.
    2. The root of a size that was signed for is the same root.
    3. It is remembered before anybody signs, so that a crash in between cannot be forgotten.
    """
    head, before = group.head(), group.signed()
    if head.size != size:
        raise NotRecorded(f"the log has {head.size} entries, and {size} were to be signed for")
    if before is not None and before.size > head.size:  # (1)
        raise LogRewound(head.size, before.size, "what was signed last")
    signed = Signed(head.size, head.root())
    if before is not None and before.size == signed.size and before.root != signed.root:  # (2)
        raise LogRewound(head.size, before.size, "another root that was signed last")
    if before != signed:
        group.sign_for(signed)  # (3)
    return signed
