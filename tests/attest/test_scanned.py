"""What a scan's record says of one maker: which uses concern it, what was dismissed, where one looked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from remit.attest.files import FINDINGS as FILE
from remit.attest.predicates.model_integration import Surface
from remit.attest.predicates.parts import Target
from remit.attest.rescan import Earlier, demand_same_contents, demand_same_findings, read_earlier, redecide
from remit.attest.scanned import (
    concerns,
    count_dismissed,
    count_relations,
    differences,
    findings_of,
    surfaces_of,
    verdicts_of,
)
from remit.attest.statement import Subject
from remit.attest.verify import Verified
from remit.errors import EvidenceRefused
from remit.terms.action import Action
from remit.terms.argument import decision_record
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy
from tests.attest.signed import PREDICATE, QUAYSIDE, SUBJECT, refused, renewed, statement
from tests.terms.writing import AT as MARCH
from tests.terms.writing import SCENE, clause, instrument

if TYPE_CHECKING:
    from collections.abc import Iterator

HALDEN = Target("halden")


def use(relation: str, *models: str, channel: str = "direct", **more: Any) -> dict[str, Any]:
    return {"relation": relation, "strength": "integrated", "channel": channel, "models": list(models), **more}


FINDINGS: dict[str, Any] = {
    "makers": {
        "halden": {"integrations": [use("runtime-call", "heron-2"), use("development-tool")]},
        "orrin": {"integrations": [use("local-weights", "osprey-heron-tuned"), use("runtime-call", "osprey-1")]},
    },
    "history": {"halden": 3, "orrin": 0},
    "dismissed": [
        {"path": "a", "line": 1, "maker": "halden", "why": "in a comment"},
        {"path": "b", "line": 1, "maker": "halden", "why": "in a comment"},
        {"path": "c", "line": 1, "maker": "orrin", "why": "in a comment"},
    ],
    "coverage": {
        "present": 40,
        "read": 33,
        "skipped": {"binary": {"files": 4, "paths": []}, "encrypted": {"files": 3, "paths": []}},
        "history": {"read": True, "commits": 12, "why": "read"},
        "not_inquired": [{"surface": "bills", "settled_by": "invoices"}, {"surface": "egress", "settled_by": "logs"}],
    },
}
REPORT: dict[str, Any] = {
    "findings": FINDINGS,
    "scopes": [
        {
            "scope": "watch",
            "uses": [
                {"maker": "halden", **use("runtime-call", "heron-2", decision={"verdict": "within"})},
                {"maker": "halden", **use("runtime-call", "heron-3", decision={"verdict": "held"})},
                {"maker": "orrin", **use("runtime-call", "osprey-1", decision={"verdict": "within"})},
            ],
        },
        {"scope": "desk", "uses": [{"maker": "halden", **use("dormant", "heron-1", decision={"verdict": "outside"})}]},
    ],
}


def tuned(model: str) -> Iterator[tuple[str, str]]:
    if "heron-tuned" in model:
        yield "halden", "heron-2"


def relations(record: dict[str, Any], target: Target, *contracts: str) -> dict[str, int]:
    return count_relations(concerns(record, target, contracts, tuned))


def test_uses_of_the_maker_of_what_is_derived_from_it_and_of_its_agents_concern_a_target() -> None:
    everything = {"ai-authored-code": 1, "development-tool": 1, "local-weights": 1, "runtime-call": 1}
    assert relations(FINDINGS, HALDEN) == everything
    named = {"ai-authored-code": 1, "development-tool": 1, "runtime-call": 1}
    assert relations(FINDINGS, replace(HALDEN, lineage="named-only")) == named
    other = {"ai-authored-code": 1, "development-tool": 1}
    assert relations(FINDINGS, replace(HALDEN, models=("heron-9*",))) == other, "what is not named may be any"
    assert relations(FINDINGS, Target("nobody")) == {}


def test_only_the_contracts_asked_about_count_and_what_is_within_the_terms_is_accepted() -> None:
    found = concerns(REPORT, HALDEN, ["watch"], tuned)
    assert [(each.models, each.accepted) for each in found] == [(("heron-2",), True), (("heron-3",), False)]
    assert relations(REPORT, HALDEN, "watch", "desk") == {"dormant": 1, "runtime-call": 2}
    assert relations(REPORT, HALDEN, "unheard-of") == relations(FINDINGS, HALDEN), "nobody knows what serves it"
    assert findings_of(REPORT) is FINDINGS
    assert findings_of(FINDINGS) is FINDINGS


def test_near_hits_are_counted_by_their_reason() -> None:
    assert count_dismissed(FINDINGS, HALDEN) == (("in a comment", 2),)


def test_surfaces_bear_their_denominators_and_how_people_were_asked() -> None:
    assert surfaces_of(FINDINGS, frozenset({"binary"}), {"bills": "R. Amadi asked"}) == (
        Surface("repository", 33, 3, 40),
        Surface("history", 12, 0, 12),
        Surface("bills", 1, 0, how="R. Amadi asked"),
        Surface("egress", 0, "not inquired"),
    )


@pytest.mark.parametrize(
    ("why", "surface"),
    [("no git directory in this place", None), ("git refused", Surface("history", 0, "git refused"))],
)
def test_a_history_that_was_not_read_is_a_gap_and_one_that_is_not_there_is_none(
    why: str, surface: Surface | None
) -> None:
    coverage = FINDINGS["coverage"] | {"history": {"read": False, "commits": 0, "why": why}}
    found = surfaces_of(FINDINGS | {"coverage": coverage}, frozenset(), {})
    assert [each for each in found if each.name == "history"] == ([surface] if surface else [])


def test_differences_are_told_by_their_place() -> None:
    old = {"a": [1, {"b": 2}], "c": 1, "d": [1]}
    assert list(differences(old, old)) == []
    assert list(differences(old, {"a": [1, {"b": 3}], "d": [1, 2], "e": 0})) == [
        "a[1].b was 2 and is 3",
        "c is gone",
        "d was a list of 1 and is a list of 2",
        "e is not in the statement",
    ]


def test_other_contents_are_refused_whatever_they_are_called() -> None:
    demand_same_contents([SUBJECT], [Subject("elsewhere", SUBJECT.digest)])
    for here in ([], [SUBJECT, SUBJECT], [Subject(SUBJECT.name, {"gitCommit": "d" * 40})]):
        with refused("rescan"):
            demand_same_contents([SUBJECT], here)


def test_other_findings_are_refused_with_the_first_differences() -> None:
    earlier = Earlier(PREDICATE, {str(number): number for number in range(9)}, "rules")
    assert demand_same_findings(earlier, earlier.found, "rules") == "the same findings"
    assert demand_same_findings(earlier, earlier.found, "newer") == "the same findings, by other rules than then"
    with pytest.raises(EvidenceRefused, match=r"0 is gone; .*; and 4 more"):
        demand_same_findings(earlier, {}, "rules")
    with refused("rescan"):
        demand_same_findings(earlier, {"0": 1}, "newer")


def test_without_findings_or_verdicts_there_is_nothing_to_hold_it_against() -> None:
    files = {FILE: b'{"found":{},"rules":{"sha256":"r"}}'}
    verified = Verified(files, statement(), PREDICATE, (QUAYSIDE.key,))
    assert read_earlier(verified, "rescan") == Earlier(PREDICATE, {}, "r")
    with refused("rescan"):
        read_earlier(replace(verified, files={}), "rescan")
    terms = SCENE.read()
    with refused("redecide"):
        redecide(Earlier(PREDICATE, {"scopes": []}, "r"), terms)
    said = {"digest": {"sha256": terms.digest.removeprefix("sha256:")}, "at": "x", "known": "x"}
    with refused("redecide"):
        redecide(Earlier(renewed(terms=said), {"scopes": [], "at": 1}, "r"), terms)


def test_facts_of_every_kind_decide_again_as_they_did() -> None:
    terms = SCENE.with_instruments(
        instrument("p", "policy", clause("few", "permit", when={"people.window_30d": {"below": 500}}), by="halden")
    ).read()
    facts = {
        "people.window_30d": Fact(Decimal("499.5"), VouchedBy.MEASURED),
        "use.purpose": Fact(frozenset({"answer", "search"}), VouchedBy.CONFIGURED, "by the register"),
        "drill": Fact(value=True),
        "model.maker": Fact("halden"),
    }
    decision = decide(terms, Use(Action.INTEGRATE, facts), at=MARCH, known=MARCH)
    use_of = {"maker": "halden", "use_case": None, **use("runtime-call", decision=decision_record(decision))}
    record = {
        "terms": terms.digest,
        "at": "2026-03-01T12:00:00Z",
        "known": "2026-03-01T12:00:00Z",
        "boundary_crossed": False,
        "scopes": [{"scope": "watch", "uses": [use_of]}],
    }
    predicate = renewed(terms=verdicts_of(record))
    assert redecide(Earlier(predicate, record, "r"), terms) == "1 verdicts come out again"
    use_of["decision"]["facts"]["people.window_30d"]["value"] = "many"
    with refused("redecide"):
        redecide(Earlier(predicate, record, "r"), terms)
