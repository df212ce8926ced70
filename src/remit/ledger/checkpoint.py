"""Checkpoints: what a log was at one size, in three lines that it signs (C2SP tlog-checkpoint).

1. The lines are the origin, the size in decimal, and the root in base64 ("Note text").
2. Further lines are read, because other logs write them, and never written: no monitor can audit them.
3. The name of the key that signs is the origin ("Signatures").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.encoding import decode_hash, encode, parse_number
from remit.ledger.note import ED25519, SignedNote, demand_name, parse_note, sign_note, verify_note
from remit.ledger.tree import LARGEST_SIZE, demand_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.ledger.note import VerifierKey
    from remit.ledger.signer import Signer

_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree at one size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def write_checkpoint(origin: str, size: int, root: bytes) -> bytes:
    """Write the text that a log signs."""
    demand_name(origin)  # (3)
    demand_hash(root, "the root of the checkpoint")
    if not 0 <= size <= LARGEST_SIZE:
        raise EvidenceRefused("checkpoint-size", f"no tree has {size} leaves")
    return f"{origin}\n{size}\n{encode(root)}\n".encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read the text of a note as a checkpoint."""
    lines = text.decode().removesuffix("\n").split("\n")
    if len(lines) < _LINES or "" in lines:
        raise EvidenceRefused("checkpoint-format", "a checkpoint has at least three lines, none of them empty")
    origin, size, root, *extensions = lines  # (1)
    return Checkpoint(
        origin=origin,
        size=parse_number(size, "checkpoint-size", "the size of the checkpoint"),
        root=decode_hash(root, "checkpoint-root", "the root of the checkpoint"),
        extensions=tuple(extensions),  # (2)
    )


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> SignedNote:
    """Make the checkpoint that a log publishes, under its own signature."""
    text = write_checkpoint(origin, size, root)
    return SignedNote(text, (sign_note(text, origin, signer),))


def open_checkpoint(content: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a checkpoint of this origin that one of these keys has signed; raise otherwise.

    1. Take the note apart, and its text.
    2. Demand the origin (tlog-proof, "Verifying", step 2).
    3. Demand a signature by a key of the log, which bears the origin as its name.
    """
    note = parse_note(content)  # (1)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:  # (2)
        raise EvidenceRefused("checkpoint-origin", f"the checkpoint is of {checkpoint.origin!r}, not of {origin!r}")
    verify_note(note, [key for key in keys if key.kind == ED25519 and key.name == origin])  # (3)
    return checkpoint
