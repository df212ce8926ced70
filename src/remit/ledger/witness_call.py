"""Asks a witness to cosign a checkpoint, over HTTP or by file (C2SP tlog-witness, "add-checkpoint").

1. What is asked for is growth from the size the witness saw last; where we are wrong about it, it says the size (409).
2. A witness that has seen more than the log holds means that the log was set back: nothing more is signed.
3. A line counts only when it is a cosignature by the key the policy has for that witness, over this very text.
"""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from remit.errors import EvidenceRefused, LogRewound, UsageError
from remit.ledger.cosignature import verify_cosignatures
from remit.ledger.encoding import parse_number
from remit.ledger.note import SignedNote, parse_signatures
from remit.ledger.proof import make_consistency
from remit.ledger.witness import write_request

if TYPE_CHECKING:
    from remit.ledger.note import NoteSignature, VerifierKey
    from remit.ledger.tree import Node

PATIENCE = 10.0
_LARGEST_ANSWER = 64 * 1024


class Reply(NamedTuple):
    """What came back: a status of HTTP and a body."""

    status: int
    body: bytes


class WitnessCall(Protocol):
    """One witness that can be asked; `key` is what the policy has for it."""

    key: VerifierKey

    def ask(self, body: bytes) -> Reply:
        """Send a request and return what comes back; raise `OSError` when nothing does."""


class HttpWitness(WitnessCall):
    """A witness at an address."""

    def __init__(self, key: VerifierKey, address: str) -> None:
        if urlsplit(address).scheme not in {"http", "https"}:
            raise UsageError(f"No witness was asked: {address!r} is not an address of http or https.")
        self.key = key
        self._address = f"{address.rstrip('/')}/add-checkpoint"

    def ask(self, body: bytes) -> Reply:  # noqa: D102  # the interface says it
        request = Request(self._address, data=body, method="POST")  # noqa: S310 - the scheme was looked at.
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return Reply(answer.status, answer.read(_LARGEST_ANSWER))
        except HTTPError as answer:
            with answer:
                return Reply(answer.code, answer.read(_LARGEST_ANSWER))
        except (URLError, HTTPException) as error:
            raise OSError(f"{self._address}: {error}") from error


def ask_witness(call: WitnessCall, note: SignedNote, size: int, seen: int, node: Node) -> NoteSignature:
    """Return the line of a witness for a checkpoint of a size; `seen` is the size we think it saw last.

    Raise `EvidenceRefused` for an answer that is none, `LogRewound` where the witness has seen more.
    """
    reply = call.ask(write_witness_request(note, size, seen, node))
    if reply.status == HTTPStatus.CONFLICT:  # (1)
        text = reply.body.decode("ascii", "replace").removesuffix("\n")
        seen = parse_number(text, "witness-answer", f"the size {call.key.name} answers with")
        if seen > size:  # (2)
            raise LogRewound(size, seen, f"the witness {call.key.name}")
        reply = call.ask(write_witness_request(note, size, seen, node))
    if reply.status != HTTPStatus.OK:
        said = reply.body.decode("utf-8", "replace").strip()
        raise EvidenceRefused("witness-answer", f"{call.key.name} answered {reply.status}: {said:.200}")
    return take_line(reply.body, note, call.key)


def write_witness_request(note: SignedNote, size: int, seen: int, node: Node) -> bytes:
    """Write the request that is sent or carried to a witness which saw `seen` entries last."""
    proof = make_consistency(seen, size, node) if seen else []
    return write_request(seen, proof, note.content())


def take_line(lines: bytes, note: SignedNote, key: VerifierKey) -> NoteSignature:
    """Return the line of one witness out of its answer, verified (3)."""
    try:
        signatures = parse_signatures(lines.decode())
    except UnicodeDecodeError as error:
        raise EvidenceRefused("witness-answer", f"the answer of {key.name} is not UTF-8") from error
    answer = SignedNote(note.text, signatures)
    if not verify_cosignatures(answer, [key]):
        raise EvidenceRefused("witness-answer", f"the answer has no cosignature by the key of {key.name}")
    return next(line for line in signatures if (line.name, line.ident) == (key.name, key.ident))
