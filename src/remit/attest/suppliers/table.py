"""Suppliers from a table, as a purchasing department exports one: a row each, with a head that names the columns.

1. Columns are parted by commas, semicolons or tabs, whichever the head shows; several values in a cell by `|`.
2. A row becomes the same tree as an entry of the register does, so that the same reader finds the same faults, each
   at its line and column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.errors import Fault
from remit.terms.document import LARGEST_FILE, MOST_FAULTS, Document, Items, Mapping, Scalar
from remit.terms.fields import Fields, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.document import Node

LISTS = frozenset({"contracts", "systems", "keys", "suppliers"})
COLUMNS = (*sorted(LISTS), "contact", "due", "exempt", "id", "may_vouch", "name", "none", "role")
MOST_ROWS = 100_000
_PARTS = {part: re.compile(f'"((?:[^"]|"")*)"(?={part}|$)|([^{part}]*)') for part in (",", ";", "\t")}


def read_rows(path: str, content: bytes) -> tuple[Document, list[Fields]]:
    """Read the rows of a table; what is wrong with them is among the document's faults."""
    document = Document(path)
    if len(content) > LARGEST_FILE:
        document.fault(None, "", f"the file has more than {LARGEST_FILE // 1024 // 1024} MB; it was not read")
        return document, []
    try:
        document.text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.faults.append(Fault(path, line, 1, "", f"not UTF-8: byte 0x{content[error.start]:02x}"))
        return document, []
    lines = document.text.splitlines()
    part = next((part for part in _PARTS if "id" in [cell.text for cell in _cells(lines[:1], 1, part)]), "")
    if not part:
        document.fault(None, "", "no head: expected a first line that names the columns, id among them")
        return document, []
    head = _cells(lines[:1], 1, part)
    _check_head(document, head)
    rows = []
    for number, text in enumerate(lines[1:], start=2):
        if text.strip():
            rows.append(_row(document, head, _cells([text], number, part), number))
        if len(rows) > MOST_ROWS or len(document.faults) >= MOST_FAULTS:
            document.fault(None, "", f"more than {MOST_ROWS} rows, or than {MOST_FAULTS} faults; reading stopped")
            break
    return document, rows


def _check_head(document: Document, head: list[Scalar]) -> None:
    seen: set[str] = set()
    for cell in head:
        if cell.text not in COLUMNS:
            document.fault(cell, cell.text, unknown("column", cell.text, COLUMNS))
        if cell.text in seen:
            document.fault(cell, cell.text, "this column stands twice")
        seen.add(cell.text)


def _cells(lines: list[str], number: int, part: str) -> list[Scalar]:
    """Part one line into cells, each with its column."""
    cells: list[Scalar] = []
    text, at = "".join(lines), 0
    while at <= len(text):
        found = _PARTS[part].match(text, at)
        if found is None:  # pragma: no cover  # the second way of the pattern matches anything
            break
        quoted = found[1] is not None
        value = found[1].replace('""', '"') if quoted else found[2].strip()
        cells.append(Scalar(value, not quoted, number, at + 1, max(1, found.end() - at)))
        at = found.end() + 1
    return cells


def _row(document: Document, head: list[Scalar], cells: list[Scalar], number: int) -> Fields:
    """Make of a row the tree that an entry of the register has (2)."""
    row = Mapping({}, number, 1)
    if len(cells) > len(head):
        document.fault(cells[len(head)], "", f"more cells than the head has columns, which are {len(head)}")
    for key, cell in zip(head, cells, strict=False):
        if cell.text and key.text != "none":
            node: Node = Items(list(_values(cell)), number, cell.column) if key.text in LISTS else cell
            row.entries[key.text] = (key, node)
        elif cell.text:
            inner = Mapping({"none": (key, cell)}, number, cell.column)
            row.entries.setdefault("suppliers", (key, inner))
    return Fields.of(document, row, f"row {number - 1}")


def _values(cell: Scalar) -> Iterator[Scalar]:
    for text in cell.text.split("|"):
        if text.strip():
            yield Scalar(text.strip(), cell.plain, cell.line, cell.column, cell.width)
