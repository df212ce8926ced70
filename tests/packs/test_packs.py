"""Each pack is free of faults, alone and with the others; its examples come out as it says; none opens a door."""

import re
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from remit.terms.action import Action
from remit.terms.cases import Case, read_cases, run_case
from remit.terms.clause import Verb
from remit.terms.decision import Decision, Effect, ShadowKind
from remit.terms.document import read_document
from remit.terms.folder import REGISTER, Files, read_terms
from remit.terms.instant import parse_instant, write_instant
from remit.terms.instrument import Kind
from remit.terms.judge import decide
from remit.terms.starter import add_rows, starter_files
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, VouchedBy
from tests.house.console import ROOT, remit

PACKS = ROOT / "src/remit/packs"
NAMES = sorted(path.name for path in PACKS.iterdir() if path.is_dir())
LATE = parse_instant("2026-11-01T00:00:00Z")


def instruments_of(place: Path) -> dict[str, bytes]:
    paths = (place / "instruments").glob("*.yaml")
    return {f"instruments/{place.name}/{path.name}": path.read_bytes() for path in paths}


def alone(name: str) -> Terms:
    return read_terms(Files((PACKS / name / "register.yaml").read_bytes(), instruments_of(PACKS / name), {}))


def with_examples(name: str) -> Terms:
    """A pack with what its cases stand on beside it."""
    place = PACKS / name
    register = (place / "register.yaml").read_text(encoding="utf-8")
    instruments = instruments_of(place)
    beside = place / "cases/with"
    if beside.is_dir():
        register, notes = add_rows(register, (beside / "register.yaml").read_text(encoding="utf-8"))
        assert notes == ()
        instruments |= instruments_of(beside)
    return read_terms(Files(register.encode(), instruments, {}))


def with_starter(*names: str) -> Terms:
    files = starter_files(date(2026, 1, 1))
    register = files.pop(REGISTER)
    instruments = {path: text.encode() for path, text in files.items()}
    for name in names:
        register, notes = add_rows(register, (PACKS / name / "register.yaml").read_text(encoding="utf-8"))
        assert notes == (), "a row of one pack differs from one of the same name in another"
        new = instruments_of(PACKS / name)
        assert not set(new) & set(instruments)
        instruments |= new
    return read_terms(Files(register.encode(), instruments, {}))


def cases_of(name: str) -> list[Case]:
    terms, cases = with_examples(name), []
    for path in sorted((PACKS / name / "cases").glob("*.yaml")):
        document = read_document(path.relative_to(ROOT).as_posix(), path.read_bytes())
        cases += read_cases(document, terms)
        assert document.faults == []
    return cases


CASES = [(name, case) for name in NAMES for case in cases_of(name)]


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_has_no_fault_on_its_own(name: str) -> None:
    terms = alone(name)
    assert terms.instruments or terms.register.clocks


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_has_no_fault_beside_a_starter(name: str) -> None:
    assert len(with_starter(name).instruments) == len(alone(name).instruments) + 1


def test_all_packs_together_have_no_fault_whatever_their_order() -> None:
    number = 1 + sum(len(alone(name).instruments) for name in NAMES)
    for names in (NAMES, NAMES[::-1]):
        assert len(with_starter(*names).instruments) == number


def test_no_two_packs_share_the_name_of_an_instrument() -> None:
    idents = {name: {item.id for item in alone(name).instruments} for name in NAMES}
    assert [pair for pair in combinations(NAMES, 2) if idents[pair[0]] & idents[pair[1]]] == []


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.name}" for name, case in CASES])
def test_an_example_comes_out_as_the_pack_says(name: str, case: Case) -> None:
    outcome = run_case(with_examples(name), case)
    assert outcome.differences == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_that_restricts_is_shown_by_an_example(name: str) -> None:
    terms = with_examples(name)
    seen = set()
    for case in cases_of(name):
        decision = run_case(terms, case).decision
        seen |= {reason.rule.reference for reason in decision.because}
        seen |= {owed.rule.reference for owed in decision.duties}
        seen |= {rule.reference for shadow in decision.shadow for rule in shadow.because}
    clauses = {
        f"{instrument.id}/{clause.id}"
        for instrument in alone(name).instruments
        for clause in instrument.clauses
        # What a statement obliges to changes no effect, so no decision shows it.
        if clause.verb in {"forbid", "hold", "oblige", "permit"}
        and not (instrument.kind is Kind.STATEMENT and clause.verb is Verb.OBLIGE)
    }
    assert clauses - seen == set()


@pytest.mark.parametrize("names", [*[(name,) for name in NAMES], tuple(NAMES)], ids="+".join)
def test_a_pack_permits_nothing_of_a_maker_that_exists(names: tuple[str, ...]) -> None:
    before, after = with_starter(), with_starter(*names)
    for maker in before.catalogue.makers:
        for action in Action:
            for relation in ("runtime-call", "local-weights", "development-tool", "dormant"):
                values = {"organisation": "us", "scope.id": "everything", "model.maker": maker}
                facts = {
                    key: Fact(value, VouchedBy.CONFIGURED)
                    for key, value in (values | {"model.relation": relation}).items()
                }
                use = Use(action, facts)
                assert effect_of(after, use) >= effect_of(before, use)


def effect_of(terms: Terms, use: Use) -> Effect:
    return decide(terms, use, at=LATE).effect


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_says_what_it_is_what_it_is_not_and_where_it_comes_from(name: str) -> None:
    lines = (PACKS / name / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {name}"
    assert lines[2].endswith(".")
    headings = [line for line in lines if line.startswith("## ")]
    assert {"## What it is", "## What it is not", "## What the format cannot say", "## Sources"} <= set(headings)
    assert [line for line in lines if re.search(r"[a-z]\. [A-Z]", line)] == [], "one sentence per line"


@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_says_where_it_comes_from_or_that_it_is_an_example(name: str) -> None:
    assert [item.id for item in alone(name).instruments if not (item.source or item.notice)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_holds_data_in_the_form_that_rows_are_added_in(name: str) -> None:
    files = {path.suffix for path in (PACKS / name).rglob("*") if path.is_file()}
    assert files <= {".yaml", ".md"}
    rows = yaml.load((PACKS / name / "register.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    assert "organisation" not in rows
    assert "levels" not in rows, "a level would ask every use for an authorisation"


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_can_be_asked_for_by_name(name: str, tmp_path: Path) -> None:
    ran = remit("init", "--pack", name, within=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    checked = remit("terms", "check", within=tmp_path)
    assert checked.stdout.startswith("No fault in ")
    again = remit("init", "other", within=tmp_path), remit("init", "other", "--pack", name, within=tmp_path)
    assert [step.returncode for step in again] == [0, 0]
    same = Path("instruments") / name
    for path in (tmp_path / "remit" / same).iterdir():
        assert path.read_bytes() == (tmp_path / "other" / same / path.name).read_bytes()


def test_every_pack_is_listed_with_its_first_sentence(tmp_path: Path) -> None:
    listed = remit("init", "--list", within=tmp_path).stdout.splitlines()
    for line, name in zip(listed, NAMES, strict=True):
        first = (PACKS / name / "README.md").read_text(encoding="utf-8").splitlines()[2]
        assert line.split(maxsplit=1) == [name, first]


def test_the_packs_that_are_promised_are_there() -> None:
    assert NAMES == ["clocks", "eu-ai-act", "maker-ban", "provider-usage-policies", "us-2026"]


def named(name: str, start: str) -> Decision:
    """The decision of the one case of a pack whose name starts so."""
    (case,) = (case for pack, case in CASES if pack == name and case.name.startswith(start))
    return run_case(with_examples(name), case).decision


@pytest.mark.parametrize(
    ("name", "start", "duties"),
    [
        ("maker-ban", "Under the waiver", {"report", "log"}),
        ("maker-ban", "Its weights on one's own machine may", {"log"}),
        ("eu-ai-act", "A call of a high-risk system goes on", {"review", "log", "retain", "disclose"}),
        ("eu-ai-act", "Its calls are overseen and logged", {"review", "log", "retain"}),
        ("eu-ai-act", "People who meet a machine", {"disclose"}),
        ("eu-ai-act", "A text for the public", {"disclose"}),
        ("eu-ai-act", "Outside the Union's reach", set()),
        ("provider-usage-policies", "The Ministry may analyse", {"log", "report"}),
        ("provider-usage-policies", "A system of the Ministry", {"report", "review"}),
        ("provider-usage-policies", "A clerk who decides", {"retain", "cap"}),
        ("provider-usage-policies", "Whoever builds on it", {"report", "disclose"}),
        ("us-2026", "Contractors certify", {"report"}),
        ("us-2026", "In a national security system", {"review", "report"}),
    ],
)
def test_an_example_brings_the_duties_that_its_clauses_ask_for(name: str, start: str, duties: set[str]) -> None:
    assert {owed.duty.value for owed in named(name, start).duties} == duties


@pytest.mark.parametrize(
    ("name", "start", "people"),
    [
        ("eu-ai-act", "Nothing is done on an identification", "2 apart"),
        ("eu-ai-act", "The police need", "2 apart"),
        ("eu-ai-act", "A high-risk system waits", "1"),
        ("provider-usage-policies", "Force waits", "2 apart"),
        ("maker-ban", "To become part of a system", "1"),
    ],
)
def test_an_example_waits_for_as_many_people_as_its_clause_asks_for(name: str, start: str, people: str) -> None:
    hold = named(name, start).hold
    assert hold is not None
    (approval,) = hold.approvals
    assert f"{approval.at_least}{' apart' if approval.separately else ''}" == people


@pytest.mark.parametrize(
    ("name", "start", "kind", "effect"),
    [
        ("provider-usage-policies", "Residents who agreed", ShadowKind.CONTESTED, Effect.PERMIT),
        ("provider-usage-policies", "So it does for the Ministry", ShadowKind.CONTESTED, Effect.PERMIT),
        ("us-2026", "Performing a covered defence contract, on 30 August", ShadowKind.CONTESTED, Effect.PERMIT),
        ("us-2026", "A civil agency that the injunction names, on 1 May", ShadowKind.STAYED, Effect.DENY),
        ("us-2026", "A civil agency that the injunction names, on 26 September", ShadowKind.STAYED, Effect.DENY),
        ("us-2026", "The same firm for commercial customers only, on 26 September", ShadowKind.ASSERTED, Effect.DENY),
    ],
)
def test_an_example_says_what_its_shadow_would_change(name: str, start: str, kind: ShadowKind, effect: Effect) -> None:
    assert (kind, effect) in {(shadow.kind, shadow.effect) for shadow in named(name, start).shadow}


@pytest.mark.parametrize(
    ("start", "phase_out"),
    [
        ("Performing a covered defence contract, on 10 March", "2026-09-02T04:00:00Z"),
        ("A civil agency that the injunction names, on 10 March", "2026-08-27T21:01:00Z"),
        ("Performing a covered defence contract, on 1 May", None),
    ],
)
def test_the_history_shows_its_phase_outs(start: str, phase_out: str | None) -> None:
    found = named("us-2026", start).phase_out
    assert (write_instant(found) if found else None) == phase_out


def test_the_invented_laws_of_the_shapes_bind_nobody_who_exists() -> None:
    before, after = with_starter(), with_starter("provider-usage-policies")
    for maker in before.catalogue.makers:
        values = {"organisation": "us", "model.maker": maker, "model.relation": "development-tool"}
        use = Use(Action.INTEGRATE, {key: Fact(value, VouchedBy.CONFIGURED) for key, value in values.items()})
        first, second = (decide(terms, use, at=LATE) for terms in (before, after))
        assert (second.verdict, second.lacks) == (first.verdict, ())
