"""How many distinct things were seen in a span of days, from what a few thousand of their hashes tell (theta sketch).

A sketch keeps every hash below its limit with the last day it was seen on. Up to 16,384 hashes the limit is above all
of them and a count is exact; beyond that the limit is lowered until as many fit, and what is left is a sample.

1. What a sketch holds depends on what was put in, and never on the order: the limit is the highest of a fixed ladder
   under which the hashes fit.
2. A union is therefore free of order, and taking part twice changes nothing; several gateways merge without a server.
3. A count comes with bounds three standard deviations away, which for a count that is exact are the count.
"""

from __future__ import annotations

import struct
from math import ceil, floor, isqrt, sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SLOTS = 16_384
"""The most hashes that are kept."""
_LAST_STEP = 160
_DEVIATIONS = 3
_HEAD = struct.Struct(">B")
_SLOT = struct.Struct(">QB")


class Bounds(NamedTuple):
    """A count, and between what the truth surely lies."""

    lower: int
    estimate: int
    upper: int


def limit_at(step: int) -> int:
    """Return the limit at a step of the ladder, each of which keeps about 84 of 100: the fourth root of a half."""
    return isqrt(isqrt(1 << (256 - step)))


def bounds_of(kept: int, step: int) -> Bounds:
    """Return what a number of kept hashes says of the number that were seen (3)."""
    if step == 0:
        return Bounds(kept, kept, kept)
    share = limit_at(step) / (1 << 64)
    estimate, off = kept / share, _DEVIATIONS * sqrt(kept * (1 - share)) / share
    # No hash that is kept was not seen, and where none is, a few may still have been.
    return Bounds(max(kept, floor(estimate - off)), round(estimate), ceil(max(estimate + off, _DEVIATIONS**2 / share)))


def step_for(hashes: Iterable[int], step: int, slots: int = SLOTS) -> int:
    """Return the first step, from a given one on, under whose limit the hashes fit (1)."""
    kept = list(hashes)
    while len(kept) > slots and step < _LAST_STEP:
        step += 1
        limit = limit_at(step)
        kept = [each for each in kept if each < limit]
    return step


class Sketch:
    """A sketch in memory; days are numbered from 0 to 255."""

    def __init__(self, step: int = 0, last: Mapping[int, int] | None = None) -> None:
        self.step = step
        self.last = dict(last or {})
        """For each hash that is kept the last day it was seen on."""

    def add(self, hashes: Iterable[int], day: int) -> None:
        """Take hashes of 64 bits as seen on a day."""
        limit, last = limit_at(self.step), self.last
        for each in hashes:
            if each < limit and last.get(each, -1) < day:
                last[each] = day
        self._fit()

    def union(self, other: Sketch) -> Sketch:
        """Return a sketch of what either has seen (2)."""
        joined = Sketch(max(self.step, other.step), self.last)
        for each, day in other.last.items():
            joined.last[each] = max(day, joined.last.get(each, -1))
        joined._drop()
        joined._fit()
        return joined

    def count(self, first: int, end: int) -> Bounds:
        """Return how many were last seen from one day to before another."""
        return bounds_of(sum(first <= day < end for day in self.last.values()), self.step)

    def to_bytes(self) -> bytes:
        """Write the step, and each hash in order with its day."""
        slots = b"".join(_SLOT.pack(each, day) for each, day in sorted(self.last.items()))
        return _HEAD.pack(self.step) + slots

    @classmethod
    def from_bytes(cls, content: bytes) -> Sketch:
        """Read what was written; raise `ValueError` for anything else."""
        if (len(content) - _HEAD.size) % _SLOT.size:
            raise ValueError("a sketch is a step and slots of nine bytes")
        slots = dict(read_slots(content[_HEAD.size :]))
        if any(each >= limit_at(content[0]) for each in slots):
            raise ValueError("a sketch holds no hash above its limit")
        return cls(content[0], slots)

    def _fit(self) -> None:
        if len(self.last) > SLOTS:
            self.step = step_for(self.last, self.step)
            self._drop()

    def _drop(self) -> None:
        limit = limit_at(self.step)
        self.last = {each: day for each, day in self.last.items() if each < limit}


def read_slots(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield each hash with its day."""
    return _SLOT.iter_unpack(content)


def write_slots(slots: Mapping[int, int]) -> bytes:
    """Write hashes with their days, in order."""
    return b"".join(_SLOT.pack(each, day) for each, day in sorted(slots.items()))
