r"""Entry bundles: up to 256 entries in one file, each behind its length (C2SP tlog-tiles, "Log entries").

1. The length is two bytes, big-endian, so an entry longer than 65,535 bytes cannot be written and is refused.
2. A bundle is read whole: as many entries as its tile has hashes, and no byte after the last.

>>> write_bundle([b"one", b""])
b'\x00\x03one\x00\x00'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, RecordUnusable
from remit.ledger.tile import FULL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_ENTRY = 2**16 - 1
_PREFIX = 2


def demand_entry(entry: bytes) -> None:
    """Raise if no bundle can hold an entry; asked before the entry is given a place in the log."""
    if len(entry) > LARGEST_ENTRY:  # (1)
        raise RecordUnusable("the entry", f"is {len(entry)} bytes long, more than {LARGEST_ENTRY}")


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Write between 1 and 256 entries as one bundle."""
    if not 1 <= len(entries) <= FULL_WIDTH:
        raise RecordUnusable("the bundle", f"has {len(entries)} entries, not 1 to {FULL_WIDTH}")
    for entry in entries:
        demand_entry(entry)
    return b"".join(len(entry).to_bytes(_PREFIX, "big") + entry for entry in entries)


def parse_bundle(content: bytes, width: int) -> list[bytes]:
    """Return the `width` entries of a bundle; raise if there are fewer, or anything more."""
    entries = []
    at, end = 0, len(content)
    for position in range(width):
        start = at + _PREFIX
        if start > end:
            raise EvidenceRefused("bundle-count", f"the bundle ends before entry {position} of {width}")
        at = start + (content[at] << 8 | content[at + 1])
        if at > end:
            raise EvidenceRefused("bundle-length", f"entry {position} of the bundle is cut off")
        entries.append(content[start:at])
    if at != end:  # (2)
        raise EvidenceRefused("bundle-rest", f"{end - at} bytes follow the last of {width} entries")
    return entries
