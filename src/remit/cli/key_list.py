"""`remit key list`: the keys there are, without any of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state, read_state
from remit.gateway.credential import ROWS, read_row

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
example:
  remit key new --terms examples/harbour/remit --state state --use find-reports
  remit key list --state state
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("list", description="List the keys, each by its id.", epilog=EPILOG)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each key, those that ended first."""
    store = read_state(Path(args.state)).open_store()
    try:
        found = [read_row(content) for _, content in store.rows(ROWS)]
    finally:
        store.close()
    now = clock()
    found.sort(key=lambda each: (not each.is_over(now), each.use, each.made))
    if args.format == "json":
        print_json([{k: v for k, v in asdict(each).items() if k != "digest"} for each in found])
        return Exit.WITHIN
    width = max((len(each.use) for each in found), default=0)
    lines = []
    for each in found:
        end = "ended" if each.is_over(now) else f"until {each.until}" if each.until else ""
        narrow = " ".join(
            f"{name}={','.join(only)}" for name, only in (("models", each.models), ("tools", each.tools)) if only
        )
        lines.append(f"{each.id}  {each.use:<{width}}  made {each.made[:19]}Z  {end} {narrow}".rstrip())
    print_lines(lines)
    return Exit.WITHIN
