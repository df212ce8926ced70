"""The one pass over every byte: where any name of the catalogue stands.

Everything after this pass costs only where something was hit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class Hit(NamedTuple):
    """One literal found in a file."""

    start: int
    end: int
    literal: str


_FARTHEST = 60
_SIGN = rb"[\"'`|;&($\-:,]\s*+"
_TAKES = rb"(?:import|from|use|using|require|gem|library|alias|install|add|get|open|crate|run|with)\b[^\n]*"
_BEFORE = re.compile(rb"(?:^|\n)[ \t]*+$|%b$|\b%b$" % (_SIGN, _TAKES))
_JOINED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Sieve:
    """An automaton of every literal, matched in any case.

    A name that is a plain word (`ai`, `text`) counts only where it stands on its own, and as something that is taken
    or started: at the beginning of a line or a string, after a sign, or on a line that imports or installs.
    """

    def __init__(self, literals: Iterable[str], plain: Iterable[str] = (), *, exact: bool = False) -> None:
        self._exact = exact
        self.literals = sorted({literal if exact else literal.lower() for literal in literals if literal})
        words = {word.lower() for word in plain}
        self._plain = [literal in words for literal in self.literals]
        self._automaton = BytesAhoCorasick(
            [literal.encode() for literal in self.literals],
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.ContiguousNFA,
        )

    def hits(self, data: bytes) -> list[Hit]:
        """List what is found in some bytes, in order, without overlaps."""
        literals, plain = self.literals, self._plain
        return [
            Hit(start, end, literals[index])
            for index, start, end in self._automaton.find_matches_as_indexes(data if self._exact else data.lower())
            if not plain[index] or _is_taken(data, start, end)
        ]


def _is_taken(data: bytes, start: int, end: int) -> bool:
    """Say whether a plain word stands on its own where something is taken or started."""
    if (end < len(data) and data[end] in _JOINED) or (start and data[start - 1] in _JOINED):
        return False
    return _BEFORE.search(data, max(0, start - _FARTHEST), start) is not None
