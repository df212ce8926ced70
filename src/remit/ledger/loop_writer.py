"""A writer for a busy event loop: groups are prepared within the loop, and only the wait for the disk is elsewhere.

Two threads that both run Python hand the interpreter to and fro at every call of SQLite, which costs more than the
writing. So whoever serves an event loop binds its writer to it. From then on:

1. What was handed over in one turn of the loop is one group; while a group becomes durable the next one gathers.
2. Beginning a group never waits: where somebody else has the store, the jobs go to the thread that can wait.
3. Everything else is as `Writer` has it: nobody is answered before the group is durable, and what fails fails whole.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread, get_ident
from typing import TYPE_CHECKING

from remit.errors import RemitError, StoreBusy, UsageError
from remit.ledger.writer import MOST_IN_GROUP, Job, Writer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from remit.ledger.store import Store
    from remit.ledger.writer import Answer, Prepared


class LoopWriter(Writer):
    """A writer that can be bound to an event loop; before and after that it is a writer as any other."""

    _near: _Near | None = None

    def bind(self, open_store: Callable[[], Store]) -> None:
        """Prepare groups in the running loop from now on; the store is one that raises `StoreBusy` and never waits."""
        self._near = _Near(self, open_store)

    async def unbind(self) -> None:
        """Finish what gathers in the loop, and be an ordinary writer again."""
        near, self._near = self._near, None
        if near is not None:
            await near.drained()

    def hand_over(self, jobs: Sequence[Job]) -> None:
        """Hand over jobs that go into one group if there is room in it."""
        near = self._near
        if near is None or not jobs:
            super().hand_over(jobs)
        elif self._closed:
            raise UsageError("Nothing was written to the log: its writer was closed.")
        elif get_ident() == near.thread:
            # Who waits here without awaiting waits for the thread, since the loop itself stands still meanwhile.
            if any(job.gate is not None for job in jobs):
                super().hand_over(jobs)
            else:
                near.gather(jobs)
        else:
            near.loop.call_soon_threadsafe(near.gather, jobs)

    def hand_to_thread(self, jobs: Sequence[Job]) -> None:
        """Hand over jobs to the thread that waits for the store as long as it must (2)."""
        super().hand_over(jobs)


class _Near:
    """What of a writer lives in an event loop: the jobs that gather there, and the group that is becoming durable."""

    def __init__(self, writer: LoopWriter, open_store: Callable[[], Store]) -> None:
        self.loop = asyncio.get_running_loop()
        self.thread = get_ident()
        self._writer = writer
        self._open = open_store
        self._store: Store | None = None
        self._begun: SimpleQueue[Prepared | None] = SimpleQueue()
        """What is to be made durable, one group at a time; nothing says that it is the end."""
        self._disk = Thread(target=self._sync, name="remit-disk", daemon=True)
        self._disk.start()
        self._waiting: list[Job] = []
        self._away = False
        """Whether a group is about to be prepared, is becoming durable, or is the thread's."""
        self._idle: asyncio.Future[None] | None = None

    def gather(self, jobs: Sequence[Job]) -> None:
        """Take jobs into the next group."""
        self._waiting += jobs
        if not self._away:
            self._away = True
            self.loop.call_soon(self._begin)

    async def drained(self) -> None:
        """Return when nothing waits and nothing is away, with everything let go."""
        if self._away:
            self._idle = self.loop.create_future()
            await self._idle
        self._give_up_store()
        self._begun.put(None)
        self._disk.join()

    def _begin(self) -> None:
        jobs, self._waiting = self._waiting[:MOST_IN_GROUP], self._waiting[MOST_IN_GROUP:]
        try:
            self._store = self._store or self._open()
            prepared = self._writer.prepare(self._store, jobs)
        except StoreBusy:  # (2)
            last = Job((), {}, {}, None, loop=self.loop, future=self.loop.create_future())
            last.future.add_done_callback(lambda done: self._next(done.exception()))  # type: ignore[union-attr]
            self._writer.hand_to_thread([*jobs, last])
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody must wait for ever.
            self._failed(jobs, error)
        else:
            self._begun.put(prepared)

    def _sync(self) -> None:
        """Make groups durable, in the thread for the disk; what comes of each is told in the loop.

        A thread of its own and a queue: a pool would wake it through three locks, at twice the cost for a lone call.
        """
        while (prepared := self._begun.get()) is not None:
            try:
                answers = self._writer.finish(prepared)
            except BaseException as error:  # noqa: BLE001 - as above.
                self._tell(self._failed, prepared.jobs, error)
            else:
                self._tell(self._finished, prepared.jobs, answers)

    def _tell(self, what: Callable[..., None], *given: object) -> None:
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(what, *given)

    def _finished(self, jobs: Sequence[Job], answers: Sequence[Answer]) -> None:
        for job, answer in zip(jobs, answers, strict=True):
            job.answer = answer
        resolve(jobs, self._writer.told)
        self._next()

    def _failed(self, jobs: Sequence[Job], error: BaseException) -> None:
        self._give_up_store()
        self._finished(jobs, [error] * len(jobs))

    def _next(self, _: object = None) -> None:
        if self._waiting:
            self.loop.call_soon(self._begin)
            return
        self._away = False
        if self._idle is not None:
            self._idle.set_result(None)

    def _give_up_store(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with suppress(RemitError):
                store.close()
