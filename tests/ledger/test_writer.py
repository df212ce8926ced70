"""Group commit: everybody who waits gets a place or a clear error, and what failed leaves nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from threading import Thread

import pytest

from remit.errors import LimitReached, LogRewound, NotRecorded, RowChanged, UsageError
from remit.ledger.commitment import commit
from remit.ledger.entry import Draft, read_entry
from remit.ledger.invariants import Invariants
from remit.ledger.sidecar import open_contents
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.writer import Desk, Receipt, Reserve, Turn, Writer, write_time
from tests.fakes import MemoryStore
from tests.ledger.written import WrittenLog, decision, outcome, terms


@pytest.fixture
def log() -> Iterator[WrittenLog]:
    made = WrittenLog()
    yield made
    made.writer.close()


def whole(log: WrittenLog) -> list[bytes]:
    """Return all entries, having held them against the root and each other."""
    head = log.store.head()
    entries = list(log.store.entries(0, head.size))
    assert root_of(map(leaf_hash, entries)) == head.root()
    invariants = Invariants()
    for raw in entries:
        invariants.take(raw)
    return entries


def test_entries_get_places_in_the_log_and_in_their_streams(log: WrittenLog) -> None:
    assert log.write(terms()) == 0
    receipt = log.writer.commit([decision(), decision(stream="uc-08"), decision()])
    assert (receipt.first, receipt.stop) == (1, 4)
    read = [read_entry(raw) for raw in whole(log)]
    assert [(entry.n, entry.stream, entry.sn) for entry in read] == [
        (0, "log", 0),
        (1, "uc-07", 0),
        (2, "uc-08", 0),
        (3, "uc-07", 1),
    ]
    assert read[1].at == receipt.at


def test_what_is_hidden_is_committed_to_and_its_contents_open(log: WrittenLog) -> None:
    log.write(terms(), decision(purpose="translate", subject="c-19"))
    entry = read_entry(whole(log)[1])
    epoch, sealed = log.keyring.current(), log.store.contents(1)
    assert sealed is not None
    assert entry.fields["ep"] == 1
    assert entry.fields["_sd"] == commit(epoch.key, 1, decision(purpose="translate", subject="c-19").hidden)
    assert len(open_contents(entry, sealed, epoch)) == 2


def test_many_threads_and_coroutines_each_get_their_own_place(log: WrittenLog) -> None:
    log.write(terms())
    places: list[int] = []

    def many() -> None:
        places.extend(log.write(decision(purpose="translate")) for _ in range(20))

    async def one() -> None:
        for _ in range(20):
            places.append((await log.writer.commit_async([decision()])).first)  # noqa: PERF401

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(16)))

    threads = [Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    asyncio.run(all_of_them())
    for thread in threads:
        thread.join()
    assert sorted(places) == list(range(1, 1 + 20 * 24))
    assert len(whole(log)) == 1 + 20 * 24


def test_a_counter_is_raised_before_the_use_and_never_past_its_limit(log: WrittenLog) -> None:
    log.write(terms())
    for _ in range(3):
        log.writer.commit([decision()], counters={"mass": Reserve(1, limit=3)})
    with pytest.raises(LimitReached, match=r"mass would come to 4, and its limit is 3") as caught:
        log.writer.commit([decision()], counters={"mass": Reserve(1, limit=3)})
    assert caught.value.counter == "mass"
    assert (log.store.counter("mass"), log.store.head().size) == (3, 4)
    log.writer.commit(counters={"mass": Reserve(-3), "other": Reserve(2)})
    assert (log.store.counter("mass"), log.store.counter("other"), log.store.head().size) == (0, 2, 4)


def test_a_limit_holds_over_all_who_come_at_once(log: WrittenLog) -> None:
    log.write(terms())

    async def one() -> Receipt:
        return await log.writer.commit_async([decision()], counters={"mass": Reserve(1, limit=10)})

    async def all_of_them() -> list[Receipt | BaseException]:
        return await asyncio.gather(*(one() for _ in range(64)), return_exceptions=True)

    answers = asyncio.run(all_of_them())
    assert sum(isinstance(answer, Receipt) for answer in answers) == 10
    assert sum(isinstance(answer, LimitReached) for answer in answers) == 54
    assert len(whole(log)) == 11


def test_a_row_is_turned_once(log: WrittenLog) -> None:
    log.write(terms())
    log.writer.commit(rows={"hold/1": Turn(None, b"waiting")})
    log.writer.commit([decision()], rows={"hold/1": Turn(b"waiting", None)})
    with pytest.raises(RowChanged, match="hold/1 is not what it was taken to be") as caught:
        log.writer.commit([decision()], rows={"hold/1": Turn(b"waiting", None)})
    assert caught.value.row == "hold/1"
    assert (list(log.store.rows("")), log.store.head().size) == ([], 2)


def test_what_is_settled_within_the_group_sees_what_came_before_it(log: WrittenLog) -> None:
    log.write(terms())

    def count_up(desk: Desk) -> Sequence[Draft]:
        seen = int(desk.row("seen") or b"0") + 1
        desk.put("seen", b"%d" % seen)
        desk.put("seen", b"%d" % int(desk.row("seen") or b"0"))
        desk.reserve("mass", 1)
        return [decision()] * (desk.counter("mass") == seen)

    async def all_of_them() -> None:
        await asyncio.gather(*(log.writer.commit_async(settle=count_up) for _ in range(50)))

    asyncio.run(all_of_them())
    assert list(log.store.rows("seen")) == [("seen", b"50")]
    assert len(whole(log)) == 51


def test_a_job_that_fails_leaves_nothing_and_its_neighbours_go_on(log: WrittenLog) -> None:
    log.write(terms())

    def fail(desk: Desk) -> Sequence[Draft]:
        desk.reserve("mass", 1)
        desk.put("row", b"x")
        raise ZeroDivisionError("by zero")

    async def all_of_them() -> list[Receipt | BaseException]:
        jobs = [log.writer.commit_async([decision()], settle=None if n % 2 else fail) for n in range(40)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    answers = asyncio.run(all_of_them())
    assert [isinstance(answer, Receipt) for answer in answers] == [bool(n % 2) for n in range(40)]
    assert all(isinstance(answer, ZeroDivisionError) for answer in answers[::2])
    assert (log.store.counter("mass"), list(log.store.rows(""))) == (0, [])
    assert len(whole(log)) == 21


def test_without_an_epoch_only_those_fail_who_hide_something(log: WrittenLog) -> None:
    log.write(terms())
    log.keyring.destroy(1)
    with pytest.raises(NotRecorded, match="begin one"):
        log.write(decision(purpose="translate"))
    assert log.write(decision()) == 1


@pytest.mark.parametrize("fault", ["the disk is full", "the store is read-only", "ledger.db was removed"])
def test_every_waiter_is_told_what_the_disk_said_and_writing_goes_on_with_it(log: WrittenLog, fault: str) -> None:
    log.write(terms())
    log.disk.fault = fault

    async def all_of_them() -> list[Receipt | BaseException]:
        jobs = [log.writer.commit_async([decision()], counters={"mass": Reserve(1)}) for _ in range(30)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    for answer in asyncio.run(all_of_them()):
        assert str(answer) == f"Nothing was written to the log: {fault}."
    with pytest.raises(NotRecorded, match=fault):
        log.write(decision())
    assert (log.store.head().size, log.store.counter("mass")) == (1, 0)
    log.disk.fault = ""
    assert log.write(decision()) == 1
    assert len(whole(log)) == 2


def test_a_store_that_cannot_be_read_fails_the_group_and_not_one_job(log: WrittenLog) -> None:
    log.write(terms())
    log.disk.unreadable = True
    for job in ({"entries": [decision()]}, {"counters": {"mass": Reserve(1)}}, {"rows": {"a": Turn(None, b"")}}):
        with pytest.raises(NotRecorded, match="the disk cannot be read"):
            log.writer.commit(**job)
    log.disk.unreadable = False
    assert log.write(decision()) == 1


def test_a_store_that_cannot_be_opened_is_told_and_tried_again(log: WrittenLog) -> None:
    faults = [NotRecorded("the store cannot be opened")]

    def open_store() -> MemoryStore:
        if faults:
            raise faults.pop()
        return MemoryStore(log.disk)

    writer = Writer(open_store, log.keyring, log.clock)
    with pytest.raises(NotRecorded, match="cannot be opened"):
        writer.commit([terms()])
    assert writer.commit([terms()]).first == 0
    writer.close()


def test_a_clock_that_goes_back_is_refused_until_it_has_caught_up(log: WrittenLog) -> None:
    log.write(terms())
    log.clock.now -= timedelta(minutes=1)
    with pytest.raises(NotRecorded, match="which is before the last entry, written at"):
        log.write(decision())
    log.clock.now += timedelta(minutes=2)
    log.write(decision())
    assert len(whole(log)) == 2


def test_a_clock_that_is_corrected_by_a_little_does_not_stop_the_log(log: WrittenLog) -> None:
    log.write(terms())
    log.clock.now -= timedelta(milliseconds=900)
    log.write(decision())
    first, second = (read_entry(raw) for raw in whole(log))
    assert first.at == second.at


def test_a_copy_put_in_the_place_of_the_store_is_noticed_by_the_writer(log: WrittenLog) -> None:
    backup = log.disk.copy()
    log.write(terms())
    log.disk.take(backup)
    with pytest.raises(LogRewound, match="its store holds 0 entries, but what this writer has acknowledged"):
        log.write(terms())
    assert log.store.head().size == 0


def test_a_writer_that_was_closed_says_so_and_has_written_what_had_gathered(log: WrittenLog) -> None:
    log.write(terms())
    log.writer.close()
    with pytest.raises(UsageError, match="its writer was closed"):
        log.write(decision())
    assert len(whole(log)) == 1
    log.writer.close()


def test_one_who_stops_waiting_undoes_nothing(log: WrittenLog) -> None:
    log.write(terms())

    async def give_up() -> None:
        task = asyncio.ensure_future(log.writer.commit_async([decision()]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await log.writer.commit_async([decision()])

    asyncio.run(give_up())
    assert len(whole(log)) == 3


def test_a_loop_that_is_gone_holds_up_nobody(log: WrittenLog) -> None:
    loop = asyncio.new_event_loop()
    log.disk.lock.acquire()
    task = loop.create_task(log.writer.commit_async([terms()]))
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    log.disk.lock.release()
    assert log.write(decision()) == 1


@pytest.mark.parametrize("error", [StopIteration(), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_nobody_waits_for_ever_whatever_is_raised_within(log: WrittenLog, error: BaseException) -> None:
    def fail(_: Desk) -> Sequence[Draft]:
        raise error

    with pytest.raises(NotRecorded, match="the writer met"):
        log.writer.commit(settle=fail)

    async def one() -> None:
        await asyncio.wait_for(log.writer.commit_async(settle=fail), 10)

    with pytest.raises(NotRecorded, match="the writer met"):
        asyncio.run(one())
    assert log.write(terms()) == 0


def test_nothing_to_write_is_no_entry(log: WrittenLog) -> None:
    receipt = log.writer.commit()
    assert (receipt.first, receipt.stop, log.store.head().size) == (0, 0, 0)


def test_no_jobs_handed_over_are_not_the_end(log: WrittenLog) -> None:
    log.writer.hand_over([])
    assert log.write(terms()) == 0


def test_a_time_is_written_in_utc_with_three_digits() -> None:
    assert write_time(WrittenLog().clock()) == "2026-03-02T08:00:00.005Z"


def test_an_outcome_of_a_decision_in_the_same_group_can_name_it(log: WrittenLog) -> None:
    log.write(terms(), decision(), outcome(1))
    assert len(whole(log)) == 3
