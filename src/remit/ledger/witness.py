"""The witness: what it answers to a checkpoint, as data in and an answer out (C2SP tlog-witness, "add-checkpoint").

1. It cosigns a checkpoint of a log it knows only if the log has grown out of the one it cosigned before.
2. What it remembers is one checkpoint for each log, and comparing and replacing that is one step of its memory.
   Otherwise, of two logs' heads that come at once, the smaller could be stored last, and the log be rolled back.
3. The memory is durable before the answer goes out.
4. It learns the size and the root of a log and when it asks: the traffic, and nothing of what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from remit.errors import EvidenceRefused
from remit.ledger.checkpoint import Checkpoint, parse_checkpoint
from remit.ledger.cosignature import cosign
from remit.ledger.encoding import decode_hash, encode, parse_number
from remit.ledger.note import SignedNote, parse_note, signatures_by, verify_note
from remit.ledger.proof import verify_consistency
from remit.ledger.tree import EMPTY_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.ledger.note import VerifierKey
    from remit.ledger.signer import Signer

MOST_HASHES = 63
LARGEST_REQUEST = 256 * 1024
PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """A status of HTTP with its body; `step` names the check that refused, and is empty on success."""

    status: HTTPStatus
    body: bytes
    step: str = ""
    content_type: str = PLAIN


@dataclass(frozen=True, slots=True)
class CheckpointRequest:
    """What a log asks a witness: from which size, by what proof, to which checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes


class WitnessMemory(Protocol):
    """Keeps the latest cosigned checkpoint of each log, as a signed note."""

    def latest(self, origin: str) -> bytes | None:
        """Return the note stored for an origin, or None when there is none yet."""

    def replace(self, origin: str, expected: bytes | None, note: bytes) -> bool:
        """Store a note durably if `expected` is still what `latest` returns, in one step; say whether it was."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name, its key, the logs it knows and its memory."""

    name: str
    signer: Signer
    logs: Sequence[VerifierKey]
    memory: WitnessMemory

    def add_checkpoint(self, body: bytes, time: int) -> WitnessAnswer:
        """Answer one request at a time in seconds since 1970 ("add-checkpoint").

        1. A request that is not written as the specification asks: 400.
        2. A checkpoint whose origin is unknown: 404.
        3. No signature by a key of that log, or one that does not hold: 403.
        4. An old size above the checkpoint's: 400.
        5. An old size that is not that of the latest checkpoint cosigned: 409, with that size.
        6. An empty tree whose root is not the empty root, a proof where the old size is zero, a proof that does not
           hold, or a second root for one size: 422.
        7. Cosign, store, and only then answer: 200. Where another request came between (5) and here: 409.
        """
        try:
            request = parse_request(body)  # (1)
            note = parse_note(request.note)
            checkpoint = parse_checkpoint(note.text)
        except EvidenceRefused as fault:
            return _refuse(HTTPStatus.BAD_REQUEST, fault)
        keys = [key for key in self.logs if key.name == checkpoint.origin]
        if not keys:  # (2)
            return _refuse(HTTPStatus.NOT_FOUND, _fault("origin", f"the witness knows no log {checkpoint.origin!r}"))
        try:
            verify_note(note, keys)  # (3)
        except EvidenceRefused as fault:
            return _refuse(HTTPStatus.FORBIDDEN, fault)
        if request.old_size > checkpoint.size:  # (4)
            found = f"the old size {request.old_size} is more than the checkpoint's {checkpoint.size}"
            return _refuse(HTTPStatus.BAD_REQUEST, _fault("old-size", found))
        return self._advance(request, _only_signed_by(note, keys), checkpoint, time)

    def latest(self, origin_hash: str) -> bytes | None:
        """Return the checkpoint last cosigned of the log whose origin has this SHA-256 in hexadecimal digits."""
        origins = {key.name for key in self.logs}
        known = {sha256(origin.encode()).hexdigest(): origin for origin in origins}
        return self.memory.latest(known[origin_hash]) if origin_hash in known else None

    def _advance(self, request: CheckpointRequest, note: SignedNote, new: Checkpoint, time: int) -> WitnessAnswer:
        stored = self.memory.latest(new.origin)
        old = _stored_checkpoint(stored)
        if request.old_size != old.size:  # (5)
            return _conflict(old.size)
        try:
            _demand_growth(old, new, request.proof)  # (6)
        except EvidenceRefused as fault:
            return _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, fault)
        line = cosign(note.text, self.name, self.signer, time)  # (7)
        cosigned = SignedNote(note.text, (*note.signatures, line))
        if not self.memory.replace(new.origin, stored, cosigned.content()):
            return _conflict(_stored_checkpoint(self.memory.latest(new.origin)).size)
        return WitnessAnswer(HTTPStatus.OK, line.line.encode())


def parse_request(body: bytes) -> CheckpointRequest:
    """Take a request apart: the old size, the proof, an empty line and the checkpoint."""
    if len(body) > LARGEST_REQUEST:
        raise _fault("request", f"the request is longer than {LARGEST_REQUEST} bytes")
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as fault:
        raise _fault("request", "the lines before the checkpoint are not ASCII") from fault
    if not blank or not first.startswith("old "):
        raise _fault("request", "the request is not an old size, a proof, an empty line and a note")
    if len(lines) > MOST_HASHES:
        raise _fault("request", f"the proof has more than {MOST_HASHES} hashes")
    return CheckpointRequest(
        old_size=parse_number(first.removeprefix("old "), "witness-request", "the old size"),
        proof=tuple(decode_hash(line, "witness-request", "a hash of the proof") for line in lines),
        note=note,
    )


def write_request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Write what a log sends to a witness, or carries to it as a file."""
    return "".join(f"{line}\n" for line in (f"old {old_size}", *map(encode, proof), "")).encode() + note


def _demand_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise _fault("empty-root", "a log without entries has another root than the empty one")
    if old.size > 0:
        verify_consistency(old.size, new.size, old.root, new.root, proof)
    elif proof:
        raise EvidenceRefused("consistency-length", "everything grows out of nothing, so no proof belongs here")


def _stored_checkpoint(stored: bytes | None) -> Checkpoint:
    """Read what the memory holds; a log never cosigned counts as one of size zero."""
    return Checkpoint("", 0, EMPTY_ROOT) if stored is None else parse_checkpoint(parse_note(stored).text)


def _only_signed_by(note: SignedNote, keys: Sequence[VerifierKey]) -> SignedNote:
    """Leave out the lines that were not verified, since the memory is shown to monitors under the witness's name."""
    verified = {(key.name, key.ident) for key in signatures_by(note.signatures, keys)}
    return SignedNote(note.text, tuple(line for line in note.signatures if (line.name, line.ident) in verified))


def _fault(step: str, says: str) -> EvidenceRefused:
    return EvidenceRefused(f"witness-{step}", says)


def _conflict(size: int) -> WitnessAnswer:
    return WitnessAnswer(HTTPStatus.CONFLICT, f"{size}\n".encode(), "witness-old-size", SIZE)


def _refuse(status: HTTPStatus, fault: EvidenceRefused) -> WitnessAnswer:
    return WitnessAnswer(status, f"{fault.step}: {fault.says}\n".encode(), fault.step)
