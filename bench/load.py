"""How long terms of 5,000 clauses take to load, and how soon a file that means harm is refused.

The reference for loading is PyYAML's own reading of the same files into plain lists and mappings, which knows no places
and checks nothing. That for a hostile file is the bar of two seconds; the work is counted in seconds of the processor.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import yaml

from bench.ratio import compare, row
from remit.errors import TermsUnusable
from remit.terms.folder import Files, load_terms, read_terms
from tests.terms.hostile import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

INSTRUMENTS, CLAUSES = 50, 100
BAR = 2.0
"""Seconds."""

REGISTER = """\
organisation: customer-0
parties: [{id: halden}, {id: customer-0}, {id: customer-1}, {id: customer-2}, {id: customer-3}, {id: customer-4}]
levels: [{id: open, authorisation: none}, {id: restricted, authorisation: none}]
roles: [officer]
names:
  use.purpose: [answer-questions, search, summarise, translate, plan, draft]
"""
HEAD = """\
instrument: grant-{number}
kind: grant
by: halden
to: customer-{customer}
title: The grant number {number}
standing:
  - {{state: in-force, from: 2026-01-01T00:00:00Z, known: 2025-12-01, until: 2027-01-01T00:00:00Z}}
  - {{state: stayed, from: 2026-03-01T00:00:00Z, known: 2026-03-02, until: 2026-04-01T00:00:00Z}}
clauses:
"""
CLAUSE = """\
  - id: clause-{number}
    permit: [invoke, act]
    when:
      model.id: [gpt-4o, gpt-4o-mini, gemini-2.5-pro]
      use.purpose: [answer-questions, search]
      scope.level: {{not: restricted}}
      people.window_30d: {{at_most: {number}}}
      any:
        - model.channel: cloud
        - {{model.channel: direct, use.effect: [none, read]}}
    duties: {{log: every call with its use case}}
    says: "These three models may serve the purposes named, up to so many people."
"""


def write_folder(place: Path) -> None:
    """Write a register and 50 instruments of 100 clauses."""
    (place / "instruments").mkdir()
    (place / "remit.yaml").write_text(REGISTER, encoding="utf-8")
    for number in range(INSTRUMENTS):
        clauses = "".join(CLAUSE.format(number=clause) for clause in range(CLAUSES))
        text = HEAD.format(number=number, customer=number % 5) + clauses
        (place / f"instruments/grant-{number}.yaml").write_text(text, encoding="utf-8")


def plain_reading(place: Path) -> None:
    """Read the same files with PyYAML alone."""
    for path in sorted(place.glob("**/*.yaml")):
        yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def refused(content: bytes) -> None:
    """Read a register and one hostile file; end the benchmark if it is accepted."""
    try:
        read_terms(Files(REGISTER.encode(), {"instruments/hostile.yaml": content}, {}))
    except TermsUnusable:
        return
    raise SystemExit("A hostile file was accepted; nothing was measured.")


def seconds_of(task: Callable[[], object]) -> float:
    """Return how long the processor worked on a task."""
    start = process_time()
    task()
    return process_time() - start


def main() -> None:
    """Print one row for loading, and one for each hostile file."""
    with TemporaryDirectory() as name:
        place = Path(name)
        write_folder(place)
        terms = load_terms(place)
        clauses = sum(len(item.clauses) for item in terms.instruments)
        compare(
            f"load {clauses} clauses / PyYAML alone", lambda: load_terms(place), lambda: plain_reading(place), pairs=5
        )
        spent = min(seconds_of(lambda: load_terms(place)) for _ in range(3))
        print(row(f"load {clauses} clauses / the bar", [spent, BAR], spent / BAR))
        instant = terms.instants[0]
        spent = seconds_of(lambda: terms.force(instant, terms.learned[-1]))
        print(row(f"lay out {clauses} clauses / the bar", [spent, BAR], spent / BAR))
    for name, (content, _) in HOSTILE.items():
        spent = seconds_of(lambda content=content: refused(content))  # type: ignore[misc]
        print(row(f"refuse {name} / the bar", [spent, BAR], spent / BAR))


if __name__ == "__main__":
    main()
