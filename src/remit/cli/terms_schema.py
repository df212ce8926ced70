"""`remit terms schema`: the JSON Schema of one kind of file, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import print_json
from remit.terms.schema import schemas

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
Point your editor at it: write it beside the terms, and put this line at the head of an instrument:
  # yaml-language-server: $schema=../instrument.schema.json

example:
  remit terms schema instrument
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "schema", description="Print the schema that an editor checks terms by.", epilog=EPILOG
    )
    parser.add_argument("kind", choices=list(schemas()), help="the kind of file: remit.yaml, instruments or cases")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    print_json(schemas()[args.kind])
    return Exit.WITHIN
