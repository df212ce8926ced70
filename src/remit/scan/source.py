"""The interface of a source: whatever can be looked at gives documents to read, and counts the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remit.scan.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Reading:
    """One file that was read: its path in the source, and its bytes."""

    path: str
    data: bytes
    number: int | None = None
    """Its place among all files of the source, where only a share of them is read."""
    again: Callable[[], bytes] | None = None
    """A way to have the bytes once more, where that costs little."""


@dataclass(slots=True)
class Share:
    """Which files of a source are read here, where several processes go through it; each counts all of them alike."""

    own: int = 0
    of: int = 1
    number: int = 0
    """The place of the file that was asked about last, among all."""
    left: tuple[int, int] = (0, 0)
    """Bytes and members that the budget still allows, but for what archives within have cost."""
    inner: tuple[int, int] = (0, 0)
    """What archives within have cost."""
    ended_early: bool = False
    """Whether something of the source itself was not gone through to its end."""

    def takes(self, path: str) -> bool:
        """Count one more file, and say whether it is read here, whatever else comes and goes meanwhile."""
        self.number += 1
        return self.of == 1 or crc32(path.encode()) % self.of == self.own


def path_of(name: bytes) -> str:
    """Write the bytes of a file's name as a path that tells what is no UTF-8 in them: two names are two files."""
    return name.decode("utf-8", "backslashreplace")


class Source(Protocol):
    """Something that holds files."""

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file in the order of their paths, and count every one that is not yielded."""
