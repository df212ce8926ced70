"""Time stamps of a log's checkpoints, kept among what is published: a third party's word that they were there by then.

    stamped/SIZE        the checkpoint as it was stamped, since its lines may grow
    stamped/SIZE.tsr    the reply of the authority (RFC 3161)

1. A reply is kept only if it answers the query that was sent: its bytes and its nonce.
2. A stamp shows something of the log only if its checkpoint is one of the log's that the newest has grown out of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from remit.errors import EvidenceRefused, NothingToLookAt
from remit.ledger.checkpoint import parse_checkpoint
from remit.ledger.note import parse_note
from remit.ledger.timestamp import read_query, verify_reply, write_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.ledger.site import Site

STAMPED = "stamped"
_REPLY = ".tsr"


class Stamp(NamedTuple):
    """A checkpoint with the time an authority put on it."""

    size: int
    checkpoint: bytes
    time: datetime


def ask_stamp(site: Site, checkpoint: bytes, nonce: int) -> bytes:
    """Keep a checkpoint as it is to be stamped, and return the query for the authority."""
    with site.exclusively():
        site.write({f"{STAMPED}/{_size(checkpoint)}": checkpoint})
    return write_query(checkpoint, nonce)


def keep_stamp(site: Site, query: bytes, reply: bytes, certificate: bytes) -> Stamp:
    """Keep the reply to a query, if the authority of this certificate has stamped what was asked (1)."""
    nonce = read_query(query)
    for size, checkpoint in _stamped(site):
        if nonce > 0 and query == write_query(checkpoint, nonce):
            stamp = verify_reply(reply, checkpoint, certificate, nonce)
            with site.exclusively():
                site.write({f"{STAMPED}/{size}{_REPLY}": reply})
            return Stamp(size, checkpoint, stamp.time)
    raise NothingToLookAt("Nothing was kept: the query is about no checkpoint that this log has kept to be stamped.")


def read_stamps(site: Site, certificate: bytes) -> Iterator[Stamp]:
    """Yield the stamps of a log under the pinned certificate, smallest first; raise at one that does not hold."""
    for size, checkpoint in _stamped(site):
        reply = site.read(f"{STAMPED}/{size}{_REPLY}")
        if reply is not None:
            yield Stamp(size, checkpoint, verify_reply(reply, checkpoint, certificate).time)


def _stamped(site: Site) -> Iterator[tuple[int, bytes]]:
    for size in sorted(int(name) for name in site.names(STAMPED) if name.isdecimal()):
        checkpoint = site.read(f"{STAMPED}/{size}") or b""
        if _size(checkpoint) != size:
            raise EvidenceRefused("timestamp-checkpoint", f"{STAMPED}/{size} is not a checkpoint of {size} entries")
        yield size, checkpoint


def _size(checkpoint: bytes) -> int:
    return parse_checkpoint(parse_note(checkpoint).text).size
