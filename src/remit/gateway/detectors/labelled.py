"""Rows that somebody labelled: a text, the class it belongs to, and for what belongs to none, what it looks like."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from remit.errors import UsageError


class LabelledRow(NamedTuple):
    """One row; `negative` says what kind of a text of no class it is."""

    text: str
    label: str
    kind: str = ""
    negative: str = ""


_MUST = ("text", "label")
_LARGEST_FIELD = 10**6


def read_rows(content: str, name: str) -> list[LabelledRow]:
    """Read a CSV with a head; raise `UsageError` where columns are missing or a row has no label."""
    csv.field_size_limit(_LARGEST_FIELD)
    reader = csv.DictReader(io.StringIO(content))
    missing = [column for column in _MUST if column not in (reader.fieldnames or ())]
    if missing:
        raise UsageError(
            f"Nothing was measured: {name} has no column {' or '.join(missing)}; "
            f"expected {', '.join(_MUST)}, and kind and negative if you like."
        )
    rows = []
    try:
        for row in reader:
            text, label = (row["text"] or "").strip(), (row["label"] or "").strip()
            if not text or not label:
                raise UsageError(f"Nothing was measured: {name}:{reader.line_num} lacks a text or a label.")
            rows.append(LabelledRow(text, label, (row.get("kind") or "").strip(), (row.get("negative") or "").strip()))
    except csv.Error as error:
        raise UsageError(f"Nothing was measured: {name}:{reader.line_num}: {error}.") from error
    if not rows:
        raise UsageError(f"Nothing was measured: {name} has no rows.")
    return rows
