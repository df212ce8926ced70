"""How long exact answers about 1,000 and 5,000 clauses take, and at 1,000 against Z3 with the same questions.

The clauses are those of bench/judge.py: grants over organisation, model, purpose, level, dates and oversight, with
boundaries and orders. Z3 is handed the same rows as constraints over whole numbers, one for each axis; both must give
the same findings. What each pair leaves out is reading the terms and laying out the rows, which both need.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import z3

from bench.judge import YEAR, make_rules, write_terms
from bench.ratio import compare, row
from remit.prove.boundary import boundaries
from remit.prove.box import bits
from remit.prove.certificate import make_certificate
from remit.prove.dead import find_dead_grants
from remit.prove.difference import differing
from remit.prove.moment import make_moment, make_moments
from remit.prove.search import ALLOWED, Budget, find
from remit.prove.spoofing import find_spoofed, turning_axes, widen
from remit.prove.witness import actuality
from remit.terms.action import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.prove.box import Box
    from remit.prove.layout import Layout
    from remit.prove.moment import Moment
    from remit.terms.terms import Terms

NOON = YEAR + timedelta(150, hours=12)
LATER = YEAR + timedelta(210, hours=12)


def make_terms(thousands: int, fewer_orders: int = 0) -> Terms:
    """Write and read some thousand clauses."""
    drawn = [make_rules(Random(seed)) for seed in range(1, thousands + 1)]  # noqa: S311  # drawn alike on every run
    grants = [rules for one, _, _ in drawn for rules in one]
    firm = [rule for _, one, _ in drawn for rule in one]
    orders = [rule for _, _, one in drawn for rule in one]
    return write_terms(grants, firm, orders[: len(orders) - fewer_orders])


class Asked:
    """A layout in Z3's words: a whole number for each axis, and for each row when it applies and counts."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.axes = [z3.Int(axis.attribute) for axis in layout.axes]
        self.bounds = [z3.And(x >= 0, x < len(a.elements)) for x, a in zip(self.axes, layout.axes, strict=True)]
        self.applies = [self.inside(row.box) for row in layout.rows]

    def inside(self, box: Box) -> Any:  # noqa: ANN401  # Z3 has no types
        """Say that a use lies in a box."""
        pairs = zip(self.axes, self.layout.axes, box, strict=True)
        return z3.And([z3.Or([x == place for place in bits(mask)]) for x, axis, mask in pairs if mask != axis.full])

    def counts(self, rows: int) -> Any:  # noqa: ANN401  # as above
        """Say that some of the rows applies and nothing lifts it."""
        lifters = self.layout.lifters
        gone = {row: [z3.Not(self.applies[up]) for up in bits(lifters.get(row, 0))] for row in bits(rows)}
        return z3.Or([z3.And(self.applies[row], *gone[row]) for row in bits(rows)])

    def allowed(self) -> Any:  # noqa: ANN401  # as above
        """Say that a use is permitted or held."""
        return z3.And(self.counts(self.layout.permit), z3.Not(self.counts(self.layout.deny)))

    def solver(self) -> z3.Solver:
        """Return a solver that knows which uses there are and which are allowed."""
        solver = z3.Solver()
        solver.add(*self.bounds, self.allowed())
        return solver

    def some_in(self, solver: z3.Solver, boxes: list[Box]) -> bool:
        """Ask whether some use in the boxes is allowed."""
        solver.push()
        solver.add(z3.Or([self.inside(box) for box in boxes]))
        found = solver.check() == z3.sat
        solver.pop()
        return bool(found)


def spoofed(moment: Moment) -> list[list[Box]]:
    """Return the boxes of the widened boundaries, one question each."""
    axes = moment.axes
    asked: list[list[Box]] = []
    for boxes in (moment.boxes(rule, generous=True) for rule in boundaries(moment)):
        places = (place for place in turning_axes(axes, boxes) if axes[place].attribute.startswith("use."))
        asked.extend([widen(box, axes, (place,)) for box in boxes] for place in places)
    return asked


def granted(moment: Moment) -> list[list[Box]]:
    """Return the boxes of the grants, one question each."""
    return [list(moment.boxes(rule, generous=False)) for rule in moment.rules() if not rule.restricting]


def against_z3(moment: Moment, before: Moment) -> None:
    """Time the three questions both ways, and stop where the two do not agree."""
    layout, old = moment.layout(Action.INVOKE), before.layout(Action.INVOKE)
    theirs = Asked(layout)
    for name, asked in (("spoofing", spoofed(moment)), ("dead grants", granted(moment))):
        ours = _ask(layout, asked)
        solve = _solve(theirs, asked)
        if ours() != solve():
            raise SystemExit(f"{name}: boxes and Z3 do not agree; nothing was measured.")
        compare(f"{name} / Z3, 1,000 clauses", ours, solve, pairs=3)

    def ours_differ() -> bool:
        return any(True for _ in differing(old, layout, Budget()))

    def theirs_differ() -> bool:
        solver = z3.Solver()
        solver.add(*theirs.bounds, theirs.allowed() != Asked(old).allowed())
        return bool(solver.check() == z3.sat)

    if ours_differ() != theirs_differ():
        raise SystemExit("diff: boxes and Z3 do not agree; nothing was measured.")
    compare("first difference / Z3, 1,000 clauses", ours_differ, theirs_differ, pairs=3)


def _ask(layout: Layout, asked: list[list[Box]]) -> Callable[[], list[bool]]:
    return lambda: [find(layout, boxes, ALLOWED, Budget()) is not None for boxes in asked]


def _solve(theirs: Asked, asked: list[list[Box]]) -> Callable[[], list[bool]]:
    def solve() -> list[bool]:
        solver = theirs.solver()
        return [theirs.some_in(solver, boxes) for boxes in asked]

    return solve


def timed(name: str, task: Callable[[], object]) -> None:
    """Print one time, of a question with its witnesses and stories."""
    begun = perf_counter()
    found = task()
    count = len(found) if isinstance(found, list) else 1
    print(f"{row(name, [perf_counter() - begun], count).rstrip()} found")


def ask_all(thousands: int) -> None:
    """Time every question that has a bar."""
    terms = make_terms(thousands)
    moment = make_moment(terms, NOON, NOON)
    actual = actuality(moment)
    moment.layout(Action.INVOKE)
    size = f"{thousands},000 clauses"
    timed(f"spoofing with stories, {size}", lambda: list(find_spoofed(moment, actual, Budget())))
    timed(f"dead grants with stories, {size}", lambda: list(find_dead_grants(moment, actual, Budget())))
    one, other = make_moments([(make_terms(thousands, 3), NOON, NOON), (terms, NOON, NOON)])
    layouts = one.layout(Action.INVOKE), other.layout(Action.INVOKE)
    timed(f"difference, three orders more, {size}", lambda: list(differing(*layouts, Budget())))
    now, then = make_moments([(terms, NOON, LATER), (terms, LATER, LATER)])
    days = now.layout(Action.INVOKE), then.layout(Action.INVOKE)
    timed(f"difference, 60 days, {size}", lambda: list(differing(*days, Budget())))
    if thousands == 1:
        against_z3(other, one)
        check_certificate(moment)


def check_certificate(moment: Moment) -> None:
    """Time the making of a certificate, and the checking in its own process."""
    with TemporaryDirectory() as place:
        # No folder holds these terms, so that the digests are made to fit one that holds a file.
        register = b"made for the benchmark\n"
        Path(place, "remit.yaml").write_bytes(register)
        certificate = make_certificate(moment, actuality(moment), {"remit.yaml": sha256(register).hexdigest()})
        form = {name: part for name, part in certificate["form"].items() if name != "digest"}
        form["terms"] = _named({"catalogue": certificate["catalogue"], "files": certificate["files"]})
        certificate["form"] = {**form, "digest": _named(form)}
        Path(place, "certificate.json").write_text(json.dumps(certificate), encoding="utf-8")
        checker = Path(__file__).parents[1] / "src/remit/prove/check_certificate.py"
        words = [sys.executable, "-I", "-S", str(checker), f"{place}/certificate.json", place]
        timed("certificate re-checked, 1,000 clauses", lambda: subprocess.run(words, check=True, capture_output=True))


def _named(record: object) -> str:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return "sha256:" + sha256(text.encode()).hexdigest()


def main() -> None:
    """Ask at both sizes."""
    for thousands in (1, 5):
        ask_all(thousands)


if __name__ == "__main__":
    main()
