"""Which terms are active: read from their folder, kept by their digest, and put in force by an entry in the log.

1. New terms are read as always: every fault is told and a signature that is asked for is checked. With a fault nothing
   changes.
2. Their files are copied under their digest, so that what decisions were made by can be read again, and every worker
   reads the same bytes.
3. An entry puts them in force, and in the same transaction a row names them. A worker whose terms are not those of
   the row has its decision refused, reads the copy, and decides anew.
4. While somebody has broken the glass, emergency grants stand beside the terms that are kept; together they have a
   digest of their own, and an entry puts them in force and takes them out of it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from remit.canonical import canonical
from remit.errors import NothingToLookAt
from remit.gateway.ground import ACTIVE
from remit.gateway.oversight.breakglass import read_emergency, with_emergencies
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.writer import write_time
from remit.terms.folder import load_terms, terms_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from remit.gateway.oversight.breakglass import Opening
    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer
    from remit.terms.terms import Terms

BENEATH = "terms/beneath"
"""The row that holds which kept terms the active ones are, and which emergencies stand beside them."""

Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint(folder: Path) -> Fingerprint:
    """Return what changes when a file of the terms does: the names, times and sizes."""
    found = []
    for path in terms_files(folder):
        try:
            seen = path.stat()
        except OSError:
            continue
        found.append((str(path), seen.st_mtime_ns, seen.st_size))
    return tuple(found)


def keep_terms(folder: Path, kept: Path) -> Terms:
    """Copy terms under their digest, and return them as they are read from the copy (2)."""
    kept.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=kept))
    try:
        for path in terms_files(folder):
            place = beside / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        # Read from the copy: what is judged by is what is kept, whatever the folder becomes meanwhile.
        terms = load_terms(beside)
        place = place_of(kept, terms.digest)
        if not place.exists():
            for made in (beside, *(path for path in beside.rglob("*") if path.is_dir())):
                made.chmod(0o755)
            _put(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return terms


def _put(beside: Path, place: Path) -> None:
    """Put terms where they are kept, unless another worker that starts now has put the same ones there."""
    try:
        beside.replace(place)
    except OSError:
        if not place.exists():
            raise


def place_of(kept: Path, digest: str) -> Path:
    """Return where terms are kept."""
    return kept / digest.removeprefix("sha256:")


def activate(writer: Writer, terms: Terms, at: datetime, openings: Sequence[Opening] = ()) -> Terms:
    """Put terms in force with the emergencies beside them, unless they are; return what is then judged by (3) (4)."""
    active = with_emergencies(terms, openings)
    beneath = canonical({"openings": [opening.record().decode() for opening in openings], "terms": terms.digest})

    def settle(desk: Desk) -> Sequence[Draft]:
        if desk.row(ACTIVE) == active.digest.encode():
            return []
        desk.put(ACTIVE, active.digest.encode())
        desk.put(BENEATH, beneath)
        return [make_draft(Kind.TERMS, LOG_STREAM, {"from": write_time(at), "tm": active.digest})]

    writer.commit(settle=settle)
    return active


def active_terms(store: Store, kept: Path) -> Terms:
    """Return the terms that are active, from where they are kept, with the emergencies beside them."""
    return read_active(store, kept)[1]


def read_active(store: Store, kept: Path) -> tuple[Terms, Terms]:
    """Return the terms as they are kept, and as they are judged by; the two differ while the glass is broken."""
    rows = {name: content for name, content in store.rows("terms/") if name in {ACTIVE, BENEATH}}
    digest = rows.get(ACTIVE, b"").decode()
    if not digest:
        raise NothingToLookAt("Nothing is served: the ledger names no active terms.")
    beneath = json.loads(rows.get(BENEATH, b"{}"))
    terms = load_terms(place_of(kept, beneath.get("terms", digest)))
    openings = [read_emergency(record.encode()) for record in beneath.get("openings", ())]
    active = with_emergencies(terms, openings)
    if active.digest != digest:
        raise NothingToLookAt(f"Nothing is served: the terms kept as {digest} are others, {active.digest}.")
    return terms, active
