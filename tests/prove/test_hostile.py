"""Terms that are written to exhaust the prover end soon, with an error that names a clause."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import cycle
from random import Random
from time import perf_counter

import pytest

from remit.errors import TermsUnusable
from remit.prove.difference import compare_terms
from remit.prove.study import study_terms
from tests.prove.reading import read_texts

SOON = 30
"""Seconds; ten on a machine that does nothing else."""

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = [f"n{number}" for number in range(60)]
WORDS = ("use.purpose", "use.sector", "data.class")
LISTED = ", ".join(NAMES)
REGISTER = "parties: [{id: quayside}, {id: halden}]\nnames:\n" + "".join(f"  {word}: [{LISTED}]\n" for word in WORDS)
HEAD = """
instrument: p
kind: policy
by: halden
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
"""


def test_ten_thousand_alternatives_are_refused_when_they_are_read() -> None:
    many = ", ".join(f"{{people.call: {number}}}" for number in range(10_000))
    with pytest.raises(TermsUnusable, match="cases"):
        read_texts(
            REGISTER, policy=f"{HEAD}  - {{id: many, boundary: true, forbid: [invoke], when: {{any: [{many}]}}}}\n"
        )


def test_a_thousand_cuts_of_one_number_are_answered() -> None:
    clauses = (
        f"  - {{id: c{n}, {verb}: [invoke], when: {{people.call: {{at_least: {n}, below: {n + 2}}}}}}}\n"
        for n, verb in zip(range(1_000), cycle(("permit", "forbid")), strict=False)
    )
    terms = read_texts(REGISTER, policy=HEAD + "".join(clauses))
    begun = perf_counter()
    study_terms(terms, NOON, NOON)
    assert perf_counter() - begun < SOON


def test_clauses_that_overlap_in_every_way_are_refused_with_the_name_of_one() -> None:
    chance = Random(1)  # noqa: S311  # drawn alike on every run

    def some() -> str:
        return "".join(f"{word}: [{', '.join(chance.sample(NAMES, 30))}], " for word in WORDS)

    def terms(permits: int) -> str:
        verbs = ["permit" if n < permits else "forbid" for n in range(600)]
        rows = (f"  - {{id: c{n}, {verb}: [invoke], when: {{{some()}}}}}\n" for n, verb in enumerate(verbs))
        return HEAD + "".join(rows)

    old, new = read_texts(REGISTER, policy=terms(300)), read_texts(REGISTER, policy=terms(301))
    begun = perf_counter()
    with pytest.raises(TermsUnusable, match=r"too large; nothing was proved.\n.*policy.yaml:\d+:1  p/c\d+"):
        compare_terms((old, NOON, NOON), (new, NOON, NOON))
    assert perf_counter() - begun < SOON
