"""Signed notes: a text, an empty line, and one line for each signature (C2SP signed-note).

1. A note is UTF-8 without control characters but the newline; its text ends before the last empty line ("Format").
2. A signature line is an em dash, the key's name, and base64 of the key's ID of four bytes with the signature.
3. A key is known by its name and ID together. Signatures of unknown keys are passed over, whatever they say.
4. The signature of a known key must verify, or the whole note is refused; so it is when a known key signs twice.
5. A note that no known key has signed is refused ("Signatures").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from remit.errors import EvidenceRefused
from remit.ledger.encoding import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from remit.ledger.signer import Signer

ED25519 = 0x01
COSIGNATURE = 0x04
"""The two types of signature that Remit makes and verifies ("Signature types")."""
KEY_SIZE = 32
LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100
_ID_SIZE = 4
_DASH = "— "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_TYPES = {ED25519: "Ed25519", COSIGNATURE: "timestamped Ed25519 cosignature"}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name and the type it signs under."""

    name: str
    kind: int
    key: bytes

    @property
    def ident(self) -> bytes:
        """The key's ID: the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        return key_ident(self.name, bytes([self.kind]) + self.key)

    @property
    def text(self) -> str:
        """The verifier key as people hand it on: `name+ID+base64(type ‖ key)`."""
        return f"{self.name}+{self.ident.hex()}+{encode(bytes([self.kind]) + self.key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not verified."""

    name: str
    ident: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"{_DASH}{self.name} {encode(self.ident + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note taken apart; nothing in it is to be believed before its signatures are verified."""

    text: bytes
    signatures: tuple[NoteSignature, ...]

    def content(self) -> bytes:
        """Write the note."""
        return self.text + b"\n" + "".join(signature.line for signature in self.signatures).encode()


def key_ident(name: str, kind_and_key: bytes) -> bytes:
    """Return the key's ID for a type byte and a public key ("Signatures")."""
    return sha256(name.encode() + b"\n" + kind_and_key).digest()[:_ID_SIZE]


def demand_name(name: str) -> None:
    """Raise if a text cannot be the name of a key: it is empty, or has a space, a plus or a control character."""
    if not name or "+" in name or any(character.isspace() for character in name) or _CONTROL.search(name):
        raise EvidenceRefused("note-name", f"{name!r} is not a key's name: empty, or with a space or a plus")


def parse_key(text: str) -> VerifierKey:
    """Read a verifier key ("Verifier keys").

    1. Take the three parts, of which only the last may contain a plus.
    2. Demand a type Remit knows and a key of its length.
    3. Demand the ID to be the one that name, type and key give.
    """
    parts = text.split("+", 2)  # (1)
    if len(parts) != 3:  # noqa: PLR2004  # name, ID and key
        raise EvidenceRefused("key-format", f"{text!r} is not a verifier key: name+ID+base64")
    name, ident, rest = parts
    demand_name(name)
    content = decode(rest, "key-format", f"the key of {name}")
    if content[:1] not in {bytes([kind]) for kind in _TYPES}:  # (2)
        raise EvidenceRefused("key-type", f"the key of {name} is of a type that Remit does not verify")
    if len(content) != 1 + KEY_SIZE:
        raise EvidenceRefused("key-format", f"the key of {name} is {len(content) - 1} bytes long, not {KEY_SIZE}")
    key = VerifierKey(name, content[0], content[1:])
    if ident != key.ident.hex():  # (3)
        raise EvidenceRefused("key-ident", f"the key of {name} has the ID {key.ident.hex()}, not {ident}")
    return key


def parse_note(content: bytes) -> SignedNote:
    """Take a note apart, strictly; nothing is verified yet."""
    if len(content) > LARGEST_NOTE:
        raise EvidenceRefused("note-format", f"the note is longer than {LARGEST_NOTE} bytes")
    try:
        note = content.decode()
    except UnicodeDecodeError as fault:
        raise EvidenceRefused("note-format", "the note is not UTF-8") from fault
    if found := _CONTROL.search(note):  # (1)
        raise EvidenceRefused("note-format", f"the note holds a control character at {found.start()}")
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise EvidenceRefused(
            "note-format", "the note has no text, empty line and signature lines that end in newlines"
        )
    return SignedNote((text + "\n").encode(), parse_signatures(rest))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Read signature lines, each with its newline, as a witness answers them."""
    signatures = tuple(_parse_line(line) for line in lines.removesuffix("\n").split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise EvidenceRefused("note-format", f"the note has more than {MOST_SIGNATURES} signatures")
    return signatures


def sign_note(text: bytes, name: str, signer: Signer) -> NoteSignature:
    """Sign the text of a note with an Ed25519 key of this name ("Ed25519 signatures")."""
    demand_name(name)
    return NoteSignature(name, VerifierKey(name, ED25519, signer.public_key).ident, signer.sign(text))


def verify_note(note: SignedNote, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return which of these Ed25519 keys have signed a note, at least one of them; raise otherwise."""
    found = signatures_by(note.signatures, [key for key in keys if key.kind == ED25519])
    for key, signature in found.items():
        verify_bytes(key, note.text, signature)  # (4)
    if not found:  # (5)
        raise EvidenceRefused("note-unsigned", "no key that is known has signed the note")
    return tuple(found)


def signatures_by(signatures: Sequence[NoteSignature], keys: Iterable[VerifierKey]) -> Mapping[VerifierKey, bytes]:
    """Find the signatures that name one of these keys and its ID, not yet verified."""
    known = {(key.name, key.ident): key for key in keys}
    found: dict[VerifierKey, bytes] = {}
    for line in signatures:
        key = known.get((line.name, line.ident))  # (3)
        if key is None:
            continue
        if key in found:  # (4)
            raise EvidenceRefused("note-duplicate", f"{key.name} has signed twice with one key")
        found[key] = line.signature
    return found


def verify_bytes(key: VerifierKey, message: bytes, signature: bytes) -> None:
    """Raise unless an Ed25519 signature over a message holds."""
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
    except InvalidSignature as fault:
        found = f"the signature of {key.name} ({_TYPES[key.kind]}) does not hold"
        raise EvidenceRefused("note-signature", found) from fault


def _parse_line(line: str) -> NoteSignature:
    name, space, value = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:  # (2)
        raise EvidenceRefused("note-format", f"{line!r} is not a signature line: an em dash, a name and base64")
    demand_name(name)
    content = decode(value, "note-format", f"the signature of {name}")
    if len(content) <= _ID_SIZE:
        raise EvidenceRefused("note-format", f"the signature of {name} is too short to hold a key's ID and itself")
    return NoteSignature(name, content[:_ID_SIZE], content[_ID_SIZE:])
