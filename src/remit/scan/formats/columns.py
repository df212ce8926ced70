"""Rows of texts aligned in columns, as every listing prints them, and texts wrapped beside an indent."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_ROOM = 40


def columns(rows: Sequence[Sequence[str]], gap: str = "  ", *, widest: int = 0) -> list[str]:
    """Align rows in columns, the last one ragged; a cell wider than the widest pushes its own row alone."""
    if not rows:
        return []
    widths = [
        max((len(row[place]) for row in rows if not widest or len(row[place]) <= widest), default=0)
        for place in range(len(rows[0]) - 1)
    ]
    return [gap.join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows]


def wrapped(text: str, width: int | None, indent: int) -> list[str]:
    """Break a text into lines that fit beside an indent; a pipe gets it whole."""
    if width is None or len(text) <= width - indent:
        return [text]
    return wrap(text, max(_LEAST_ROOM, width - indent), break_on_hyphens=False)
