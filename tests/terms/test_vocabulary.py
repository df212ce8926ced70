"""Each attribute has the names that the register and the catalogue give it, and no other."""

import pytest

from remit.errors import TermsUnusable
from remit.terms.attribute import ATTRIBUTES, AttributeType
from tests.terms.world import REGISTER, policy, world

WORDS = world().vocabulary


@pytest.mark.parametrize(
    ("attribute", "names"),
    [
        ("organisation", {"quayside", "tidewater", "halden", "orrin", "ministry", "court"}),
        ("scope.id", {"watch"}),
        ("scope.kind", {"defence"}),
        ("scope.level", {"open", "secret"}),
        ("scope.environment", {"cloud-a", "office"}),
        ("use.case", {"ask"}),
        ("use.purpose", {"answer", "search"}),
        ("use.automation", {"none", "partial", "full"}),
        ("tool.name", {"letter", "gate"}),
        ("requester.role", {"officer", "owner"}),
    ],
)
def test_the_register_gives_an_attribute_its_names(attribute: str, names: set[str]) -> None:
    assert WORDS.names_of(attribute) == names


@pytest.mark.parametrize(
    ("attribute", "own", "ours"),
    [
        ("model.maker", "halden", "anthropic"),
        ("model.parent", "orrin-holding", "alphabet"),
        ("model.id", "heron-1", "gpt-4o"),
        ("model.base", "heron-1", "gpt-4o"),
        ("model.family", "heron", "claude"),
        ("model.licence", "heron-licence", "apache-2.0"),
        ("model.domicile", "DE", "CN"),
    ],
)
def test_the_catalogues_names_stand_beside_ones_own(attribute: str, own: str, ours: str) -> None:
    assert WORDS.knows(attribute, own)
    assert WORDS.knows(attribute, ours)
    assert not WORDS.knows(attribute, "unheard-of")


def test_services_are_known_by_name() -> None:
    assert {"bedrock", "ollama", "direct"} <= WORDS.names_of("model.service")


def test_any_two_capital_letters_are_a_country_and_nothing_else_is() -> None:
    assert WORDS.knows("use.country", "TV")
    assert not WORDS.knows("use.country", "tv")
    assert not WORDS.knows("use.country", "TVX")
    assert not WORDS.knows("model.maker", "TV")


def test_a_pattern_matches_known_names_alone_and_in_their_case() -> None:
    assert WORDS.matching("model.id", "heron-*") == {"heron-1", "heron-2"}
    assert WORDS.matching("model.id", "Heron-*") == frozenset()


def test_a_maker_without_a_seat_adds_no_country_without_a_name() -> None:
    words = world(REGISTER.replace("{id: halden, domicile: DE}", "{id: halden}")).vocabulary
    nameless = [a.ident for a in ATTRIBUTES if a.type is AttributeType.NAME and "" in words.names_of(a.ident)]
    assert nameless == []


@pytest.mark.parametrize(
    ("attribute", "noun"), [("model.maker", "maker"), ("use.legal_basis", "legal basis"), ("drill", "drill")]
)
def test_an_error_calls_the_values_of_an_attribute_by_its_last_word(attribute: str, noun: str) -> None:
    assert WORDS.noun(attribute) == noun


@pytest.mark.parametrize(
    ("ident", "kind"),
    [("scope.level", "number"), ("organisation", "flag"), ("requester.role", "number"), ("people.call", "name")],
)
def test_a_built_in_attribute_that_is_given_another_type_is_a_fault_and_nothing_more(ident: str, kind: str) -> None:
    register = REGISTER.replace("attributes: [", f"attributes: [{{id: {ident}, type: {kind}}}, ")
    register = register.replace("facts: {use.sector", "facts: {people.call: 5, use.sector")
    hold = "{id: c, hold: [act], until: {approvals: {of: owner}, expires_in: 1h}}"
    with pytest.raises(TermsUnusable) as raised:
        world(register, it=policy(hold))
    assert [fault.says for fault in raised.value.faults] == ["this attribute is built in; add names to it under names"]
