from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from remit.errors import NotRecorded
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import EXCEEDED, Headcount, Headed, Put
from remit.gateway.people.key import KeyFiles
from remit.ledger.entry import read_entry
from remit.ledger.kind import Kind
from remit.ledger.writer import Writer
from remit.terms.folder import Files, read_terms
from tests.fakes import Disk, MemoryKeyring, MemoryStore
from tests.gateway.people.crowd import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk
    from remit.terms.terms import Terms

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUDGET = "{kinds: [email], window: 7d, at_most: 20, declared: 10}"


def terms_with(budget: str = "", when: str = "") -> Terms:
    people = f", people: {{budget: {budget}}}" if budget else ""
    register = f"""\
organisation: quayside
parties: [{{id: quayside}}, {{id: halden}}, {{id: harbour}}]
scopes: [{{id: office, serves: ["**"], organisation: harbour}}]
use_cases: [{{id: desk, scope: office{people}}}, {{id: other, scope: office}}]
tools: [{{id: look, effect: read, people: [customer_no]}}]
"""
    policy = f"""\
instrument: it
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses: [{{id: open, permit: [invoke], when: {{{when}}}}}]
"""
    return read_terms(Files(register.encode(), {"it.yaml": policy.encode()}, {}))


class Place:
    """A gateway with a log."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk()
        self.heads = Headcount(Census(KeyFiles(folder)))
        keyring = MemoryKeyring()
        keyring.begin()
        self.writer = Writer(lambda: MemoryStore(self.disk), keyring, lambda: AT)

    def call(self, terms: Terms, text: str, case: str = "desk", at: datetime = AT) -> Headed | None:
        headed = self.heads.begin(terms, case, at, lambda: [text])
        if headed is not None:
            self.settle(headed)
        return headed

    def settle(self, headed: Headed) -> None:
        self.writer.commit(settle=lambda desk: self._settle(desk, headed))

    @staticmethod
    def _settle(desk: Desk, headed: Headed) -> Sequence[Draft]:
        headed.facts(desk)
        return [] if headed.over else headed.keep(Put(desk, desk.put))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.writer.close()


def emails(first: int, end: int) -> str:
    return "; ".join(Person(number).email for number in range(first, end))


def test_nothing_is_looked_for_where_nobody_asks(place: Place) -> None:
    assert place.call(terms_with(), emails(0, 3)) is None
    assert place.call(terms_with(BUDGET), emails(0, 3), case="other") is None


def test_a_clause_or_a_budget_asks(place: Place) -> None:
    for terms in (terms_with(BUDGET), terms_with(when="people.call: {below: 9}")):
        headed = place.call(terms, emails(0, 3))
        assert headed is not None
        assert headed.counts.call == (3, 3)
        assert headed.subject.organisation == "harbour"


def test_a_budget_is_used_up_by_distinct_people_and_refuses_beyond_it(place: Place) -> None:
    terms = terms_with(BUDGET)
    said = []
    for first, end in ((0, 10), (5, 16), (10, 20), (15, 22), (0, 20)):
        headed = place.call(terms, emails(first, end))
        assert headed is not None
        said.append((headed.counts.budget.lower, bool(headed.near), headed.over))
    # What was refused is not added, so that those who were seen before may still be.
    assert said == [
        (10, False, ""),
        (16, True, ""),
        (20, True, ""),
        (22, False, "22 people in 7d, and its budget is 20"),
        (20, True, ""),
    ]


def test_a_budget_counts_by_its_own_kinds_alone(place: Place) -> None:
    headed = place.call(terms_with(BUDGET), " ".join(Person(1).identifiers()))
    assert headed is not None
    assert headed.counts.call == (1, 1)


def test_more_than_was_declared_is_an_entry_once_a_day(place: Place) -> None:
    terms = terms_with(BUDGET)
    for hours in (0, 1, 2, 24):
        place.call(terms, emails(0, 10 + bool(hours)), at=AT + timedelta(hours=hours))
    entries = [read_entry(raw) for raw in place.disk.entries]
    assert [(entry.kind, entry.stream, entry.fields["type"]) for entry in entries] == [
        (Kind.MESSAGE, "desk", EXCEEDED),
        (Kind.MESSAGE, "desk", EXCEEDED),
    ]


def test_the_registered_field_of_a_tool_is_counted(place: Place) -> None:
    headed = place.call(terms_with(when="people.call: {below: 9}"), '{"customer_no": [1, 2, 3]}')
    assert headed is not None
    assert headed.counts.call == (3, 3)


def test_two_calls_at_once_are_counted_one_after_the_other(place: Place) -> None:
    terms = terms_with(BUDGET)
    one = place.heads.begin(terms, "desk", AT, lambda: [emails(0, 15)])
    other = place.heads.begin(terms, "desk", AT, lambda: [emails(15, 30)])
    both = [headed for headed in (one, other) if headed is not None]
    for headed in both:
        place.settle(headed)
    assert [bool(headed.over) for headed in both] == [False, True]


def test_a_store_that_fails_counts_nothing_and_names_nobody(place: Place) -> None:
    terms = terms_with(BUDGET)
    place.disk.fault = "the disk is full"
    with pytest.raises(NotRecorded) as error:
        place.call(terms, emails(0, 3))
    assert "example.org" not in str(error.value)
    place.disk.fault = ""
    assert place.disk.rows == {}


def test_nothing_in_the_log_or_its_store_names_anybody(place: Place) -> None:
    person = Person(77)
    place.call(terms_with(BUDGET.replace("[email]", "[email, phone, card]")), " ".join(person.identifiers()))
    place.call(terms_with(BUDGET), emails(0, 15))
    kept = b"".join([*place.disk.entries, *place.disk.contents.values(), *place.disk.rows.values()])
    kept += " ".join(place.disk.rows).encode()
    for number in (0, 77):
        for identifier in Person(number).identifiers():
            assert identifier.encode() not in kept
            assert "".join(filter(str.isalnum, identifier)).encode() not in kept
