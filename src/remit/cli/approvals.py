"""`remit approvals`: the calls that wait for people, those whose time is up soonest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, print_record
from remit.cli.oversight import left, open_place, show_sheet
from remit.cli.state import add_state
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from remit.cli.oversight import Place
    from remit.cli.parser import Subparsers
    from remit.gateway.oversight.attention import Record
    from remit.gateway.oversight.held import HeldCall

EPILOG = """\
Where people must answer apart from each other, nobody sees here what another has answered before all have.
With a name it shows what must be seen before one answers: remit approve and remit refuse show it too.

example:
  remit serve examples/harbour/remit --state state --check
  remit approvals --state state
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("approvals", description="Show the calls that wait for people.", epilog=EPILOG)
    parser.add_argument("call", nargs="?", metavar="CALL", help="show one call, as it must be seen")
    parser.add_argument("--all", action="store_true", help="show those too that have ended")
    parser.add_argument("--reviewers", action="store_true", help="show how well people look")
    parser.add_argument("--traces", metavar="DIR", help="write what the log says of held calls as traces")
    parser.add_argument("--at", metavar="INSTANT", help="as of an instant (default: now)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Print the queue, one call, the reviewers, or write traces."""
    from remit.gateway.oversight.waiting import attention_records, find_held, held_calls

    at = _read_at(args.at)
    with open_place(args) as place:
        if args.traces is not None:
            return _write_traces(place, Path(args.traces))
        if args.reviewers:
            return _print_reviewers(list(attention_records(place.store)), args.format)
        if args.call is not None:
            return _print_one(find_held(place.store, args.call).at_time(at), args.format, at)
        found = [held.at_time(at) for held in held_calls(place.store)]
        stops = _stops(place)
    shown = [held for held in found if args.all or held.state.live or held.reviewing]
    shown.sort(key=lambda held: (not held.state.live, held.expires, held.id))
    if args.format == "json":
        print_record({"calls": [call_record(held) for held in shown], "stopped": stops})
        return Exit.WITHIN
    for stop in stops:
        print(f"stopped: {stop['reach']} {stop['name']} by {stop['by']} since {stop['since']}: {stop['reason']}")
    if not shown:
        print("Nothing waits.")
        return Exit.WITHIN
    _print_table(shown, at)
    return Exit.WITHIN


def call_record(held: HeldCall) -> dict[str, object]:
    """Return a held call for machines, without what another person answered where that is hidden."""
    hidden = held.hold.apart and held.state.live
    answers = [{"answer": answer.answer, "person": answer.person, "role": answer.role} for answer in held.answers]
    return {
        "answers": [] if hidden else answers,
        "asks_for": [{"at_least": approval.at_least, "of": approval.of} for approval in held.hold.approvals],
        "call": held.call.digest,
        "effects": list(held.effects),
        "expires": held.expires.isoformat(),
        "id": held.id,
        "model": held.call.model,
        "oversight": held.oversight.value,
        "parked": held.parked,
        "requester": held.call.requester,
        "shown": held.sheet.digest,
        "state": held.state.value,
        "title": held.call.title,
        "tool": held.call.tool,
        "use_case": held.call.use_case,
        "why": held.why,
    }


def _read_at(given: str | None) -> datetime:
    from remit.terms.instant import parse_instant

    if given is None or given == "now":
        return clock()
    try:
        return parse_instant(given)
    except ValueError as error:
        raise UsageError(f"Nothing was shown: --at {given!r} is {error}.") from error


def _print_table(shown: list[HeldCall], at: datetime) -> None:
    rows = [("call", "left", "state", "tool", "effect", "use case", "asks for")]
    rows += [
        (
            held.id,
            left(held.expires, at) if held.state.live else "",
            "to review" if held.reviewing else held.state.value,
            held.call.title,
            ",".join(held.effects),
            held.call.use_case,
            _asks(held),
        )
        for held in shown
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]).rstrip())


def _asks(held: HeldCall) -> str:
    asked = ", ".join(f"{approval.at_least} {approval.of}" for approval in held.hold.approvals)
    if held.hold.apart:
        return f"{asked}, apart"
    return f"{asked}; {len(held.answers)} answered" if held.answers else asked


def _print_one(held: HeldCall, form: str, at: datetime) -> int:
    if form == "json":
        print_record({**call_record(held), "sheet": held.sheet.record()})
        return Exit.WITHIN
    print(f"{held.id}: {held.state}, {left(held.expires, at)} left; asks for {_asks(held)}")
    if held.why:
        print(f"  {held.why}")
    if held.sheet.parts:
        show_sheet(held)
    return Exit.WITHIN


def reviewer_record(record: Record) -> dict[str, object]:
    """Return how well somebody looks, for machines."""
    return {
        "agreed": record.agreed,
        "answers": len(record.looks),
        "approval_rate": str(record.approval_rate),
        "busiest_hour": record.busiest_hour,
        "catch_rate_at_least": str(record.catch_rate_low),
        "caught": record.caught,
        "pace": record.pace,
        "person": record.person,
        "seeded": record.seeded,
        "together": record.together,
    }


def _print_reviewers(records: list[Record], form: str) -> int:
    records.sort(key=lambda record: (record.catch_rate_low, record.person))
    if form == "json":
        print_record([reviewer_record(record) for record in records])
        return Exit.WITHIN
    if not records:
        print("Nobody has answered anything yet.")
    for record in records:
        agreed = f", agreed with the other {record.agreed} of {record.together} times" if record.together else ""
        print(
            f"{record.person}: caught {record.caught} of {record.seeded} seeded checks, at least "
            f"{record.catch_rate_low}; approved {record.approval_rate} of {len(record.looks)}, at most "
            f"{record.busiest_hour} in an hour, {record.pace} characters a second{agreed}"
        )
    return Exit.WITHIN


def _stops(place: Place) -> list[dict[str, str]]:
    from remit.gateway.oversight.stop import stops

    return [
        {"by": stop.by, "name": stop.name, "reach": stop.reach.value, "reason": stop.reason, "since": stop.since}
        for stop in stops(place.store)
    ]


def _write_traces(place: Place, folder: Path) -> int:
    """Write a trace for each session, as AgentAck reads them."""
    from remit.gateway.oversight.trace import OpenedEntry, sessions, trace_lines
    from remit.ledger.entry import read_entry
    from remit.ledger.sidecar import Sealer

    opened = []
    for raw in place.store.entries(0, place.store.head().size):
        entry = read_entry(raw)
        sealed = place.store.contents(entry.n)
        epoch = None if sealed is None else place.log.keyring.find(entry.fields["ep"])
        hidden = Sealer(epoch).unseal(entry.n, sealed) if epoch is not None and sealed is not None else {}
        opened.append(OpenedEntry(entry, hidden))
    found = sessions(opened)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (session, entries) in enumerate(sorted(found.items()), start=1):
        path = folder / f"session-{number:04d}.jsonl"
        path.write_text("".join(f"{line}\n" for line in trace_lines(session, entries)), encoding="utf-8")
    print(f"wrote {len(found)} traces to {folder}")
    return Exit.WITHIN
