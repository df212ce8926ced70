"""`remit log verify`: everything that can be checked of a log, a parcel or a proof, by a key from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import (
    add_place,
    grade_record,
    print_record,
    read_file,
    read_place,
    read_trust,
    tell_grade,
    write_moment,
)
from remit.errors import UsageError
from remit.ledger.grade import grade_of
from remit.ledger.parcel import Opened
from remit.ledger.tlog_proof import SUFFIX
from remit.ledger.verification import Verification, verify_growth, verify_opened, verify_place, verify_stamps

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.ledger.invariants import Findings
    from remit.ledger.policy import VerifiedCheckpoint
    from remit.ledger.verification import OpenedEntry

_MOST_MINUTES = 60 * 24 * 365
EPILOG = """\
PLACE may also be one proof, FILE.tlog-proof, with --entry and --disclosures beside it.
The first thing that does not hold ends it, and the step that refused is named.
Exit codes: 0 what was checked holds, 12 something does not, 3 there is no log.

example:
  remit log verify examples/ledger --policy examples/ledger/policy
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("verify", description="Verify a log, a parcel out of it or a proof.", epilog=EPILOG)
    add_place(parser)
    parser.add_argument("--since", metavar="FILE", help="an older checkpoint that it must have grown out of")
    parser.add_argument("--authority", metavar="CERT", help="the certificate of who put time stamps on it, in PEM")
    parser.add_argument("--beat", type=_minutes, metavar="MINUTES", help="tell of stretches longer without a beat")
    parser.add_argument("--entry", metavar="FILE", help="the entry that a single proof is about")
    parser.add_argument("--disclosures", metavar="FILE", help="opened fields of that entry, one in a line")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= _MOST_MINUTES:
        raise ValueError(text)
    return minutes


def run(args: argparse.Namespace) -> int:
    """Verify and print; what does not hold is raised."""
    if args.place.endswith(SUFFIX):
        return _verify_proof(args)
    place, path = read_place(args)
    policy, pinned = read_trust(args, path)
    from datetime import timedelta

    beat = None if args.beat is None else timedelta(minutes=args.beat)
    result = verify_place(place, policy, beat=beat)
    grown = None if args.since is None else verify_growth(place, read_file(Path(args.since)), policy)
    if args.authority is not None:
        result.stamps = verify_stamps(place, read_file(Path(args.authority)), policy)
    _tell(args, result, pinned=pinned, grown=grown)
    return Exit.WITHIN


def _verify_proof(args: argparse.Namespace) -> int:
    if args.entry is None:
        raise UsageError("Nothing was verified: a single proof needs the entry it is about: --entry FILE.")
    policy, pinned = read_trust(args, Path(args.place).parent)
    disclosures = () if args.disclosures is None else tuple(read_file(Path(args.disclosures)).split())
    opened = Opened(args.place, read_file(Path(args.entry)), read_file(Path(args.place)), disclosures)
    entry, verified = verify_opened(opened, policy)
    _tell(args, Verification(verified, opened=[entry]), pinned=pinned, grown=None)
    return Exit.WITHIN


def _tell(args: argparse.Namespace, result: Verification, *, pinned: bool, grown: int | None) -> None:
    if args.format == "json":
        grade = grade_of(result.verified, pinned=pinned, recounted=result.findings is not None)
        print_record(grade_record(result.verified, grade) | _record(result, grown))
        return
    _tell_checkpoint(result.verified)
    if grown is not None:
        print(f"it has grown out of the older one of {grown} entries")
    for stamp in result.stamps:
        print(f"the first {stamp.size} entries were there at {write_moment(stamp.time)}, by the stamp of the authority")
    if result.findings is not None:
        _tell_findings(result.findings, whole=result.whole)
    drawn = "drawn by the nonce" if result.sampled else "chosen by the operator"
    for entry in result.opened:
        _tell_opened(entry)
    if result.opened:
        print(f"{_entries(len(result.opened))} opened, {drawn}")
    tell_grade(result.verified, pinned=pinned, recounted=result.findings is not None)


def _starts(number: int) -> str:
    return "1 start" if number == 1 else f"{number} starts"


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _tell_checkpoint(verified: VerifiedCheckpoint) -> None:
    checkpoint = verified.checkpoint
    print(f"log {checkpoint.origin}")
    print(f"checkpoint of {_entries(checkpoint.size)}, root {checkpoint.root.hex()}: signed by the log")


def _tell_findings(findings: Findings, *, whole: bool) -> None:
    number = findings.stop - findings.first
    where = "all of the log" if whole else f"from {findings.first} to before {findings.stop}, none left out"
    print(f"{_entries(number)}, {where}: places, streams, times, references, terms and summaries hold")
    print(f"  {findings.summaries} summaries recounted, {findings.summaries_outside} are about entries not here")
    print(f"  {findings.open} uses wait for an outcome, {findings.outside} references lead to entries not here")
    for since, until in findings.silent:
        print(f"  no beat between {since} and {until}")
    for since, until in findings.stopped:
        print(f"  stopped in good order between {since} and {until}")
    if findings.unstopped:
        print(f"  {_starts(findings.unstopped)} with no stop before: what wrote until then was ended")


def _tell_opened(opened: OpenedEntry) -> None:
    entry = opened.entry
    print(f"entry {entry.n}: {entry.kind} in {entry.stream} at {entry.at}, {opened.closed} fields stay closed")
    for name, value in opened.fields.items():
        print(f"  {name}: {value}")


def _record(result: Verification, grown: int | None) -> dict[str, object]:
    findings = result.findings
    return {
        "findings": findings
        and {
            "first": findings.first,
            "open": findings.open,
            "outside": findings.outside,
            "silent": [list(stretch) for stretch in findings.silent],
            "stop": findings.stop,
            "stopped": [list(stretch) for stretch in findings.stopped],
            "summaries": findings.summaries,
            "summaries_outside": findings.summaries_outside,
            "unstopped": findings.unstopped,
        },
        "grown_from": grown,
        "opened": [
            {"closed": opened.closed, "entry": opened.entry.fields, "fields": dict(opened.fields)}
            for opened in result.opened
        ],
        "sampled": result.sampled,
        "stamps": [{"size": stamp.size, "time": write_moment(stamp.time)} for stamp in result.stamps],
        "whole": result.whole,
    }
