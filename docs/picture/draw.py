"""Draw the picture in the README: the output of `make up`, as a terminal shows it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from remit.scan.formats.terminal import terminal_lines
from remit.scan.report import make_report
from remit.scan.run import scan_path
from remit.terms.folder import load_terms, terms_files

WIDTH = 140
_FONT_FACE = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)
_FORMAT = _FONT_FACE.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
"""Rich's frame without its fonts: the picture loads nothing from outside."""


def main() -> None:
    """Write the picture beside this file."""
    place = Path("examples/harbour")
    terms = load_terms(place / "remit")
    at = datetime(2026, 9, 1, 12, tzinfo=UTC)
    report = make_report(scan_path(place, spared=terms_files(place / "remit")), terms, at, at)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    for spans in terminal_lines(report, WIDTH):
        console.print(Text.assemble(*(part for span in spans for part in _apart(*span))))
    svg = console.export_svg(title="make up", code_format=_FORMAT)
    Path(__file__).with_name("check.svg").write_text(svg, encoding="utf-8")


def _apart(text: str, style: str) -> list[tuple[str, str]]:
    """Set the spaces before a text apart from its style: some viewers drop those a styled text begins with."""
    bare = text.lstrip(" ")
    return [(" " * (len(text) - len(bare)), ""), (bare, style or "default")]


if __name__ == "__main__":
    main()
