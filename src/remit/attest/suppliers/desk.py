"""The folder in which a round of asking is kept: what was sent, what came in, and what we gave for it.

    sent/<nonce>.json        which supplier was asked, when, about which version of the order
    originals/<sha256>       the bytes as they came, of answers and of signatures
    taken/<sha256>.json      how and when an answer came in; named by its own digest
    receipts/<sha256>.json   the receipt for an answer, in an envelope, as it was handed out

1. Every file is written beside its place, flushed and renamed, and none is ever written over.
2. An original is written before the record that speaks of it, so that no record speaks of what is not there.
3. An original that no longer has the digest it is named by ends the reading: nothing is concluded from what is left.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.attest.suppliers.original import Original, read_original
from remit.attest.suppliers.statement import Issued, Order
from remit.canonical import canonical
from remit.errors import EvidenceRefused, NothingToLookAt
from remit.ledger.strict import read_json
from remit.terms.instant import parse_instant, write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.statement import Answer

SENT, ORIGINALS, TAKEN, RECEIPTS = "sent", "originals", "taken", "receipts"
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Taken:
    """How and when an answer came in: the digests of its bytes and of its signature's, and who took it in."""

    name: str
    content: str
    received: datetime
    taken_by: str
    signature: str = ""
    transcribed_by: str = ""
    supplier: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """The record that is kept."""
        return {
            "name": self.name,
            "content": self.content,
            "received": write_instant(self.received),
            "taken_by": self.taken_by,
            "signature": self.signature,
            "transcribed_by": self.transcribed_by,
            "supplier": self.supplier,
        }

    @property
    def same(self) -> tuple[str, str, str]:
        """What a second coming of the same has in common with the first."""
        return self.content, self.signature, self.transcribed_by


class Desk:
    """The folder, opened; a folder that is not there is an empty one until something is put into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._same: dict[tuple[str, str, str], Taken] | None = None

    def send(self, request: Issued) -> None:
        """Note that a request was sent."""
        record = {
            "nonce": request.nonce,
            "supplier": request.supplier,
            "round": request.round,
            "order": {"id": request.order.id, "version": request.order.version, "digest": request.order.digest},
            "asked": write_instant(request.asked),
        }
        self._put(SENT, f"{request.nonce}.json", canonical(record) + b"\n")

    def sent(self) -> dict[str, Issued]:
        """Return every request that was sent, by its nonce."""
        return {request.nonce: request for path in self._files(SENT) for request in [self._issued(path)]}

    def take(self, original: Original, received: datetime, taken_by: str) -> tuple[Taken, bool]:
        """Keep an answer (2); return how it came in, and whether it is here for the first time."""
        taken = Taken(
            original.name,
            hashlib.sha256(original.content).hexdigest(),
            received,
            taken_by,
            hashlib.sha256(original.signature).hexdigest() if original.signature else "",
            original.transcribed_by,
            original.supplier,
        )
        if self._same is None:
            self._same = {before.same: before for before in reversed(self.taken())}
        if taken.same in self._same:
            return self._same[taken.same], False
        self._put(ORIGINALS, taken.content, original.content)
        if taken.signature:
            self._put(ORIGINALS, taken.signature, original.signature)
        content = canonical(taken.record)
        self._put(TAKEN, f"{hashlib.sha256(content).hexdigest()}.json", content)
        self._same[taken.same] = taken
        return taken, True

    def taken(self) -> list[Taken]:
        """Return how each answer came in, in the order of coming."""
        return sorted((_taken(path) for path in self._files(TAKEN)), key=lambda taken: (taken.received, taken.content))

    def original(self, taken: Taken) -> Original:
        """Return an answer as it came in (3)."""
        signature = self._original(taken.signature) if taken.signature else b""
        return Original(taken.name, self._original(taken.content), signature, taken.transcribed_by, taken.supplier)

    def answers(self, rounds: Round) -> list[Answer]:
        """Read every answer again from its original, since what was concluded of it then is not to be relied on."""
        issued = self.sent()
        wanted = gc.isenabled()
        # Reading makes many objects and no circles, so the search for circles of garbage is put off meanwhile.
        gc.disable()
        try:
            return [read_original(self.original(taken), rounds, issued, taken.received) for taken in self.taken()]
        finally:
            if wanted:
                gc.enable()

    def give(self, digest: str, receipt: bytes) -> None:
        """Keep a receipt as it was handed out."""
        self._put(RECEIPTS, f"{digest.removeprefix('sha256:')}.json", receipt)

    def receipt(self, digest: str) -> bytes | None:
        """Return the receipt for an answer, where one was given."""
        path = self._folder / RECEIPTS / f"{digest.removeprefix('sha256:')}.json"
        return path.read_bytes() if path.is_file() else None

    def _files(self, kind: str) -> Iterator[Path]:
        place = self._folder / kind
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.suffix == ".json" and path.name[0] != ".")

    def _original(self, name: str) -> bytes:
        path = self._folder / ORIGINALS / name
        if not _HEX.fullmatch(name) or not path.is_file():
            raise EvidenceRefused("original", f"{path} is not there, and an answer that was taken in is kept there")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != name:
            raise EvidenceRefused("original", f"{path} no longer holds what it is named by; it was changed")
        return content

    def _issued(self, path: Path) -> Issued:
        record = _read(path)
        try:
            order = record["order"]
            return Issued(
                record["nonce"],
                record["supplier"],
                record["round"],
                Order(order["id"], order["version"], order["digest"]),
                parse_instant(record["asked"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as fault:
            raise EvidenceRefused("sent", f"{path} is no record of a request: {fault!r}") from fault

    def _put(self, kind: str, name: str, content: bytes) -> None:
        """Write a file (1); one that is there already is left as it is, for its name is its content."""
        place = self._folder / kind
        place.mkdir(parents=True, exist_ok=True)
        path = place / name
        if path.exists():
            return
        descriptor, beside = tempfile.mkstemp(dir=place, prefix=".")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise


def is_nonce(text: str) -> bool:
    """Tell whether a text may be a nonce, which becomes the name of a file."""
    return _NONCE.fullmatch(text) is not None


def demand_desk(folder: Path) -> Desk:
    """Open a folder in which requests were noted; raise where there is none."""
    if not (folder / SENT).is_dir():
        raise NothingToLookAt(
            f"Nothing was concluded: {folder} holds no round of asking; remit suppliers request begins one."
        )
    return Desk(folder)


def _read(path: Path) -> dict[str, Any]:
    try:
        record = read_json(path.read_text(encoding="utf-8").strip())
    except (ValueError, RecursionError) as fault:
        raise EvidenceRefused("record", f"{path} cannot be read: {fault}") from fault
    if not isinstance(record, dict):
        raise EvidenceRefused("record", f"{path} holds no record")
    return record


def _taken(path: Path) -> Taken:
    record = _read(path)
    if hashlib.sha256(canonical(record)).hexdigest() != path.stem:
        raise EvidenceRefused("taken", f"{path} no longer holds what it is named by; it was changed")
    try:
        return Taken(
            record["name"],
            record["content"],
            parse_instant(record["received"]),
            record["taken_by"],
            record["signature"],
            record["transcribed_by"],
            record["supplier"],
        )
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise EvidenceRefused("taken", f"{path} is no record of an answer: {fault!r}") from fault
