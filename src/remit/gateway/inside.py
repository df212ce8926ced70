"""What one worker hands to the pages that are served beside it: its gate, its writer and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from remit.gateway.gate import Gate
    from remit.ledger.folder import LogFolder
    from remit.ledger.writer import Writer


class Inside(NamedTuple):
    """The inside of a worker."""

    gate: Gate
    writer: Writer
    log: LogFolder
