"""What follows from the facts of a use is filled in, and never taken for more than what it follows from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.terms.action import Action
from remit.terms.completion import HIGHEST_EFFECT, complete_use
from remit.terms.use import Fact, Use, Value, VouchedBy
from tests.terms.world import REGISTER, a_use, world

TERMS = world()
GIVEN: dict[str, tuple[Value, ...]] = {
    "use.case": ("ask", "unregistered", frozenset({"ask"}), frozenset({"ask", "other"}), 7),
    "use.purpose": ("answer", "search"),
    "scope.id": ("watch", "elsewhere", frozenset({"watch", "elsewhere"})),
    "scope.level": ("open", "secret"),
    "organisation": ("quayside", "tidewater"),
    "model.id": ("heron-1", "HERON-2", "osprey", "unheard-of", frozenset({"heron-1", "osprey-1"}), frozenset(), True),
    "model.maker": ("halden", "orrin", "nobody", frozenset({"halden", "orrin"})),
    "model.domicile": ("DE", "US"),
    "tool.name": ("letter", "gate", "unregistered", frozenset({"letter", "unregistered"})),
    "tool.effect": ("none", "force"),
}


@st.composite
def some_uses(draw: st.DrawFn) -> Use:
    names = draw(st.lists(st.sampled_from(sorted(GIVEN)), unique=True))
    pairs = {name: (draw(st.sampled_from(GIVEN[name])), draw(st.sampled_from(VouchedBy))) for name in names}
    return Use(draw(st.sampled_from(Action)), {name: Fact(*pair) for name, pair in pairs.items()})


def filled_in(facts: dict[str, Value]) -> dict[str, Value]:
    completed = complete_use(TERMS, a_use(facts)).facts
    return {name: fact.value for name, fact in completed.items() if name not in facts}


@given(some_uses())
def test_a_given_fact_is_never_overwritten(use: Use) -> None:
    completed = complete_use(TERMS, use)
    assert completed.action is use.action
    for name, fact in use.facts.items():
        left = completed.facts[name]
        assert (left.vouched_by, left.source) == (fact.vouched_by, fact.source)
        assert left.value == fact.value or name == "model.id", "a model alone may be called by its other name"


@given(some_uses())
def test_a_fact_that_follows_is_never_vouched_for_better_than_the_one_it_follows_from(use: Use) -> None:
    completed = complete_use(TERMS, use).facts
    for name in completed.keys() - use.facts.keys():
        source = completed[name].source.removeprefix("by ")
        assert completed[name].vouched_by <= completed[source].vouched_by


@given(some_uses())
def test_what_is_complete_stays_as_it_is(use: Use) -> None:
    completed = complete_use(TERMS, use)
    assert complete_use(TERMS, completed) == completed


def test_a_use_case_brings_its_facts_and_its_scope_and_that_brings_the_rest() -> None:
    assert filled_in({"use.case": "ask"}) == {
        "use.purpose": "answer",
        "scope.id": "watch",
        "scope.kind": "defence",
        "scope.level": "secret",
        "scope.environment": "cloud-a",
        "organisation": "quayside",
        "customer": "ministry",
        "use.sector": "harbours",
    }


def test_a_use_case_without_a_scope_brings_its_facts_alone() -> None:
    terms = world(REGISTER.replace("{id: ask, scope: watch,", "{id: ask,"))
    assert complete_use(terms, a_use({"use.case": "ask"})).words("scope.id") == ()
    assert complete_use(terms, a_use({"use.case": "ask"})).words("use.purpose") == ("answer",)


def test_what_the_register_leaves_out_of_a_scope_stays_unknown() -> None:
    terms = world(REGISTER.replace("    customer: ministry\n    level: secret\n", ""))
    completed = complete_use(terms, a_use({"scope.id": "watch"})).facts
    assert "customer" not in completed
    assert "scope.level" not in completed


def test_several_use_cases_or_scopes_bring_nothing_since_it_is_not_known_which_is_meant() -> None:
    both: Value = frozenset({"ask", "other"})
    assert filled_in({"use.case": both}) == {}
    assert filled_in({"scope.id": frozenset({"watch", "other"})}) == {}


def test_what_is_not_registered_brings_nothing() -> None:
    assert filled_in({"use.case": "unheard-of", "scope.id": "elsewhere", "model.maker": "nobody"}) == {}


def test_a_model_brings_its_family_maker_licence_and_what_it_is_derived_from() -> None:
    assert filled_in({"model.id": "heron-2"}) == {
        "model.family": "heron",
        "model.maker": "halden",
        "model.licence": "heron-licence",
        "model.weights": "open",
        "model.base": "heron-1",
        "model.parent": "halden",
        "model.domicile": "DE",
    }


def test_the_parent_and_the_seat_are_those_of_the_maker_that_is_given() -> None:
    found = filled_in({"model.id": "heron-2", "model.maker": "orrin"})
    assert (found["model.parent"], found["model.domicile"]) == ("orrin-holding", "FR")


def test_a_model_is_called_by_the_name_of_its_row_so_that_no_other_name_of_it_passes_a_clause_by() -> None:
    terms = TERMS
    completed = complete_use(terms, a_use({"model.id": "OSPREY", "model.base": frozenset({"osprey", "heron-1"})})).facts
    assert completed["model.id"] == Fact("osprey-1")
    assert completed["model.base"] == Fact(frozenset({"osprey-1", "heron-1"}))
    assert completed["model.maker"].value == "orrin"


def test_of_several_models_only_what_is_known_of_each_is_told() -> None:
    assert filled_in({"model.id": frozenset({"heron-1", "osprey-1"})}) == {
        "model.family": frozenset({"heron", "osprey"}),
        "model.maker": frozenset({"halden", "orrin"}),
        "model.parent": frozenset({"halden", "orrin-holding"}),
        "model.domicile": frozenset({"DE", "FR"}),
    }
    assert filled_in({"model.id": frozenset({"heron-1", "unheard-of"})}) == {}


def test_a_model_that_no_row_lists_is_told_by_the_beginning_of_its_name() -> None:
    found = filled_in({"model.id": "claude-of-next-year"})
    assert (found["model.family"], found["model.maker"]) == ("claude", "anthropic")


def test_a_registered_tool_brings_its_effects_and_any_other_the_most_serious() -> None:
    assert filled_in({"tool.name": "letter"}) == {"tool.effect": frozenset({"inform", "write"})}
    assert filled_in({"tool.name": "unheard-of"}) == {"tool.effect": frozenset({HIGHEST_EFFECT})}
    assert filled_in({"tool.name": frozenset({"letter", "unheard-of"})}) == {
        "tool.effect": frozenset({"inform", "write", HIGHEST_EFFECT})
    }


def test_what_the_register_says_is_configured_at_best_even_of_an_attested_scope() -> None:
    use = a_use({"scope.id": "watch", "tool.name": "letter"}, vouched_by=VouchedBy.ATTESTED)
    completed = complete_use(TERMS, use).facts
    assert completed["scope.level"] == Fact("secret", VouchedBy.CONFIGURED, "by scope.id")
    assert completed["tool.effect"].vouched_by is VouchedBy.CONFIGURED


def test_a_fact_that_is_no_name_brings_nothing() -> None:
    assert filled_in({"model.id": 7, "tool.name": True, "scope.id": frozenset()}) == {}


@pytest.mark.parametrize("name", ["model.id", "tool.name", "model.maker", "use.case", "scope.id"])
def test_a_set_of_which_one_part_is_no_name_brings_nothing_and_stays_as_it_is(name: str) -> None:
    broken: Any = frozenset({"osprey", 1})
    completed = complete_use(TERMS, a_use({name: broken})).facts
    assert completed == {name: Fact(broken)}
