"""`remit catalogue show`: everything the catalogue says of one name, each row with its source and date."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_json, print_lines
from remit.errors import NothingToLookAt
from remit.terms.table import TABLES, read_table

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The name is that of a maker, model, package, host, variable, channel or agent, or another name it goes by.

example:
  remit catalogue show gpt-4o
"""

_NAMES = ("id", "name", "family", "host", "bedrock", "vertex")
_LISTS = ("aliases", "imports", "words", "starts", "files", "commands")


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "show", description="Show what the catalogue says of a name, with its sources.", epilog=EPILOG
    )
    parser.add_argument("name", metavar="NAME", help="the name to look up, in any case")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print every row that goes by the name."""
    wanted = args.name.casefold()
    tables = {table: read_table(table) for table in TABLES}
    found = [(table, row) for table, rows in tables.items() for row in rows if wanted in _names_of(row)]
    if not found:
        known = {name for rows in tables.values() for row in rows for name in _names_of(row)}
        near = get_close_matches(wanted, known, n=3, cutoff=0.6)
        hint = f"\n  Did you mean: {', '.join(near)}" if near else "\n  See: remit catalogue list"
        raise NothingToLookAt(f"Nothing was shown: the catalogue has no row for {args.name!r}.{hint}")
    if args.format == "json":
        print_json([{"table": table, **row} for table, row in found])
        return Exit.WITHIN
    for number, (table, row) in enumerate(found):
        print_lines([""] if number else [])
        print_lines([table])
        rows = [(f"  {key}", _plain(value)) for key, value in row.items() if value not in ("", None, [])]
        print_lines(columns(rows))
    return Exit.WITHIN


def _names_of(row: dict[str, Any]) -> set[str]:
    single = [row.get(key) for key in _NAMES]
    listed = [name for key in _LISTS for name in row.get(key) or ()]
    return {str(name).casefold() for name in (*single, *listed) if name}


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
