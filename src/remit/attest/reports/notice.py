"""A notice that something covered was found: the fields a form asks for, and the two days by which it is due.

It is prepared here and filed by a person. A field that nobody gave is a blank, and is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.attest.reports.paper import SIGNED_BY, Paper, Section, Table
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from datetime import date, datetime

    from remit.attest.reports.deadline import Clock, Deadlines

FIELDS = {
    "contract": "Contract number",
    "task_order": "Order numbers under it",
    "supplier": "Supplier name",
    "uei": "Supplier's unique entity identifier",
    "cage": "Supplier's CAGE code",
    "brand": "Brand",
    "model": "Model number or version",
    "item": "Item description",
    "order": "Order that covers it, and its version",
    "learned": "How and when it was learned",
    "action": "Readily available information about mitigation",
}
"""What the report has to hold (domain facts, R6), by the names they are given under."""

LATER = {
    "mitigation": "Further information about mitigation undertaken or recommended",
    "efforts": "Efforts that were made to prevent its use or submission",
    "additional": "Additional efforts to prevent it in future",
}
"""What the follow-up has to hold."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything the notice says."""

    clause: str
    asks: str
    at: datetime
    learned: date
    clock: Clock
    due: Deadlines
    calendar: str
    fields: dict[str, str]
    places: tuple[tuple[str, ...], ...] = ()
    """Where it was found: place, relation, models."""


def notice_paper(notice: Notice) -> Paper:
    """Make the notice."""
    clock, due = notice.clock, notice.due
    passed = [
        f"the {what} was due on {_day(day)}"
        for what, day in (("report", due.report), ("follow-up", due.follow_up))
        if notice.at.date() > day
    ]
    return Paper(
        f"Notice under {notice.clause}",
        (
            f"Prepared on {write_instant(notice.at)}, for {notice.asks}.",
            "It is a draft: a person checks that the clause binds, and files it.",
        ),
        (
            Section(
                "By when",
                table=Table(
                    ("what", "business days", "counted from", "due by the end of"),
                    (
                        ("report", str(clock.report), f"{_day(notice.learned)}, learned", _day(due.report)),
                        ("follow-up", str(clock.follow_up), f"{_day(due.report)}, report due", _day(due.follow_up)),
                    ),
                ),
                facts=(
                    ("Calendar", notice.calendar),
                    ("Holidays passed over", ", ".join(map(_day, due.skipped)) or "none"),
                    ("If the report is filed earlier", "the follow-up is counted from the day it was filed"),
                ),
            ),
            Section("What is reported", facts=_named(FIELDS, notice.fields)),
            Section(
                "Where it was found",
                table=Table(("place", "relation", "models"), notice.places, "No scan was named."),
            ),
            Section("For the follow-up", facts=_named(LATER, notice.fields)),
            Section("Who files this", blanks=(*SIGNED_BY, "Filed at", "Reference")),
        ),
        Table(
            ("field", "value"),
            (
                *((name, notice.fields.get(key, "")) for key, name in (*FIELDS.items(), *LATER.items())),
                ("Report due", due.report.isoformat()),
                ("Follow-up due", due.follow_up.isoformat()),
            ),
        ),
        alarm=f"Late: {' and '.join(passed)}." if passed else "",
    )


def _named(names: dict[str, str], given: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, given.get(key, "")) for key, name in names.items())


def _day(day: date) -> str:
    return f"{day.isoformat()} ({day:%A})"
