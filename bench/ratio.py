"""Times two ways of one task against each other, in pairs and in the same run.

A machine that is busy slows both of a pair, so the ratio of a pair means more than either time.
What is printed is the median of each side and the median of the ratios: `name  ours  reference  ratio`.
"""

from __future__ import annotations

import subprocess
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Task = Callable[[], object]


def command(*words: str) -> Task:
    """Make a task of a command, whose output is thrown away and whose failure ends the benchmark."""
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def compare(name: str, ours: Task, reference: Task, *, pairs: int = 21) -> float:
    """Print one line and return the ratio; below 1, ours is the quicker."""
    # Once each unmeasured, so that neither pays alone for what both find warm afterwards.
    ours()
    reference()
    times = [_pair(ours, reference, swapped=bool(turn % 2)) for turn in range(pairs)]
    ratio = median(mine / theirs for mine, theirs in times)
    print(row(name, [median(side) for side in zip(*times, strict=True)], ratio))
    return ratio


def row(name: str, seconds: Sequence[float], ratio: float) -> str:
    """Write one line of the table."""
    return f"{name:<40}" + "".join(f"{1000 * each:>12.3f} ms" for each in seconds) + f"{ratio:>10.2f}"


def _pair(ours: Task, reference: Task, *, swapped: bool) -> tuple[float, float]:
    """Time both, each first in half of the pairs, since the second may find a busier machine."""
    if swapped:
        theirs, mine = _seconds(reference), _seconds(ours)
    else:
        mine, theirs = _seconds(ours), _seconds(reference)
    return mine, theirs


def _seconds(task: Task) -> float:
    start = perf_counter()
    task()
    return perf_counter() - start
