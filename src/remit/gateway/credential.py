"""Keys: shown once, kept as a digest alone, and bound to one use case.

1. A key is `remit_` and 32 random bytes in base64url; what is kept of it is its SHA-256, from which nobody makes it.
2. It is bound to a use case, and may be narrower than that: fewer models, fewer tools, an end.
3. It comes as `authorization: Bearer` or as `x-api-key`. Two that differ are refused: nobody could say which counts.
4. Digests are compared in constant time; of one that is not known nothing is said but that.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "remit_"
ROWS = "key/"
"""What the names of the rows of keys begin with, in the ledger's store."""
_ID_LENGTH = 12
_FOUND_BY = 8
_BEARER = b"bearer "


class CredentialRefused(Exception):
    """No key came, or not one that counts; the text says which without repeating any of it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a key."""

    id: str
    digest: str
    use: str
    made: str
    models: tuple[str, ...] = ()
    """The only models it reaches; those of its use case where none is named."""
    tools: tuple[str, ...] = ()
    until: str = ""
    person: str = ""
    """Who of the register holds it, so that they are known as who asks; nobody for a program's own key."""

    @property
    def holder(self) -> str:
        """Return who asks by it: a person where it is one's, and else the key itself."""
        return self.person or self.id

    def is_over(self, moment: datetime) -> bool:
        """Tell whether its end has come."""
        return bool(self.until) and moment >= datetime.fromisoformat(self.until)

    def row(self) -> bytes:
        """Return it as it is stored."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


def read_row(content: bytes) -> Credential:
    """Read what was stored."""
    fields = json.loads(content)
    return Credential(**fields | {"models": tuple(fields["models"]), "tools": tuple(fields["tools"])})


def new_token() -> str:
    """Draw a key."""
    return PREFIX + urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def make_credential(
    token: str, use: str, made: datetime, *, models: Iterable[str], tools: Iterable[str], until: datetime | None
) -> Credential:
    """Return what is kept of a key; it is called by the beginning of the digest of its digest, which tells nothing."""
    digest = _digest(token.encode())
    ident = sha256(digest.encode()).hexdigest()[:_ID_LENGTH]
    end = "" if until is None else until.isoformat()
    return Credential(ident, digest, use, made.isoformat(), tuple(models), tuple(tools), end)


class Keyring:
    """The keys there are, to be asked by what a request brings."""

    def __init__(self, credentials: Iterable[Credential] = ()) -> None:
        self._found: dict[str, list[Credential]] = {}
        for credential in credentials:
            self._found.setdefault(credential.digest[:_FOUND_BY], []).append(credential)

    def find(self, headers: Iterable[tuple[bytes, bytes]], at: datetime) -> Credential:
        """Return the credential that a request's headers bring; raise where there is not just one that counts."""
        token = _token(headers)
        digest = _digest(token)
        for credential in self._found.get(digest[:_FOUND_BY], ()):
            if hmac.compare_digest(credential.digest, digest):  # (4)
                if credential.is_over(at):
                    raise CredentialRefused(f"the key {credential.id} ended at {credential.until}")
                return credential
        raise CredentialRefused("this key is not known here, or was revoked")


def _token(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    given = set()
    for name, value in headers:
        if name == b"authorization":
            if value[: len(_BEARER)].lower() != _BEARER:
                raise CredentialRefused("authorization must be `Bearer` and a key")
            given.add(value[len(_BEARER) :].strip())
        elif name == b"x-api-key":
            given.add(value.strip())
    if not given:
        raise CredentialRefused("no key came; send one as `authorization: Bearer` or as `x-api-key`")
    if len(given) > 1:  # (3)
        raise CredentialRefused("two keys came that differ; send one")
    return given.pop()


def _digest(token: bytes) -> str:
    return sha256(token).hexdigest()
