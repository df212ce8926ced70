"""What is no fault is warned of: readings, facts that nobody binds, rosters too small, single models, missing keys."""

import pytest

from remit.terms.caveat import Caveat, CaveatKind, find_caveats
from remit.terms.terms import Terms
from tests.terms.world import FOR_A_YEAR, REGISTER, document, order, policy, world


def caveats(kind: CaveatKind, terms: Terms) -> list[Caveat]:
    return [caveat for caveat in find_caveats(terms) if caveat.kind is kind]


def said(kind: CaveatKind, terms: Terms) -> list[tuple[str, str]]:
    return [(caveat.about, caveat.says) for caveat in caveats(kind, terms)]


def house(clause: str, register: str = REGISTER) -> Terms:
    return world(register, house=policy(clause, by="quayside"))


def authorised(*clauses: str) -> Terms:
    return world(paper=document("authorisation", *clauses, by="ministry", standing=FOR_A_YEAR))


def test_terms_on_which_nothing_doubtful_rests_have_no_warning() -> None:
    register = REGISTER.replace("id: secret, authorisation: required", "id: secret, authorisation: none")
    assert find_caveats(house("{id: all, permit: [invoke]}", register)) == []


def test_every_reading_is_told_and_every_rival_of_one() -> None:
    clause = (
        "{id: no, forbid: [act], reading: [{term: mass, means: many, by: halden, on: 2026-01-01}, "
        "{term: force, means: harm, by: orrin, on: 2026-01-01, rival: {means: push, by: court, when: {drill: true}}}]}"
    )
    assert caveats(CaveatKind.READING, house(clause)) == [
        Caveat(CaveatKind.READING, "instruments/house.yaml:6", "house/no", text)
        for text in (
            "rests on a reading by halden: “mass” means many",
            "rests on a reading by orrin: “force” means harm",
            "court reads it otherwise: push",
        )
    ]


@pytest.mark.parametrize(
    ("clause", "effect"),
    [
        ("{id: c, forbid: [act], when: {drill: true}}", "so a caller's word can avoid it"),
        ("{id: c, permit: [act], when: {drill: true}}", "so a caller's word can bring it about"),
    ],
)
def test_a_fact_that_nobody_binds_is_told_with_what_a_callers_word_can_do(clause: str, effect: str) -> None:
    assert said(CaveatKind.DECLARED, house(clause)) == [
        ("drill", f"only declared in ask and watch; asked for by house/c, {effect}")
    ]


@pytest.mark.parametrize(
    "attribute",
    ["model.maker: halden", "people.call: 5", "tool.name: gate", "scope.level: open", "organisation: quayside"],
)
def test_what_is_measured_or_bound_by_every_scope_is_not_told(attribute: str) -> None:
    assert said(CaveatKind.DECLARED, house(f"{{id: c, forbid: [act], when: {{{attribute}}}}}")) == []


def test_a_fact_that_the_scope_binds_is_not_told() -> None:
    assert said(CaveatKind.DECLARED, house("{id: c, forbid: [act], when: {use.sector: harbours}}")) == []


def test_a_fact_that_every_use_case_of_a_scope_binds_is_not_told() -> None:
    assert said(CaveatKind.DECLARED, house("{id: c, forbid: [act], when: {use.purpose: answer}}")) == []


def test_a_fact_is_told_for_the_scope_and_the_use_case_that_leave_it_open() -> None:
    register = REGISTER + "  - {id: find, scope: watch}\n"
    assert said(CaveatKind.DECLARED, house("{id: c, forbid: [act], when: {use.purpose: answer}}", register)) == [
        ("use.purpose", "only declared in find and watch; asked for by house/c, so a caller's word can avoid it")
    ]


def test_without_a_scope_that_could_bind_it_a_fact_is_told_too() -> None:
    register = REGISTER.partition("scopes:")[0]
    assert said(CaveatKind.DECLARED, house("{id: c, forbid: [act], when: {drill: true}}", register)) == [
        ("drill", "only declared, since no scope binds it; asked for by house/c, so a caller's word can avoid it")
    ]


def test_a_fact_that_only_the_other_reading_asks_for_is_told() -> None:
    clause = (
        "{id: c, forbid: [act], reading: {term: act, means: move, by: halden, on: 2026-01-01, "
        "rival: {means: speak, by: court, when: {any: [{drill: true}]}}}}"
    )
    assert [about for about, _ in said(CaveatKind.DECLARED, house(clause))] == ["drill"]


def test_of_many_clauses_that_ask_for_a_fact_three_are_named() -> None:
    clauses = [f"{{id: c{n}, forbid: [act], when: {{drill: true}}}}" for n in range(5)]
    (found,) = said(CaveatKind.DECLARED, world(house=policy(*clauses)))
    assert "asked for by house/c0, house/c1, house/c2 and 2 more" in found[1]


def test_a_hold_that_the_people_of_the_register_are_too_few_for_is_told() -> None:
    hold = "{id: wait, hold: [act], until: {approvals: [{of: officer}, {of: officer, at_least: 2}], expires_in: 1h}}"
    assert said(CaveatKind.ROSTER, house(hold)) == [
        ("house/wait", "asks for 2 in the role officer; the register has 1")
    ]
    nobody = "{id: wait, hold: [act], until: {approvals: {of: owner}, expires_in: 1h}}"
    assert said(CaveatKind.ROSTER, house(nobody)) == [
        ("house/wait", "asks for 1 in the role owner; the register has 0")
    ]


def test_a_level_that_no_model_is_authorised_for_is_told() -> None:
    assert said(CaveatKind.SINGLE_MODEL, world()) == [("secret", "no model is authorised for this level")]
    elsewhere = authorised("{id: a, authorise: [act], when: {scope.level: open, model.id: heron-1}}")
    assert said(CaveatKind.SINGLE_MODEL, elsewhere) == [("secret", "no model is authorised for this level")]


@pytest.mark.parametrize(
    "when",
    [
        "scope.level: secret, model.id: heron-1",
        "scope.level: [open, secret], model.id: [heron-1]",
        "model.id: heron-1, model.family: [heron, osprey]",
        "any: [{model.id: heron-1, drill: true}, {model.id: heron-1, drill: false}]",
    ],
)
def test_a_level_with_a_single_model_is_told(when: str) -> None:
    terms = authorised(f"{{id: a, authorise: [act], when: {{{when}}}}}")
    assert said(CaveatKind.SINGLE_MODEL, terms) == [("secret", "only heron-1 is authorised for this level")]


@pytest.mark.parametrize(
    "when",
    [
        "model.id: [heron-1, osprey-1]",
        "model.id: heron-*",
        "any: [{model.id: heron-1}, {model.id: osprey-1}]",
        "model.id: {not: heron-1}",
        "scope.environment: cloud-a",
        "",
    ],
)
def test_a_level_with_a_choice_of_models_is_not_told(when: str) -> None:
    assert said(CaveatKind.SINGLE_MODEL, authorised(f"{{id: a, authorise: [act], when: {{{when}}}}}")) == []


def test_models_of_several_clauses_count_together() -> None:
    terms = authorised(
        "{id: a, authorise: [act], when: {model.id: heron-1}}",
        "{id: b, authorise: [act], when: {model.family: osprey}}",
    )
    assert said(CaveatKind.SINGLE_MODEL, terms) == []


def test_what_is_no_authorisation_does_not_make_a_choice() -> None:
    terms = house("{id: all, permit: [act], when: {model.id: [heron-1, osprey-1]}}")
    assert len(said(CaveatKind.SINGLE_MODEL, terms)) == 1


def test_an_instrument_of_another_party_without_a_pinned_key_is_told() -> None:
    terms = world(law=order("{id: no, forbid: [act]}"), house=policy("{id: no, forbid: [act]}", by="quayside"))
    assert caveats(CaveatKind.UNSIGNED, terms) == [
        Caveat(
            CaveatKind.UNSIGNED,
            "instruments/law.yaml",
            "law",
            "no key of ministry is pinned, so nobody checks that the text is theirs",
        )
    ]


def test_a_notice_is_told_in_its_own_words() -> None:
    terms = world(house=policy("{id: no, forbid: [act]}", by="quayside") + "notice: Ask a lawyer.\n")
    assert said(CaveatKind.NOTICE, terms) == [("house", "Ask a lawyer.")]


def test_warnings_come_by_kind() -> None:
    clause = "{id: c, forbid: [act], when: {drill: true}, reading: {term: a, means: b, by: halden, on: 2026-01-01}}"
    found = find_caveats(world(law=policy(clause) + "notice: Ask.\n"))
    kinds = list(CaveatKind)
    order_of = [kinds.index(caveat.kind) for caveat in found]
    assert order_of == sorted(order_of)
    assert len(set(order_of)) == 5


def test_a_hold_that_asks_to_show_an_answer_before_there_is_one_is_told() -> None:
    until = "until: {approvals: {of: officer}, shown: [the-answer], expires_in: 8h}"
    told = [
        says
        for about, says in said(CaveatKind.ROSTER, house(f"{{id: review, hold: [invoke], {until}}}"))
        if about == "house/review"
    ]
    assert "asks to show the-answer before there is one" in told[0]
    acts = said(CaveatKind.ROSTER, house(f"{{id: review, hold: [act], {until}}}"))
    assert all("the-answer" not in says for _, says in acts)
