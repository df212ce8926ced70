"""Hands to the ledger what calls want recorded: at once what a call waits for, and soon what nobody waits for.

An outcome is recorded when its reply has ended. Were it written at once it would keep the disk busy just when the next
decision comes; so it waits for that, or for a moment, and shares its group. Who dies in between leaves a call open,
which the next start writes off as lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.ledger.writer import Receipt, Settle, Writer

MOMENT = 0.02
"""Seconds that an outcome waits for company."""


class Scribe:
    """Stands between the calls of one event loop and their writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[tuple[Settle, asyncio.Future[asyncio.Future[Receipt]]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def record(self, settle: Settle) -> Receipt:
        """Record something now, with all that waits; raises as the writer does."""
        self._hand_over()
        return await self._writer.submit(settle=settle)

    async def record_later(self, settle: Settle) -> Receipt:
        """Record something soon; raises as the writer does."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[asyncio.Future[Receipt]] = loop.create_future()
        self._waiting.append((settle, turn))
        if self._timer is None:
            self._timer = loop.call_later(MOMENT, self._hand_over)
        return await (await turn)

    def _hand_over(self) -> None:
        """Submit all that waits without a pause in between, so that it goes into one group."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        for settle, turn in waiting:
            written = self._writer.submit(settle=settle)
            if not turn.done():
                turn.set_result(written)
