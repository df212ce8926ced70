"""Whether a caller's word gets round a boundary: found with a witness, and only where it is nothing but a word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remit.prove.finding import Finding, Question
from remit.prove.study import study_terms
from remit.terms.decision import Effect
from remit.terms.use import VouchedBy
from tests.prove.reading import read_texts

if TYPE_CHECKING:
    from remit.terms.terms import Terms

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGISTER = """
organisation: quayside
parties: [{id: quayside}, {id: halden}]
makers: [{id: halden}]
models: [{id: heron-2, maker: halden}, {id: heron-3, maker: halden}]
names: {use.purpose: [translate, training]}
roles: [officer]
scopes:
  - {id: desk, kind: civil, serves: ["**"]}
use_cases:
  - {id: translation, scope: desk, serves: ["a/**"]%s}
"""
POLICY = """
instrument: halden-policy
kind: policy
by: halden
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: no-tracking, boundary: true, %s, when: {model.maker: halden, %s}}
  - {id: customers, permit: [invoke], when: {model.maker: halden}}
"""


def terms_with(condition: str, facts: str = "", verb: str = "forbid: [invoke]") -> Terms:
    bound = f", facts: {{{facts}}}" if facts else ""
    return read_texts(REGISTER % bound, policy=POLICY % (verb, condition))


def spoofed(terms: Terms) -> list[Finding]:
    return study_terms(terms, NOON, NOON, [Question.BOUNDARY, Question.SPOOFING])


def test_a_boundary_on_what_is_only_declared_is_got_round_and_the_judge_says_so() -> None:
    (finding,) = spoofed(terms_with("use.effect: track-people"))
    assert finding.question is Question.SPOOFING
    assert finding.clauses == ("halden-policy/no-tracking", "halden-policy/customers")
    assert finding.witness is not None
    assert finding.witness.effect is Effect.PERMIT
    assert finding.witness.use.facts["use.effect"].vouched_by is VouchedBy.DECLARED
    assert finding.witness.use.words("use.case") == ("translation",)
    assert finding.story == (
        "A caller of use case *translation* that declares use.effect *none* instead of track-people can call heron-2: "
        "it is permitted, and nothing but the caller's word stands for use.effect. The boundary is clause "
        "halden-policy/no-tracking, issued by halden, in force since 2026-01-01T00:00:00Z; it is permitted by clause "
        "halden-policy/customers, issued by halden, in force since 2026-01-01T00:00:00Z."
    )


def test_a_boundary_on_what_the_register_binds_is_not_got_round() -> None:
    assert spoofed(terms_with("use.effect: track-people", facts="use.effect: track-people")) == []
    assert spoofed(terms_with("use.effect: track-people", facts="use.effect: inform")) == []


def test_a_boundary_on_what_is_measured_is_not_got_round() -> None:
    assert spoofed(terms_with("people.window_30d: {above: 500}")) == []


def test_one_measured_fact_does_not_save_a_boundary_that_also_asks_for_a_declared_one() -> None:
    (finding,) = spoofed(terms_with("use.effect: track-people, people.window_30d: {above: 500}"))
    assert finding.about == "halden-policy/no-tracking by use.effect"
    assert finding.witness is not None
    assert finding.witness.use.facts["people.window_30d"].value == 501


def test_each_alternative_of_a_boundary_is_got_round_for_itself() -> None:
    found = spoofed(terms_with("any: [{use.effect: track-people}, {use.purpose: training}]"))
    assert [f.about.partition(" by ")[2] for f in found] == ["use.effect", "use.purpose"]


def test_facts_that_get_round_a_boundary_only_together_are_told_together() -> None:
    terms = terms_with("use.effect: track-people, use.purpose: training")
    narrow = POLICY % ("forbid: [invoke]", "use.effect: track-people, use.purpose: training")
    narrow = narrow.replace("{model.maker: halden}}\n", "{use.effect: inform, use.purpose: translate}}\n")
    assert [f.about.partition(" by ")[2] for f in spoofed(terms)] == ["use.effect", "use.purpose"]
    (finding,) = spoofed(read_texts(REGISTER % "", policy=narrow))
    assert finding.about == "halden-policy/no-tracking by use.effect and use.purpose"


def test_a_hold_is_got_round_where_nothing_holds_what_is_declared() -> None:
    verb = "hold: [invoke], until: {approvals: {of: officer}, expires_in: 10m}"
    (finding,) = spoofed(terms_with("use.effect: track-people", verb=verb))
    assert finding.witness is not None
    assert finding.witness.effect is Effect.PERMIT
