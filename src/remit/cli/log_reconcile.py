"""`remit log reconcile`: the log held against a provider's own list of requests, or its bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state
from remit.cli.traffic import add_period, read_period, reading, table
from remit.errors import NothingToLookAt
from remit.gateway.activation import active_terms
from remit.gateway.identity import Names
from remit.gateway.reconcile import Book, Columns, Reconciled, read_rows, reconcile_counts, reconcile_ids
from remit.gateway.state import KEPT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from remit.cli.parser import Subparsers
    from remit.ledger.store import Store

_SHOWN = 20
EPILOG = """\
Name the period that the file covers; what lies outside of it is held against nothing.
Exit codes: 0 both sides agree, 12 something stands on one side alone, 4 not everything could be compared.

example:
  remit serve examples/harbour/remit --state state --check
  remit log reconcile bill.csv --state state --since 2026-11-01T00:00:00Z  # exit 3
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "reconcile", description="Hold the log against a provider's list of requests, or its bill.", epilog=EPILOG
    )
    parser.add_argument("csv", metavar="CSV", help="the provider's file, with a line of heads")
    add_state(parser)
    add_period(parser)
    group = parser.add_argument_group("columns", "found by their usual names where none is given")
    group.add_argument("--id-column", default="", metavar="NAME", help="the provider's id of a request or reply")
    group.add_argument("--time-column", default="", metavar="NAME", help="its time")
    group.add_argument("--model-column", default="", metavar="NAME", help="its model")
    group.add_argument("--count-column", default="", metavar="NAME", help="how many requests a row is, in a bill")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Hold both sides against each other, and tell what stands on one alone."""
    try:
        text = Path(args.csv).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        because = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NothingToLookAt(f"Nothing was held against the log: {args.csv} cannot be read: {because}.") from error
    given = Columns(args.id_column, args.time_column, args.model_column, args.count_column)
    found = Reconciled(by_id=False)
    columns, rows = read_rows(text.splitlines(), given, found)
    found.by_id = bool(columns.ident)
    with reading(args.state) as (log, store):
        resolve = _resolver(store, Path(args.state) / KEPT)
        ours = Book(store, log.keyring, read_period(args), resolve).calls(found)
        (reconcile_ids if found.by_id else reconcile_counts)(rows, ours, found, resolve)
    if args.format == "json":
        print_json(_record(found))
    else:
        print_lines(_lines(found))
    if found.unmatched or found.doubled:
        return Exit.REFUSED
    return Exit.PARTIAL if found.unopened or found.unreadable or found.unknown else Exit.WITHIN


def _resolver(store: Store, kept: Path) -> Callable[[str], str]:
    """Return what finds the model behind a provider's name; one that nobody knows keeps its name."""
    terms = active_terms(store, kept)
    names = Names(terms.catalogue, terms.register)

    def resolve(name: str) -> str:
        model = names.resolve(name) if name else None
        return name if model is None else model.id

    return resolve


def _lines(found: Reconciled) -> Iterator[str]:
    total = sum(each.matched for each in found.groups.values())
    how = "by the provider's ids" if found.by_id else "by counts for each month and model, since the file has no ids"
    yield f"{total} matched, {found.unmatched} on one side alone; matched {how}."
    rows = [
        (group.month, group.model, str(each.matched), str(each.missing_here), str(each.missing_there))
        for group, each in sorted(found.groups.items(), key=lambda row: (-row[1].missing_here, row[0]))
    ]
    yield ""
    yield from table([("month", "model", "matched", "missing here", "missing there"), *rows], markdown=False)
    yield ""
    for row in found.missing_here[:_SHOWN]:
        yield f"missing here: line {row.line}, {row.ident}"
    for n, ident in found.missing_there[:_SHOWN]:
        yield f"missing there: entry {n}, {ident or 'without an id'}"
    if (more := len(found.missing_here) + len(found.missing_there) - 2 * _SHOWN) > 0:
        yield f"up to {more} more; --format json names them all"
    for number, says in (
        (found.doubled, "rows bear an id that stood before"),
        (len(found.unreadable), f"lines could not be read: {', '.join(map(str, found.unreadable[:_SHOWN]))}"),
        (found.unopened, "outcomes could not be opened, and were held against nothing"),
        (found.unknown, "calls are lost or without an outcome; the provider may know of them"),
    ):
        if number:
            yield f"{number} {says}"


def _record(found: Reconciled) -> dict[str, object]:
    return {
        "matched_by": "id" if found.by_id else "count",
        "groups": [
            {
                "month": group.month,
                "model": group.model,
                "matched": each.matched,
                "missing_here": each.missing_here,
                "missing_there": each.missing_there,
            }
            for group, each in sorted(found.groups.items())
        ],
        "missing_here": [{"line": row.line, "id": row.ident} for row in found.missing_here],
        "missing_there": [{"entry": n, "id": ident} for n, ident in found.missing_there],
        "unmatched": found.unmatched,
        "doubled": found.doubled,
        "unreadable_lines": found.unreadable,
        "unopened": found.unopened,
        "unknown": found.unknown,
    }
