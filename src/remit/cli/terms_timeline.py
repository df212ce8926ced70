"""`remit terms timeline`: every instant at which some decision can change, and on whose authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_folder, read_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.terms.instant import write_instant
from remit.terms.timeline import Turn, Turning, timeline

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from remit.cli.parser import Subparsers

EPILOG = """\
A line is drawn at --at; with --known the list holds only what was known by then.

example:
  remit terms timeline examples/harbour/remit
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "timeline",
        description="Show what came into force when, on whose authority, and when it was known.",
        epilog=EPILOG,
    )
    add_folder(parser)
    add_when(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print the changes in the order of time."""
    terms = read_folder(args)
    at, known = read_when(args, terms)
    turns = timeline(terms, known)
    if args.format == "json":
        print_json([_record(turn) for turn in turns])
        return Exit.WITHIN
    lines = columns([_row(turn) for turn in turns])
    place = next((number for number, turn in enumerate(turns) if turn.at > at), len(turns))
    print_lines([*lines[:place], _mark(at), *lines[place:]])
    return Exit.WITHIN


def _mark(at: datetime) -> str:
    return f"{write_instant(at)}  {'─' * 12} here {'─' * 12}"


def _row(turn: Turn) -> tuple[str, ...]:
    change = f"{turn.before} → {turn.after}" if turn.turning is not Turning.PHASED_OUT else turn.turning.value
    about = f"{turn.instrument.id}/{turn.clause}" if turn.clause else turn.instrument.id
    notes = []
    if turn.entry.covers:
        notes.append(f"for {', '.join(sorted(turn.entry.covers))}")
    if turn.entry.known != turn.at and turn.turning is Turning.BEGINS:
        notes.append(f"known {write_instant(turn.entry.known)}")
    if turn.entry.contested_by:
        notes.append(f"contested by {turn.entry.contested_by}")
    if turn.entry.note:
        notes.append(turn.entry.note)
    return write_instant(turn.at), about, change, f"by {turn.authority}", "; ".join(notes)


def _record(turn: Turn) -> dict[str, object]:
    entry = turn.entry
    return {
        "at": write_instant(turn.at),
        "turning": turn.turning.value,
        "instrument": turn.instrument.id,
        "kind": turn.instrument.kind.value,
        "clause": turn.clause or None,
        "before": str(turn.before),
        "after": str(turn.after),
        "by": turn.authority,
        "covers": sorted(entry.covers),
        "known": write_instant(entry.known),
        "contested_by": entry.contested_by or None,
        "source": entry.source or turn.instrument.source or None,
        "note": entry.note or None,
    }
