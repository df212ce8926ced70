"""Terms are said in sentences that a reader can rely on: nothing that the clause says is left out."""

import pytest

from remit.terms.action import Action
from remit.terms.clause import Clause
from remit.terms.instant import parse_instant
from remit.terms.prose import explain_terms, join_words, say_actions, say_clause, say_condition, say_entry, say_hold
from remit.terms.terms import Terms
from tests.terms.world import FOR_A_YEAR, FROM_JANUARY, REGISTER, document, order, policy, world


def clause_of(text: str, kind: str = "policy") -> tuple[Clause, Terms]:
    standing = FROM_JANUARY.replace("in-force", "asserted") if kind == "statement" else FOR_A_YEAR
    more = "to: [quayside]\n" if kind in {"grant", "waiver"} else ""
    given = document(kind, f"{{id: it, {text}}}", by="halden", standing=standing, more=more)
    rules = order("{id: ban, forbid: [invoke]}", "{id: also, forbid: [act]}") + "waivable_by: halden\n"
    terms = world(given=given, rules=rules, house=policy("{id: no, forbid: [act]}"))
    return terms.instruments[0].clauses[0], terms


def said_of(text: str, kind: str = "policy") -> str:
    clause, terms = clause_of(text, kind)
    return say_clause(clause, terms.vocabulary.attributes)


def condition_said(when: str) -> str:
    clause, terms = clause_of(f"forbid: [invoke], when: {when}")
    return say_condition(clause.when, terms.vocabulary.attributes)


@pytest.mark.parametrize(
    ("words", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_words_are_joined_as_in_a_sentence(words: list[str], said: str) -> None:
    assert join_words(words) == said


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{model.maker: orrin}", "the maker of the model is orrin"),
        ("{model.maker: [orrin, halden]}", "the maker of the model is halden or orrin"),
        ("{model.maker: {not: orrin}}", "the maker of the model is not orrin"),
        ("{model.id: heron-*}", "the model is heron-*"),
        ("{model.id: [osprey-1, heron-*, heron-1]}", "the model is heron-* or osprey-1"),
        ("{people.call: 5}", "distinct people in one call is 5"),
        ("{people.call: {above: 5}}", "distinct people in one call is above 5"),
        ("{people.call: {at_least: 2.5, below: 7}}", "distinct people in one call is at least 2.5 and below 7"),
        ("{people.call: {not: {at_most: 7}}}", "distinct people in one call is not at most 7"),
        ("{drill: true}", "whether it is a drill is true"),
        ("{drill: {not: true}}", "whether it is a drill is not true"),
        ("{drill: false}", "whether it is a drill is false"),
        ("{drill: true, people.call: 5}", "whether it is a drill is true and distinct people in one call is 5"),
        (
            "{any: [{drill: true}, {model.id: heron-1, drill: false}]}",
            "either whether it is a drill is true; or the model is heron-1 and whether it is a drill is false",
        ),
        ("{any: [{drill: true}, {}]}", "either whether it is a drill is true; or always"),
        ("{}", ""),
    ],
)
def test_a_condition_is_said_in_full(when: str, said: str) -> None:
    assert condition_said(when) == said


def test_alternatives_beside_something_else_are_set_apart_so_that_they_cannot_be_read_across() -> None:
    assert condition_said("{drill: true, any: [{people.call: 5}, {model.maker: orrin}]}") == (
        "whether it is a drill is true and (either distinct people in one call is 5; or the maker of the model is "
        "orrin)"
    )


def test_a_long_list_of_names_is_cut_and_says_how_many_it_leaves_out() -> None:
    names = [f"p-{number:02}" for number in range(15)]
    register = REGISTER.replace("use.purpose: [answer,", f"use.purpose: [{', '.join(names)}, answer,")
    terms = world(register, it=policy(f"{{id: c, forbid: [invoke], when: {{use.purpose: [{', '.join(names)}]}}}}"))
    said = say_condition(terms.instruments[0].clauses[0].when, terms.vocabulary.attributes)
    assert said == f"the purpose is {', '.join(names[:12])} or 3 others"


def test_actions_are_said_in_one_order_whatever_order_they_are_given_in() -> None:
    assert say_actions([Action.INTEGRATE, Action.INVOKE]) == "call a model or make a model part of a system"


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("policy", "forbid: [invoke]", "It is forbidden to call a model."),
        ("policy", "permit: [act]", "It is permitted to carry out a tool call that a model proposes."),
        (
            "policy",
            "hold: [invoke], when: {drill: true}, until: {approvals: {of: owner}, expires_in: 10m}",
            (
                "Before anyone may call a model where whether it is a drill is true, "
                "it waits for one person in the role owner; after 10m it is denied."
            ),
        ),
        (
            "policy",
            "oblige: [invoke], duties: {log: true, report: monthly}",
            "Whoever may call a model has duties; the duties are: log and report (monthly).",
        ),
        ("order", "compel: [invoke]", "It is demanded to call a model."),
        (
            "order",
            "forbid: [invoke], phase_out: 2026-10-30T17:00:00+01:00",
            "It is forbidden to call a model; what is in use already must be gone by 2026-10-30T16:00:00Z.",
        ),
        (
            "authorisation",
            "authorise: [integrate], when: {model.maker: halden}",
            (
                "A model is authorised, so that one may make a model part of a system if something else permits it, "
                "where the maker of the model is halden."
            ),
        ),
        (
            "waiver",
            "lift: [rules/ban, rules/also], when: {drill: true}",
            "The following is lifted: rules/ban and rules/also, where whether it is a drill is true.",
        ),
        ("grant", "permit: [invoke], lifts: [house/no]", "It is permitted to call a model; this lifts house/no."),
        ("statement", "forbid: [act]", "It is forbidden to carry out a tool call that a model proposes."),
    ],
)
def test_each_verb_makes_a_sentence(kind: str, text: str, said: str) -> None:
    assert said_of(text, kind) == said


def test_a_clause_can_be_said_in_another_reading() -> None:
    clause, terms = clause_of(
        "forbid: [invoke], when: {drill: true}, reading: {term: drill, means: any, by: halden, on: 2026-01-01, "
        "rival: {means: none, by: ministry, when: {drill: false}}}"
    )
    assert clause.rival is not None
    said = say_clause(clause, terms.vocabulary.attributes, clause.rival.when)
    assert said == "It is forbidden to call a model where whether it is a drill is false."


def test_a_hold_says_who_how_many_apart_what_they_see_and_who_may_not() -> None:
    clause, _ = clause_of(
        "hold: [act], until: {approvals: [{of: owner, at_least: 2, separately: true, not: [requester, author]}, "
        "{of: officer}], shown: [test-report, model-card], expires_in: 8h}"
    )
    assert say_hold(clause.until) == (
        "2 people in the role owner, each apart from the others, never the author or requester and one person in the "
        "role officer, who must be shown model-card and test-report; after 8h it is denied"
    )


def test_an_entry_says_everything_that_stands_in_it() -> None:
    standing = (
        "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-02, until: 2026-03-01, by: court, "
        "covers: [tidewater, quayside], contested_by: orrin}]"
    )
    (entry,) = world(it=order("{id: c, forbid: [act]}", standing=standing)).instruments[0].standing.entries
    assert say_entry(entry) == (
        "in force since 2026-01-01T00:00:00Z, until 2026-03-01T00:00:00Z, by court, for quayside and tidewater, "
        "contested by orrin, known since 2026-01-02T00:00:00Z"
    )


def page(terms: Terms, at: str = "2026-06-01T12:00:00Z", known: str = "") -> str:
    moment = parse_instant(at)
    return "\n".join(explain_terms(terms, moment, parse_instant(known) if known else moment))


def test_a_page_says_the_instants_and_the_digest_it_is_about() -> None:
    terms = world()
    assert page(terms, known="2026-07-01") == (
        "# What is in force on 2026-06-01T12:00:00Z\n\n"
        f"By what was known on 2026-07-01T00:00:00Z. The terms have the digest `{terms.digest}`."
    )


def test_a_page_cites_each_clause_with_its_place_and_its_readings() -> None:
    clause = (
        "{id: no, boundary: true, forbid: [invoke], says: Never., reading: {term: mass, means: many, by: halden, "
        "on: 2026-01-01, memo: a letter, rival: {means: all, by: ministry, when: {drill: true}}}}"
    )
    text = policy(clause, "{id: nor, forbid: [act]}") + "title: the rules\nsource: a page\nnotice: Ask a lawyer.\n"
    assert page(world(it=text)).split("\n\n", 2)[2] == (
        "## In force\n\n### The rules\n\n"
        "A policy by halden, binding everyone, in force since 2026-01-01T00:00:00Z.\n"
        "Source: a page\nNotice: Ask a lawyer.\n\n"
        "- It is forbidden to call a model. A boundary: no grant lifts it. In its own words: “Never.” "
        "[`it/no`, instruments/it.yaml:6]\n"
        "  - “mass” is read by halden since 2026-01-01T00:00:00Z as: many (a letter)\n"
        "  - ministry reads it otherwise: all\n"
        "- It is forbidden to carry out a tool call that a model proposes. [`it/nor`, instruments/it.yaml:7]"
    )


def test_a_page_sets_what_only_casts_a_shadow_apart_and_names_what_is_without_effect() -> None:
    post = document(
        "statement", "{id: s, forbid: [act]}", by="ministry",
        standing="standing: [{state: asserted, from: 2026-01-01, known: 2026-01-01}]",
    )  # fmt: skip
    stayed = order("{id: o, forbid: [act]}", standing=FROM_JANUARY.replace("in-force", "stayed"))
    lifted = order("{id: l, forbid: [act]}", standing=FROM_JANUARY.replace("in-force", "lifted"))
    later = order("{id: n, forbid: [act]}", standing=FROM_JANUARY.replace("2026", "2027"))
    said = page(world(post=post, stayed=stayed, lifted=lifted, later=later))
    sections = dict(section.split("\n", 1) for section in said.split("\n## ")[1:])
    asserted, shadow, silent = sections.values()
    assert "A statement by ministry, said of everyone, asserted since" in asserted
    assert "An order by ministry, binding everyone, stayed since" in shadow
    assert silent.splitlines()[1:] == [
        "- `later`: not begun, ended, or not known of.",
        "- `lifted`: lifted since 2026-01-01T00:00:00Z.",
    ]


def test_whom_an_entry_singles_out_is_left_out_of_what_binds_the_others() -> None:
    standing = (
        "standing:\n  - {state: in-force, from: 2026-01-01, known: 2026-01-01}\n"
        "  - {state: stayed, from: 2026-02-01, known: 2026-02-01, covers: [quayside]}"
    )
    said = page(world(it=order("{id: c, forbid: [act]}", standing=standing)))
    assert "An order by ministry, binding everyone but quayside, in force since 2026-01-01T00:00:00Z." in said
    assert "An order by ministry, binding quayside, stayed since 2026-02-01T00:00:00Z, for quayside." in said


def test_whom_an_instrument_binds_is_narrowed_by_whom_an_entry_singles_out() -> None:
    standing = (
        "binds: [quayside, tidewater]\nstanding:\n  - {state: in-force, from: 2026-01-01, known: 2026-01-01}\n"
        "  - {state: stayed, from: 2026-02-01, known: 2026-02-01, covers: [quayside, halden]}"
    )
    said = page(world(it=order("{id: c, forbid: [act]}", standing=standing)))
    assert "An order by ministry, binding tidewater, in force since" in said
    assert "An order by ministry, binding quayside, stayed since" in said


@pytest.mark.parametrize(
    ("lifts", "said"),
    [
        ("", "It lifts every other clause of a policy by halden that is no boundary."),
        (", lifts: [house/no]", "this lifts house/no."),
    ],
)
def test_a_page_says_what_a_grant_lifts(lifts: str, said: str) -> None:
    grant = document(
        "grant", f"{{id: g, permit: [act]{lifts}}}", by="halden", standing=FOR_A_YEAR, more="to: [quayside]\n"
    )
    shown = page(world(exception=grant, house=policy("{id: no, forbid: [act]}")))
    assert "A grant by halden, given to quayside, in force since" in shown
    (line,) = (line for line in shown.splitlines() if "exception/g" in line)
    assert said in line
