"""Each further question finds what it asks for, with a use that the judge has decided, and nothing where nothing is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from remit.prove.finding import Finding, Question, finding_record
from remit.prove.study import study_terms
from remit.terms.decision import Effect
from remit.terms.instant import write_instant
from tests.prove.reading import read_texts

if TYPE_CHECKING:
    from remit.terms.terms import Terms

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STANDING = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01%s}]"
REGISTER = """
organisation: quayside
parties: [{id: quayside}, {id: halden}, {id: ministry}]
makers: [{id: halden}, {id: orrin}]
models: [{id: heron-2, maker: halden}, {id: osprey-1, maker: orrin}]
levels: [{id: open, authorisation: none}, {id: secret}]
environments: [cloud-a]
roles: [officer]
people:
  - {id: amadi, name: R. Amadi, roles: [officer]}
  - {id: varga, name: M. Varga, roles: [officer], until: 2026-06-01}
names: {use.effect: [restrict-model], use.purpose: [translate]}
scopes: [{id: watch, kind: defence, level: secret, environment: cloud-a, serves: ["**"]}]
use_cases: [{id: answers, scope: watch, serves: ["**"], facts: {use.effect: inform}}]
"""


def instrument(ident: str, kind: str, by: str, *clauses: str, more: str = "", until: str = "") -> str:
    ends = f", until: {until}" if until else ""
    head = [f"instrument: {ident}", f"kind: {kind}", f"by: {by}", more, STANDING % ends, "clauses:"]
    return "\n".join([*filter(None, head), *(f"  - {{{clause}}}" for clause in clauses)]) + "\n"


PERMISSIVE = instrument("halden-policy", "policy", "halden", "id: all, permit: [invoke, act, integrate]")
AUTHORISED = "id: served, authorise: [invoke, act, integrate], when: {scope.level: secret, model.maker: halden}"
AUTHORISATION = instrument("authorisation", "authorisation", "ministry", AUTHORISED, until="2026-09-01")


def asked(terms: Terms, *questions: Question) -> list[Finding]:
    return study_terms(terms, NOON, NOON, questions)


def read(*instruments: str) -> Terms:
    return read_texts(REGISTER, **{f"i{n}": text for n, text in enumerate(instruments)})


def test_a_providers_right_to_restrict_and_an_order_against_it_are_found_to_conflict() -> None:
    # C7 of the clauses seen in the field gives a provider the right, and C11 takes it from everybody.
    right = "id: remote-restriction, permit: [act], when: {organisation: halden, tool.effect: [operate-infrastructure]}"
    ban = "id: no-degrading, hold: [act], when: {tool.effect: [operate-infrastructure, write]}, "
    ban += "until: {approvals: {of: officer}, expires_in: 1d}"
    register = REGISTER.partition("scopes:")[0].replace("{id: secret}", "{id: secret, authorisation: none}")
    terms = read_texts(
        register,
        policy=instrument("halden-policy", "policy", "halden", right, "id: rest, permit: [invoke]"),
        order=instrument("ministry-order", "order", "ministry", ban),
        other=instrument("quayside-policy", "policy", "quayside", "id: all, permit: [invoke]"),
    )
    (finding,) = asked(terms, Question.CONFLICT)
    assert finding.about == "ministry-order/no-degrading against halden-policy/remote-restriction"
    assert finding.witness is not None
    assert finding.witness.effect is Effect.HOLD
    assert finding.witness.use.words("organisation") == ("halden",)


def test_a_demand_for_what_a_boundary_forbids_is_a_conflict_and_is_denied() -> None:
    boundary = "id: no-force, boundary: true, forbid: [act], when: {tool.effect: force}"
    demand = instrument("order", "order", "ministry", "id: go-on, compel: [act], when: {scope.kind: defence}")
    policy = instrument("halden-policy", "policy", "halden", boundary)
    (finding,) = asked(read(policy, demand, AUTHORISATION), Question.CONFLICT)
    assert finding.clauses == ("order/go-on", "halden-policy/no-force")
    assert finding.witness is not None
    assert (finding.witness.effect, len(finding.witness.conflicts)) == (Effect.DENY, 1)


def test_a_permission_that_something_else_denies_throughout_is_dead() -> None:
    ban = instrument("order", "order", "ministry", "id: out, forbid: [invoke, integrate], when: {model.maker: orrin}")
    dead = "id: search, permit: [invoke], when: {model.maker: orrin}"
    live = "id: rest, permit: [invoke, act], when: {model.maker: [orrin, halden]}"
    terms = read(instrument("house", "policy", "quayside", dead, live), ban, AUTHORISATION)
    (finding,) = asked(terms, Question.DEAD_GRANT)
    assert finding.clauses == ("house/search", "order/out")


def test_a_use_case_is_left_without_a_model_from_the_end_of_the_last_authorisation() -> None:
    (finding,) = asked(read(PERMISSIVE, AUTHORISATION), Question.DEAD_END)
    assert (finding.about, write_instant(finding.at)) == ("use case answers", "2026-09-01T00:00:00Z")
    assert "where heron-2 could until then: denied for want of an authorisation." in finding.story
    (now,) = asked(read(PERMISSIVE), Question.DEAD_END)
    assert now.at == NOON


@pytest.mark.parametrize(
    ("needs", "since", "says"),
    [
        ("{of: officer}", "2026-09-01", ""),
        (
            "{of: officer, at_least: 2}",
            "2026-06-01T00:00:00Z",
            "waits for 2 in the role officer, and the register has 1",
        ),
        ("{of: officer, at_least: 3}", "2026-03-01T12:00:00Z", "the register has 2"),
        ("{of: officer, at_least: 2, not: [requester]}", "2026-03-01T12:00:00Z", "never the one who asks"),
        ("{of: officer, not: [requester]}", "2026-06-01T00:00:00Z", "where one of R. Amadi asks, one is missing"),
    ],
)
def test_a_roster_that_cannot_release_a_hold_is_found_with_its_day(needs: str, since: str, says: str) -> None:
    hold = f"id: two, hold: [integrate], until: {{approvals: {needs}, expires_in: 1d}}"
    order = instrument("order", "order", "ministry", hold)
    found = asked(read(PERMISSIVE, AUTHORISATION, order), Question.ROSTER)
    assert [write_instant(finding.at) for finding in found] == ([since] if says else [])
    assert all(says in finding.story for finding in found)


@pytest.mark.parametrize(
    ("needs_together", "says"),
    [
        # Each by itself is met by two people, and both together would take three.
        (("{of: officer}", "{of: owner, at_least: 2}"), "cannot release that between them"),
        (("{of: officer}", "{of: owner}"), ""),
        (("{of: officer, not: [requester]}", "{of: owner, not: [requester]}"), "between them where baker asks"),
        (("{of: officer}", "{of: owner, different_units: true}"), "cannot release that between them"),
    ],
)
def test_holds_that_can_be_met_one_by_one_and_not_together_are_found(
    needs_together: tuple[str, str], says: str
) -> None:
    people = "  - {id: baker, roles: [officer, owner], unit: east}\n  - {id: amadi, roles: [officer, owner]}\n"
    register = REGISTER.replace("roles: [officer]\npeople:\n", f"roles: [officer, owner]\npeople:\n{people}")
    register = register.replace("  - {id: amadi, name: R. Amadi, roles: [officer]}\n", "")
    register = register.replace("  - {id: varga, name: M. Varga, roles: [officer], until: 2026-06-01}\n", "")
    clauses = [
        f"id: h{n}, hold: [integrate], until: {{approvals: {needs}, expires_in: 1d}}"
        for n, needs in enumerate(needs_together)
    ]
    order = instrument("order", "order", "ministry", *clauses)
    texts = {"i0": PERMISSIVE, "i1": AUTHORISATION, "i2": order}
    found = asked(read_texts(register, **texts), Question.ROSTER)
    assert [finding.clauses for finding in found] == ([("order/h0", "order/h1")] if says else [])
    assert all(says in finding.story for finding in found)


def test_a_fact_that_a_scan_is_not_told_is_a_gap() -> None:
    boundary = "id: no-mass, boundary: true, forbid: [invoke, integrate], when: {people.window_30d: {above: 500}}"
    policy = instrument("halden-policy", "policy", "halden", boundary, "id: all, permit: [invoke, integrate]")
    (finding,) = asked(read(policy, AUTHORISATION), Question.COVERAGE)
    assert finding.about == "halden-policy/no-mass lacks people.window_30d"
    assert finding.story.startswith("A scan is not told people.window_30d of use case *answers*, so that")
    assert finding.witness is not None
    assert not finding.witness.settled


def test_an_exception_above_the_limit_of_a_boundary_is_void_there() -> None:
    boundary = "id: no-mass, boundary: true, forbid: [invoke], when: {people.window_30d: {above: 500}}"
    policy = instrument("halden-policy", "policy", "halden", boundary, "id: all, permit: [invoke]")
    grants = [
        instrument("grant", "grant", "halden", clause, more="to: quayside", until="2026-12-31")
        for clause in (
            "id: some, permit: [invoke], when: {people.window_30d: {at_most: 400}}",
            "id: many, permit: [invoke], when: {people.window_30d: {at_most: 900}}",
        )
    ]
    assert asked(read(policy, AUTHORISATION, grants[0]), Question.LIMITS) == []
    (finding,) = asked(read(policy, AUTHORISATION, grants[1]), Question.LIMITS)
    assert finding.about == "grant/many beyond halden-policy/no-mass"


def test_a_boundary_within_another_changes_no_decision() -> None:
    wide = "id: wide, boundary: true, forbid: [invoke], when: {model.maker: halden}"
    narrow = "id: narrow, boundary: true, forbid: [invoke], when: {model.maker: halden, use.effect: force}"
    policy = instrument("p", "policy", "quayside", wide, narrow)
    found = asked(read(PERMISSIVE, AUTHORISATION, policy), Question.SHADOWED)
    assert [finding.about for finding in found] == ["p/narrow"]


def test_a_finding_is_a_record_with_its_witness() -> None:
    (finding,) = asked(read(PERMISSIVE), Question.DEAD_END)
    record = finding_record(finding)
    assert record["question"] == "dead-end"
    assert record["witness"]["basis"] == "authorisation"
