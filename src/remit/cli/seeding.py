"""What `remit drill --seeded` does: hold made-up calls that approvers must refuse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, read_file
from remit.cli.oversight import open_place
from remit.errors import NothingToLookAt, TermsUnusable
from remit.gateway.ground import make_rulebook
from remit.gateway.seeding import MadeUp, read_made_up, seed_calls
from remit.terms.document import read_document
from remit.terms.fields import Fields

if TYPE_CHECKING:
    import argparse


def run_seeded(args: argparse.Namespace) -> int:
    """Seed the calls of a file, and say how many."""
    rows = _read(Path(args.seeded))
    with open_place(args) as place, place.writer() as writer:
        book = make_rulebook(place.terms())
        count = seed_calls(rows, writer, place.store, place.log.keyring, book, clock())
    print(f"seeded {count} calls that must be refused; the log has a commitment to them")
    print("remit approvals --reviewers shows who refused them, once they were answered")
    return Exit.WITHIN


def _read(path: Path) -> list[MadeUp]:
    document = read_document(path.name, read_file(path))
    if document.root is None:
        raise TermsUnusable(document.faults, "The calls are not usable; nothing was seeded.")
    fields = Fields.of(document, document.root)
    rows = [read_made_up(row) for row in fields.each("calls", "the calls to make up")]
    fields.done()
    if document.faults:
        raise TermsUnusable(document.faults, "The calls are not usable; nothing was seeded.")
    if not rows:
        raise NothingToLookAt(f"Nothing was seeded: {path} names no calls.")
    return rows
