"""`remit whatif`: what one more order, grant or waiver would change, before anybody signs it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.canonical import digest
from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.errors import ExtraMissing, NothingToLookAt, TermsUnusable
from remit.prove.story import DONE, references, say_use
from remit.prove.whatif import Touch, add_instrument, date_line, look_ahead, prospect_line
from remit.terms.calendar import HolidayCalendars
from remit.terms.deadline import say_span, started_by
from remit.terms.document import read_document
from remit.terms.fields import Fields
from remit.terms.folder import load_terms
from remit.terms.instant import write_instant
from remit.terms.instrument import read_instrument
from remit.terms.terms import make_terms

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from remit.cli.parser import Subparsers
    from remit.prove.whatif import Outlook, Prospect
    from remit.terms.deadline import Deadline
    from remit.terms.instrument import Instrument
    from remit.terms.terms import Terms

EPILOG = """\
The instrument is read as if it stood in the folder; nothing is written, and no signature is asked for.
It exits with 10 where a use case loses its last model, and otherwise with 0.

example:
  remit whatif examples/harbour/remit/instruments/board-designation-7.yaml --terms examples/harbour/remit
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "whatif", description="Show what one more instrument would change, for each use case.", epilog=EPILOG
    )
    parser.add_argument("instrument", metavar="FILE", help="the order, grant or waiver, as a file of terms")
    add_terms(parser)
    add_when(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Add the instrument, compare, and print."""
    terms = load_terms(find_folder(args.terms))
    instrument, changed = _read(Path(args.instrument), terms)
    before = _without(terms, instrument)
    at, known = read_when(args, changed)
    outlook = look_ahead(before, changed, instrument, at, known)
    started = _started(changed, outlook)
    if args.format == "json":
        print_json(_record(changed, outlook, started))
    else:
        print_lines(_text(changed, outlook, started))
    return Exit.OUTSIDE if any(prospect.loses_its_last for prospect in outlook.prospects) else Exit.WITHIN


def _read(path: Path, terms: Terms) -> tuple[Instrument, Terms]:
    if not path.is_file():
        raise NothingToLookAt(f"Nothing was compared: there is no file {path}.")
    content = path.read_bytes()
    document = read_document(path.as_posix(), content)
    instrument = None
    if document.root is not None:
        instrument = read_instrument(Fields.of(document, document.root), terms.vocabulary)
    if document.faults or instrument is None:
        raise TermsUnusable(document.faults, "The instrument is not usable; nothing was compared.")
    added = hashlib.sha256(content).hexdigest()
    return instrument, add_instrument(terms, instrument, digest({"terms": terms.digest, "added": added}))


def _without(terms: Terms, instrument: Instrument) -> Terms:
    """Return the terms without an instrument of that name, so that one on file can be asked about too."""
    others = tuple(item for item in terms.instruments if item.id != instrument.id)
    if len(others) == len(terms.instruments):
        return terms
    return make_terms(terms.register, others, terms.catalogue, terms.vocabulary, terms.digest)


def _started(terms: Terms, outlook: Outlook) -> list[Deadline]:
    """Return the clocks of the register that the instrument starts; without the extra, those without business days."""
    try:
        return started_by(terms, outlook.instrument, outlook.at, HolidayCalendars())
    except ExtraMissing as error:
        print_lines([f"{str(error).splitlines()[0]}; deadlines are left out"])
        return []


def _text(terms: Terms, outlook: Outlook, started: Sequence[Deadline]) -> Iterator[str]:
    yield f"What {outlook.instrument.id} would change at {write_instant(outlook.at)}:"
    for touch in Touch:
        found = [prospect for prospect in outlook.prospects if prospect.touch is touch]
        if found:
            yield ""
            yield f"{touch[0].upper()}{touch[1:]}:"
            yield from (f"  {line}" for line in columns([(p.caller, prospect_line(p)) for p in found]))
            yield from (f"    such as {such}" for prospect in found if (such := _such(terms, prospect)))
    if outlook.waivers:
        yield ""
        yield "Exemptions:"
        yield from (f"  {line}" for line in outlook.waivers)
    if outlook.dates:
        yield ""
        yield "Dates that it sets:"
        yield from (f"  {date_line(moment, says)}" for moment, says in outlook.dates)
    if started:
        yield ""
        yield "Deadlines that it starts:"
        yield from (f"  {line}" for line in columns([_deadline(each) for each in started]))


def _deadline(each: Deadline) -> tuple[str, ...]:
    due = write_instant(each.due) if each.due else "no end in sight"
    return due, each.clock.id, each.clock.says, f"{say_span(each.clock.span, each.clock.way)} from {each.clock.starts}"


def _such(terms: Terms, prospect: Prospect) -> str:
    if prospect.witness is None:
        return ""
    was, now = prospect.witness
    by = ", ".join(references(now)) or "nothing permits it"
    return f"{say_use(terms, now.use)}: was {DONE[was.effect]}, would be {DONE[now.effect]} ({by})"


def _record(terms: Terms, outlook: Outlook, started: Sequence[Deadline]) -> dict[str, Any]:
    return {
        "instrument": outlook.instrument.id,
        "at": write_instant(outlook.at),
        "terms": terms.digest,
        "use_cases": [
            {
                "caller": prospect.caller,
                "touch": prospect.touch.value,
                "turns_on": list(prospect.turns_on),
                "models_before": list(prospect.before),
                "models_after": list(prospect.after),
                "loses_its_last": prospect.loses_its_last,
                "such_as": _such(terms, prospect) or None,
            }
            for prospect in outlook.prospects
        ],
        "exemptions": list(outlook.waivers),
        "deadlines": [
            {
                "clock": each.clock.id,
                "says": each.clock.says,
                "started": write_instant(each.started),
                "due": write_instant(each.due) if each.due else None,
            }
            for each in started
        ],
        "dates": [{"at": write_instant(moment), "says": says} for moment, says in outlook.dates],
    }
