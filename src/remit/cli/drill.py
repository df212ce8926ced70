"""`remit drill`: what would have happened to recorded traffic had a maker's models been gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.output import write_beside
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state
from remit.cli.traffic import add_period, read_period, reading, table
from remit.cli.when import add_when, read_when
from remit.errors import NothingToLookAt, UsageError
from remit.gateway.activation import active_terms
from remit.gateway.drill import Rehearsed, read_shapes, rehearse
from remit.gateway.ground import make_rulebook
from remit.gateway.state import KEPT
from remit.gateway.traffic import read_traffic
from remit.terms.fields import say_unknown
from remit.terms.folder import load_terms
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from remit.cli.parser import Subparsers
    from remit.terms.terms import Terms

EPILOG = """\
Nothing is cut off and nothing is sent: it asks the gateway's own choice about the use cases and models on record.
Limits are judged as for a first call; whether the other model would bear the traffic is not asked.
Exit codes: 0 every use case is served, 10 one would have no model, 4 not everything could be told, 3 no traffic.

example:
  remit serve examples/harbour/remit --state state --check
  remit drill --cut openai --state state  # exit 3
"""
_NOT_ASKED = (
    "Not asked: whether a limit would be reached by what moves, and whether the other model does the work as well."
)


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("drill", description="Rehearse the loss of a maker.", epilog=EPILOG)
    parser.add_argument("--cut", action="append", metavar="MAKER", help="whose models are gone; may be repeated")
    parser.add_argument(
        "--seeded", metavar="FILE", help="show approvers made-up calls that they must refuse, and see who does"
    )
    add_state(parser)
    parser.add_argument("--terms", metavar="DIR", help="judge by these terms (default: the active ones)")
    add_when(parser)
    add_period(parser)
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="how to print (default: text)"
    )
    parser.add_argument("--output", metavar="FILE", help="write the text or Markdown to a file too")


def run(args: argparse.Namespace) -> int:
    """Rehearse, and tell what would become of each use case; or seed made-up calls."""
    if (args.cut is None) == (args.seeded is None):
        raise UsageError("Nothing was rehearsed: say --cut MAKER or --seeded FILE.")
    if args.seeded is not None:
        from remit.cli.seeding import run_seeded

        return run_seeded(args)
    with reading(args.state) as (log, store):
        terms = active_terms(store, Path(args.state) / KEPT) if args.terms is None else load_terms(Path(args.terms))
        _check_makers(terms, args.cut)
        at, _ = read_when(args, terms)
        traffic = read_shapes(store, log.keyring, read_traffic(store), read_period(args), terms)
    if not traffic.shapes:
        raise NothingToLookAt(
            f"Nothing was rehearsed: the log of {args.state} has no call that went on and can be opened."
        )
    found = list(rehearse(make_rulebook(terms), traffic.shapes, frozenset(args.cut), at))
    if args.format == "json":
        print_json(_record(found, args.cut, at, traffic.unopened))
    else:
        lines = list(_lines(found, args.cut, at, markdown=args.format == "markdown"))
        if traffic.unopened:
            lines.append(f"{traffic.unopened} decisions could not be opened, and were rehearsed by nobody.")
        print_lines(lines)
        if args.output:
            write_beside(Path(args.output), "\n".join(lines) + "\n")
    if any(row.affected and not row.served_by for row in found):
        return Exit.OUTSIDE
    return Exit.PARTIAL if traffic.unopened else Exit.WITHIN


def _check_makers(terms: Terms, makers: Sequence[str]) -> None:
    known = {model.maker for model in terms.catalogue.models.values()}
    for maker in makers:
        if maker not in known:
            raise UsageError(f"Nothing was rehearsed: {say_unknown('maker', maker, sorted(known))}")


def _lines(found: Sequence[Rehearsed], cut: Sequence[str], at: datetime, *, markdown: bool) -> Iterator[str]:
    hit = [row for row in found if row.affected]
    none_left = sum(row.calls for row in hit if not row.served_by)
    total = sum(row.calls for row in found)
    if markdown:
        yield f"# Without {', '.join(cut)}"
        yield ""
    yield f"Without {', '.join(cut)}, at {write_instant(at)}: {sum(row.calls for row in hit)} of {total} calls are hit."
    if none_left:
        yield f"{none_left} of them would be left without a model."
    elif hit:
        yield "Each of them would be served by another model."
    yield ""
    rows = [("use case", "model", "calls", "then", "why")]
    for row in found:
        then = f"{row.served_by} at {row.upstream}" if row.served_by else "none left"
        rows.append(
            (row.use, row.model, str(row.calls), then if row.affected or not row.served_by else "as before", row.says)
        )
    yield from table(rows, markdown=markdown)
    yield ""
    yield _NOT_ASKED


def _record(found: Sequence[Rehearsed], cut: Sequence[str], at: datetime, unopened: int) -> dict[str, object]:
    return {
        "cut": list(cut),
        "at": write_instant(at),
        "use_cases": [
            {
                "use": row.use,
                "model": row.model,
                "calls": row.calls,
                "affected": row.affected,
                "served_by": row.served_by or None,
                "upstream": row.upstream or None,
                "says": row.says or None,
            }
            for row in found
        ],
        "unopened": unopened,
    }
