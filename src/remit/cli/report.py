"""What the commands that write a report share: its forms, and where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.attest.reports.paper import Paper

FORMATS = ("markdown", "html", "csv")
ENDINGS = {".md": "markdown", ".html": "html", ".csv": "csv"}


def add_paper(parser: argparse.ArgumentParser) -> None:
    """Add the options that say in which form, and where to."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=FORMATS, default=FORMATS[0], help=f"how to print: {', '.join(FORMATS)} (default: markdown)"
    )
    group.add_argument(
        "--output", action="append", default=[], metavar="FILE",
        help=f"write to a file, in the form of its ending ({' '.join(ENDINGS)}); may be repeated",
    )  # fmt: skip


def demand_forms(args: argparse.Namespace) -> None:
    """Raise before anything is looked at where the end of a file tells no form."""
    if unclear := [name for name in args.output if Path(name).suffix not in ENDINGS]:
        raise UsageError(
            f"Nothing was written: the end of {unclear[0]} tells no form; end it in one of {' '.join(ENDINGS)}."
        )


def put_paper(paper: Paper, args: argparse.Namespace) -> None:
    """Write the files that were asked for, or else print."""
    from remit.attest.reports.paper import as_markdown, as_page, as_sheet
    from remit.cli.output import write_beside

    forms = {"markdown": as_markdown, "html": as_page, "csv": as_sheet}
    for name in args.output:
        write_beside(Path(name), forms[ENDINGS[Path(name).suffix]](paper))
    if not args.output:
        print(forms[args.format](paper), end="")
