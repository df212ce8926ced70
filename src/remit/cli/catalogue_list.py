"""`remit catalogue list`: the rows of one table of the catalogue, in columns."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_json, print_lines
from remit.errors import NothingToLookAt
from remit.terms.table import TABLES, read_table

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
Without a table, the tables are listed with their number of rows.

example:
  remit catalogue list makers
"""

_SHOWN = {
    "makers": ("id", "name", "parent", "domicile"),
    "models": ("id", "maker", "family", "retires"),
    "families": ("family", "maker", "licence", "weights"),
    "packages": ("ecosystem", "name", "kind", "maker", "channel"),
    "hosts": ("host", "path", "maker", "channel"),
    "variables": ("name", "kind", "maker", "channel"),
    "channels": ("id", "kind", "operator", "name"),
    "agents": ("id", "maker", "name"),
    "licences": ("id", "name", "restrictive"),
}


def _says_nothing(table: str, maker: str) -> str:
    known = {row["id"] for row in read_table("makers")}
    if maker in known:
        return f"Nothing was listed: no row of {table} is of {maker}."
    near = get_close_matches(maker, known, n=3, cutoff=0.6)
    hint = f"\n  Did you mean: {', '.join(near)}" if near else "\n  See: remit catalogue list makers"
    return f"Nothing was listed: the catalogue has no maker {maker!r}.{hint}"


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "list", description="List the makers, models and packages Remit knows.", epilog=EPILOG
    )
    parser.add_argument("table", nargs="?", choices=list(TABLES), metavar="TABLE", help="a table (default: name them)")
    parser.add_argument("--maker", metavar="NAME", help="only the rows of this maker")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print the rows, or the tables."""
    if args.table is None:
        counts = {table: len(read_table(table)) for table in TABLES}
        if args.format == "json":
            print_json(counts)
        else:
            print_lines(columns([(table, f"{count} rows") for table, count in counts.items()]))
        return Exit.WITHIN
    rows = [row for row in read_table(args.table) if args.maker in {None, row.get("maker"), row.get("id")}]
    if not rows:
        raise NothingToLookAt(_says_nothing(args.table, args.maker))
    if args.format == "json":
        print_json(rows)
    else:
        shown = _SHOWN[args.table]
        print_lines(columns([[str(row.get(key) or "") for key in shown] for row in rows]))
    return Exit.WITHIN
