"""The people of a use case beside its budget, as the pages show them: an interval, and what cannot be known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import remit.console
from remit.console.view import Seen, view_use_cases
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from tests.fakes import MemoryStore
from tests.gateway.harbour import REGISTER, Harbour, harbour_terms
from tests.gateway.people.crowd import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

BUDGET = 'says: asking, serves: ["**"], people: {budget: {kinds: [email, phone], window: 30d, at_most: 5}}}'

NOBODY_ASKS = {"1d": "", "30d": ""}


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    made = Harbour(harbour_terms(register=REGISTER.replace('says: asking, serves: ["**"]}', BUDGET)))
    made.gate.people = Headcount(Census(KeyFiles(tmp_path / "people")))
    yield made
    made.writer.close()


def shown(harbour: Harbour, people: Headcount | None) -> dict[str, Any]:
    who: Any = None
    log: Any = None
    seen = Seen(MemoryStore(harbour.disk), log, harbour.terms, harbour.clock.now, who, people)
    found = view_use_cases(seen)
    case: dict[str, Any] = next(case for case in found["cases"] if case["id"] == "ask")
    return case | {"all": found}


def ask(harbour: Harbour, count: int) -> None:
    text = " ".join(f"{Person(number).email} {Person(number).phone}" for number in range(count))
    harbour.ask(messages=[{"role": "user", "content": text}])


def test_what_was_measured_stands_beside_the_budget(harbour: Harbour) -> None:
    assert shown(harbour, harbour.gate.people)["used"] == "0"
    ask(harbour, 2)
    case = shown(harbour, harbour.gate.people)
    assert case["people"] == {"1d": "2 to 4", "30d": "2 to 4"}
    assert (case["used"], case["tone"], case["budget"]) == ("2 to 4", "", "5 people in 30 days")
    ask(harbour, 4)
    assert (shown(harbour, harbour.gate.people)["used"], shown(harbour, harbour.gate.people)["tone"]) == (
        "4 to 8",
        "bad",
    )


def test_a_look_changes_nothing(harbour: Harbour) -> None:
    ask(harbour, 2)
    before = dict(harbour.disk.rows), list(harbour.disk.entries)
    shown(harbour, harbour.gate.people)
    assert (dict(harbour.disk.rows), list(harbour.disk.entries)) == before


def test_without_anybody_who_asks_nothing_is_counted_and_a_lost_count_is_said(harbour: Harbour, tmp_path: Path) -> None:
    assert shown(harbour, None)["people"] == NOBODY_ASKS
    case = next(case for case in shown(harbour, harbour.gate.people)["all"]["cases"] if case["id"] == "prefer")
    assert (case["people"], case["used"]) == (NOBODY_ASKS, None)
    ask(harbour, 2)
    other = Headcount(Census(KeyFiles(tmp_path / "other")))
    assert "another key" in shown(harbour, other)["lost"]


def test_the_page_says_all_of_it(harbour: Harbour) -> None:
    folder = Path(remit.console.__file__).parent / "pages"
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    source = (folder / "use-cases.html").read_text(encoding="utf-8").replace('{% extends "frame.html" %}', "")
    ask(harbour, 4)
    for people in (harbour.gate.people, None):
        text = pages.from_string(source).render(shown(harbour, people)["all"])
        assert ("4 to 8" in text) is (people is not None)
        assert "not counted" in text
        assert "5 people in 30 days" in text
