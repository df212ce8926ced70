"""Counts the people of one call for the one who decides on it: what to look for, facts with two ends, what to keep.

1. Nothing is looked for where neither a clause nor a budget asks for it.
2. What is counted is read and added within the group that writes the decision; where a call does not go on, nothing
   of it is added.
3. A use case that is surely above its own budget is refused, whatever else permits it; above its declared number is an
   entry of its own, once a day, and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from remit.canonical import digest
from remit.gateway.people.census import NO_COUNTS, Census, Counts, Interval, Looked, Sighting, Subject, add, count
from remit.gateway.people.identifier import USUAL
from remit.gateway.people.interval import ATTRIBUTES, judge_use, people_facts
from remit.gateway.people.key import BLOCK, day_of
from remit.gateway.people.tally import ROWS, StoreRows, stale_rows
from remit.ledger.entry import make_draft
from remit.ledger.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from remit.gateway.people.tally import Rows
    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer
    from remit.terms.budget import PeopleBudget
    from remit.terms.decision import Decision
    from remit.terms.terms import Terms
    from remit.terms.use import Fact

BUDGET = "remit#people-budget"
"""The rule by which a use case that is above its own budget is refused."""
EXCEEDED = "people-above-declared"
_TOLD = "people-told/"
_NEAR = 80
_AT_ONCE = 1000


class Put(NamedTuple):
    """What a group gives: where rows are read, and how they are written."""

    rows: Rows
    put: Callable[[str, bytes | None], None]


@dataclass(slots=True)
class Plan:
    """What terms ask for: whether any clause speaks of people, and the fields that name one."""

    terms: str
    asked: bool
    fields: frozenset[str]


class Headcount:
    """Counts for one gateway."""

    def __init__(self, census: Census) -> None:
        self._census = census
        self._plan = Plan("", asked=False, fields=frozenset())
        self._warned: set[tuple[str, int]] = set()

    def begin(self, terms: Terms, case: str, at: datetime, texts: Callable[[], Iterable[str]]) -> Headed | None:
        """Look through the texts of a call; nothing where nobody asks for people."""
        plan = self._plan_of(terms)
        known = terms.register.use_case(case)
        budget = None if known is None else known.people
        if not plan.asked and budget is None:
            return None
        kinds = USUAL if budget is None else frozenset(budget.kinds)
        days = 1 if budget is None else max(1, budget.window.days)
        looked = Looked(kinds, plan.fields, days)
        scope = None if known is None else terms.register.scope(known.scope)
        organisation = terms.register.organisation if scope is None else scope.organisation
        return Headed(self._census.measure(texts(), at, looked), Subject(case, organisation), looked, budget)

    def look(self, terms: Terms, case: str, at: datetime, store: Store) -> Counts | None:
        """Return the people of a use case as they stand; nothing where nobody asks for them."""
        headed = self.begin(terms, case, at, tuple)
        return None if headed is None else count(StoreRows(store), headed.sighting, headed.subject, headed.looked)

    def forget(self, store: Store, writer: Writer, at: datetime) -> None:
        """Destroy the keys whose days are over, and take away what was hashed with them."""
        self._census.discard(at)
        stale = [*stale_rows((name for name, _ in store.rows(ROWS)), day_of(at) // BLOCK)]
        for start in range(0, len(stale), _AT_ONCE):
            writer.commit(settle=partial(_take_away, names=stale[start : start + _AT_ONCE]))

    def warn(self, headed: Headed, terms: Terms, decision: Decision) -> str:
        """Say, once a day for each use case, that four fifths of a limit or of its budget are reached."""
        said = headed.near
        if not said and (near := judge_use(terms, decision.use, decision.at).nearing):
            names = ", ".join(dict.fromkeys(reason.rule.reference for reason in near))
            said = f"{_people(headed.counts.window_30d)} in 30d, and a quarter more would meet {names}"
        mark = headed.subject.case, headed.sighting.day
        if not said or mark in self._warned:
            return ""
        self._warned = {known for known in self._warned if known[1] == mark[1]} | {mark}
        return f"use case {headed.subject.case}: {said}"

    def _plan_of(self, terms: Terms) -> Plan:
        if self._plan.terms != terms.digest:
            clauses = [clause for instrument in terms.instruments for clause in instrument.clauses]
            conditions = [clause.when for clause in clauses] + [clause.rival.when for clause in clauses if clause.rival]
            fields = frozenset(field for tool in terms.register.tools for field in tool.people)
            asked = any(ATTRIBUTES.keys() & condition.attributes() for condition in conditions)
            self._plan = Plan(terms.digest, asked, fields)
        return self._plan


@dataclass(slots=True)
class Headed:
    """A call whose people were looked for; asked within the group, as often as the group is tried."""

    sighting: Sighting
    subject: Subject
    looked: Looked
    budget: PeopleBudget | None
    counts: Counts = NO_COUNTS
    whole: bool = True
    """Whether all of the call could be read, as far as people may be in it."""

    def facts(self, rows: Rows) -> dict[str, Fact]:
        """Return what the counts are with the call, as facts with two ends."""
        self.counts = count(rows, self.sighting, self.subject, self.looked)
        return people_facts(self.counts, whole=self.whole)

    @property
    def over(self) -> str:
        """Say by how much the use case is above its own budget, or nothing."""
        if self.budget is None or self.counts.budget.lower <= self.budget.at_most:
            return ""
        return f"{_people(self.counts.budget)} in {self._window}, and its budget is {self.budget.at_most}"

    @property
    def near(self) -> str:
        """Say that four fifths of the budget are used up, or nothing."""
        if self.budget is None or self.counts.budget.lower * 100 < self.budget.at_most * _NEAR or self.over:
            return ""
        return f"{_people(self.counts.budget)} in {self._window}, of a budget of {self.budget.at_most}"

    def keep(self, group: Put) -> list[Draft]:
        """Add the call to the counts, and return what must be on record beside its decision."""
        self.counts = add(group.rows, group.put, self.sighting, self.subject, self.looked)
        return self._exceeded(group)

    def _exceeded(self, group: Put) -> list[Draft]:
        declared = None if self.budget is None else self.budget.declared
        if declared is None or self.counts.budget.lower <= declared:
            return []
        name, day = f"{_TOLD}{self.subject.case}", str(self.sighting.day).encode()
        if group.rows.row(name) == day:
            return []
        group.put(name, day)
        record = {
            "declared": declared,
            "at_least": self.counts.budget.lower,
            "at_most": self.counts.budget.upper,
            "window": self._window,
            # So that nobody can find the numbers by trying.
            "nonce": token_hex(16),
        }
        fields = {"type": EXCEEDED, "digest": digest(record)}
        return [make_draft(Kind.MESSAGE, self.subject.case, fields, record)]

    @property
    def _window(self) -> str:
        return f"{self.looked.budget_days}d"


def _take_away(desk: Desk, names: list[str]) -> list[Draft]:
    for name in names:
        desk.put(name, None)
    return []


def _people(interval: Interval) -> str:
    between = f" to {interval.upper}" if interval.upper > interval.lower else ""
    return f"{interval.lower}{between} people"
