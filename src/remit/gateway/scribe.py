"""Hands to the ledger what calls want recorded: at once what a call waits for, and soon what nobody waits for.

An outcome is recorded when its reply has ended. Were it written at once it would keep the disk busy just when the next
decision comes; so it waits for that, or for a moment, and shares its group. Who dies in between leaves a call open,
which the next start writes off as lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from remit.ledger.writer import Job

if TYPE_CHECKING:
    from remit.ledger.writer import Receipt, Settle, Writer

MOMENT = 0.02
"""Seconds that an outcome waits for company."""


class Scribe:
    """Stands between the calls of one event loop and their writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[Job] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def record(self, settle: Settle, *, later: bool = False) -> asyncio.Future[Receipt]:
        """Record something with all that waits, now or soon; what is returned raises as the writer does."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        self._waiting.append(Job((), {}, {}, settle, loop=loop, future=future))
        if not later:
            self._hand_over()
        elif self._timer is None:
            self._timer = loop.call_later(MOMENT, self._hand_over)
        return future

    def _hand_over(self) -> None:
        """Hand over all that waits at once, so that it goes into one group."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        self._writer.hand_over(waiting)
