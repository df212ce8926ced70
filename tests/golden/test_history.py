"""The history of one supplier under several instruments at once: who might use its models, on which day.

Three uses at five instants are fifteen cells; `history/cells.yaml` says what each should come to, and why.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.terms.action import Action
from remit.terms.clause import Clause, Verb
from remit.terms.condition import ALWAYS
from remit.terms.decision import Basis, Decision, Effect, Verdict
from remit.terms.folder import load_terms
from remit.terms.instant import parse_instant, write_instant
from remit.terms.instrument import Instrument, Kind
from remit.terms.judge import decide
from remit.terms.standing import Entry, State, make_standing
from remit.terms.terms import Terms, make_terms
from remit.terms.use import Fact, Use, VouchedBy

HISTORY = Path(__file__).parent / "history"
TERMS = load_terms(HISTORY)
TABLE = yaml.load((HISTORY / "cells.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
CELLS: list[dict[str, Any]] = TABLE["cells"]
NAMES = [f"{cell['use']} {cell['at'][:10]}" for cell in CELLS]
LATEST = parse_instant("2026-09-26T12:00:00Z")
DEADLINE = parse_instant("2026-02-27T17:01:00-05:00")
DESIGNATED = parse_instant("2026-03-05T17:01:00-05:00")
SECOND = timedelta(seconds=1)
OF_EVERY_USE = {
    "model.maker": "halden",
    "model.id": "heron-2",
    "model.relation": "runtime-call",
    "use.effect": frozenset({"read", "inform"}),
    "tool.effect": "read",
}


def use_of(name: str, action: Action = Action.INTEGRATE, **other: str) -> Use:
    values = TABLE["uses"][name]["facts"] | OF_EVERY_USE | other
    return Use(action, {key: Fact(value, VouchedBy.CONFIGURED) for key, value in values.items()})


def judged(cell: dict[str, Any], terms: Terms = TERMS, known: datetime | None = None) -> Decision:
    return decide(terms, use_of(cell["use"]), at=parse_instant(cell["at"]), known=known)


def instruments_of(rules: Any) -> list[str]:
    return sorted({rule.instrument.id for rule in rules})


def shadow_of(decision: Decision) -> dict[str, list[str]]:
    return {shadow.kind.value: instruments_of(shadow.because) for shadow in decision.shadow}


def summary_of(decision: Decision) -> dict[str, object]:
    return {
        "verdict": decision.verdict.value,
        "decided_by": instruments_of(reason.rule for reason in decision.because),
        "phase_out": write_instant(decision.phase_out) if decision.phase_out else None,
        "shadow": shadow_of(decision),
    }


def states_of(cell: dict[str, Any]) -> dict[str, str]:
    at, party = parse_instant(cell["at"]), TABLE["uses"][cell["use"]]["facts"]["organisation"]
    found = {}
    for instrument in TERMS.instruments:
        entry = instrument.standing.entry_at(at, at, party)
        about = not instrument.binds or party in instrument.binds
        if entry is not None and about and instrument.kind is not Kind.POLICY:
            found[instrument.id] = "contested" if entry.contested_by else entry.state.value
    return found


def test_the_table_has_fifteen_cells() -> None:
    assert len({(cell["use"], cell["at"]) for cell in CELLS}) == 15
    assert sorted({cell["at"] for cell in CELLS}) == [
        f"2026-{day}T12:00:00Z" for day in ("03-01", "03-10", "05-01", "08-30", "09-26")
    ]


@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_a_cell_comes_out_as_the_table_says(cell: dict[str, Any]) -> None:
    decision = judged(cell)
    assert summary_of(decision) == {
        "verdict": cell["verdict"],
        "decided_by": cell["decided_by"],
        "phase_out": cell.get("phase_out"),
        "shadow": cell.get("shadow", {}),
    }
    assert decision.settled
    assert decision.lacks == ()
    assert all(reason.surely for reason in decision.because)
    forbidden = cell["verdict"] == Verdict.OUTSIDE
    assert decision.basis is (Basis.ORDER if forbidden else Basis.POLICY)
    # What only casts a shadow would forbid the use; what is contested would leave it permitted if it fell.
    assert {shadow.effect for shadow in decision.shadow} <= {Effect.PERMIT if forbidden else Effect.DENY}


@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_each_instrument_stands_for_the_party_as_the_table_says(cell: dict[str, Any]) -> None:
    assert states_of(cell) == cell["states"]


@pytest.mark.parametrize("action", [Action.INVOKE, Action.ACT])
@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_calling_and_acting_are_judged_as_integrating_is(cell: dict[str, Any], action: Action) -> None:
    decision = decide(TERMS, use_of(cell["use"], action), at=parse_instant(cell["at"]))
    assert summary_of(decision) == summary_of(judged(cell))


@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_hindsight_changes_the_answer_only_where_the_table_says(cell: dict[str, Any]) -> None:
    then, now = summary_of(judged(cell)), summary_of(judged(cell, known=LATEST))
    if "hindsight" in cell:
        assert {key: now[key] for key in cell["hindsight"]} == cell["hindsight"]
        assert now != then
    else:
        assert now == then


def test_on_the_first_of_march_hindsight_changes_the_answer_for_the_named_agency_alone() -> None:
    changed = [cell["use"] for cell in CELLS if cell["at"].startswith("2026-03-01") and "hindsight" in cell]
    assert changed == ["civil-agency"]


def test_a_stay_counts_only_for_those_who_know_of_it() -> None:
    at, before = parse_instant("2026-04-07T12:00:00Z"), parse_instant("2026-03-26T12:00:00Z")
    use = use_of("civil-agency")
    assert decide(TERMS, use, at=at).verdict is Verdict.STAYED
    assert decide(TERMS, use, at=at, known=before).verdict is Verdict.OUTSIDE


@pytest.mark.parametrize("name", ["covered-contract", "commercial-customers", "civil-agency"])
def test_a_post_casts_its_shadow_from_its_very_second_on(name: str) -> None:
    assert decide(TERMS, use_of(name), at=DEADLINE - SECOND).verdict is Verdict.WITHIN
    assert decide(TERMS, use_of(name), at=DEADLINE).verdict is Verdict.ASSERTED_ONLY


def test_an_order_works_from_its_very_second_on_and_not_the_second_before() -> None:
    use = use_of("covered-contract")
    before, on = decide(TERMS, use, at=DESIGNATED - SECOND), decide(TERMS, use, at=DESIGNATED)
    assert (before.verdict, on.verdict) == (Verdict.ASSERTED_ONLY, Verdict.OUTSIDE)
    assert instruments_of(reason.rule for reason in on.because) == ["designation-a", "designation-b"]


@pytest.mark.parametrize(
    "second",
    [
        "2026-03-05T17:01:00[America/New_York]",
        "2026-03-05T22:01:00Z",
        "2026-03-05T23:01:00+01:00",
        "2026-03-06T07:01:00+09:00",
    ],
)
def test_the_second_is_the_same_in_every_zone(second: str) -> None:
    assert parse_instant(second) == DESIGNATED
    assert decide(TERMS, use_of("covered-contract"), at=parse_instant(second)).verdict is Verdict.OUTSIDE


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_the_instruments_changes_nothing(seed: int) -> None:
    shuffled = list(TERMS.instruments)
    random.Random(seed).shuffle(shuffled)  # noqa: S311  # it hides nothing
    terms = with_instruments(shuffled)
    for cell in CELLS:
        for known in (None, LATEST):
            assert summary_of(judged(cell, terms, known)) == summary_of(judged(cell, TERMS, known))


def test_an_agency_that_the_injunction_does_not_name_stays_bound() -> None:
    use = use_of("civil-agency", organisation="weather-office")
    decision = decide(TERMS, use, at=parse_instant("2026-05-01T12:00:00Z"))
    assert decision.verdict is Verdict.OUTSIDE
    assert instruments_of(reason.rule for reason in decision.because) == ["agencies-directive"]


def test_an_agencys_own_rule_still_binds_it() -> None:
    clause = Clause("none-of-it", Verb.FORBID, frozenset(Action), ALWAYS)
    since = Entry(State.IN_FORCE, DEADLINE.astimezone(UTC), DEADLINE)
    bound = frozenset({"survey-office"})
    own = Instrument("own-rule", Kind.POLICY, "survey-office", "Own rule", make_standing([since]), (clause,), bound)
    terms = with_instruments([*TERMS.instruments, own])
    decision = decide(terms, use_of("civil-agency"), at=LATEST)
    assert (decision.verdict, decision.basis) == (Verdict.OUTSIDE, Basis.POLICY)
    assert decide(terms, use_of("commercial-customers"), at=LATEST).verdict is Verdict.ASSERTED_ONLY


def test_the_boundary_stands_whatever_becomes_of_the_designation() -> None:
    facts = dict(use_of("commercial-customers").facts)
    facts["use.effect"] = Fact("track-people", VouchedBy.CONFIGURED)
    facts["people.window_30d"] = Fact(501, VouchedBy.MEASURED)
    for cell in CELLS:
        decision = decide(TERMS, Use(Action.INVOKE, facts), at=parse_instant(cell["at"]))
        assert decision.crosses_boundary


def with_instruments(instruments: list[Instrument]) -> Terms:
    return make_terms(TERMS.register, tuple(instruments), TERMS.catalogue, TERMS.vocabulary, TERMS.digest)
