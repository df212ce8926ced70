"""`remit terms explain`: what is in force, as prose that a lawyer can read, each sentence with its clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_folder, read_folder
from remit.cli.screen import print_lines
from remit.cli.when import add_when, read_when
from remit.terms.prose import explain_terms

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The page is Markdown.

example:
  remit terms explain examples/harbour/remit --at 2026-09-01
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("explain", description="Say in sentences what the terms ask.", epilog=EPILOG)
    add_folder(parser)
    add_when(parser)


def run(args: argparse.Namespace) -> int:
    """Print the page."""
    terms = read_folder(args)
    print_lines(explain_terms(terms, *read_when(args, terms)))
    return Exit.WITHIN
