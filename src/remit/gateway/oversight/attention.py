"""How well people look: what one reviewer answered, how fast, and how surely they catch what must be refused.

The catch rate is a share of few checks, so what counts is the lower bound of Clopper and Pearson at 95 % on one side:
the smallest rate at which as many catches as were seen would still come up one time in twenty.

>>> str(catch_rate_low(16, 16)), str(catch_rate_low(10, 10)), str(catch_rate_low(90, 100))
('0.829', '0.741', '0.836')
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.terms.hold import Approval

KEPT = 500
"""Answers of one person that are remembered, the newest."""
HOUR = timedelta(hours=1)
_ONE_IN = 20
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """One answer: when, after how many milliseconds before the sheet of so many characters, and what it was."""

    at: datetime
    ms: int
    length: int
    approved: bool
    held: str
    """The short name of what was answered."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one person has answered, and which seeded checks they caught."""

    person: str
    looks: tuple[Look, ...] = ()
    seeded: int = 0
    caught: int = 0
    together: int = 0
    """Answers to which another person's was given too."""
    agreed: int = 0

    @property
    def catch_rate_low(self) -> Decimal:
        """Return what the seeded checks show of the catch rate; 0 where there were none."""
        return catch_rate_low(self.caught, self.seeded)

    @property
    def approval_rate(self) -> Decimal:
        """Return the share that was approved, of those remembered."""
        approved = sum(look.approved for look in self.looks)
        return Decimal(approved * _STEPS // len(self.looks)) / _STEPS if self.looks else Decimal(0)

    @property
    def busiest_hour(self) -> int:
        """Return the most that was answered in any hour."""
        times, first, most = [look.at for look in self.looks], 0, 0
        for last, at in enumerate(times):
            while at - times[first] >= HOUR:
                first += 1
            most = max(most, last - first + 1)
        return most

    @property
    def pace(self) -> int:
        """Return the median of characters a second before an answer; 0 where nothing was answered."""
        paces = sorted(pace_of(look.length, look.ms) for look in self.looks)
        return paces[len(paces) // 2] if paces else 0

    def in_hour_before(self, at: datetime) -> int:
        """Return how many were answered in the hour before an instant."""
        return sum(at - HOUR < look.at <= at for look in self.looks)

    def with_look(self, look: Look) -> Record:
        """Return the record with one more answer."""
        return replace(self, looks=(*self.looks, look)[-KEPT:])

    def with_check(self, *, caught: bool) -> Record:
        """Return the record with one more seeded check."""
        return replace(self, seeded=self.seeded + 1, caught=self.caught + caught)

    def with_other(self, *, agreed: bool) -> Record:
        """Return the record with one more answer that stands beside another's."""
        return replace(self, together=self.together + 1, agreed=self.agreed + agreed)

    def record(self) -> dict[str, Any]:
        """Return it as a record."""
        looks = [[look.at.isoformat(), look.ms, look.length, look.approved, look.held] for look in self.looks]
        return {
            "agreed": self.agreed,
            "caught": self.caught,
            "looks": looks,
            "person": self.person,
            "seeded": self.seeded,
            "together": self.together,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Record:
        """Take it from its record."""
        looks = (Look(datetime.fromisoformat(at), *rest) for at, *rest in record["looks"])
        counts = {name: record[name] for name in ("seeded", "caught", "together", "agreed")}
        return cls(record["person"], tuple(looks), **counts)


def pace_of(length: int, ms: int) -> int:
    """Return characters a second, rounded up."""
    return -(-length * 1000 // max(ms, 1))


@lru_cache(maxsize=1024)
def catch_rate_low(caught: int, seeded: int) -> Decimal:
    """Return the lower bound of a share in thousandths, rounded down so that it never says too much."""
    if caught <= 0 or seeded <= 0:
        return Decimal(0)
    low, high = 0, _STEPS
    while high - low > 1:
        middle = (low + high) // 2
        if _is_seldom(caught, seeded, middle):
            low = middle
        else:
            high = middle
    return Decimal(low) / _STEPS


def _is_seldom(caught: int, seeded: int, rate: int) -> bool:
    """Tell whether at least so many catches come up at most one time in twenty at a rate in thousandths.

    In whole numbers, so that it is exact and no count is too large for it.
    """
    ways: int = rate**seeded
    whole: int = _STEPS**seeded
    times = 0
    for missed in range(seeded - caught + 1):
        times += ways
        ways = ways * (seeded - missed) * (_STEPS - rate) // ((missed + 1) * rate)
    return times * _ONE_IN <= whole


def attends(record: Record, asked: Approval, at: datetime) -> str:
    """Say how a person has been seen to look less well than demanded; nothing where they look well enough."""
    wanted = asked.attention
    if wanted.catch_rate is not None and record.catch_rate_low < wanted.catch_rate:
        seen = f"{record.caught} of {record.seeded} seeded checks were refused"
        return f"{seen}, which shows a catch rate of {record.catch_rate_low} at least; {wanted.catch_rate} is demanded"
    if wanted.items_per_hour is not None and (count := record.in_hour_before(at)) >= wanted.items_per_hour:
        return f"{count} were answered in the last hour; at most {wanted.items_per_hour} are wanted"
    return ""
