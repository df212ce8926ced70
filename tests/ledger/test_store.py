"""What every store promises, held against the one in memory and the one in a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remit.errors import LogRewound, NotRecorded
from remit.ledger.sqlite import SqliteStore, create_store
from remit.ledger.store import Changes, Head, Record, Signed, Store, sign_for
from remit.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash
from tests.fakes import Disk, MemoryStore

Open = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store as often as wanted."""
    opened: list[Store] = []
    disk, path = Disk(), tmp_path / "ledger.db"
    if request.param == "sqlite":
        create_store(path)

    def open_it() -> Store:
        opened.append(MemoryStore(disk) if request.param == "memory" else SqliteStore(path))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


def grown(head: Head, bodies: list[bytes], at: str = "2026-03-02T08:00:00.000Z") -> Changes:
    frontier = Frontier.from_hashes(head.size, head.frontier)
    frontier.extend(map(leaf_hash, bodies))
    records = [Record(head.size + place, body, b"sealed " + body) for place, body in enumerate(bodies)]
    return Changes(records, Head(frontier.size, frontier.hashes(), at), {"log": frontier.size}, {}, {})


def write(store: Store, *bodies: bytes) -> None:
    with store.group() as group:
        group.apply(grown(group.head(), list(bodies)))


def test_a_new_store_is_empty(open_store: Open) -> None:
    store = open_store()
    assert store.head() == Head()
    assert store.head().root() == EMPTY_ROOT
    assert store.signed() is None
    assert list(store.entries(0, 0)) == []
    assert list(store.rows("")) == []
    assert (store.counter("mass"), store.contents(0)) == (0, None)


def test_what_a_group_leaves_is_there_for_everybody_and_after_opening_it_again(open_store: Open) -> None:
    write(open_store(), b"one", b"two", b"three")
    store = open_store()
    assert list(store.entries(1, 3)) == [b"two", b"three"]
    assert store.contents(1) == b"sealed two"
    frontier = Frontier()
    frontier.extend(map(leaf_hash, [b"one", b"two", b"three"]))
    assert store.head() == Head(3, frontier.hashes(), "2026-03-02T08:00:00.000Z")
    assert store.head().root() == frontier.root()
    with store.group() as group:
        assert group.stream("log") == 3
        assert group.stream("uc-07") == 0


def test_contents_can_be_forgotten_and_the_entry_stays(open_store: Open) -> None:
    store = open_store()
    write(store, b"one", b"two")
    store.forget(0)
    store.forget(7)
    assert (store.contents(0), store.contents(1)) == (None, b"sealed two")
    assert list(store.entries(0, 2)) == [b"one", b"two"]


def test_counters_and_rows_change_with_the_entries(open_store: Open) -> None:
    store = open_store()
    with store.group() as group:
        changes = grown(group.head(), [b"one"])
        group.apply(changes._replace(counters={"mass": 5}, rows={"hold/1": b"x", "hold/2": b"y", "held": b"z"}))
    with store.group() as group:
        assert (group.counter("mass"), group.row("hold/1"), group.row("none")) == (5, b"x", None)
        group.apply(Changes([], group.head(), {}, {"mass": 6}, {"hold/1": None, "hold/2": b"w", "none": None}))
    assert store.counter("mass") == 6
    assert list(open_store().rows("hold/")) == [("hold/2", b"w")]
    assert [name for name, _ in store.rows("")] == ["held", "hold/2"]


def test_a_group_that_ends_with_an_error_leaves_nothing(open_store: Open) -> None:
    store = open_store()
    write(store, b"one")
    with pytest.raises(ZeroDivisionError), store.group() as group:  # noqa: PT012  # the group is what is looked at
        group.apply(grown(group.head(), [b"two"])._replace(counters={"mass": 5}))
        raise ZeroDivisionError
    assert store.head().size == 1
    assert store.counter("mass") == 0
    write(store, b"three")
    assert list(store.entries(0, 2)) == [b"one", b"three"]


def test_entries_that_are_not_there_are_not_passed_over(open_store: Open) -> None:
    store = open_store()
    write(store, b"one")
    with pytest.raises(NotRecorded, match="lacks"):
        list(store.entries(0, 3))


def test_a_signature_is_settled_once_for_each_size_and_never_for_less(open_store: Open) -> None:
    store = open_store()
    write(store, b"one", b"two")
    with store.group() as group:
        settled = sign_for(group, 2)
    assert open_store().signed() == settled == Signed(2, store.head().root())
    with store.group() as group:
        assert sign_for(group, 2) == settled
        with pytest.raises(NotRecorded, match="2 entries, and 3 were"):
            sign_for(group, 3)


@pytest.mark.parametrize("signed", [Signed(3, bytes(32)), Signed(2, bytes(32))], ids=["more", "another root"])
def test_a_store_that_was_set_back_signs_nothing(open_store: Open, signed: Signed) -> None:
    store = open_store()
    write(store, b"one", b"two")
    with store.group() as group:
        group.sign_for(signed)
    with pytest.raises(LogRewound) as caught, store.group() as group:
        sign_for(group, 2)
    assert (caught.value.held, caught.value.signed) == (2, signed.size)
    assert "Start a new log that refers to this one" in str(caught.value)


def test_an_empty_log_can_be_signed_for(open_store: Open) -> None:
    with open_store().group() as group:
        assert sign_for(group, 0) == Signed(0, EMPTY_ROOT)
