"""What a log says of the gateway's traffic: decisions, each with what became of it, as they stand in the ledger.

1. Only what the entries show in clear is read; what they commit to is opened for those who ask, with the key of its
   epoch, and held against the commitment.
2. Nothing is verified here: `remit log verify` says whether the log is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from remit.errors import EvidenceRefused
from remit.ledger.commitment import open_disclosure
from remit.ledger.entry import read_entry
from remit.ledger.kind import Kind
from remit.ledger.sidecar import open_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remit.ledger.entry import Entry
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store

KINDS = frozenset((Kind.DECISION.value, Kind.OUTCOME.value, Kind.LOST.value, Kind.RELEASE.value))


class Period(NamedTuple):
    """From an instant on and until before another, as entries write them; empty is without an end."""

    since: str = ""
    until: str = ""

    def holds(self, at: str) -> bool:
        """Tell whether an instant lies within."""
        return self.since <= at and (not self.until or at < self.until)


def read_traffic(store: Store) -> Iterator[Entry]:
    """Yield the entries that are about traffic, in their order."""
    for raw in store.entries(0, store.head().size):
        entry = read_entry(raw)
        if entry.kind in KINDS:
            yield entry


class Opened(NamedTuple):
    """The contents of an entry, or why there are none."""

    fields: Mapping[str, Any]
    why_not: str = ""


def open_entry(store: Store, keyring: Keyring, entry: Entry) -> Opened:
    """Open what an entry commits to; what was forgotten, or whose key is gone, is said so."""
    if "_sd" not in entry.fields:
        return Opened({})
    sealed = store.contents(entry.n)
    if sealed is None:
        return Opened({}, "its contents were forgotten")
    epoch = keyring.find(entry.fields["ep"])
    if epoch is None:
        return Opened({}, "the key of its epoch was destroyed")
    try:
        disclosures = open_contents(entry, sealed, epoch)
        return Opened(dict(open_disclosure(text, entry.fields["_sd"]) for text in disclosures))
    except EvidenceRefused as error:
        return Opened({}, error.says)
