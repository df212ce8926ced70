"""What is printed: aligned and coloured on a terminal, the same lines plain in a pipe, nothing ever wrapped there.

What colours is imported for a terminal alone, so that a pipe does not pay for it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from remit.scan.formats.columns import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["columns", "print_json", "print_lines", "print_styled", "screen_width"]

Span = tuple[str, str]
"""A text and its style, in the words of rich."""

_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(9), *range(10, 32), *range(127, 160))}
"""A file's name may hold signs that would move the cursor; they are shown and not sent."""


def screen_width() -> int | None:
    """Return how wide the terminal is; nothing where the output is none."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    return Console().width


def print_json(record: Any) -> None:  # noqa: ANN401  # whatever JSON can hold
    """Print a record as JSON in one fixed form: sorted keys, two spaces, UTF-8."""
    print(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False))


def print_lines(lines: Iterable[str]) -> None:
    """Print plain lines."""
    for line in lines:
        print(line.rstrip())


def print_styled(lines: Iterable[Sequence[Span]]) -> None:
    """Print lines of styled texts: in colour on a terminal, unless NO_COLOR asks for none, and plain elsewhere."""
    if not sys.stdout.isatty():
        for spans in lines:
            print("".join(text for text, _ in spans).translate(_CONTROLS))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True, no_color=bool(os.environ.get("NO_COLOR")), emoji=False)
    for spans in lines:
        line = Text.assemble(*((text.translate(_CONTROLS), style) for text, style in spans))
        console.print(line, overflow="ignore", crop=False, no_wrap=True)
