"""DSSE envelopes: a payload of a type, and signatures over both (DSSE 1.0.2, "protocol" and "envelope").

1. What is signed is the pre-authentication encoding: the lengths and the words of type and payload.
2. An envelope is read strictly: no key twice, no key that DSSE has not, base64 in its one spelling, within bounds.
3. The keyid is a hint and never trusted; one that names no key of the reader's leaves its signature out.

>>> pae("text/plain", b"hello")
b'DSSEv1 10 text/plain 5 hello'
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from remit.errors import EvidenceRefused
from remit.ledger.encoding import decode, encode
from remit.ledger.strict import read_json

IN_TOTO = "application/vnd.in-toto+json"
"""The payload type of an in-toto statement."""
LARGEST_ENVELOPE = 16 * 1024 * 1024
MOST_SIGNATURES = 16
_STEP = "envelope-format"
_KEYS = {"payload", "payloadType", "signatures"}


@dataclass(frozen=True, slots=True)
class EnvelopeSignature:
    """One signature of an envelope: raw bytes, or an armoured SSH signature; nothing of it is verified."""

    signature: bytes
    keyid: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures; nothing in it is to be believed before one of them is verified."""

    payload: bytes
    signatures: tuple[EnvelopeSignature, ...] = ()
    payload_type: str = IN_TOTO

    @property
    def message(self) -> bytes:
        """The bytes that every signature is over."""
        return pae(self.payload_type, self.payload)

    def with_signature(self, signature: EnvelopeSignature) -> Envelope:
        """Return the envelope with one signature more."""
        return replace(self, signatures=(*self.signatures, signature))

    def content(self) -> bytes:
        """Write the envelope in one line."""
        record = {
            "payload": encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": each.keyid, "sig": encode(each.signature)} for each in self.signatures],
        }
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding (1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(content: bytes) -> Envelope:
    """Read an envelope as (2) asks; nothing is verified yet."""
    if len(content) > LARGEST_ENVELOPE:
        raise _refused(f"the envelope is longer than {LARGEST_ENVELOPE} bytes")
    try:
        record = read_json(content.decode().removesuffix("\n"))
    except (ValueError, RecursionError) as fault:
        raise _refused(f"the envelope cannot be read: {fault}") from fault
    match record:
        case {"payload": str(payload), "payloadType": str(kind), "signatures": list(rows)} if set(record) == _KEYS:
            pass
        case _:
            raise _refused("the envelope has not exactly payload, payloadType and signatures")
    if not 1 <= len(rows) <= MOST_SIGNATURES:
        raise _refused(f"the envelope has {len(rows)} signatures, not 1 to {MOST_SIGNATURES}")
    try:
        kind.encode()
    except UnicodeEncodeError as fault:
        raise _refused("the payload type holds a lone surrogate") from fault
    return Envelope(decode(payload, _STEP, "the payload"), tuple(map(_signature, rows)), kind)


def _signature(row: object) -> EnvelopeSignature:
    match row:
        case {"sig": str(signature), **rest} if not set(rest) - {"keyid"}:
            keyid = rest.get("keyid", "")
            if isinstance(keyid, str):
                return EnvelopeSignature(decode(signature, _STEP, "a signature"), keyid)
    raise _refused("a signature has not exactly sig and, where there is one, keyid")


def _refused(says: str) -> EvidenceRefused:
    return EvidenceRefused(_STEP, says)
