"""Writes entries for many who wait: whatever has gathered is one group, and each waiter learns of its own part.

A group, within one transaction of the store:

1. Read the end of the log; refuse everything if the clock has gone back behind the last entry.
2. For each job in the order they came: look at its counters and rows, and let it settle what to write. A job that
   fails here fails alone, and leaves nothing of itself in the group.
3. Give its entries their places, in the log and in their streams, and make their commitments under the epoch's key.
4. Write all records, counters, rows, and the new end of the log; end the group.
5. Only then answer the waiters. Where the group failed, every waiter of it gets the error, and nothing was written.

Several processes may write one log, each with a writer of its own; a writer does not outlive a fork.
After an error the store is opened anew for the next group, so that writing goes on when the disk does.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from remit.errors import LimitReached, LogRewound, NotRecorded, RemitError, RowChanged, UsageError
from remit.ledger.commitment import commit
from remit.ledger.sidecar import Sealer
from remit.ledger.store import Changes, Head, Record
from remit.ledger.tree import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from remit.ledger.entry import Draft
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Group, Store

    Found = TypeVar("Found")

    Settle = Callable[["Desk"], Sequence[Draft]]
    """Looks at counters and rows within the group, changes them, and says which further entries to write."""

MOST_IN_GROUP = 512
"""Jobs in one group; beyond it a waiter would wait longer for its neighbours than for the disk."""
SLACK_MS = 1000
"""How far the clock may lag behind the last entry, which then lends its time; clocks are corrected in small steps."""


class Receipt(NamedTuple):
    """Where the entries of a job stand: from `first` to before `stop`, all written at one time."""

    first: int
    stop: int
    at: str


Answer = Receipt | BaseException
"""What becomes of a job."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Raise a counter by an amount before the use; it fails where that would pass the limit."""

    amount: int
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn a row from what it is taken to be into something else; None is no row."""

    was: bytes | None
    to: bytes | None


@dataclass(slots=True)
class Job:
    """What one waiter wants written, and where the answer goes."""

    entries: Sequence[Draft]
    counters: Mapping[str, Reserve]
    rows: Mapping[str, Turn]
    settle: Settle | None
    gate: Lock | None = None
    """Where a thread waits for the answer."""
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[Receipt] | None = None
    answer: Answer | None = None
    written: Sequence[Draft] = ()
    """The entries it came to, once they have their places."""


class Prepared(NamedTuple):
    """A group whose entries have their places and stand in the store, and that is not durable before it has ended."""

    jobs: Sequence[Job]
    answers: Sequence[Answer]
    head: Head
    group: ExitStack


class Desk:
    """What a job sees of the group: streams, counters and rows as the jobs before it left them.

    What a job changes is on trial until it is kept, so that a job that fails leaves nothing.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self._kept = _Sheet()
        self._trial = _Sheet()
        self.first = 0
        """Where the first entry of the job will stand in the log."""
        self.failed: NotRecorded | None = None
        """Why the store could not be read, which fails the whole group and not only the job that met it."""

    def counter(self, name: str) -> int:
        """Return a counter."""
        for sheet in (self._trial, self._kept):
            if name in sheet.counters:
                return sheet.counters[name]
        return self._read(self._group.counter, name)

    def reserve(self, name: str, amount: int, limit: int | None = None) -> int:
        """Raise a counter and return it; raise `LimitReached` where it would pass the limit."""
        value = self.counter(name) + amount
        if limit is not None and value > limit:
            raise LimitReached(name, limit, value)
        self._trial.counters[name] = value
        return value

    def row(self, name: str) -> bytes | None:
        """Return a row."""
        for sheet in (self._trial, self._kept):
            if name in sheet.rows:
                return sheet.rows[name]
        return self._read(self._group.row, name)

    def put(self, name: str, content: bytes | None) -> None:
        """Write a row, or remove it."""
        self._trial.rows[name] = content

    def next_in(self, stream: str) -> int:
        """Take the next place in a stream."""
        for sheet in (self._trial, self._kept):
            if stream in sheet.streams:
                sn = sheet.streams[stream]
                break
        else:
            sn = self._read(self._group.stream, stream)
        self._trial.streams[stream] = sn + 1
        return sn

    def begin(self, first: int) -> None:
        """Begin a job, and forget what one that failed had changed."""
        self.first = first
        self._trial = _Sheet()

    def keep(self) -> None:
        """Keep what the job has changed."""
        self._kept.counters |= self._trial.counters
        self._kept.rows |= self._trial.rows
        self._kept.streams |= self._trial.streams

    def changes(self, records: Sequence[Record], head: Head) -> Changes:
        """Return what the jobs that were kept leave behind."""
        return Changes(records, head, self._kept.streams, self._kept.counters, self._kept.rows)

    def _read(self, look: Callable[[str], Found], name: str) -> Found:
        try:
            return look(name)
        except NotRecorded as error:
            self.failed = error
            raise


@dataclass(slots=True)
class _Sheet:
    """Changes that belong together."""

    streams: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    rows: dict[str, bytes | None] = field(default_factory=dict)


class Places:
    """Gives entries their places, from the end of the log onwards, and makes of drafts what is stored."""

    def __init__(self, first: int, at: str, seals: Callable[[], Sealer]) -> None:
        self._first = first
        self._at = at
        self._seals = seals
        self._sealer: Sealer | None = None
        self.records: list[Record] = []

    @property
    def next(self) -> int:
        """Where the next entry will stand."""
        return self._first + len(self.records)

    def take(self, drafts: Sequence[Draft], desk: Desk) -> Receipt:
        """Give the entries of one job their places, all of them or none."""
        n = first = self.next
        records = []
        for draft in drafts:
            sn = desk.next_in(draft.stream)
            if draft.hidden:
                # Asked for once in a group, and only by one that hides something.
                sealer = self._sealer = self._sealer or self._seals()
                digests = commit(sealer.epoch.key, n, draft.hidden)
                body = draft.write(n, sn, self._at, sealer.epoch.number, digests)
                records.append(Record(n, body, sealer.seal(n, draft.hidden)))
            else:
                records.append(Record(n, draft.write(n, sn, self._at)))
            n += 1
        self.records += records
        return Receipt(first, n, self._at)


class Writer:
    """Writes to one store from one thread of its own; `commit` and `commit_async` wait until it is durable."""

    def __init__(self, open_store: Callable[[], Store], keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._open = open_store
        self._keyring = keyring
        self._clock = clock
        self._store: Store | None = None
        self._seen = Head()
        self._sealer: Sealer | None = None
        self._handed: SimpleQueue[Sequence[Job]] = SimpleQueue()
        """What was handed over and not looked at; nothing at all says that it is the end."""
        self._lock = Lock()
        self._closed = False
        self.told: Callable[[Job], None] = lambda _: None
        """Is told, within its event loop, of each job that was answered there, whoever still waits for it."""
        self._thread = Thread(target=self._run, name="remit-writer", daemon=True)
        self._thread.start()

    def commit(
        self,
        entries: Sequence[Draft] = (),
        counters: Mapping[str, Reserve] | None = None,
        rows: Mapping[str, Turn] | None = None,
        settle: Settle | None = None,
    ) -> Receipt:
        """Write entries with what must change together with them, and return when they are durable; or raise."""
        gate = Lock()
        job = Job(entries, counters or {}, rows or {}, settle, gate)
        gate.acquire()
        self.hand_over([job])
        gate.acquire()
        if isinstance(job.answer, Receipt):
            return job.answer
        raise _raisable(job.answer)

    async def commit_async(
        self,
        entries: Sequence[Draft] = (),
        counters: Mapping[str, Reserve] | None = None,
        rows: Mapping[str, Turn] | None = None,
        settle: Settle | None = None,
    ) -> Receipt:
        """Do the same as `commit` for one who waits in an event loop; one who stops waiting undoes nothing."""
        return await self.submit(entries, counters, rows, settle)

    def submit(
        self,
        entries: Sequence[Draft] = (),
        counters: Mapping[str, Reserve] | None = None,
        rows: Mapping[str, Turn] | None = None,
        settle: Settle | None = None,
    ) -> asyncio.Future[Receipt]:
        """Hand over what `commit_async` would, and return at once what can be waited for."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        self.hand_over([Job(entries, counters or {}, rows or {}, settle, loop=loop, future=future)])
        return future

    def hand_over(self, jobs: Sequence[Job]) -> None:
        """Hand over jobs that go into one group if there is room in it."""
        with self._lock:
            if self._closed:
                raise UsageError("Nothing was written to the log: its writer was closed.")
            if jobs:
                self._handed.put(jobs)

    def close(self) -> None:
        """Write what has gathered, and end."""
        with self._lock:
            self._closed = True
            self._handed.put(())
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            jobs, more = self._gathered()
            try:
                answers = self._write(jobs)
            except BaseException as error:  # noqa: BLE001 - whatever it is, nobody must wait for ever.
                answers = [error] * len(jobs)
                self._give_up_store()
            _tell(jobs, answers, self.told)
        self._give_up_store()

    def _gathered(self) -> tuple[list[Job], bool]:
        """Wait for jobs and return what has gathered, and whether there may be more after them."""
        jobs: list[Job] = []
        handed = self._handed.get()
        while handed:
            jobs += handed
            if len(jobs) >= MOST_IN_GROUP or self._handed.empty():
                return jobs, True
            handed = self._handed.get()
        return jobs, False

    def _write(self, jobs: Sequence[Job]) -> Sequence[Answer]:
        return self.finish(self.prepare(self._opened(), jobs)) if jobs else ()

    def prepare(self, store: Store, jobs: Sequence[Job]) -> Prepared:
        """Begin a group and do everything within it; nothing is durable before it is finished."""
        with ExitStack() as stack:
            group = stack.enter_context(store.group())
            head = group.head()
            self._demand_what_was_seen(head)
            at = self._time(head)  # (1)
            places, desk = Places(head.size, at, self._seals), Desk(group)
            answers = [_settle(job, desk, places) for job in jobs]  # (2) (3)
            if places.records:
                frontier = Frontier.from_hashes(head.size, head.frontier)
                frontier.extend([leaf_hash(record.body) for record in places.records])
                head = Head(frontier.size, frontier.hashes(), at)
            group.apply(desk.changes(places.records, head))  # (4)
            return Prepared(jobs, answers, head, stack.pop_all())

    def finish(self, prepared: Prepared) -> Sequence[Answer]:
        """Make a group durable; return the answers that it has for its jobs."""
        prepared.group.close()
        self._seen = prepared.head
        return prepared.answers

    def _seals(self) -> Sealer:
        epoch = self._keyring.current()
        if self._sealer is None or self._sealer.epoch != epoch:
            self._sealer = Sealer(epoch)
        return self._sealer

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open()
        return self._store

    def _give_up_store(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with suppress(RemitError):
                store.close()

    def _demand_what_was_seen(self, head: Head) -> None:
        """Refuse a store that has less than this writer has acknowledged: somebody has put an old copy in its place."""
        if head.size < self._seen.size:
            raise LogRewound(head.size, self._seen.size, "what this writer has acknowledged")

    def _time(self, head: Head) -> str:
        now = self._clock()
        at = write_time(now)
        if at >= head.at:
            return at
        if datetime.fromisoformat(head.at) - now > timedelta(milliseconds=SLACK_MS):
            raise NotRecorded(f"the clock says {at}, which is before the last entry, written at {head.at}")
        return head.at


def write_time(moment: datetime) -> str:
    """Write an instant as entries bear it: in UTC, with three digits of a second."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _settle(job: Job, desk: Desk, places: Places) -> Receipt | Exception:
    """Do one job within the group; return its error, or raise where the store failed."""
    desk.begin(places.next)
    try:
        for name, reserve in job.counters.items():
            desk.reserve(name, reserve.amount, reserve.limit)
        for name, turn in job.rows.items():
            if desk.row(name) != turn.was:
                raise RowChanged(name)  # noqa: TRY301 - the one way a job ends without what it asked for.
            desk.put(name, turn.to)
        more = () if job.settle is None else job.settle(desk)
        drafts = [*job.entries, *more]
        receipt = places.take(drafts, desk)
    except Exception as error:  # `settle` is the caller's, and so is what it raises.
        if desk.failed is not None:
            raise desk.failed from error
        return error
    desk.keep()
    job.written = drafts
    return receipt


def _tell(jobs: Sequence[Job], answers: Sequence[Answer], told: Callable[[Job], None]) -> None:  # (5)
    """Answer everybody: threads through their gates, and each event loop once, for all who wait in it."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job, answer in zip(jobs, answers, strict=True):
        job.answer = answer
        if job.gate is not None:
            job.gate.release()
        elif job.loop is not None:
            loops.setdefault(job.loop, []).append(job)
    for loop, waiting in loops.items():
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(resolve, waiting, told)


def resolve(jobs: Sequence[Job], told: Callable[[Job], None]) -> None:
    """Give the waiters of an event loop their answers, within that loop, and those who wait in threads theirs."""
    for job in jobs:
        if job.gate is not None:
            job.gate.release()
        if job.future is None or job.future.done():
            continue
        if isinstance(job.answer, Receipt):
            job.future.set_result(job.answer)
        else:
            job.future.set_exception(_raisable(job.answer))
    for job in jobs:
        told(job)


def _raisable(error: BaseException | None) -> Exception:
    """Return what a waiter may be given; whatever would end its thread or its loop becomes an error of ours."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error.with_traceback(None)
    return NotRecorded(f"the writer met {error!r}")
