"""Base64 and decimal numbers as the C2SP texts write them, read so that each value has one spelling.

1. Base64 is the standard alphabet with padding (RFC 4648, section 4), and its unused bits are zero.
2. A number is ASCII decimal without a sign or a leading zero, and no larger than a signed 64-bit number holds.
"""

from __future__ import annotations

import base64
import binascii
import re

from remit.errors import EvidenceRefused
from remit.ledger.tree import HASH_SIZE, LARGEST_SIZE

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def encode(value: bytes) -> str:
    """Write bytes as base64."""
    return base64.b64encode(value).decode("ascii")


def decode(text: str, step: str, what: str) -> bytes:
    """Return the bytes of a base64 text, or raise at the step of the caller."""
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as fault:
        raise EvidenceRefused(step, f"{what} is not base64") from fault
    if encode(value) != text:  # (1)
        raise EvidenceRefused(step, f"{what} is base64 with stray bits")
    return value


def decode_hash(text: str, step: str, what: str) -> bytes:
    """Return the 32 bytes of a hash in base64, or raise at the step of the caller."""
    value = decode(text, step, what)
    if len(value) != HASH_SIZE:
        raise EvidenceRefused(step, f"{what} is {len(value)} bytes long, not {HASH_SIZE}")
    return value


def parse_number(text: str, step: str, what: str) -> int:
    """Return a number as (2) writes it, or raise at the step of the caller."""
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST_SIZE:
        raise EvidenceRefused(step, f"{what} is not a number without sign, leading zero or more than 63 bits")
    return int(text)
