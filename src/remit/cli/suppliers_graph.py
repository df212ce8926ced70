"""`remit suppliers graph`: who supplies whom, as a tree, a table, a bill of materials or a page with a drawing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.suppliers import add_at, add_evidence, add_round, read_instant, settle
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.attest.suppliers.resolver import Resolution
    from remit.cli.parser import Subparsers

FORMATS = ("text", "csv", "cyclonedx", "html")
ENDINGS = {".txt": "text", ".csv": "csv", ".cdx.json": "cyclonedx", ".html": "html"}
EPILOG = """\
The page is one file that loads nothing; it prints, and follows the reader's light or dark.

example:
  remit suppliers graph --register examples/harbour-suppliers/suppliers.yaml --at 2026-09-01 --output chain.html
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "graph", description="Show who supplies whom, and where each of them stands.", epilog=EPILOG
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help=f"how to print: {', '.join(FORMATS)} (default: text)"
    )
    parser.add_argument(
        "--output", action="append", default=[], metavar="FILE",
        help=f"write to a file, in the form of its ending ({' '.join(ENDINGS)}); may be repeated",
    )  # fmt: skip
    add_round(parser)
    add_evidence(parser)
    add_at(parser, "where they stood then, by what had come in by then")


def run(args: argparse.Namespace) -> int:
    """Resolve and write."""
    from remit.cli.output import write_beside

    forms = {name: _form(name) for name in args.output}
    resolution = settle(args, read_instant(args))
    for name, form in forms.items():
        write_beside(Path(name), _write(form, resolution))
    if not forms and args.format == "text":
        from remit.attest.suppliers.graph import graph_lines
        from remit.cli.screen import print_styled

        print_styled([[(line, "")] for line in graph_lines(resolution)])
    elif not forms:
        print(_write(args.format, resolution), end="")
    return Exit.WITHIN


def _form(name: str) -> str:
    for ending, form in ENDINGS.items():
        if name.endswith(ending):
            return form
    raise UsageError(f"Nothing was written: the end of {name} tells no form; end it in one of {' '.join(ENDINGS)}.")


def _write(form: str, resolution: Resolution) -> str:
    from remit.attest.suppliers.graph import graph_bill, graph_lines, graph_sheet
    from remit.attest.suppliers.page import graph_page

    match form:
        case "csv":
            return graph_sheet(resolution)
        case "cyclonedx":
            return json.dumps(graph_bill(resolution), indent=2, ensure_ascii=False) + "\n"
        case "html":
            return graph_page(resolution)
        case _:
            return "\n".join(graph_lines(resolution)) + "\n"
