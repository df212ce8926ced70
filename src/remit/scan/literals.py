"""The one pass over every byte: where any name of the catalogue stands.

Everything after this pass costs only where something was hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class Hit(NamedTuple):
    """One literal found in a file."""

    start: int
    end: int
    literal: str


class Sieve:
    """An automaton of every literal, matched in any case."""

    def __init__(self, literals: Iterable[str]) -> None:
        self.literals = sorted({literal.lower() for literal in literals if literal})
        self._automaton = BytesAhoCorasick(
            [literal.encode() for literal in self.literals],
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.ContiguousNFA,
        )

    def hits(self, data: bytes) -> list[Hit]:
        """List what is found in some bytes, in order, without overlaps."""
        literals = self.literals
        return [
            Hit(start, end, literals[index])
            for index, start, end in self._automaton.find_matches_as_indexes(data.lower())
        ]
