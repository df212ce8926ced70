"""The store in a SQLite file: what it does when the file, the disk or the folder is not what it was."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from remit.errors import NothingToLookAt, NotRecorded, UsageError
from remit.ledger import sqlite
from remit.ledger.sqlite import SqliteStore, create_store
from remit.ledger.store import Changes, Head, Record
from remit.ledger.tree import Frontier, leaf_hash


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_store(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def write(store: SqliteStore, body: bytes) -> None:
    with store.group() as group:
        head = group.head()
        frontier = Frontier.from_hashes(head.size, head.frontier)
        frontier.append(leaf_hash(body))
        group.apply(Changes([Record(head.size, body)], Head(frontier.size, frontier.hashes(), "t"), {}, {}, {}))


def test_a_store_is_made_once(path: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        create_store(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_missing_does_not_become_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(NothingToLookAt, match="there is no log at"):
        SqliteStore(tmp_path / "gone.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE song (name TEXT)")
    connection.close()
    with pytest.raises(UsageError, match="is not a log of this version of Remit"):
        SqliteStore(tmp_path / "other.db")


def test_a_file_that_is_no_database_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, whatever its name says" * 9)
    with pytest.raises(NotRecorded, match="the store is not a database"):
        SqliteStore(tmp_path / "text.db")


def test_every_commit_is_synchronised(store: SqliteStore) -> None:
    execute = store._connection.execute
    assert execute("PRAGMA synchronous").fetchone() == (2,)
    assert execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("statement", ["UPDATE entry SET body = x'00'", "DELETE FROM entry"])
def test_an_entry_is_neither_changed_nor_removed(store: SqliteStore, statement: str) -> None:
    write(store, b"one")
    with pytest.raises(sqlite3.IntegrityError, match="an entry is never"):
        store._connection.execute(statement)
    assert list(store.entries(0, 1)) == [b"one"]


def test_a_full_disk_is_told_and_writing_goes_on_when_it_is_not(store: SqliteStore) -> None:
    write(store, b"one")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NotRecorded, match="the disk is full"):
        write(store, bytes(60_000))
    assert store.head().size == 1
    store._connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    write(store, bytes(60_000))
    assert store.head().size == 2


def test_a_store_that_is_read_only_is_told(store: SqliteStore) -> None:
    store._connection.execute("PRAGMA query_only = 1")
    with pytest.raises(NotRecorded, match="the store is read-only"):
        write(store, b"one")
    store._connection.execute("PRAGMA query_only = 0")
    write(store, b"one")


def test_a_folder_that_was_removed_is_noticed_before_anything_is_acknowledged(store: SqliteStore, path: Path) -> None:
    write(store, b"one")
    shutil.rmtree(path.parent)
    with pytest.raises(NotRecorded, match="was removed"):
        write(store, b"two")


def test_a_file_that_is_removed_while_a_group_runs_is_noticed(store: SqliteStore, path: Path) -> None:
    with pytest.raises(NotRecorded, match="was removed"), store.group():
        path.with_name("ledger.db-wal").unlink()


def test_another_file_under_the_name_is_noticed(store: SqliteStore, path: Path) -> None:
    write(store, b"one")
    path.rename(path.with_name("moved.db"))
    shutil.copy(path.with_name("moved.db"), path)
    with pytest.raises(NotRecorded, match="is another file than the one that was opened"):
        write(store, b"two")


def test_two_groups_never_run_at_once(store: SqliteStore, path: Path) -> None:
    order: list[str] = []
    begun = threading.Event()

    def other() -> None:
        second = SqliteStore(path)
        begun.set()
        with second.group() as group:
            order.append(f"second sees {group.head().size}")
        second.close()

    with store.group() as group:
        thread = threading.Thread(target=other)
        thread.start()
        assert begun.wait(10)
        group.apply(Changes([Record(0, b"one")], Head(1, (leaf_hash(b"one"),), "t"), {}, {}, {}))
        order.append("first ends")
    thread.join()
    assert order == ["first ends", "second sees 1"]


def test_one_who_waits_too_long_is_told(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.05)
    impatient = SqliteStore(path)
    with store.group(), pytest.raises(NotRecorded, match="others kept the store"), impatient.group():
        pass
    impatient.close()


def test_a_store_that_is_closed_says_so_when_it_is_read(store: SqliteStore) -> None:
    with store.group() as group:
        pass
    store.close()
    with pytest.raises(NotRecorded, match="the store failed"):
        group.counter("mass")
    store.close()


def test_many_entries_are_read_in_pieces(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_READ_AT_ONCE", 2)
    for number in range(5):
        write(store, b"%d" % number)
    assert list(store.entries(1, 5)) == [b"1", b"2", b"3", b"4"]


def change(store: SqliteStore, *, rows: dict[str, bytes | None], counters: dict[str, int] | None = None) -> None:
    with store.group() as group:
        group.apply(Changes([], group.head(), {"uc": 1}, counters or {}, rows))


def look(store: SqliteStore) -> tuple[int, int, bytes | None]:
    with store.group() as group:
        return group.counter("c"), group.stream("uc"), group.row("r")


def test_what_is_remembered_of_the_last_group_gives_way_to_what_others_have_written(
    store: SqliteStore, path: Path
) -> None:
    other = SqliteStore(path)
    change(store, rows={"r": b"ours"}, counters={"c": 1})
    assert look(store) == look(other) == (1, 1, b"ours")
    change(other, rows={"r": b"theirs"}, counters={"c": 2})
    assert look(store) == (2, 1, b"theirs")
    change(other, rows={"r": None})
    assert look(store) == (2, 1, None)
    other.close()


def change_and_fail(store: SqliteStore) -> None:
    with store.group() as group:
        group.apply(Changes([], group.head(), {"uc": 9}, {"c": 9}, {"r": b"lost"}))
        raise ZeroDivisionError


def test_what_a_group_changed_that_failed_is_not_remembered(store: SqliteStore) -> None:
    change(store, rows={"r": b"kept"}, counters={"c": 1})
    with pytest.raises(ZeroDivisionError):
        change_and_fail(store)
    assert look(store) == (1, 1, b"kept")


def test_more_rows_than_are_remembered_and_longer_ones_are_read_all_the_same(store: SqliteStore) -> None:
    rows: dict[str, bytes | None] = {f"r{number}": b"%d" % number for number in range(1100)}
    change(store, rows=rows | {"long": bytes(5000)})
    change(store, rows=dict.fromkeys(list(rows)[:37]))
    with store.group() as group:
        assert [group.row(name) for name in ("r36", "r37", "r1099", "long")] == [None, b"37", b"1099", bytes(5000)]
