"""`remit report interference`: whether the limits ever got in the way, from the ledger alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state
from remit.cli.traffic import add_period, read_period, reading, table
from remit.errors import NothingToLookAt
from remit.gateway.interference import NOT_SHOWN, WINDOWS, Figures, Key, Tally, answer, quantile, record_of
from remit.gateway.traffic import read_traffic

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.cli.parser import Subparsers

EPILOG = """\
It counts what the entries show in clear, so that whoever has the log can count again. It needs no key and no terms.

example:
  remit serve examples/harbour/remit --state state --check
  remit report interference --state state --window day  # exit 3
"""
_HEADS = ("use case", "clause", "refused", "held", "waited p50 s", "elsewhere", "went on", "added p50 ms", "p99 ms")


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "interference", description="Say how often the terms refused, held or delayed a use.", epilog=EPILOG
    )
    add_state(parser)
    add_period(parser)
    parser.add_argument("--window", choices=list(WINDOWS), default="all", help="count apart by this (default: all)")
    parser.add_argument("--use", default="", metavar="USE", help="only this use case")
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="how to print (default: text)"
    )


def run(args: argparse.Namespace) -> int:
    """Count and print."""
    with reading(args.state) as (_, store):
        tally = Tally(read_period(args), args.window, args.use).take_all(read_traffic(store))
    if not tally.whole.decisions:
        raise NothingToLookAt(f"Nothing was counted: the log of {args.state} has no decision that was asked about.")
    if args.format == "json":
        print_json(_record(tally))
    else:
        print_lines(_lines(tally, markdown=args.format == "markdown"))
    return Exit.WITHIN


def _lines(tally: Tally, *, markdown: bool) -> Iterator[str]:
    if markdown:
        yield "# Did the limits get in the way?"
        yield ""
    yield from (f"- {line}" if markdown else line for line in answer(tally))
    for title, found in (("By clause", tally.by_clause()), ("By use case", tally.by_use())):
        if not found:
            continue
        windowed = any(key.window for key, _ in found)
        yield ""
        yield f"## {title}" if markdown else f"{title}:"
        if markdown:
            yield ""
        heads = ("window", *_HEADS) if windowed else _HEADS
        yield from table([heads, *(_row(key, each, windowed=windowed) for key, each in found)], markdown=markdown)
    yield ""
    yield "## What this does not show" if markdown else "Not shown:"
    if markdown:
        yield ""
    yield from (f"{'-' if markdown else ' '} {line}" for line in NOT_SHOWN)


def _row(key: Key, each: Figures, *, windowed: bool) -> tuple[str, ...]:
    went = each.decisions - each.refused - each.held
    found = (
        each.refused,
        each.held,
        quantile(each.waits, 0.5),
        each.redirected,
        went,
        quantile(each.delays, 0.5),
        quantile(each.delays, 0.99),
    )
    cells = (key.use, key.clause or "all", *("-" if number is None else str(number) for number in found))
    return (key.window, *cells) if windowed else cells


def _record(tally: Tally) -> dict[str, object]:
    def rows(found: list[tuple[Key, Figures]]) -> list[dict[str, object]]:
        return [{**{k: v for k, v in key._asdict().items() if v}, **record_of(each)} for key, each in found]

    return {
        "first": tally.first,
        "last": tally.last,
        "whole": record_of(tally.whole),
        "by_clause": rows(tally.by_clause()),
        "by_use": rows(tally.by_use()),
        "not_shown": list(NOT_SHOWN),
    }
