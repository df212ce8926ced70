"""Chooses entries by chance that neither side controls (docs/evidence.md, "Levels").

1. The log is fixed first, by the text of its checkpoint; then the verifier names a nonce nobody could foresee.
2. The candidates are SHA-256(text ‖ nonce ‖ counter) modulo the size, with the counter in eight bytes, from 0 on.
3. One that came before is passed over. Where more are asked for than there are, all are taken.

The signature lines are left out of the hash, since whoever adds lines could otherwise try until it suits.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count

from remit.errors import UsageError

LEAST_NONCE = 16
"""Bytes of a nonce that cannot be foreseen."""
_COUNTER_SIZE = 8


def choose_entries(text: bytes, nonce: bytes, number: int, size: int) -> list[int]:
    """Return so many places in a log of a size, in the order in which they were drawn."""
    if len(nonce) < LEAST_NONCE:
        raise UsageError(
            f"Nothing was drawn: the nonce is {len(nonce)} bytes long, and at least {LEAST_NONCE} are needed."
        )
    wanted = min(number, size)
    drawn: dict[int, None] = {}
    counters = count()
    while len(drawn) < wanted:
        digest = sha256(text + nonce + next(counters).to_bytes(_COUNTER_SIZE, "big")).digest()
        drawn.setdefault(int.from_bytes(digest, "big") % size)  # (2)
    return list(drawn)
