"""A writer that is bound to an event loop writes as any other does, and never makes the loop wait for a store."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from remit.errors import LimitReached, NotRecorded, RemitError, StoreBusy, UsageError
from remit.ledger.entry import read_entry
from remit.ledger.folder import LogFolder, make_folder
from remit.ledger.invariants import Invariants
from remit.ledger.loop_writer import LoopWriter
from remit.ledger.writer import Receipt, Reserve
from tests.fakes import SteppingClock
from tests.ledger.small_log import LOG_SIGNER, ORIGIN
from tests.ledger.written import decision, terms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from remit.ledger.entry import Draft
    from remit.ledger.sqlite import SqliteStore
    from remit.ledger.writer import Desk


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return make_folder(tmp_path / "log", ORIGIN, LOG_SIGNER)


def run(
    log: LogFolder, work: Callable[[LoopWriter], Awaitable[Any]], near: Callable[[], SqliteStore] | None = None
) -> Any:
    """Do some work with a writer that is bound to the loop it runs in, and let it end."""

    async def bound() -> Any:
        writer = LoopWriter(log.open_store, log.keyring, SteppingClock())
        writer.commit([terms()])
        writer.bind(near or partial(log.open_store, 0.0))
        try:
            return await work(writer)
        finally:
            await writer.unbind()
            writer.close()

    return asyncio.run(bound())


def whole(log: LogFolder) -> list[bytes]:
    """Read all of the log, which must hold."""
    store = log.open_store()
    entries = list(store.entries(0, store.head().size))
    store.close()
    check = Invariants()
    for raw in entries:
        check.take(raw)
    return entries


def test_what_comes_in_one_turn_of_the_loop_is_one_group_in_its_order(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> list[Receipt]:
        return await asyncio.gather(*(writer.commit_async([decision(subject=f"c-{n}")]) for n in range(40)))

    receipts = run(log, work)
    assert [receipt.first for receipt in receipts] == list(range(1, 41))
    assert len({receipt.at for receipt in receipts}) == 1
    assert len(whole(log)) == 41


def test_what_gathers_while_a_group_becomes_durable_is_the_next(log: LogFolder) -> None:
    async def line(writer: LoopWriter) -> list[int]:
        return [(await writer.commit_async([decision()])).first for _ in range(25)]

    async def work(writer: LoopWriter) -> list[list[int]]:
        return await asyncio.gather(*(line(writer) for _ in range(8)))

    places = run(log, work)
    assert sorted(place for row in places for place in row) == list(range(1, 201))
    assert all(row == sorted(row) for row in places)
    assert len(whole(log)) == 201


def test_more_than_fits_into_a_group_goes_into_several(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> int:
        return len(await asyncio.gather(*(writer.commit_async([decision()]) for _ in range(1200))))

    assert run(log, work) == 1200
    assert len(whole(log)) == 1201


def test_a_limit_holds_and_a_job_that_fails_fails_alone(log: LogFolder) -> None:
    def fail(_: Desk) -> Sequence[Draft]:
        raise ZeroDivisionError("by zero")

    async def work(writer: LoopWriter) -> list[Receipt | BaseException]:
        limited = [writer.commit_async([decision()], counters={"mass": Reserve(1, limit=10)}) for _ in range(30)]
        failing = [writer.commit_async([decision()], settle=fail) for _ in range(5)]
        return await asyncio.gather(*limited, *failing, return_exceptions=True)

    answers = run(log, work)
    kinds = [type(answer) for answer in answers]
    assert (kinds.count(Receipt), kinds.count(LimitReached), kinds.count(ZeroDivisionError)) == (10, 20, 5)
    assert len(whole(log)) == 11


def test_while_somebody_else_has_the_store_the_loop_goes_on_and_the_thread_waits(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> tuple[int, list[int]]:
        other = sqlite3.connect(log.path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        jobs = asyncio.gather(*(writer.commit_async([decision()]) for _ in range(5)))
        turns = 0
        for _ in range(20):
            await asyncio.sleep(0.01)
            turns += 1
        assert not jobs.done()
        late = asyncio.ensure_future(writer.commit_async([decision()]))
        other.execute("ROLLBACK")
        other.close()
        first = [receipt.first for receipt in await jobs]
        return turns, [*first, (await late).first]

    assert run(log, work) == (20, [1, 2, 3, 4, 5, 6])
    assert len(whole(log)) == 7


def test_a_store_that_is_told_not_to_wait_says_at_once_that_it_is_busy(log: LogFolder) -> None:
    other = sqlite3.connect(log.path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = log.open_store(0.0)
    with pytest.raises(StoreBusy, match="others keep the store"), store.group():
        pass
    other.close()
    store.close()


def test_who_waits_in_a_thread_or_in_the_loop_itself_is_answered_too(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> list[int]:
        beside = asyncio.gather(*(asyncio.to_thread(writer.commit, [decision()]) for _ in range(4)))
        within = writer.commit([decision()]).first
        receipts = await beside
        return sorted([within, *(receipt.first for receipt in receipts)])

    assert run(log, work) == [1, 2, 3, 4, 5]


def test_a_store_that_cannot_be_opened_is_told_to_all_and_tried_again(log: LogFolder) -> None:
    faults = [NotRecorded("the store cannot be opened")]

    def near() -> SqliteStore:
        if faults:
            raise faults.pop()
        return log.open_store(0.0)

    async def work(writer: LoopWriter) -> int:
        answers = await asyncio.gather(*(writer.commit_async([decision()]) for _ in range(3)), return_exceptions=True)
        assert [str(answer) for answer in answers] == [
            "Nothing was written to the log: the store cannot be opened."
        ] * 3
        return (await writer.commit_async([decision()])).first

    assert run(log, work, near) == 1


def test_a_file_that_was_removed_is_told_and_nothing_is_acknowledged(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> None:
        await writer.commit_async([decision()])
        (log.path / "ledger.db").unlink()
        for _ in range(2):
            with pytest.raises(RemitError, match=r"removed|there is no log"):
                await writer.commit_async([decision()])

    run(log, work)


def test_one_who_stops_waiting_undoes_nothing_and_stops_nobody(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> int:
        task = asyncio.ensure_future(writer.commit_async([decision(subject="gone")]))
        beside = asyncio.ensure_future(writer.commit_async([decision()]))
        await asyncio.sleep(0)
        task.cancel()
        return (await beside).first

    assert run(log, work) == 2
    assert len(whole(log)) == 3


def test_what_is_under_way_when_it_is_let_go_is_written(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> asyncio.Future[Receipt]:
        return writer.submit([decision()])

    assert run(log, work).result().first == 1
    assert read_entry(whole(log)[1]).kind == "decision"


def test_a_writer_that_was_closed_takes_nothing(log: LogFolder) -> None:
    async def work(writer: LoopWriter) -> None:
        await writer.commit_async([decision()])
        await writer.unbind()
        writer.close()
        with pytest.raises(UsageError, match="its writer was closed"):
            await writer.commit_async([decision()])

    run(log, work)
