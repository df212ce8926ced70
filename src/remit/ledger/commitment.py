"""Commitments: fields that an entry is bound to and does not show (RFC 9901, section 4.2).

1. A disclosure is the base64url, without padding, of the JSON array `[salt, name, value]`.
2. What the entry holds is the base64url of SHA-256 over the ASCII of that text; anybody checks it with a pipe.
3. The salts of an entry are one stretch of SHAKE256(epoch key ‖ index), cut into 18 bytes for each field, by the order
   of the names. 18 bytes become 24 characters without padding, so that all salts are encoded at once.
4. Digests are sorted, so that their order says nothing about the names.
5. Showing one disclosure shows one stretch of the output and none beside it. With the key gone nobody can try values.

>>> key = bytes(32)
>>> hidden = write_fields({"purpose": "translate", "subject": "c-19"})
>>> open_disclosure(make_disclosures(key, 7, hidden)[0], commit(key, 7, hidden))
('purpose', 'translate')
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from hashlib import sha256, shake_256
from json.encoder import encode_basestring as quote
from typing import TYPE_CHECKING

from remit.canonical import canonical
from remit.errors import EvidenceRefused, RecordUnusable, UsageError
from remit.ledger.strict import read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Hidden = tuple[tuple[str, str], ...]
    """Fields as they are committed to: the name and the value of each, written as JSON."""

KEY_SIZE = 32
SALT_SIZE = 18
LEAST_SALT = 22
"""Characters of base64url that hold 128 bits, the least a verifier accepts (RFC 9901, section 9.3)."""
_SALT_WIDTH = 24
_DIGEST_WIDTH = 43
_INDEX_SIZE = 8
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_DISCLOSURE = re.compile(rb"[A-Za-z0-9_-]+")
_PARTS = 3


class Written(str):
    """A value that was written as canonical JSON before, so that what comes again and again is written once."""

    __slots__ = ()


def write_fields(fields: Mapping[str, object]) -> Hidden:
    """Write fields as JSON texts by the order of their names; raise if one has no one byte form."""
    hidden = []
    for name in sorted(fields):
        value = fields[name]
        # A plain text, which most values are, is written as the general way would write it.
        if type(value) is str:
            hidden.append((quote(name), quote(value)))
        else:
            hidden.append((quote(name), value if type(value) is Written else canonical(value).decode()))
    try:
        "".join([text for each in hidden for text in each]).encode()
    except UnicodeEncodeError:
        _demand_letters(fields, hidden)
    return tuple(hidden)


def _demand_letters(fields: Mapping[str, object], hidden: Sequence[tuple[str, str]]) -> None:
    for name, texts in zip(sorted(fields), hidden, strict=True):
        try:
            "".join(texts).encode()
        except UnicodeEncodeError as error:
            raise RecordUnusable(f"$[{name!r}]", "holds a lone surrogate") from error


def make_disclosures(key: bytes, index: int, hidden: Hidden) -> list[bytes]:
    """Return the disclosure of every field, in the order of the names."""
    if len(key) != KEY_SIZE:
        raise UsageError(f"Nothing was committed to: the epoch key is {len(key)} bytes long, not {KEY_SIZE}.")
    stretch = shake_256(key + index.to_bytes(_INDEX_SIZE, "big")).digest(SALT_SIZE * len(hidden))  # (3)
    salts = _base64url(stretch).decode()
    disclosures, at = [], 0
    for name, value in hidden:
        disclosure = f'["{salts[at : at + _SALT_WIDTH]}",{name},{value}]'.encode()  # (1)
        disclosures.append(_base64url(disclosure))
        at += _SALT_WIDTH
    return disclosures


def commit(key: bytes, index: int, hidden: Hidden) -> list[str]:
    """Return what an entry holds of the fields: their digests, sorted."""
    found = [b2a_base64(sha256(each).digest(), newline=False) for each in make_disclosures(key, index, hidden)]
    # As `digest_of` does it, for all of them at once.
    text = b"".join(found).translate(_TO_URL, b"=").decode()
    return sorted([text[at : at + _DIGEST_WIDTH] for at in range(0, len(text), _DIGEST_WIDTH)])  # (4)


def digest_of(disclosure: bytes) -> str:
    """Digest one disclosure as (2) says."""
    return _base64url(sha256(disclosure).digest()).decode()


def open_disclosure(disclosure: bytes, digests: Collection[str]) -> tuple[str, object]:
    """Return the name and the value a disclosure opens; raise if the entry does not hold its digest.

    1. The digest of the disclosure is one of those the entry holds.
    2. The disclosure is base64url without padding, and JSON as strict as an entry.
    3. It is a salt of at least 128 bits, a name and a value.
    """
    if (digest := digest_of(disclosure)) not in digests:  # (1)
        raise EvidenceRefused("disclosure-digest", f"the entry does not hold the digest {digest}")
    if not _DISCLOSURE.fullmatch(disclosure):  # (2)
        raise EvidenceRefused("disclosure-form", "the disclosure is not base64url")
    try:
        padded = disclosure.translate(_FROM_URL) + b"=" * (-len(disclosure) % 4)
        parts = read_json(a2b_base64(padded).decode())
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused("disclosure-form", f"the disclosure cannot be read: {error}") from error
    if type(parts) is not list or len(parts) != _PARTS or not all(type(part) is str for part in parts[:2]):  # (3)
        raise EvidenceRefused("disclosure-form", "the disclosure is not a salt, a name and a value")
    if len(parts[0]) < LEAST_SALT:
        raise EvidenceRefused("disclosure-salt", f"the salt has {len(parts[0])} characters, fewer than {LEAST_SALT}")
    return parts[1], parts[2]


def _base64url(content: bytes) -> bytes:
    # To strip and to translate are two quick loops, to do both in one is a slow one.
    return b2a_base64(content, newline=False).rstrip(b"=").translate(_TO_URL)
