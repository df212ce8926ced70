"""`remit stats`: what went through the gateway, by use case, from the ledger alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state
from remit.cli.traffic import add_period, read_period, reading, table
from remit.errors import NothingToLookAt
from remit.gateway.interference import WINDOWS, Figures, Key, Tally, quantile, record_of
from remit.gateway.traffic import read_traffic

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
A call and each tool call in its answer are decisions of their own, and both are counted.

example:
  remit serve examples/harbour/remit --state state --check
  remit stats --state state  # exit 3
"""
_HEADS = (
    "use case",
    "decisions",
    "refused",
    "held",
    "elsewhere",
    "outcomes",
    "lost",
    "declined",
    "added p50",
    "p99 ms",
)


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("stats", description="Count what went through the gateway.", epilog=EPILOG)
    add_state(parser)
    add_period(parser)
    parser.add_argument("--window", choices=list(WINDOWS), default="all", help="count apart by this (default: all)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Count and print, the worst first."""
    with reading(args.state) as (_, store):
        tally = Tally(read_period(args), args.window).take_all(read_traffic(store))
    if not tally.whole.decisions:
        raise NothingToLookAt(f"Nothing was counted: the log of {args.state} has no decision that was asked about.")
    found = tally.by_use()
    if args.format == "json":
        rows = [{**{k: v for k, v in key._asdict().items() if v}, **record_of(each)} for key, each in found]
        print_json({"first": tally.first, "last": tally.last, "whole": record_of(tally.whole), "by_use": rows})
        return Exit.WITHIN
    heads = _HEADS if args.window == "all" else ("window", *_HEADS)
    body = [_row(key, each) for key, each in [*found, (Key("all", "", ""), tally.whole)]]
    print_lines(table([heads, *((row[1:] if args.window == "all" else row) for row in body)], markdown=False))
    return Exit.WITHIN


def _row(key: Key, each: Figures) -> tuple[str, ...]:
    counts = (each.decisions, each.refused, each.held, each.redirected, each.outcomes, each.lost, each.declined)
    delays = ("-" if (ms := quantile(each.delays, share)) is None else str(ms) for share in (0.5, 0.99))
    return (key.window or "-", key.use, *map(str, counts), *delays)
