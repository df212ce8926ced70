"""How what a scan found differs from the labels, counted in the way of the script that judges scanners elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.corpus.labels import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from bench.corpus.labels import Labels


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan says of one repository."""

    makers: frozenset[str]
    files: frozenset[str]
    agents: frozenset[str] = frozenset()
    verdict: str = ""
    """Empty where the scanner gives none."""


@dataclass(slots=True)
class Tally:
    """What was named and is there, what was named and is not, and what was missed."""

    right: int = 0
    false: int = 0
    missed: int = 0

    def add(self, named: AbstractSet[str], there: AbstractSet[str], either: AbstractSet[str] = frozenset()) -> None:
        """Count one repository; what may be named or left out counts for nothing."""
        self.right += len(named & there)
        self.false += len(named - there - either)
        self.missed += len(there - named)

    def __str__(self) -> str:
        return f"{_share(self.right, self.false)} / {_share(self.right, self.missed)}"


def _share(right: int, wrong: int) -> str:
    return f"{right / (right + wrong):.3f}" if right + wrong else "-"


@dataclass(slots=True)
class Score:
    """The counts over a set of repositories."""

    repositories: int = 0
    asked: Tally = field(default_factory=Tally)
    makers: Tally = field(default_factory=Tally)
    files: Tally = field(default_factory=Tally)
    agents: Tally = field(default_factory=Tally)
    verdicts: list[bool] = field(default_factory=list)
    decoys: list[int] = field(default_factory=lambda: [0, 0])
    indirect: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, labels: Labels, found: Found) -> None:
        """Count one repository."""
        self.repositories += 1
        named = found.makers | ({ASKED} if found.files else frozenset())
        only = frozenset({ASKED})
        self.asked.add(named & only, labels.makers & only, labels.debatable)
        self.makers.add(named, labels.makers, labels.debatable)
        self.files.add(found.files, labels.files, labels.either | labels.indirect)
        self.agents.add(found.agents, labels.agents)
        if found.verdict and labels.verdict:
            self.verdicts.append(found.verdict == labels.verdict)
        for count, listed in ((self.decoys, labels.decoys), (self.indirect, labels.indirect)):
            count[0] += len(found.files & listed)
            count[1] += len(listed)

    def cells(self) -> tuple[str, ...]:
        """The counts as a table has them."""
        return (
            str(self.repositories),
            str(self.asked),
            str(self.makers),
            str(self.files),
            f"{sum(self.verdicts)} of {len(self.verdicts)}" if self.verdicts else "none given",
            f"{self.decoys[0]} of {self.decoys[1]}",
            f"{self.indirect[0]} of {self.indirect[1]}",
            str(self.agents),
        )


HEADINGS = (
    "", "repositories", f"{ASKED} P / R", "makers P / R", "files P / R", "verdict", "decoys", "indirect",
    "agents in history P / R",
)  # fmt: skip


def table(rows: Iterable[tuple[str, Score]]) -> str:
    """Lay scores out in columns."""
    cells = [HEADINGS, *((name, *score.cells()) for name, score in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def differences(labels: Labels, found: Found) -> Iterator[str]:
    """Name each thing in which a scan and the labels differ."""
    named = found.makers | ({ASKED} if found.files else frozenset())
    yield from (f"missed {maker}" for maker in sorted(labels.makers - named))
    yield from (f"false {maker}" for maker in sorted(named - labels.makers - labels.debatable))
    yield from (f"missed file {path}" for path in sorted(labels.files - found.files))
    for path in sorted(found.files - labels.files - labels.either - labels.indirect):
        yield f"false file {path}" + (", a decoy" if path in labels.decoys else "")
    yield from (f"missed indirect file {path}" for path in sorted(labels.indirect - found.files))
    yield from (f"missed agent {agent}" for agent in sorted(labels.agents - found.agents))
    yield from (f"false agent {agent}" for agent in sorted(found.agents - labels.agents))
    if found.verdict and labels.verdict and found.verdict != labels.verdict:
        yield f"says {found.verdict}, labelled {labels.verdict}"
