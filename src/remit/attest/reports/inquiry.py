"""The record of a reasonable inquiry: what was asked, where one looked, what was found, and two boxes for a person.

1. An inquiry is reasonable when it is designed to bring out what the organisation itself holds; it need not be an
   audit (FAR 4.2101). So the record says what was searched, by whom, when and with what, and what was not.
2. The representation has two parts, *provide* and *use*, each does or does not (FAR 52.204-26). A person ticks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit import __version__
from remit.attest.reports.exposure import looked_table
from remit.attest.reports.paper import SIGNED_BY, Paper, Section, Table
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from remit.attest.reports.exposure import Dependence, Looked, Unknown

HEAD = ("part", "what", "where", "how much", "by whom", "what was found or why not")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Everything the record says."""

    target: str
    at: datetime
    organisation: str
    order: str
    by: str
    terms: str
    found: tuple[Dependence, ...]
    unknowns: tuple[Unknown, ...]
    looked: tuple[Looked, ...]
    readings: tuple[tuple[str, str, str], ...] = ()
    """Words that an instrument leaves open: the instrument and the word, how it is read here, and by whom."""
    suppliers: tuple[tuple[str, ...], ...] = ()
    answered: str = ""


def inquiry_paper(inquiry: Inquiry) -> Paper:
    """Make the record."""
    organisation = inquiry.organisation or "The organisation"
    return Paper(
        f"Record of an inquiry about {inquiry.target}",
        (
            f"As of {write_instant(inquiry.at)}, with remit {__version__}.",
            "This records what was looked for and where. It represents nothing by itself; the boxes are for a person.",
        ),
        (
            Section("The question", facts=_question(inquiry)),
            Section(
                "Where one looked",
                ("Each place with how much of it was read, and why the rest was not.",),
                table=looked_table(inquiry.looked),
            ),
            Section(
                "Who was asked",
                ("People and offices that hold what no file shows: purchasing, administrators, finance.",),
                table=Table(("who", "asked what", "when", "answered"), tuple(("", "", "", "") for _ in range(4))),
            ),
            _suppliers(inquiry),
            _found(inquiry),
            Section(
                "What was not looked at",
                table=Table(
                    ("what", "where", "what would settle it"),
                    tuple((each.what, each.where, each.settled_by) for each in inquiry.unknowns),
                    "Nothing that this record could name.",
                ),
            ),
            Section(
                "Readings relied on",
                table=Table(("word", "read as", "by"), inquiry.readings, "No clause that was consulted states one."),
            ),
            Section(
                "Representation",
                ("To be ticked by the person who signs, after reading what was not looked at.",),
                boxes=(
                    (f"{organisation} provides models of {inquiry.target}:", ("does", "does not")),
                    (f"{organisation} uses models of {inquiry.target}:", ("does", "does not")),
                ),
                blanks=SIGNED_BY,
            ),
        ),
        Table(HEAD, _rows(inquiry)),
    )


def _question(inquiry: Inquiry) -> tuple[tuple[str, str], ...]:
    return (
        ("Asked about", inquiry.target),
        ("Because of", inquiry.order),
        ("Organisation", inquiry.organisation),
        ("Inquiry made by", inquiry.by),
        ("Terms consulted", inquiry.terms),
        ("Tool", f"remit {__version__}"),
    )


def _suppliers(inquiry: Inquiry) -> Section:
    says = (f"{inquiry.answered[0].upper()}{inquiry.answered[1:]}.",) if inquiry.answered else ()
    head = ("status", "supplier", "way", "why")
    return Section(
        "What suppliers said", says, table=Table(head, inquiry.suppliers, "No supplier was asked.", marked=0)
    )


def _found(inquiry: Inquiry) -> Section:
    counts: dict[tuple[str, str], list[str]] = {}
    for each in inquiry.found:
        counts.setdefault((each.relation, each.strength), []).extend(each.where)
    rows = tuple(
        (relation, strength, str(len(set(places))), "\n".join(sorted(set(places))[:6]))
        for (relation, strength), places in sorted(counts.items())
    )
    return Section(
        "What was found",
        ("Counted by the kind of relation, which are never merged.",),
        table=Table(
            ("relation", "strength", "places", "such as"), rows, "Nothing of this maker was found where one looked."
        ),
    )


def _rows(inquiry: Inquiry) -> tuple[tuple[str, ...], ...]:
    looked = [
        ("looked", each.place, each.source, f"{each.read} of {each.present} files", inquiry.by, "")
        for each in inquiry.looked
    ]
    found = [
        ("found", ", ".join(each.models) or each.maker, place, "1", inquiry.by, f"{each.relation}, {each.strength}")
        for each in inquiry.found
        for place in each.where
    ]
    asked = [
        ("supplier", row[1], row[2], "", "", ": ".join(filter(None, (row[0], row[3])))) for row in inquiry.suppliers
    ]
    left = [("not looked at", each.what, each.where, "", "", each.settled_by) for each in inquiry.unknowns]
    return (*looked, *found, *asked, *left)
