"""The interface of a source: whatever can be looked at gives documents to read, and counts the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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


class Source(Protocol):
    """Something that holds files."""

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file in the order of their paths, and count every one that is not yielded."""
