"""Signatures of minisign, verified: two lines that count, two comments of which one is signed (minisign, "Format").

1. The first signature is over the file (`Ed`) or over its BLAKE2b-512 (`ED`, what minisign writes today).
2. The second is over the first and the trusted comment, so that the comment cannot be exchanged.
3. The number of the key in the signature only says which of the pinned keys to try.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from remit.attest.suppliers.keys import MINISIGN, minisign_ident
from remit.errors import EvidenceRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_SIGNATURE = 16 * 1024
_UNTRUSTED, _TRUSTED = b"untrusted comment: ", b"trusted comment: "
_NUMBER, _SIGNATURE = 8, 64


def is_minisign(signature: bytes) -> bool:
    """Tell a minisign signature from others."""
    return signature.startswith(_UNTRUSTED)


def verify_minisign(content: bytes, signature: bytes, keys: Iterable[str]) -> str:
    """Return which of the pinned keys made the signature; raise where it does not hold, `""` where none is meant."""
    kind, number, made, comment, over_all = _parse(signature)
    message = content if kind == b"Ed" else hashlib.blake2b(content).digest()  # (1)
    for ident in keys:
        key = base64.b64decode(ident.removeprefix(f"{MINISIGN}:"))
        if ident.startswith(f"{MINISIGN}:") and key[:_NUMBER] == number:  # (3)
            _verify(key[_NUMBER:], made, message)
            _verify(key[_NUMBER:], over_all, made + comment)  # (2)
            return minisign_ident(key)
    return ""


def _parse(signature: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    lines = signature.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    if len(signature) > LARGEST_SIGNATURE or len(lines) != 4:  # noqa: PLR2004  # the form has four lines
        raise _refused("the file is not a minisign signature of four lines")
    if not lines[0].startswith(_UNTRUSTED) or not lines[2].startswith(_TRUSTED):
        raise _refused("the comments of the minisign signature are not where they belong")
    try:
        head, over_all = base64.b64decode(lines[1], validate=True), base64.b64decode(lines[3], validate=True)
    except ValueError as error:
        raise _refused("the minisign signature is damaged") from error
    if len(head) != 2 + _NUMBER + _SIGNATURE or len(over_all) != _SIGNATURE or head[:2] not in {b"Ed", b"ED"}:
        raise _refused("the minisign signature is cut short, or of another kind")
    return head[:2], head[2 : 2 + _NUMBER], head[2 + _NUMBER :], lines[2].removeprefix(_TRUSTED), over_all


def _verify(key: bytes, signature: bytes, message: bytes) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # slow to import
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature as error:
        raise _refused("the minisign signature does not fit the file: one of them was changed") from error


def _refused(says: str) -> EvidenceRefused:
    return EvidenceRefused("signature", says)
