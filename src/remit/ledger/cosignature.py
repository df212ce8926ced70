"""Cosignatures: a witness says that it saw a checkpoint grow out of the one before, and when (C2SP tlog-cosignature).

1. What is signed is `cosignature/v1`, a line with the time, and the whole text of the checkpoint.
2. The signature is the time in eight bytes, big-endian, and then 64 bytes of Ed25519.
3. The type is 0x04. The time may not exceed 2^63 - 1.
4. The message does not bind the witness's name: one key for each name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.note import COSIGNATURE, NoteSignature, VerifierKey, demand_name, signatures_by, verify_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.ledger.note import SignedNote
    from remit.ledger.signer import Signer

LATEST_TIME = 2**63 - 1
_TIME_SIZE = 8
_SIZE = _TIME_SIZE + 64


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who has cosigned a checkpoint, and when by its own clock, in seconds since 1970."""

    key: VerifierKey
    time: int


def cosign(text: bytes, name: str, signer: Signer, time: int) -> NoteSignature:
    """Cosign the text of a checkpoint at a time in seconds since 1970."""
    demand_name(name)
    if not 0 < time <= LATEST_TIME:  # (3)
        raise EvidenceRefused("cosignature-time", f"{time} is not a time a cosignature can bear")
    key = VerifierKey(name, COSIGNATURE, signer.public_key)
    signature = time.to_bytes(_TIME_SIZE, "big") + signer.sign(_message(text, time))  # (2)
    return NoteSignature(name, key.ident, signature)


def verify_cosignatures(note: SignedNote, keys: Iterable[VerifierKey]) -> tuple[Cosignature, ...]:
    """Return the cosignatures of these witnesses; raise if one of them does not hold.

    That there are none is no fault here: how many it takes is the policy's question.
    """
    found = signatures_by(note.signatures, [key for key in keys if key.kind == COSIGNATURE])
    return tuple(_verify(note.text, key, signature) for key, signature in found.items())


def _verify(text: bytes, key: VerifierKey, signature: bytes) -> Cosignature:
    if len(signature) != _SIZE:
        found = f"the cosignature of {key.name} is {len(signature)} bytes long, not {_SIZE}"
        raise EvidenceRefused("cosignature-format", found)
    time = int.from_bytes(signature[:_TIME_SIZE], "big")
    if not 0 < time <= LATEST_TIME:
        raise EvidenceRefused("cosignature-time", f"the cosignature of {key.name} bears the time {time}")
    verify_bytes(key, _message(text, time), signature[_TIME_SIZE:])
    return Cosignature(key, time)


def _message(text: bytes, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n".encode() + text  # (1)
