"""A store in one SQLite file: write-ahead log, every commit synchronised, one `BEGIN IMMEDIATE` for a group.

1. A store is opened only where one was made, since a file that is missing must not become an empty log.
2. The file that is open must still be the one that has the name, before a group and before it is acknowledged: SQLite
   goes on writing to a file that was removed.
3. Triggers refuse to change or remove an entry. They guard against our own mistakes and are no evidence.
4. An error while a group ends leaves open whether it was written; the connection is given up, and the next looks anew.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from os import fsync, stat
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from remit.errors import NothingToLookAt, NotRecorded, UsageError
from remit.ledger.store import Changes, Head, Signed
from remit.ledger.tree import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENCE = 30.0
"""Seconds that a group waits for others to end theirs."""
_READ_AT_ONCE = 2048
_FORM = 1
_TABLES = """
CREATE TABLE entry (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE contents (n INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE stream (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE pending (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL,
  at TEXT NOT NULL) STRICT;
CREATE TABLE signed (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
INSERT INTO head VALUES (1, 0, x'', '');
"""


def create_store(path: Path) -> None:
    """Make an empty store; raise if there is one."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise UsageError(f"Nothing was made: {path} is there already.") from error
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Twice the usual size: a group of entries then goes to the write-ahead log in half as many pieces.
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_FORM}; COMMIT;")
    finally:
        connection.close()
    with path.open("rb") as file:
        fsync(file.fileno())


class SqliteStore:
    """A store that is open; it is for one thread at a time, so each thread opens its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():  # (1)
            raise NothingToLookAt(f"Nothing was opened: there is no log at {path}.")
        with _telling():
            where = f"file:{quote(str(path))}?mode=rw"
            self._connection = sqlite3.connect(
                where, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._prepare()
            self._file = self._identity()

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA synchronous = FULL")
        form = execute("PRAGMA user_version").fetchone()[0]
        mode = execute("PRAGMA journal_mode").fetchone()[0]
        if (form, mode) != (_FORM, "wal"):
            self._connection.close()
            raise UsageError(f"Nothing was opened: {self._path} is not a log of this version of Remit.")

    @contextmanager
    def group(self) -> Iterator[SqliteGroup]:  # noqa: D102  # the interface says it
        with _telling():
            self._demand_same_file()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteGroup(self._connection)
                self._demand_same_file()  # (2)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._demand_same_file()

    def head(self) -> Head:  # noqa: D102
        with _telling():
            return SqliteGroup(self._connection).head()

    def signed(self) -> Signed | None:  # noqa: D102
        with _telling():
            return SqliteGroup(self._connection).signed()

    def entries(self, first: int, stop: int) -> Iterator[bytes]:  # noqa: D102
        # In pieces, each a short look of its own: a long one would keep the write-ahead log from being taken over.
        for start in range(first, stop, _READ_AT_ONCE):
            end = min(start + _READ_AT_ONCE, stop)
            with _telling():
                found = self._connection.execute(
                    "SELECT body FROM entry WHERE n >= ? AND n < ? ORDER BY n", (start, end)
                ).fetchall()
            if len(found) != end - start:
                raise NotRecorded(f"the store lacks {end - start - len(found)} entries between {start} and {end}")
            yield from (body for (body,) in found)

    def contents(self, n: int) -> bytes | None:  # noqa: D102
        with _telling():
            found = self._connection.execute("SELECT sealed FROM contents WHERE n = ?", (n,)).fetchone()
            return None if found is None else bytes(found[0])

    def forget(self, n: int) -> None:  # noqa: D102
        with _telling():
            self._connection.execute("DELETE FROM contents WHERE n = ?", (n,))

    def counter(self, name: str) -> int:  # noqa: D102
        with _telling():
            return SqliteGroup(self._connection).counter(name)

    def rows(self, prefix: str) -> Iterator[tuple[str, bytes]]:  # noqa: D102
        with _telling():
            found = self._connection.execute(
                "SELECT name, content FROM pending WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix)
            ).fetchall()
        yield from found

    def close(self) -> None:  # noqa: D102
        self._connection.close()

    def _identity(self) -> tuple[int, ...]:
        found, log = stat(self._path), stat(f"{self._path}-wal")  # noqa: PTH116 - twice in every group.
        return found.st_dev, found.st_ino, log.st_ino

    def _demand_same_file(self) -> None:
        try:
            same = self._identity() == self._file
        except FileNotFoundError:
            raise NotRecorded(f"{self._path} was removed, or the file beside it that belongs to it") from None
        if not same:
            raise NotRecorded(f"{self._path} is another file than the one that was opened")


class SqliteGroup:
    """A group on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> Head:  # noqa: D102  # the interface says it
        size, hashes, at = self._one("SELECT size, frontier, at FROM head")
        return Head(size, tuple(hashes[start : start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)), at)

    def stream(self, name: str) -> int:  # noqa: D102
        return int((self._one("SELECT size FROM stream WHERE name = ?", name) or (0,))[0])

    def counter(self, name: str) -> int:  # noqa: D102
        return int((self._one("SELECT value FROM counter WHERE name = ?", name) or (0,))[0])

    def row(self, name: str) -> bytes | None:  # noqa: D102
        found = self._one("SELECT content FROM pending WHERE name = ?", name)
        return found and bytes(found[0])

    def signed(self) -> Signed | None:  # noqa: D102
        found = self._one("SELECT size, root FROM signed")
        return found and Signed(*found)

    def apply(self, changes: Changes) -> None:  # noqa: D102
        sealed = [(record.n, record.sealed) for record in changes.records if record.sealed is not None]
        gone = [(name,) for name, content in changes.rows.items() if content is None]
        kept = [(name, content) for name, content in changes.rows.items() if content is not None]
        self._many("INSERT INTO entry VALUES (?, ?)", [record[:2] for record in changes.records])
        self._many("INSERT OR REPLACE INTO contents VALUES (?, ?)", sealed)
        self._many("INSERT OR REPLACE INTO stream VALUES (?, ?)", list(changes.streams.items()))
        self._many("INSERT OR REPLACE INTO counter VALUES (?, ?)", list(changes.counters.items()))
        self._many("DELETE FROM pending WHERE name = ?", gone)
        self._many("INSERT OR REPLACE INTO pending VALUES (?, ?)", kept)
        head = changes.head
        self._many("UPDATE head SET size = ?, frontier = ?, at = ?", [(head.size, b"".join(head.frontier), head.at)])

    def sign_for(self, signed: Signed) -> None:  # noqa: D102
        self._many("INSERT OR REPLACE INTO signed VALUES (1, ?, ?)", [signed])

    def _one(self, question: str, *values: str) -> Any:  # noqa: ANN401 - what a row holds.
        with _telling():
            return self._connection.execute(question, values).fetchone()

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with _telling():
                self._connection.executemany(statement, rows)


@contextmanager
def _telling() -> Iterator[None]:
    """Say what SQLite refused in words of ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NotRecorded(_said(error)) from error


def _said(error: sqlite3.Error | OSError) -> str:
    """Say what is the matter, with the cause that SQLite gives in its own words."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    causes = {
        "SQLITE_FULL": "the disk is full",
        "SQLITE_READONLY": "the store is read-only",
        "SQLITE_BUSY": f"others kept the store for {PATIENCE:.0f} seconds",
        "SQLITE_CORRUPT": "the store is damaged",
        "SQLITE_NOTADB": "the store is not a database",
        "SQLITE_IOERR": "the disk refused",
        "SQLITE_CANTOPEN": "the store cannot be opened",
    }
    cause = next((says for start, says in causes.items() if name.startswith(start)), "the store failed")
    return f"{cause} ({name}: {error})"
