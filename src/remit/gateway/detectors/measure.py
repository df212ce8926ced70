"""What a detector finds and what it takes for something it is not, with how sure the figures are.

Each figure is a share with the interval that Wilson's score gives for 95 in 100: with few rows it is wide, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.detectors.linear import NEITHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from remit.gateway.detectors.labelled import LabelledRow

_Z = 1.959964
"""95 in 100, both sides."""


class Share(NamedTuple):
    """So many of so many, with the interval."""

    hits: int
    of: int

    @property
    def bounds(self) -> tuple[float, float]:
        """Return Wilson's interval; nothing is known of a share of nothing."""
        if self.of == 0:
            return 0.0, 1.0
        share, square = self.hits / self.of, _Z * _Z
        middle = share + square / (2 * self.of)
        off = _Z * sqrt(share * (1 - share) / self.of + square / (4 * self.of * self.of))
        whole = 1 + square / self.of
        return max(0.0, (middle - off) / whole), min(1.0, (middle + off) / whole)

    def __str__(self) -> str:
        low, high = self.bounds
        return f"{self.hits} of {self.of} ({low:.2f} to {high:.2f})"

    def record(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        low, high = self.bounds
        return {"hits": self.hits, "of": self.of, "low": round(low, 4), "high": round(high, 4)}


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: of its rows how many were found, of those given its label how many have it."""

    label: str
    recall: Share
    precision: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """Every class, and of the rows of no class how many were given one, by what they look like."""

    classes: tuple[ClassFigures, ...]
    false_alarms: tuple[tuple[str, Share], ...]

    def record(self) -> dict[str, object]:
        """Return them as JSON holds them."""
        return {
            "classes": {
                each.label: {"recall": each.recall.record(), "precision": each.precision.record()}
                for each in self.classes
            },
            "false_alarms": {name: share.record() for name, share in self.false_alarms},
        }


def measure(rows: Sequence[LabelledRow], given: Sequence[str]) -> Figures:
    """Hold the labels that a detector gave against those that the rows have."""
    pairs = list(zip(rows, given, strict=True))
    labels = sorted(({row.label for row in rows} | set(given)) - {NEITHER})
    negatives = [(row.negative or "other", label) for row, label in pairs if row.label == NEITHER]
    kinds = sorted({kind for kind, _ in negatives})
    return Figures(
        tuple(
            ClassFigures(
                label,
                _share(guess == label for row, guess in pairs if row.label == label),
                _share(row.label == label for row, guess in pairs if guess == label),
            )
            for label in labels
        ),
        tuple((kind, _share(guess != NEITHER for found, guess in negatives if found == kind)) for kind in kinds),
    )


def _share(hits: Iterable[bool]) -> Share:
    found = list(hits)
    return Share(sum(found), len(found))
