"""`remit log export`: a folder with evidence that a third party carries away and checks without us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, read_file, read_log
from remit.errors import UsageError
from remit.ledger.folder import POLICY
from remit.ledger.parcel import ABOUT, write_frame, write_opened, write_range, write_whole
from remit.ledger.site import FolderSite

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
Level 0 is the checkpoint alone, level 1 single entries such as a summary, level 2 a range or the whole log.
Commitments stay closed; remit log open writes what it opens into the same parcel (level 3).

example:
  remit log export examples/ledger parcel
  remit log verify parcel --policy examples/ledger/policy
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "export", description="Pack a log, a range of it or single entries, with what checks them.", epilog=EPILOG
    )
    add_log(parser)
    parser.add_argument("out", metavar="PARCEL", help="the folder to make")
    parser.add_argument("--level", type=int, choices=[0, 1, 2], default=2, help="how much to hand over (default: 2)")
    parser.add_argument("--first", type=int, metavar="N", help="level 2: begin at this entry (default: the whole log)")
    parser.add_argument("--stop", type=int, metavar="N", help="level 2: end before this entry (default: the end)")
    parser.add_argument(
        "--entry", action="append", default=[], type=int, metavar="N", help="level 1: this entry with its proof"
    )


def run(args: argparse.Namespace) -> int:
    """Write the parcel."""
    log, out = read_log(args), Path(args.out)
    if (args.level == 1) != bool(args.entry):
        raise UsageError("Nothing was exported: --entry belongs to --level 1, and level 1 to some --entry.")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"Nothing was exported: {out} is not empty.")
    published = log.published()
    out.mkdir(parents=True, exist_ok=True)
    place = FolderSite(out)
    write_frame(place, published, read_file(log.path / POLICY))
    for n in args.entry:
        write_opened(place, published, n)
    whole = args.first is None and args.stop is None
    if args.level > 1 and whole:
        write_whole(place, published, log.site)
    elif args.level > 1:
        first, stop = args.first or 0, published.size if args.stop is None else args.stop
        write_range(place, published, first, stop)
    print(f"Wrote {out} at {published.size} entries; how to check it stands in {out / ABOUT}")
    return Exit.WITHIN
