"""`remit log replay`: recorded decisions decided again, from the terms that were kept and the facts on record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state
from remit.cli.traffic import add_period, read_period, reading, table
from remit.errors import NothingToLookAt, UsageError
from remit.gateway.replay import Found, Replayed, draw, replay
from remit.gateway.state import KEPT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from remit.cli.parser import Subparsers

SAYS = {
    Found.DIFFERS: "decided otherwise now",
    Found.NO_TERMS: "made by terms that are not kept here",
    Found.NOT_OPENED: "whose facts cannot be opened any more",
    Found.OWN_RULE: "refused by a rule of the gateway's own, which the judge was not asked about",
    Found.AGREES: "decided the same again",
}
"""What is said of each; the worst first."""
EPILOG = """\
It needs the keys of the epochs, with which facts are committed to. Others are handed a sample by remit log open.
Exit codes: 0 all decided the same again, 12 one otherwise, 4 one could not be decided again, 3 there is none.

example:
  remit serve examples/harbour/remit --state state --check
  remit log replay --state state --sample 300  # exit 3
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("replay", description="Decide recorded decisions again.", epilog=EPILOG)
    add_state(parser)
    add_period(parser)
    parser.add_argument("--sample", type=int, default=300, metavar="COUNT", help="how many at most (default: 300)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the sample (default: 0)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Draw, decide again, and tell what differs."""
    if args.sample < 1:
        raise UsageError(f"Nothing was decided again: --sample {args.sample} is not at least 1.")
    with reading(args.state) as (log, store):
        drawn = draw(store, args.sample, args.seed, read_period(args))
        found = list(replay(store, log.keyring, Path(args.state) / KEPT, drawn))
    if not found:
        raise NothingToLookAt(f"Nothing was decided again: the log of {args.state} has no decision in that time.")
    counts = Counter(each.found for each in found)
    if args.format == "json":
        rows = [each._asdict() for each in found if each.found is not Found.AGREES]
        print_json({"drawn": len(found), "counts": {word.value: counts[word] for word in Found}, "others": rows})
    else:
        print_lines(_lines(found, counts))
    if counts[Found.DIFFERS]:
        return Exit.REFUSED
    return Exit.PARTIAL if counts[Found.NO_TERMS] or counts[Found.NOT_OPENED] else Exit.WITHIN


def _lines(found: Sequence[Replayed], counts: Counter[Found]) -> Iterator[str]:
    yield f"{len(found)} decisions were drawn:"
    yield from (f"  {counts[word]:>7} {says}" for word, says in SAYS.items() if counts[word])
    others = [each for each in found if each.found in {Found.DIFFERS, Found.NO_TERMS, Found.NOT_OPENED}]
    if others:
        yield ""
        rows = [(str(each.n), each.at, each.use, each.found.value, each.recorded, each.again) for each in others[:50]]
        yield from table([("entry", "at", "use case", "found", "recorded", "again"), *rows], markdown=False)
        if len(others) > len(rows):
            yield f"and {len(others) - len(rows)} more; --format json names them all"
