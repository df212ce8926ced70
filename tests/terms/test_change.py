"""What is told to change a decision does change it, whatever the terms: the judge is asked about each of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from remit.terms.action import Action
from remit.terms.change import _Trial, fact_changes, next_change
from remit.terms.decision import Decision
from remit.terms.instant import parse_instant, write_instant
from remit.terms.judge import decide
from remit.terms.prose import say_leaf
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, Value
from tests.terms.drawing import INSTANTS, VALUES, folders, instants, late_instants, uses
from tests.terms.world import FROM_JANUARY, REGISTER, a_use, order, policy, world
from tests.terms.writing import Folder

NEAR_A_PATTERN = {"heron-9", "kestrel-1", "DK", "spying"}
"""Names that no row lists and some pattern would match: they leave a clause unsure, so nothing is told of them."""


def judged(
    terms: Terms, facts: dict[str, Value], at: str = "2026-06-01T12:00:00Z", known: str = "2027-01-01"
) -> Decision:
    return decide(terms, a_use({"scope.level": "open", **facts}), at=parse_instant(at), known=parse_instant(known))


def told(terms: Terms, facts: dict[str, Value]) -> list[str]:
    """What `fact_changes` tells, as `remit why` says it."""
    found = fact_changes(terms, judged(terms, facts))
    return [f"{c.effect.word} if {say_leaf(c.leaf, terms.vocabulary.attributes)} [{c.rule.reference}]" for c in found]


def later(terms: Terms, facts: dict[str, Value], at: str, known: str) -> str | None:
    found = next_change(terms, judged(terms, facts, at, known))
    return None if found is None else f"{found.effect.word} from {write_instant(found.at)}"


@given(folders(), uses(), instants, late_instants, st.data())
def test_every_fact_that_is_told_to_change_the_effect_changes_it_to_what_is_told(
    folder: Folder, use: Use, at: datetime, known: datetime, data: st.DataObject
) -> None:
    terms = folder.read()
    decision = decide(terms, use, at=at, known=known)
    for found in fact_changes(terms, decision):
        assert found.effect is not decision.effect
        name = found.leaf.attribute
        singles = [v for v in VALUES[name] if not isinstance(v, frozenset) and v not in NEAR_A_PATTERN]
        passing = [value for value in singles if found.leaf.holds(value)]
        assert passing, "what is told can be brought about"
        changed = {**use.facts, name: Fact(data.draw(st.sampled_from(passing)))}
        assert decide(terms, replace(use, facts=changed), at=at, known=known).effect is found.effect


@given(folders(), uses(), instants, instants)
def test_the_next_change_is_one_and_none_comes_before_it(
    folder: Folder, use: Use, at: datetime, known: datetime
) -> None:
    terms = folder.read()
    decision = decide(terms, use, at=at, known=max(at, known))
    found = next_change(terms, decision)
    end = INSTANTS[-1] + timedelta(days=30) if found is None else found.at
    assert found is None or (found.at > at and found.effect is not decision.effect)
    for instant in (moment for moment in INSTANTS if at < moment < end):
        same = decide(terms, use, at=instant, known=max(instant, known))
        assert same.effect is decision.effect


def test_an_order_that_begins_is_the_next_change() -> None:
    begins = FROM_JANUARY.replace("2026-01-01", "2026-09-01")
    terms = world(house=policy("{id: all, permit: [invoke]}"), ban=order("{id: no, forbid: [invoke]}", standing=begins))
    assert later(terms, {}, "2026-06-01", "2026-06-01") == "deny from 2026-09-01T00:00:00Z"
    assert later(terms, {}, "2026-09-01", "2026-09-01") is None


def test_hearing_of_an_order_is_a_change_too() -> None:
    heard = "standing: [{state: in-force, from: 2026-01-01, known: 2026-07-15}]"
    terms = world(house=policy("{id: all, permit: [invoke]}"), ban=order("{id: no, forbid: [invoke]}", standing=heard))
    assert later(terms, {}, "2026-06-01", "2026-06-01") == "deny from 2026-07-15T00:00:00Z"


def test_a_permission_that_one_fact_would_bring_is_told_and_one_that_needs_two_is_not() -> None:
    house = policy(
        "{id: one, permit: [invoke], when: {model.maker: halden}}",
        "{id: two, permit: [invoke], when: {model.maker: orrin, use.purpose: search}}",
    )
    assert told(world(house=house), {}) == ["permit if the maker of the model is halden [house/one]"]


def test_names_are_left_out_that_another_clause_would_treat_otherwise() -> None:
    house = policy("{id: some, permit: [invoke], when: {model.id: [heron-1, heron-2, osprey-1]}}")
    ban = order("{id: no, forbid: [invoke], when: {model.id: osprey-1}}")
    assert told(world(house=house, ban=ban), {"model.id": "unheard-of"}) == [
        "permit if the model is heron-1 or heron-2 [house/some]"
    ]


def test_what_would_avoid_a_clause_leaves_out_what_meets_another() -> None:
    house = policy("{id: all, permit: [invoke]}")
    ban = order(
        "{id: no, forbid: [invoke], when: {model.id: heron-1}}",
        "{id: nor, forbid: [invoke], when: {model.id: osprey-1}}",
    )
    assert told(world(house=house, ban=ban), {"model.id": "heron-1"}) == [
        "permit if the model is not heron-1 or osprey-1 [ban/no]"
    ]


def test_a_test_that_is_told_whole_keeps_its_pattern() -> None:
    house = policy("{id: herons, permit: [invoke], when: {model.id: heron-*}}")
    assert told(world(house=house), {"model.id": "osprey-1"}) == ["permit if the model is heron-* [house/herons]"]


def test_what_a_listed_name_alone_would_bring_is_told_by_that_name() -> None:
    house = policy("{id: others, permit: [invoke], when: {model.id: {not: heron-1}}}")
    ban = order("{id: no, forbid: [invoke], when: {model.id: {not: [heron-1, heron-2]}}}")
    assert told(world(house=house, ban=ban), {"model.id": "osprey-1"}) == ["permit if the model is heron-2 [ban/no]"]


def test_a_number_is_told_by_the_span_in_which_the_effect_is_the_same() -> None:
    house = policy("{id: all, permit: [invoke]}")
    ban = "{id: no, forbid: [invoke], when: {people.call: {above: 500}}}"
    assert told(world(house=house, ban=order(ban)), {"people.call": 7}) == [
        "deny if distinct people in one call is above 500 [ban/no]"
    ]
    hold = (
        "{id: wait, hold: [invoke], when: {people.call: {above: 100}}, until: {approvals: {of: owner}, expires_in: 1h}}"
    )
    assert told(world(house=house, ban=order(hold, ban)), {"people.call": 7}) == [
        "hold if distinct people in one call is above 100 and at most 500 [ban/wait]",
        "deny if distinct people in one call is above 500 [ban/no]",
    ]


def test_between_two_bounds_that_are_close_a_fraction_is_tried() -> None:
    house = policy("{id: few, permit: [invoke], when: {people.call: {above: 0.5, below: 1}}}")
    assert told(world(house=house), {"people.call": 7}) == [
        "permit if distinct people in one call is above 0.5 and below 1 [house/few]",
    ]


def test_of_a_number_that_must_avoid_two_clauses_the_span_between_them_is_told() -> None:
    house = policy("{id: all, permit: [invoke]}")
    many = "{id: many, forbid: [invoke], when: {people.call: {at_least: 500}}}"
    none = "{id: none, forbid: [invoke], when: {people.call: {at_most: 2.5}}}"
    assert told(world(house=house, ban=order(many, none)), {"people.call": 501}) == [
        "permit if distinct people in one call is above 2.5 and below 500 [ban/many]"
    ]
    some = "{id: some, forbid: [invoke], when: {people.call: {at_least: 5, below: 7}}}"
    assert told(world(house=house, ban=order(many, some)), {"people.call": 501}) == [
        "permit if distinct people in one call is below 5 [ban/many]"
    ]
    assert told(world(house=house, ban=order(some)), {"people.call": 5}) == [
        "permit if distinct people in one call is not at least 5 and below 7 [ban/some]"
    ]
    assert told(world(house=house, ban=order(none, some)), {"people.call": 1}) == [
        "permit if distinct people in one call is above 2.5 and below 5 [ban/none]"
    ]


def test_a_truth_value_is_turned() -> None:
    house = policy("{id: drills, permit: [invoke], when: {drill: true}}")
    assert told(world(house=house), {"drill": False}) == ["permit if whether it is a drill is true [house/drills]"]
    assert told(world(house=house), {"drill": "yes"}) == ["permit if whether it is a drill is true [house/drills]"]


def test_a_fact_of_the_wrong_type_passes_nothing() -> None:
    house = policy("{id: few, permit: [invoke], when: {people.call: {below: 5}}}")
    for value in ("many", Decimal("NaN")):
        assert told(world(house=house), {"people.call": value}) == [
            "permit if distinct people in one call is below 5 [house/few]"
        ]


def test_of_several_values_one_is_enough_for_a_restriction_and_all_are_needed_for_a_permission() -> None:
    house = policy("{id: herons, permit: [invoke], when: {model.id: heron-1}}")
    both: Value = frozenset({"heron-1", "osprey-1"})
    assert told(world(house=house), {"model.id": both}) == ["permit if the model is heron-1 [house/herons]"]
    ban = order("{id: no, forbid: [invoke], when: {model.id: heron-1, drill: true}}")
    open_house = policy("{id: all, permit: [invoke]}")
    assert told(world(house=open_house, ban=ban), {"model.id": both, "drill": False}) == [
        "deny if whether it is a drill is true [ban/no]"
    ]


def test_nothing_is_told_where_not_every_value_could_be_tried() -> None:
    terms = world(house=policy("{id: some, permit: [invoke], when: {model.id: [heron-1, heron-2]}}"))
    decision = judged(terms, {})
    (rule,) = terms.force(decision.at, decision.known).rules
    (leaf,) = rule.clause.when.leaves
    assert list(_Trial(terms, decision, left=1).changes(rule, leaf, passing=True)) == []
    assert len(list(_Trial(terms, decision, left=2).changes(rule, leaf, passing=True))) == 1


def test_only_clauses_about_the_action_asked_for_are_tried() -> None:
    terms = world(house=policy("{id: calls, permit: [invoke], when: {model.maker: halden}}"))
    decision = decide(terms, a_use({"scope.level": "open"}, Action.ACT), at=parse_instant("2026-06-01"))
    assert fact_changes(terms, decision) == []


def test_who_is_bound_is_a_fact_like_any_other() -> None:
    ban = order("{id: no, forbid: [invoke]}") + "binds: quayside\n"
    terms = world(REGISTER, house=policy("{id: all, permit: [invoke]}"), ban=ban)
    assert told(terms, {"organisation": "quayside"}) == [
        "permit if the organisation that uses the model is not quayside [ban/no]"
    ]
