"""The organisation's own register."""

from __future__ import annotations

from decimal import Decimal
from inspect import cleandoc
from typing import TYPE_CHECKING

import pytest

from remit.errors import TermsUnusable
from remit.terms.folder import Files, read_terms

if TYPE_CHECKING:
    from remit.terms.register import Register

WHOLE = cleandoc(
    """
    organisation: quayside
    parties: [{id: quayside, name: Quayside, role: integrator}, {id: ministry}]
    levels: [{id: open, authorisation: none}, {id: secret, authorisation: required}, {id: top}]
    environments: [cloud-a]
    roles: [officer]
    people:
      - {id: ada, name: Ada, roles: officer, unit: watch, key: ssh-ed25519 x, from: 2026-01-01, until: 2026-02-01}
    attributes:
      - {id: drill, type: flag}
      - {id: noise, type: number, says: how loud it is}
      - {id: berth, names: [north, south]}
    names: {use.purpose: [answer, search], scope.kind: own}
    scopes:
      - id: harbour
        says: the harbour
        kind: own
        customer: ministry
        level: open
        environment: cloud-a
        serves: [services/**]
        spares: services/old/**
        facts: {use.purpose: [answer, search], noise: 1.5, drill: false, berth: north, people.call: 3}
      - {id: other, organisation: ministry, serves: x}
    use_cases:
      - {id: desk, scope: harbour, serves: desk/**, facts: {use.purpose: answer}}
    tools: [{id: gate, effect: [operate-infrastructure], says: opens it}]
    upstreams: [{id: up, maker: tern, channel: direct, base_url: "https://tern.example", level: open}]
    makers: [{id: tern, name: Tern, parent: gull, domicile: XA}, {id: gull}]
    models: [{id: tern-1, maker: tern, family: tern, licence: tern-licence, weights: open, aliases: [tern-latest]}]
    """
)


def read(text: str) -> Register:
    return read_terms(Files(text.encode(), {}, {})).register


def faults_in(text: str) -> list[str]:
    with pytest.raises(TermsUnusable) as unusable:
        read(text)
    return [f"{fault.line}:{fault.column} {fault.key} {fault.says}" for fault in unusable.value.faults]


def test_everything_a_register_may_say_is_read() -> None:
    register = read(WHOLE)
    harbour, other = register.scopes
    assert [level.needs_authorisation for level in register.levels] == [False, True, True]
    assert (harbour.organisation, harbour.customer, harbour.level) == ("quayside", "ministry", "open")
    assert (harbour.serves, harbour.spares) == (("services/**",), ("services/old/**",))
    assert harbour.facts == {
        "use.purpose": frozenset({"answer", "search"}),
        "noise": Decimal("1.5"),
        "drill": False,
        "berth": "north",
        "people.call": 3,
    }
    assert (other.organisation, other.facts) == ("ministry", {})
    assert (register.party("ministry"), register.party("nobody")) == (register.parties[1], None)
    assert (register.scope("harbour"), register.scope("nowhere")) == (harbour, None)
    assert register.parties[1].name == "ministry"
    assert register.people[0].roles == ("officer",)
    assert register.tools[0].effects == ("operate-infrastructure",)
    assert register.makers[1].parent == "gull"
    assert register.upstreams[0].base_url == "https://tern.example"


def test_an_organisation_s_own_models_are_known_by_every_name() -> None:
    catalogue = read_terms(Files(WHOLE.encode(), {}, {})).catalogue
    model = catalogue.model("Tern-Latest")
    assert model is not None
    assert (model.id, catalogue.families["tern"].maker, "tern-licence" in catalogue.licences) == (
        "tern-1",
        "tern",
        True,
    )


@pytest.mark.parametrize(
    ("stands", "written", "says"),
    [
        ("berth: north", "berth: west", "22:77 scopes[0].facts.berth unknown berth; known: north, south"),
        ("berth: north", "berth: []", "scopes[0].facts.berth expected a name"),
        ("berth: north", "berth: [north, {}]", "scopes[0].facts.berth expected a name"),
        ("berth: north", "berth: {not: north}", "scopes[0].facts.berth expected a name"),
        ("noise: 1.5", "noise: loud", "scopes[0].facts.noise expected a number"),
        ("noise: 1.5", "noise: [1]", "scopes[0].facts.noise expected a number"),
        ("drill: false", "drill: no", "scopes[0].facts.drill expected a flag"),
        ("[answer, search], noise", "[answer, searchh], noise", "scopes[0].facts.use.purpose unknown purpose; did you"),
        ("level: open\n", "level: openn\n", "scopes[0].level unknown level; did you mean open?"),
        ("scope: harbour", "scope: harbou", "use_cases[0].scope unknown id; did you mean harbour?"),
        ("roles: officer", "roles: official", "people[0].roles unknown role; did you mean officer?"),
        ("[operate-infrastructure]", "[track-persons]", "tools[0].effect unknown effect; did you mean track-people?"),
        (", effect: [operate-infrastructure]", "", "tools[0].effect missing: what the tool does; it would count as"),
        ("serves: [services/**]", "surves: []", "scopes[0].serves missing: the paths that serve this scope"),
        ("id: tern-1, maker: tern", "id: tern-1, maker: turn", "models[0].maker unknown maker; did you mean tern?"),
    ],
)
def test_a_name_that_stands_nowhere_else_is_told(stands: str, written: str, says: str) -> None:
    assert stands in WHOLE
    found = faults_in(WHOLE.replace(stands, written, 1))
    assert [fault for fault in found if says in fault] != [], found


@pytest.mark.parametrize("text", ["{}", "organisation: quayside\nparties: [{id: quayside}]"])
def test_a_register_may_be_nearly_empty(text: str) -> None:
    assert read(text).levels == ()
