"""A report as a person reads, completes and signs it: said once, and written as a page, as Markdown or as a table.

1. A box is never ticked and a blank never filled by us: whoever signs does that, by hand.
2. Whatever came from a file is text in every form: no mark-up on the page, none in Markdown, no formula in the table.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from remit.attest.reports.shell import page, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKS = re.compile(r"([\\`*_\[\]<>|~#&])")
BOX, BLANK = "☐", "_" * 24
SIGNED_BY = ("Name", "Role", "Date", "Signature")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; `empty` is said where there is no row, since a table without rows says nothing."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."
    marked: int = -1
    """The column whose words are shown by colour as well."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part: sentences, facts by name, a table, boxes to tick and blanks to fill in."""

    title: str
    says: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    boxes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    blanks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A report; `sheet` is what of it is for a table to compute with."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    sheet: Table
    alarm: str = ""


def as_page(paper: Paper) -> str:
    """Write the report as a page that prints."""
    return page(paper.title, _body(paper))


def _body(paper: Paper) -> Iterator[str]:
    yield from (f'<p class="soft">{escape(line)}</p>' for line in paper.lead)
    if paper.alarm:
        yield f'<p class="alarm">{escape(paper.alarm)}</p>'
    for section in paper.sections:
        yield f"<h2>{escape(section.title)}</h2>"
        yield from (f"<p>{escape(line)}</p>" for line in section.says)
        if section.facts:
            rows = "".join(f"<dt>{escape(name)}</dt><dd>{_value(value)}</dd>" for name, value in section.facts)
            yield f"<dl>{rows}</dl>"
        if section.table is not None:
            yield from _page_table(section.table)
        if section.boxes:
            yield '<div class="boxes">'
            yield from (_page_box(question, ways) for question, ways in section.boxes)
            yield "</div>"
        if section.blanks:
            yield f'<div class="blanks">{"".join(f"<div>{escape(name)}</div>" for name in section.blanks)}</div>'


def _value(value: str) -> str:
    return "<br>".join(map(escape, value.splitlines())) if value else f'<span class="none">{BLANK}</span>'


def _page_table(found: Table) -> Iterator[str]:
    if found.rows:
        yield from table(found.head, found.rows, marked=found.marked)
    else:
        yield f'<p class="none">{escape(found.empty)}</p>'


def _page_box(question: str, ways: tuple[str, ...]) -> str:
    boxes = "".join(f'<span><i class="box-mark"></i>{escape(way)}</span>' for way in ways)
    return f"<div><p>{escape(question)}</p>{boxes}</div>"


def as_markdown(paper: Paper) -> str:
    """Write the report as Markdown."""
    return "\n".join(_markdown(paper)) + "\n"


def _markdown(paper: Paper) -> Iterator[str]:
    yield f"# {_plain(paper.title)}"
    for line in (*paper.lead, *([f"**{_plain(paper.alarm)}**"] if paper.alarm else ())):
        yield ""
        yield line if line.startswith("**") else _plain(line)
    for section in paper.sections:
        yield ""
        yield f"## {_plain(section.title)}"
        for line in section.says:
            yield ""
            yield _plain(line)
        yield from _listed([f"- {_plain(name)}: {_plain(value) or BLANK}" for name, value in section.facts])
        if section.table is not None:
            yield from _listed(list(_markdown_table(section.table)))
        yield from _listed([f"- {_plain(question)} {_ways(ways)}" for question, ways in section.boxes])
        yield from _listed([f"- {_plain(name)}: {BLANK}" for name in section.blanks])


def _listed(lines: list[str]) -> list[str]:
    """Put a blank line before lines that begin a list or a table."""
    return ["", *lines] if lines else []


def _ways(ways: tuple[str, ...]) -> str:
    return " ".join(f"{BOX} {_plain(way)}" for way in ways)


def _markdown_table(found: Table) -> Iterator[str]:
    if not found.rows:
        yield f"*{_plain(found.empty)}*"
        return
    yield f"| {' | '.join(map(_plain, found.head))} |"
    yield f"|{' --- |' * len(found.head)}"
    for row in found.rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    """Take the meaning from every sign that Markdown would give one, and keep a text to its line (2)."""
    return _MARKS.sub(r"\\\1", " ".join("".join(c if c.isprintable() else " " for c in text).split()))


def as_sheet(paper: Paper) -> str:
    """Write the report's table as comma-separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(paper.sheet.head)
    for row in paper.sheet.rows:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue()
