"""What is printed: aligned and coloured on a terminal, the same lines plain in a pipe, nothing ever wrapped there."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def make_console() -> Console:
    """Return a console on standard output: colour only on a terminal, and none where NO_COLOR asks for none."""
    piped = not sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=True, no_color=piped or "NO_COLOR" in os.environ, emoji=False)


def print_json(record: Any) -> None:  # noqa: ANN401  # whatever JSON can hold
    """Print a record as JSON in one fixed form: sorted keys, two spaces, UTF-8."""
    print(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False))


def columns(rows: Sequence[Sequence[str]], gap: str = "  ") -> list[str]:
    """Align rows in columns, the last one ragged."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    return [gap.join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows]


def print_lines(lines: Iterable[str]) -> None:
    """Print plain lines."""
    for line in lines:
        print(line.rstrip())


def styled(*parts: tuple[str, str]) -> Text:
    """Put a line together from texts with their styles."""
    return Text.assemble(*parts)
