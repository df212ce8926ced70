"""Says in the log that the gateway began, that it lives, and that it stopped, so that an absence is evidence.

1. A start and the first beat are written when it begins to serve, the stop when it ends in good order.
2. Every beat says how often beats come, and names the newest cosigned checkpoint that is known: entries after it were
   written after that was signed.
3. One worker of a gateway writes them. What the ledger does not take is told, and tried again at the next beat.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING

from remit.errors import RemitError
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.site import COSIGNED

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.ledger.entry import Draft
    from remit.ledger.site import Site
    from remit.ledger.writer import Writer

EVERY = 300
"""Seconds between two beats: absence is told after twice as many."""


class Heart:
    """Beats for one gateway."""

    def __init__(self, writer: Writer, site: Site, notes: Callable[[str], None], every: int = EVERY) -> None:
        self._writer = writer
        self._site = site
        self._notes = notes
        self._every = every
        self._begun = False

    async def begin(self) -> None:
        """Write that it began, and the first beat."""
        drafts = [] if self._begun else [make_draft(Kind.START, LOG_STREAM)]
        try:
            await self._writer.commit_async([*drafts, await asyncio.to_thread(self._beat)])
            self._begun = True
        except RemitError as error:
            self._notes(f"no beat was written: {error}")

    async def run(self) -> None:
        """Beat for as long as somebody waits for it; what could not be begun is begun then."""
        while True:
            await asyncio.sleep(self._every)
            await self.begin()

    def stop(self) -> None:
        """Say that it stopped in good order; nothing where it never began."""
        if not self._begun:
            return
        try:
            self._writer.commit([make_draft(Kind.STOP, LOG_STREAM, {"why": "asked"})])
        except RemitError as error:
            self._notes(f"that it stopped could not be written: {error}")

    def _beat(self) -> Draft:
        newest = max(map(int, self._site.names(COSIGNED)), default=None)
        note = None if newest is None else self._site.read(f"{COSIGNED}/{newest}")
        fields: dict[str, object] = {"every": self._every}
        if note is not None:
            fields |= {"cosigned": f"sha256:{sha256(note).hexdigest()}", "size": newest}
        return make_draft(Kind.BEAT, LOG_STREAM, fields)
