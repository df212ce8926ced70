"""`remit terms diff`: what a draft, a commit or a later day newly forbids, holds and permits, each with an example."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from remit.cli.exit import Exit
from remit.cli.folder import DEFAULT, find_folder
from remit.cli.revision import read_side
from remit.cli.screen import print_json, print_lines
from remit.errors import UsageError
from remit.prove.difference import Turn, compare_terms
from remit.prove.story import DONE, references, say_mask, say_use
from remit.prove.summary import Entry, headline, standings, summarise
from remit.terms.argument import decision_record
from remit.terms.instant import parse_instant, write_instant
from remit.terms.prose import join_words, say_actions, say_hold

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.cli.parser import Subparsers
    from remit.prove.difference import Change, Difference
    from remit.terms.decision import Decision
    from remit.terms.terms import Terms

MOST_SHOWN = 40

EPILOG = """\
OLD and NEW are folders of terms, or git revisions of --terms; without NEW it is the folder as it stands.
With --and the same terms are compared at two instants. What changes nothing for anybody is not listed.
It exits with 0 whatever it finds; two sides that differ in nothing say so.

example:
  remit terms diff examples/harbour/remit --at 2026-04-01 --and 2026-09-01
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "diff", description="Show what a change of the terms, or of the day, changes for whom.", epilog=EPILOG
    )
    parser.add_argument("old", nargs="?", metavar="OLD", help="the earlier terms: a folder, or a git revision")
    parser.add_argument("new", nargs="?", metavar="NEW", help="the later terms (default: the folder as it stands)")
    parser.add_argument("--terms", metavar="FOLDER", help="the folder that revisions are of (default: remit)")
    group = parser.add_argument_group("time")
    group.add_argument("--at", metavar="INSTANT", help="compare by what is in force then (default: now)")
    group.add_argument("--and", metavar="INSTANT", dest="then", help="compare the same terms then instead")
    group.add_argument("--known", metavar="INSTANT", help="count only what was known by then (default: all)")
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="how to print (default: text)"
    )


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    old, new = _sides(args)
    at = _instant("--at", args.at) or datetime.now(UTC).replace(microsecond=0)
    then = _instant("--and", args.then) or at
    known = _instant("--known", args.known)
    difference = compare_terms((old, at, known or _all(old, at)), (new, then, known or _all(new, then)))
    match args.format:
        case "json":
            print_json(_record(difference))
        case "markdown":
            print_lines(_markdown(difference))
        case _:
            print_lines(_text(difference))
    return Exit.WITHIN


def _sides(args: argparse.Namespace) -> tuple[Terms, Terms]:
    folder = find_folder(args.terms)
    if args.then is not None:
        if args.new is not None:
            raise UsageError("Nothing was compared: --and compares one folder at two instants; two were given.")
        terms = read_side(args.old or str(folder), folder)
        return terms, terms
    if args.old is None:
        raise UsageError("Nothing was compared: name two folders, a git revision, or an instant with --and.")
    return read_side(args.old, folder), read_side(args.new or args.terms or DEFAULT, folder)


def _instant(option: str, text: str | None) -> datetime | None:
    if text is None or text == "now":
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(f"Nothing was compared: {option} {text!r}: {error}.") from error


def _all(terms: Terms, at: datetime) -> datetime:
    """Return an instant by which everything on file is known."""
    return max((*terms.learned[-1:], at))


def _text(difference: Difference) -> Iterator[str]:
    yield f"What changes {headline(difference)}."
    entries = summarise(difference)
    for line in standings(difference):
        yield f"  {line}"
    for turn in Turn:
        found = [entry for entry in entries if entry.turn is turn]
        if found:
            yield ""
            yield f"{turn[0].upper()}{turn[1:]}:"
        for entry in found:
            yield f"  to {say_actions(entry.actions)}{_by(entry.change)}"
            yield from (f"    {line or 'for everybody'}" for line in _shown(entry.lines))
            yield f"      {_turns_on(entry)}"
            yield f"      such as {say_use(difference.after.terms, entry.change.now.use)}: {_was_and_is(entry.change)}"
    if not entries:
        yield "Nobody gains or loses anything."


def _markdown(difference: Difference) -> Iterator[str]:
    entries = summarise(difference)
    yield f"### What changes {headline(difference)}"
    yield ""
    if not entries:
        yield "Nobody gains or loses anything."
    yield from (f"- {line}" for line in standings(difference))
    for turn in Turn:
        found = [entry for entry in entries if entry.turn is turn]
        if not found:
            continue
        yield ""
        yield f"#### {turn[0].upper()}{turn[1:]}"
        yield ""
        yield "| to | by | for | such as |"
        yield "| --- | --- | --- | --- |"
        for entry in found:
            lines = "<br>".join(line or "everybody" for line in _shown(entry.lines))
            clauses = _clauses(entry.change)
            use = f"{say_use(difference.after.terms, entry.change.now.use)}: {_was_and_is(entry.change)}"
            cells = say_actions(entry.actions), join_words(clauses, "and") or "nothing permits it", lines, use
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _shown(lines: tuple[str, ...]) -> Iterator[str]:
    yield from lines[:MOST_SHOWN]
    if len(lines) > MOST_SHOWN:
        yield f"and {len(lines) - MOST_SHOWN} more; --format json has all"


def _by(change: Change) -> str:
    if change.turn is Turn.ASKED:
        asking, asked = (join_words(found, "and") or "no clause" for found in (change.by_after, change.by_before))
        return f", by {asking} (before: by {asked})"
    if change.turn is Turn.STANDING:
        return f": was {change.was.verdict}, is {change.now.verdict}, by {join_words(_clauses(change), 'and')}"
    clauses = _clauses(change)
    before = change.by_before or references(change.was)
    now = f" by {join_words(clauses, 'and')}" if clauses else " because nothing permits it"
    was = f"{DONE[change.before]} by {join_words(before, 'and')}" if before else "denied, as nothing permitted it"
    return f",{now} (before: {was})"


def _clauses(change: Change) -> tuple[str, ...]:
    """Return the clauses that make the difference: those that decide now, or else the ones in the shadow."""
    if change.turn is not Turn.STANDING:
        return change.by_after or references(change.now)
    shadows = (rule.reference for side in (change.now, change.was) for s in side.shadow for rule in s.because)
    return tuple(dict.fromkeys(shadows))


def _turns_on(entry: Entry) -> str:
    boxes = f"{entry.boxes} box{'' if entry.boxes == 1 else 'es'}"
    unknown = f", and {entry.unknown} more of uses with a fact that is not known" if entry.unknown else ""
    also = f"; it also turns on {join_words(entry.also, 'and')}" if entry.also else ""
    return f"({boxes}{unknown}{also})"


def _was_and_is(change: Change) -> str:
    was, now = change.was, change.now
    if change.turn is Turn.ASKED:
        return f"was {_asked(was)}, is {_asked(now)}"
    return f"was {DONE[was.effect]} ({was.verdict}), is {DONE[now.effect]} ({now.verdict})"


def _asked(decision: Decision) -> str:
    """Say what a decision asks for before a use goes on, and beside it."""
    duties = dict.fromkeys(f"{owed.duty}: {owed.says}" if owed.says else str(owed.duty) for owed in decision.duties)
    parts = ([f"held until {say_hold(decision.hold)}"] if decision.hold is not None else []) + list(duties)
    return join_words(parts, "and") or "asked for nothing"


def _record(difference: Difference) -> dict[str, Any]:
    axes = difference.after.axes
    return {
        "before": {"terms": difference.before.terms.digest, "at": write_instant(difference.before.at)},
        "after": {"terms": difference.after.terms.digest, "at": write_instant(difference.after.at)},
        "standings": standings(difference),
        "changes": [
            {
                "turn": change.turn.value,
                "action": change.action.value,
                "box": {
                    axis.attribute: say_mask(axis, mask)
                    for axis, mask in zip(axes, change.box, strict=True)
                    if mask != axis.full
                },
                "before": change.before.word,
                "after": change.after.word,
                "by_before": list(change.by_before),
                "by_after": list(change.by_after),
                "witness": {"before": decision_record(change.was), "after": decision_record(change.now)},
            }
            for change in difference.changes
        ],
    }
