"""A decision is told as a short argument, and as a record in the published form."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

from remit.scan.formats.record import report_schema
from remit.terms.action import Action
from remit.terms.argument import argue, decision_record, headline, say_shadow
from remit.terms.completion import complete_use
from remit.terms.decision import Decision, Reason, Shadow, ShadowKind
from remit.terms.instant import parse_instant
from remit.terms.judge import decide
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, Value, VouchedBy
from tests.terms.drawing import INSTANTS, VALUES, folders, uses
from tests.terms.world import FOR_A_YEAR, a_use, document, order, policy, world
from tests.terms.writing import Folder

ALL = "{id: all, permit: [invoke, act, integrate]}"
WAIT = "{id: wait, hold: [invoke], until: {approvals: {of: owner}, shown: [card], expires_in: 1h}}"
NO = "{id: no, forbid: [invoke]}"
OPEN: dict[str, Value] = {"scope.level": "open"}


def judged(terms: Terms, facts: dict[str, Value] | None = None, at: str = "2026-06-01T12:00:00Z") -> Decision:
    return decide(terms, a_use(OPEN if facts is None else facts), at=parse_instant(at))


def argued(terms: Terms, decision: Decision) -> str:
    return "\n".join(argue(terms, decision))


def last_part(terms: Terms, facts: dict[str, Value] | None = None, at: str = "2026-06-01T12:00:00Z") -> list[str]:
    _, _, told = argued(terms, judged(terms, facts, at)).partition("What would change it:\n")
    return [line.strip() for line in told.splitlines()]


def house(*clauses: str) -> str:
    return policy(*clauses, by="quayside")


def grant(clause: str) -> str:
    return document("grant", clause, by="halden", standing=FOR_A_YEAR, more="to: [quayside]\n")


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (world(it=house(ALL)), "Permitted (within) by a policy."),
        (world(), "Denied (outside) because nothing surely permits it."),
        (world(it=house(ALL, NO)), "Denied (outside) by a policy."),
        (
            world(it=house("{id: b, boundary: true, forbid: [invoke]}")),
            "Denied (outside) at a boundary, which no grant lifts.",
        ),
        (world(it=house(ALL), law=order(NO)), "Denied (outside) by an order."),
        (world(it=house(ALL), law=order(WAIT)), "Held (held) by an order."),
        (world(it=house(ALL, WAIT)), "Held (held) by a policy."),
        (
            world(it=house(ALL, WAIT.replace("hold:", "boundary: true, hold:"))),
            "Held (held) at a boundary, which no grant lifts.",
        ),
        (
            world(law=order("{id: must, compel: [invoke]}")),
            "Permitted (within) because an order demands it; that is not a grant.",
        ),
        (
            world(law=order("{id: must, compel: [invoke]}", WAIT)),
            "Held (held) by an order, and then goes on because an order demands it; that is not a grant.",
        ),
        (
            world(it=house(ALL), law=order("{id: no, forbid: [invoke], when: {drill: true}}")),
            "Denied (unknown) by an order; facts that are missing could change this.",
        ),
    ],
)
def test_the_first_line_says_the_result_and_what_gave_it(terms: Terms, said: str) -> None:
    assert headline(judged(terms)) == said


def test_a_grant_is_named_where_it_decides() -> None:
    terms = world(it=grant("{id: may, permit: [invoke]}"))
    assert headline(judged(terms, {"organisation": "quayside", **OPEN})) == "Permitted (within) by a grant."
    terms = world(it=grant(NO), other=house(ALL))
    assert headline(judged(terms, {"organisation": "quayside", **OPEN})) == "Denied (outside) by a grant."
    terms = world(it=grant(WAIT), other=house(ALL))
    assert headline(judged(terms, {"organisation": "quayside", **OPEN})) == "Held (held) by a grant."


def test_a_missing_authorisation_is_named_with_the_level() -> None:
    terms = world(it=house(ALL))
    said = "Denied (outside) because the level asks for an authorisation, and none surely covers this."
    assert headline(judged(terms, {"scope.level": "secret"})) == said
    assert "No authorisation in force surely covers this model at the level (secret)." in argued(
        terms, judged(terms, {"scope.level": "secret"})
    )
    assert "at the level (not known)." in argued(terms, judged(terms, {}))


def test_what_nothing_permits_is_told_with_the_maker() -> None:
    assert "No clause in force surely permits this for halden; what" in argued(
        world(), judged(world(), {"model.maker": "halden", **OPEN})
    )
    assert "for this maker; what nothing permits is denied." in argued(world(), judged(world()))


def test_the_whole_argument_of_a_held_use() -> None:
    reading = "reading: {term: call, means: any, by: halden, on: 2026-01-01}"
    must = "{id: must, oblige: [invoke], when: {model.maker: halden}, duties: {log: true, report: monthly}}"
    terms = world(it=house(ALL, must), law=order(WAIT.replace("until:", f"when: {{drill: false}}, {reading}, until:")))
    given = {"scope.level": Fact("open"), "model.maker": Fact("halden")}
    use = complete_use(terms, Use(Action.INVOKE, {"scope.id": Fact("watch", VouchedBy.CONFIGURED), **given}))
    decision = decide(terms, use, at=parse_instant("2026-06-01T12:00:00Z"))
    assert argued(terms, decision) == snapshot("""\
Held (unknown) by an order; facts that are missing could change this.

Asked: may one call a model?
  customer           ministry  (configured, by scope.id)
  model.domicile     DE  (declared, by model.maker)
  model.maker        halden  (declared)
  model.parent       halden  (declared, by model.maker)
  organisation       quayside  (configured, by scope.id)
  scope.environment  cloud-a  (configured, by scope.id)
  scope.id           watch  (configured)
  scope.kind         defence  (configured, by scope.id)
  scope.level        open  (declared)
  use.sector         harbours  (configured, by scope.id)
  drill              not known

In force at 2026-06-01T12:00:00Z, by what was known at 2026-06-01T12:00:00Z:
  Before anyone may call a model where whether it is a drill is false, it waits for one person in the role owner, who must be shown card; after 1h it is denied.
    [law/wait, instruments/law.yaml:6; order by ministry]
    in force since 2026-01-01T00:00:00Z
    applies because it cannot be ruled out: drill not known
    rests on a reading by halden: “call” means any
  The weakest fact it rests on is declared.
  It waits for one person in the role owner, who must be shown card; after 1h it is denied.
  Duty to log [it/must]
  Duty to report: monthly [it/must]

What would change it:
  Knowing drill.
  If whether it is a drill is not false, it would be permitted [law/wait].\
""")  # noqa: E501  # Lines as they are printed.


def test_a_conflict_is_told_and_left_to_people() -> None:
    terms = world(it=house("{id: b, boundary: true, forbid: [invoke]}"), law=order("{id: must, compel: [invoke]}"))
    assert "  Conflict: law/must demands what it/b denies; this is denied, and for people to settle." in argued(
        terms, judged(terms)
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ShadowKind.ASSERTED, "if law/no, only asserted, were binding, it would be denied"),
        (ShadowKind.STAYED, "if law/no, now stayed, were in force, it would be denied"),
        (ShadowKind.CONTESTED, "if the contest over law/no succeeded, it would be denied"),
    ],
)
def test_a_shadow_is_told_by_what_would_have_to_happen(kind: ShadowKind, said: str) -> None:
    decision = judged(world(law=order(NO)))
    (reason,) = decision.because
    assert say_shadow(Shadow(kind, decision.effect, (reason.rule,))) == said
    assert say_shadow(Shadow(kind, decision.effect, ())).replace("that", "law/no") == said


def test_a_shadow_stands_beside_the_argument() -> None:
    stayed = order(NO, standing="standing: [{state: stayed, from: 2026-01-01, known: 2026-01-01}]")
    terms = world(it=house(ALL), law=stayed)
    assert "  Beside it: if law/no, now stayed, were in force, it would be denied." in argued(terms, judged(terms))


def test_a_clause_in_another_partys_reading_is_told_with_that_condition() -> None:
    rival = "rival: {means: every, by: court, when: {drill: true}}"
    reading = f"reading: {{term: a, means: b, by: halden, on: 2026-01-01, {rival}}}"
    no = f"{{id: no, forbid: [invoke], when: {{drill: false}}, {reading}}}"
    terms = world(it=house(ALL), law=order(no))
    (shadow,) = judged(terms, {"drill": True, **OPEN}).shadow
    decision = judged(terms, {"drill": True, **OPEN})
    told = replace(decision, because=tuple(Reason(rule) for rule in shadow.because))
    assert "It is forbidden to call a model where whether it is a drill is true." in argued(terms, told)


def test_what_is_unsure_is_told_with_the_facts_that_would_settle_it() -> None:
    terms = world(it=house(ALL), law=order("{id: no, forbid: [invoke], when: {drill: true}}"))
    said = argued(terms, judged(terms))
    assert "    applies because it cannot be ruled out: drill not known" in said
    assert "  drill        not known" in said
    assert last_part(terms)[0] == "Knowing drill."


def test_a_phase_out_is_told_as_running_or_over() -> None:
    terms = world(it=house(ALL), law=order("{id: no, forbid: [invoke], phase_out: 2026-06-15}"))
    running, over = (last_part(terms, at=at)[0] for at in ("2026-06-01", "2026-06-15"))
    assert running == "What is in use already has until 2026-06-15T00:00:00Z to be phased out."
    assert over == "What is in use already had until 2026-06-15T00:00:00Z to be phased out."


def test_the_next_change_in_time_is_told_with_its_clause_where_there_is_one() -> None:
    ends = order(NO, standing="standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2026-09-01}]")
    assert "Time: from 2026-09-01T00:00:00Z it is permitted by it/all." in last_part(world(it=house(ALL), law=ends))
    short = house(ALL).replace("known: 2026-01-01}", "known: 2026-01-01, until: 2026-09-01}")
    assert last_part(world(it=short)) == ["Time: from 2026-09-01T00:00:00Z it is denied."]


def test_of_many_facts_that_would_change_it_the_first_are_told() -> None:
    clauses = [f"{{id: c{n}, permit: [invoke], when: {{people.call: {n}}}}}" for n in range(8)]
    told = last_part(world(it=house(*clauses)), {"people.call": 99, **OPEN})
    assert told[0] == "If distinct people in one call is 0, it would be permitted [it/c0]."
    assert told[6:] == ["And 2 other single facts."]


def test_where_nothing_would_change_it_that_is_told() -> None:
    assert last_part(world(it=house(ALL))) == ["No single fact and no instant on file; only other terms."]


SCHEMA = report_schema()
VALIDATOR = Draft202012Validator({"$ref": "#/$defs/decision", "$defs": SCHEMA["$defs"]})


@given(folders(), uses())
def test_a_record_has_the_published_form_and_is_json_whatever_the_decision(folder: Folder, use: Use) -> None:
    well_typed = {name: fact for name, fact in use.facts.items() if fact.value in VALUES[name]}
    decision = decide(folder.read(), Use(use.action, well_typed), at=INSTANTS[-1])
    record = decision_record(decision)
    assert [error.message for error in VALIDATOR.iter_errors(record)] == []
    assert json.loads(json.dumps(record)) == record


def test_a_record_holds_what_the_argument_rests_on() -> None:
    record = decision_record(judged(world(it=house(ALL), law=order(WAIT)), {"people.call": 5, **OPEN}))
    assert re.fullmatch("sha256:[0-9a-f]{64}", record.pop("terms"))
    assert record == snapshot(
        {
            "action": "invoke",
            "facts": {
                "people.call": {"value": 5, "vouched_by": "declared", "source": None},
                "scope.level": {"value": "open", "vouched_by": "declared", "source": None},
            },
            "effect": "hold",
            "verdict": "held",
            "basis": "policy",
            "settled": True,
            "compelled": False,
            "because": [
                {
                    "clause": "law/wait",
                    "instrument": "law",
                    "kind": "order",
                    "by": "ministry",
                    "boundary": False,
                    "says": None,
                    "where": "instruments/law.yaml:6",
                    "readings": [],
                    "standing": {
                        "state": "in-force",
                        "from": "2026-01-01T00:00:00Z",
                        "known": "2026-01-01T00:00:00Z",
                        "until": None,
                        "by": None,
                        "covers": [],
                        "contested_by": None,
                    },
                    "surely": True,
                    "lacks": [],
                }
            ],
            "lacks": [],
            "rests_on": "declared",
            "hold": {
                "approvals": [
                    {
                        "of": "owner",
                        "at_least": 1,
                        "separately": False,
                        "different_units": False,
                        "qualified": [],
                        "not": [],
                        "attention": {"catch_rate": None, "items_per_hour": None, "pace": None},
                    }
                ],
                "oversight": "each",
                "shown": ["card"],
                "expires_in": "1h",
                "window": None,
                "envelope": None,
            },
            "duties": [],
            "phase_out": None,
            "conflicts": [],
            "shadow": [],
            "at": "2026-06-01T12:00:00Z",
            "known": "2026-06-01T12:00:00Z",
        }
    )


def test_values_of_every_type_have_a_form_in_json() -> None:
    facts: dict[str, Value] = {"a": "x", "b": frozenset({"y", "x"}), "c": 5, "d": True, "e": Decimal("2.50")}
    record = decision_record(judged(world(), facts))
    assert {name: fact["value"] for name, fact in record["facts"].items()} == {
        "a": "x", "b": ["x", "y"], "c": 5, "d": True, "e": "2.50",
    }  # fmt: skip


def test_a_name_that_nobody_knows_is_said_to_be_unknown_with_the_one_that_was_meant() -> None:
    terms = world(p=policy(ALL))
    lines = argued(
        terms,
        judged(terms, {"scope.id": "wacht", "use.purpose": "anser", "tool.effect": "force"}),  # misspelt on purpose
    )
    assert "wacht  (declared) - no scope wacht is known here" in lines
    assert "(declared) - no purpose anser is known here; did you mean answer?" in lines  # misspelt on purpose
    assert "force  (declared)\n" in lines
