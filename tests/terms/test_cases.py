"""Examples that stand beside the terms are read with every fault, judged, and told where they differ."""

import pytest

from remit.terms.action import Action
from remit.terms.cases import Case, read_cases, run_case
from remit.terms.document import Document, read_document
from remit.terms.instant import parse_instant
from remit.terms.use import Fact, VouchedBy
from tests.terms.world import order, policy, world

HOLD = "{id: wait, hold: [act], until: {approvals: {of: owner}, expires_in: 1h}}"
TERMS = world(
    house=policy("{id: all, permit: [invoke, act]}", by="quayside"),
    law=order(HOLD, "{id: no, forbid: [invoke], when: {model.maker: orrin}}"),
)
CASE = "case: a call, at: 2026-06-01T12:00:00Z, use: {action: invoke, facts: {scope.level: open, model.maker: halden}}"


def read(text: str) -> tuple[list[Case], Document]:
    document = read_document("cases/it.yaml", text.encode())
    return read_cases(document, TERMS), document


def only(text: str) -> Case:
    cases, document = read(f"cases:\n  - {{{text}}}\n")
    assert document.faults == []
    (case,) = cases
    return case


def faults(text: str) -> list[tuple[str, str]]:
    _, document = read(text)
    return [(fault.key, fault.says) for fault in document.faults]


def differences(expect: str, use: str = CASE) -> tuple[str, ...]:
    return run_case(TERMS, only(f"{use}, expect: {expect}")).differences


def test_a_case_is_read_with_its_place_and_its_use_is_completed() -> None:
    case = only(f"{CASE.replace('scope.level: open', 'scope.id: watch')}, expect: {{effect: deny}}")
    assert (case.name, case.effect, case.verdict, case.basis, case.clause) == ("a call", "deny", "", "", "")
    assert case.where == "cases/it.yaml:2"
    assert case.at == case.known == parse_instant("2026-06-01T12:00:00Z")
    assert case.use.action is Action.INVOKE
    assert case.use.facts["scope.level"] == Fact("secret", VouchedBy.DECLARED, "by scope.id")


def test_a_case_may_say_by_when_it_was_known() -> None:
    assert only(f"{CASE}, known: 2026-01-01, expect: {{effect: permit}}").known == parse_instant("2026-01-01")


def test_who_vouches_for_a_fact_is_declared_unless_it_is_said() -> None:
    facts = "facts: {scope.level: open, drill: true, people.call: 5}, vouched_by: {drill: attested}"
    case = only(f"{CASE.partition('facts')[0]}{facts}}}, expect: {{effect: permit}}")
    assert case.use.facts == {
        "scope.level": Fact("open"),
        "drill": Fact(value=True, vouched_by=VouchedBy.ATTESTED),
        "people.call": Fact(5),
    }


def test_a_use_may_have_no_facts() -> None:
    assert only("case: bare, at: 2026-06-01, use: {action: act}, expect: {effect: deny}").use.facts == {}


@pytest.mark.parametrize(
    "expect",
    [
        "{effect: permit}",
        "{verdict: within}",
        "{basis: policy}",
        "{clause: house/all}",
        "{effect: permit, verdict: within, basis: policy, clause: house/all}",
    ],
)
def test_what_comes_out_as_expected_has_no_difference(expect: str) -> None:
    assert differences(expect) == ()


def test_every_difference_is_told() -> None:
    assert differences("{effect: hold, verdict: held, basis: order, clause: law/wait}") == (
        "effect: expected hold, found permit",
        "verdict: expected held, found within",
        "basis: expected order, found policy",
        "clause: expected law/wait, found house/all",
    )


def test_a_decision_that_no_clause_gives_is_told_to_cite_none() -> None:
    bare = "case: bare, at: 2026-06-01, use: {action: integrate, facts: {scope.level: open}}"
    assert differences("{clause: house/all}", bare) == ("clause: expected house/all, found none",)


@pytest.mark.parametrize(
    ("text", "keys"), [("other: 1\n", ["cases", "other"]), ("cases: 7\n", ["cases"]), ("cases: []\n", ["cases"])]
)
def test_a_file_that_holds_no_list_of_cases_is_a_fault(text: str, keys: list[str]) -> None:
    assert [key for key, _ in faults(text)] == keys


def test_a_file_that_is_no_document_has_the_faults_of_the_document_alone() -> None:
    assert [says for _, says in faults("")] == ["the file is empty"]


def test_every_fault_of_a_case_comes_at_once() -> None:
    found = faults("cases:\n  - {cas: x, use: {facts: {}}, expect: {effects: permit}}\n")
    assert sorted(key for key, _ in found) == [
        "cases[0].at",
        "cases[0].cas",
        "cases[0].case",
        "cases[0].expect.effects",
        "cases[0].use.action",
    ]


@pytest.mark.parametrize("missing", ["case", "at", "use", "expect"])
def test_what_a_case_needs_is_asked_for(missing: str) -> None:
    parts = {"case": "a", "at": "2026-06-01", "use": "{action: act}", "expect": "{effect: deny}"}
    text = ", ".join(f"{key}: {value}" for key, value in parts.items() if key != missing)
    ((key, says),) = faults(f"cases:\n  - {{{text}}}\n")
    assert key == f"cases[0].{missing}"
    assert says.startswith("missing")


@pytest.mark.parametrize(
    ("expect", "key"),
    [
        ("{}", "expect"),
        ("{effect: denied}", "expect.effect"),
        ("{verdict: compliant}", "expect.verdict"),
        ("{basis: law}", "expect.basis"),
        ("{clause: house/al}", "expect.clause"),
        ("{clause: hous/all}", "expect.clause"),
        ("{clause: house}", "expect.clause"),
        ("{effect: deny, why: because}", "expect.why"),
    ],
)
def test_an_expectation_that_could_never_be_met_is_a_fault(expect: str, key: str) -> None:
    ((found, _),) = faults(f"cases:\n  - {{{CASE}, expect: {expect}}}\n")
    assert found == f"cases[0].{key}"


@pytest.mark.parametrize(
    ("use", "key"),
    [
        ("{action: integrates}", "action"),
        ("{action: act, facts: [a]}", "facts"),
        ("{action: act, facts: {model.mark: halden}}", "facts.model.mark"),
        ("{action: act, facts: {people.call: many}}", "facts.people.call"),
        ("{action: act, facts: {drill: 7}}", "facts.drill"),
        ("{action: act, facts: {model.id: []}}", "facts.model.id"),
        ("{action: act, facts: {drill: true}, vouched_by: {drill: sworn}}", "vouched_by.drill"),
        ("{action: act, facts: {drill: true}, vouched_by: {dril: declared}}", "vouched_by.dril"),
        ("{action: act, facts: {scope.id: watch}, vouched_by: {scope.level: attested}}", "vouched_by.scope.level"),
        ("{action: act, vouched_by: {drill: attested}}", "vouched_by.drill"),
        ("{action: act, by: me}", "by"),
    ],
)
def test_a_use_that_would_not_be_judged_as_it_is_written_is_a_fault(use: str, key: str) -> None:
    ((found, _),) = faults(f"cases:\n  - {{case: a, at: 2026-06-01, use: {use}, expect: {{effect: deny}}}}\n")
    assert found == f"cases[0].use.{key}"


def test_a_fault_of_a_fact_is_told_once_where_it_is_vouched_for_too() -> None:
    use = "{action: act, facts: {people.call: many}, vouched_by: {people.call: measured}}"
    _, document = read(f"cases:\n  - {{case: a, at: 2026-06-01, use: {use}, expect: {{effect: deny}}}}\n")
    assert [(fault.line, fault.column, fault.key) for fault in document.faults] == [
        (2, 71, "cases[0].use.facts.people.call")
    ]
