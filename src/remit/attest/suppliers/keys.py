"""The keys that a supplier may sign with: lines of an `allowed_signers` file (ssh-keygen(1)), or minisign keys.

1. A line is `principals [options] type key [comment]`; a bare public key stands for itself.
2. Of the options, `namespaces`, `valid-after` and `valid-before` are understood; any other is refused, because it
   would restrict the key in a way that nobody here keeps.
3. A time must end in Z: without it, ssh-keygen reads it in the zone of whoever looks.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.attest.ssh_signature import NAMESPACE
from remit.attest.trust import read_signer
from remit.terms.signature import key_blob

if TYPE_CHECKING:
    from datetime import datetime

KEY_TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
"""The types of SSH keys whose signatures are verified."""

MINISIGN = "minisign"
_MINISIGN_SIZE = 2 + 8 + 32
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One key, from when and until when it counts; `ident` is what a signature is found by."""

    ident: str
    from_: datetime | None = None
    until: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Tell whether the key counts at an instant."""
        return (self.from_ is None or self.from_ <= moment) and (self.until is None or moment < self.until)


def key_ident(blob: bytes) -> str:
    """Name an SSH key by its binary form."""
    return base64.b64encode(blob).decode()


def minisign_ident(key: bytes) -> str:
    """Name a minisign key by its number and its 32 bytes."""
    return f"{MINISIGN}:{base64.b64encode(key).decode()}"


def read_key(line: str) -> PinnedKey:
    """Read one line; raise `ValueError` that says what was expected."""
    words = _WORD.findall(line.strip())
    if words and words[0] == MINISIGN:
        return PinnedKey(minisign_ident(_minisign_key(words[1:])))
    place = next((at for at, word in enumerate(words) if word in KEY_TYPES), None)  # (1)
    if place is None:
        raise ValueError(f"no public key of a type that is verified here: {', '.join((*KEY_TYPES, MINISIGN))}")
    blob = key_blob(" ".join(words[place:]))
    if place == 0:
        return PinnedKey(key_ident(blob))
    signer = read_signer(line.strip())  # (2) (3)
    if not signer.is_for(NAMESPACE):
        raise ValueError(f"the key is not for the namespace {NAMESPACE}, so it signs no answer")
    return PinnedKey(key_ident(signer.blob), signer.start, signer.end)


def _minisign_key(words: list[str]) -> bytes:
    """Take the number and the key out of a minisign public key: `Ed`, 8 bytes, 32 bytes, in base64."""
    try:
        content = base64.b64decode("".join(words[:1]), validate=True)
    except ValueError as error:
        raise ValueError("not a minisign key: the base64 text is broken") from error
    if len(content) != _MINISIGN_SIZE or content[:2] != b"Ed":
        raise ValueError("not a minisign key: expected `minisign` and the second line of a .pub file")
    return content[2:]
