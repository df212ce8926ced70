"""`remit log summary`: an entry that commits the keeper of a log to the counts of a range, with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, print_counts, publish, read_log, tell_grade, write_out, writing
from remit.errors import RecordUnusable, UsageError
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.recount import last_summary, tally_of
from remit.ledger.tlog_proof import write_proof

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.ledger.folder import LogFolder

EPILOG = """\
The range begins where the last summary of the stream ended. Hand over the entry and its proof (level 1), and the
entries of the range to let others recount it (level 2): remit log export.

example:
  remit log summary examples/ledger --stream citizen-desk
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "summary", description="Write the counts of a range into the log, and publish it.", epilog=EPILOG
    )
    add_log(parser)
    parser.add_argument("--first", type=int, metavar="N", help="begin at this entry (default: after the last summary)")
    parser.add_argument("--stop", type=int, metavar="N", help="end before this entry (default: the end)")
    parser.add_argument(
        "--stream", default=LOG_STREAM, metavar="NAME", help="count this use case alone (default: all of them)"
    )
    parser.add_argument("--out", metavar="FILE", help="write the proof there, and the entry beside it as FILE.entry")


def run(args: argparse.Namespace) -> int:
    """Count, write, publish and prove."""
    log = read_log(args)
    first, stop, counts = _count(log, args)
    try:
        draft = make_draft(Kind.SUMMARY, args.stream, {"counts": counts, "i": first, "j": stop})
    except RecordUnusable as error:
        raise UsageError(f"{error}\n  Take a shorter range, or one --stream at a time.") from error
    with writing(log) as writer:
        n = writer.commit([draft]).first
    publish(log)
    published = log.newest()
    raw, proof = published.entry(n)
    if args.out is not None:
        write_out(Path(args.out), write_proof(n, proof, published.note))
        write_out(Path(f"{args.out}.entry"), raw)
    print(f"entry {n} is the summary of {first} to before {stop}")
    print_counts(counts)
    # What the entry is worth by itself; whoever recounts it from the entries may say more.
    tell_grade(published.verified, pinned=True, recounted=False)
    return Exit.WITHIN


def _count(log: LogFolder, args: argparse.Namespace) -> tuple[int, int, dict[str, dict[str, int]]]:
    store = log.open_store()
    try:
        size = store.head().size
        stop = size if args.stop is None else args.stop
        first = args.first
        if first is None:
            first = last_summary(map(read_entry, store.entries(0, size)), args.stream)
        if not 0 <= first < stop <= size:
            raise UsageError(
                f"Nothing was counted: the log has {size} entries, and {first} to {stop} are none of them."
            )
        tally = tally_of(map(read_entry, store.entries(first, stop)), first)
    finally:
        store.close()
    return first, stop, tally.counts(first, stop, args.stream)
