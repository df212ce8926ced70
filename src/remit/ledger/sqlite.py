"""A store in one SQLite file: write-ahead log, every commit synchronised, one `BEGIN IMMEDIATE` for a group.

1. A store is opened only where one was made, since a file that is missing must not become an empty log.
2. The file that is open must still be the one that has the name, before a group and before it is acknowledged: SQLite
   goes on writing to a file that was removed.
3. Triggers refuse to change or remove an entry. They guard against our own mistakes and are no evidence.
4. An error while a group ends leaves open whether it was written; the connection is given up, and the next looks anew.
5. What the last group of this connection left behind is remembered, and taken for what is there only while SQLite says,
   within the group, that no other connection has written since.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import fsync, stat
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from remit.errors import NothingToLookAt, NotRecorded, StoreBusy, UsageError
from remit.ledger.store import Changes, Head, Signed
from remit.ledger.tree import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENCE = 30.0
"""Seconds that a group waits for others to end theirs, where nobody says otherwise."""
_READ_AT_ONCE = 2048
_AT_ONCE = 16, 4, 1
"""Rows written by one statement: each statement lets go of the interpreter and must get it back."""
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 1024, 4096
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


@dataclass(slots=True)
class Memory:
    """What the groups of one connection have read and left behind (5)."""

    version: int = -1
    head: Head | None = None
    streams: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)

    def forget(self, version: int = -1) -> None:
        """Take nothing to be known any more."""
        self.version, self.head = version, None
        self.streams.clear()
        self.counters.clear()
        self.rows.clear()

    def keep_row(self, name: str, content: bytes | None) -> None:
        """Remember a row if it is small; a long one is read when it is asked for."""
        if content is None or len(content) > _LONGEST_REMEMBERED:
            self.rows.pop(name, None)
        else:
            self.rows[name] = content

    def take(self, changes: Changes) -> None:
        """Remember what a group leaves behind."""
        self.head = changes.head
        self.streams.update(changes.streams)
        self.counters.update(changes.counters)
        for name, content in changes.rows.items():
            self.keep_row(name, content)
        for kept in (self.streams, self.counters, self.rows):
            if len(kept) > _MOST_REMEMBERED:
                kept.clear()


class SqliteStore:
    """A store that is open; it is for one thread at a time, so each thread opens its own."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience
        self._memory = Memory()
        if not path.is_file():  # (1)
            raise NothingToLookAt(f"Nothing was opened: there is no log at {path}.")
        with _telling():
            where = f"file:{quote(str(path))}?mode=rw"
            self._connection = sqlite3.connect(
                where, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
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
            self._demand_same_file()  # (2)
            self._begin()
            try:
                yield SqliteGroup(self._connection, self._remembered())
                self._connection.execute("COMMIT")
            except BaseException:
                self._memory.forget()
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._demand_same_file()

    def _begin(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not self._patience and error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise StoreBusy from None
            raise

    def _remembered(self) -> Memory:
        """Return what is surely still so within the group that has begun (5)."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._memory.version:
            self._memory.forget(version)
        return self._memory

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

    def __init__(self, connection: sqlite3.Connection, memory: Memory | None = None) -> None:
        self._connection = connection
        self._memory = memory or Memory()

    def head(self) -> Head:  # noqa: D102  # the interface says it
        if self._memory.head is not None:
            return self._memory.head
        size, hashes, at = self._one("SELECT size, frontier, at FROM head")
        return Head(size, tuple(hashes[start : start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)), at)

    def stream(self, name: str) -> int:  # noqa: D102
        if (known := self._memory.streams.get(name)) is not None:
            return known
        return int((self._one("SELECT size FROM stream WHERE name = ?", name) or (0,))[0])

    def counter(self, name: str) -> int:  # noqa: D102
        if (known := self._memory.counters.get(name)) is not None:
            return known
        return int((self._one("SELECT value FROM counter WHERE name = ?", name) or (0,))[0])

    def row(self, name: str) -> bytes | None:  # noqa: D102
        if (known := self._memory.rows.get(name)) is not None:
            return known
        found = self._one("SELECT content FROM pending WHERE name = ?", name)
        if found is None:
            return None
        content = bytes(found[0])
        self._memory.keep_row(name, content)
        return content

    def signed(self) -> Signed | None:  # noqa: D102
        found = self._one("SELECT size, root FROM signed")
        return found and Signed(*found)

    def apply(self, changes: Changes) -> None:  # noqa: D102
        sealed = [(record.n, record.sealed) for record in changes.records if record.sealed is not None]
        gone = [(name,) for name, content in changes.rows.items() if content is None]
        kept = [(name, content) for name, content in changes.rows.items() if content is not None]
        self._many("INSERT INTO entry VALUES ", "(?, ?)", [record[:2] for record in changes.records])
        self._many("INSERT OR REPLACE INTO contents VALUES ", "(?, ?)", sealed)
        self._many("INSERT OR REPLACE INTO stream VALUES ", "(?, ?)", list(changes.streams.items()))
        self._many("INSERT OR REPLACE INTO counter VALUES ", "(?, ?)", list(changes.counters.items()))
        self._many("DELETE FROM pending WHERE (name) IN (VALUES ", "(?)", gone, ")")
        self._many("INSERT OR REPLACE INTO pending VALUES ", "(?, ?)", kept)
        head = changes.head
        self._one("UPDATE head SET size = ?, frontier = ?, at = ?", head.size, b"".join(head.frontier), head.at)
        self._memory.take(changes)

    def sign_for(self, signed: Signed) -> None:  # noqa: D102
        self._one("INSERT OR REPLACE INTO signed VALUES (1, ?, ?)", *signed)

    def _one(self, question: str, *values: object) -> Any:  # noqa: ANN401 - what a row holds.
        try:
            return self._connection.execute(question, values).fetchone()
        except sqlite3.Error as error:
            raise NotRecorded(_said(error)) from error

    def _many(self, start: str, row: str, rows: Sequence[tuple[object, ...]], end: str = "") -> None:
        """Do to many rows what a statement does, with as few of them as can be."""
        at = 0
        try:
            for size in _AT_ONCE:
                if len(rows) - at < size:
                    continue
                statement = f"{start}{', '.join([row] * size)}{end}"
                while len(rows) - at >= size:
                    values = [value for each in rows[at : at + size] for value in each]
                    self._connection.execute(statement, values)
                    at += size
        except sqlite3.Error as error:
            raise NotRecorded(_said(error)) from error


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
        "SQLITE_BUSY": "others kept the store for longer than anybody waits",
        "SQLITE_CORRUPT": "the store is damaged",
        "SQLITE_NOTADB": "the store is not a database",
        "SQLITE_IOERR": "the disk refused",
        "SQLITE_CANTOPEN": "the store cannot be opened",
    }
    cause = next((says for start, says in causes.items() if name.startswith(start)), "the store failed")
    return f"{cause} ({name}: {error})"
