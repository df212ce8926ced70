"""A statement that a person signs, by an SSH key or a passkey of the register, and the check that it is theirs.

1. A statement is a record of texts in its one canonical form; what is read must be that, byte for byte.
2. An SSH signature is over the statement, in the namespace that the statement's type names.
3. A passkey signs the statement's SHA-256 as its challenge.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, TypeVar

from remit.canonical import canonical
from remit.errors import EvidenceRefused
from remit.ledger.strict import read_json
from remit.terms.signature import SignatureRefused, key_blob, verify_signature

if TYPE_CHECKING:
    from remit.terms.register import Person

_ARMOUR = b"-----BEGIN SSH SIGNATURE"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed; every field of a kind of it is a text, and `type` among them is its namespace."""

    @property
    def statement(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(asdict(self))

    @property
    def challenge(self) -> bytes:
        """Return what a passkey is asked to sign."""
        return sha256(self.statement).digest()


Kind = TypeVar("Kind", bound=Statement)


class PasskeyCheck(Protocol):
    """Verifies what a passkey gave; it raises `EvidenceRefused` where that does not hold."""

    def __call__(self, signature: bytes, challenge: bytes, key: bytes) -> None:
        """Hold an assertion against a challenge and a public key."""


def read_statement(kind: type[Kind], content: bytes, namespace: str, about: str) -> Kind:
    """Read a statement of a kind; raise at the step `about-form` if it is not in the one form of it (1)."""
    step = f"{about}-form"
    try:
        record = read_json(content.decode())
        names = {field.name for field in fields(kind)}
        if type(record) is not dict or set(record) != names or not all(type(v) is str for v in record.values()):
            raise EvidenceRefused(step, f"the statement is no {about}")
        said = kind(**record)
        if said.statement != content or record["type"] != namespace:
            raise EvidenceRefused(step, f"the statement is not in the one form of a {about}")
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused(step, f"the statement cannot be read: {error}") from error
    return said


def verify_person(
    said: Statement, signature: bytes, person: Person, *, about: str, namespace: str, passkeys: PasskeyCheck | None
) -> None:
    """Say nothing if a signature is of a key that the register has for a person; raise at a step of `about` if not."""
    if signature.lstrip().startswith(_ARMOUR):  # (2)
        _verify_ssh(said, signature, person, about, namespace)
        return
    keys = {passkey.id.rstrip("="): passkey.key for passkey in person.passkeys}  # (3)
    key = keys.get(_credential(signature, about))
    if key is None:
        raise EvidenceRefused(f"{about}-key", f"the register has no such passkey of {person.id}")
    if passkeys is None:
        found = "a passkey cannot be checked here: the extra remit[console] is not installed"
        raise EvidenceRefused(f"{about}-key", found)
    passkeys(signature, said.challenge, from_base64url(key))


def _verify_ssh(said: Statement, signature: bytes, person: Person, about: str, namespace: str) -> None:
    try:
        own = key_blob(person.key)
    except ValueError as error:
        raise EvidenceRefused(f"{about}-key", f"the register has no SSH key of {person.id}") from error
    try:
        made_by = verify_signature(said.statement, signature, namespace)
    except SignatureRefused as refused:
        raise EvidenceRefused(f"{about}-signature", f"the signature does not hold: {refused}") from refused
    if made_by != own:
        raise EvidenceRefused(f"{about}-key", f"it was signed by another key than that of {person.id}")


def _credential(signature: bytes, about: str) -> str:
    """Return the name of the passkey that an assertion says it is of."""
    try:
        found = json.loads(signature)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise EvidenceRefused(f"{about}-signature", "the signature is neither an SSH signature nor a passkey's")
    return str(found.get("id", "")).rstrip("=")


def from_base64url(text: str) -> bytes:
    """Decode base64url with or without padding; raise where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise EvidenceRefused("passkey-form", "it is not base64url") from error
