"""In-memory doubles of what lies outside: a store, a site, the keys of epochs, a witness, a clock."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from remit.errors import NotRecorded, UsageError
from remit.ledger.sidecar import Epoch, Keyring
from remit.ledger.site import Site
from remit.ledger.store import Changes, Group, Head, Signed, Store
from remit.ledger.witness_call import Reply, WitnessCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from remit.ledger.note import VerifierKey
    from remit.ledger.witness import Witness


@dataclass
class Disk:
    """What a store in memory keeps while nobody has it open; `copy` is a backup."""

    entries: list[bytes] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    streams: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)
    head: Head = field(default_factory=Head)
    signed: Signed | None = None
    lock: Lock = field(default_factory=Lock)
    fault: str = ""
    """What the next groups meet when they end; empty when nothing is the matter."""
    unreadable: bool = False

    def copy(self) -> Disk:
        return Disk(
            self.entries[:],
            dict(self.contents),
            dict(self.streams),
            dict(self.counters),
            dict(self.rows),
            self.head,
            self.signed,
        )

    def take(self, other: Disk) -> None:
        """Become what another was, as when a backup is put back."""
        for name in ("entries", "contents", "streams", "counters", "rows", "head", "signed"):
            setattr(self, name, getattr(other.copy(), name))


class MemoryStore(Store):
    """A store on a disk in memory."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.open = True

    @contextmanager
    def group(self) -> Iterator[MemoryGroup]:
        with self.disk.lock:
            group = MemoryGroup(self.disk)
            yield group
            if self.disk.fault:
                raise NotRecorded(self.disk.fault)
            group.end()

    def head(self) -> Head:
        return self.disk.head

    def signed(self) -> Signed | None:
        return self.disk.signed

    def entries(self, first: int, stop: int) -> Iterator[bytes]:
        if stop > len(self.disk.entries):
            raise NotRecorded("the store lacks entries")
        yield from self.disk.entries[first:stop]

    def contents(self, n: int) -> bytes | None:
        return self.disk.contents.get(n)

    def forget(self, n: int) -> None:
        self.disk.contents.pop(n, None)

    def counter(self, name: str) -> int:
        return self.disk.counters.get(name, 0)

    def rows(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        yield from sorted(row for row in self.disk.rows.items() if row[0].startswith(prefix))

    def close(self) -> None:
        self.open = False


class MemoryGroup(Group):
    """A group that changes nothing before it ends."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._changes: list[Changes] = []
        self._signed = disk.signed

    def head(self) -> Head:
        return self._disk.head

    def stream(self, name: str) -> int:
        return self._look().streams.get(name, 0)

    def counter(self, name: str) -> int:
        return self._look().counters.get(name, 0)

    def row(self, name: str) -> bytes | None:
        return self._look().rows.get(name)

    def apply(self, changes: Changes) -> None:
        self._changes.append(changes)

    def signed(self) -> Signed | None:
        return self._signed

    def sign_for(self, signed: Signed) -> None:
        self._signed = signed

    def end(self) -> None:
        disk = self._disk
        disk.signed = self._signed
        for changes in self._changes:
            disk.entries += [record.body for record in changes.records]
            disk.contents |= {record.n: record.sealed for record in changes.records if record.sealed is not None}
            disk.streams |= changes.streams
            disk.counters |= changes.counters
            for name, content in changes.rows.items():
                if content is None:
                    disk.rows.pop(name, None)
                else:
                    disk.rows[name] = content
            disk.head = changes.head

    def _look(self) -> Disk:
        if self._disk.unreadable:
            raise NotRecorded("the disk cannot be read")
        return self._disk


class MemorySite(Site):
    """A site in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.writes_left: int | None = None
        """How many more files can be written before the place is full; None is without end."""

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            if self.writes_left is not None:
                if self.writes_left == 0:
                    raise NotRecorded("the place to publish to is full")
                self.writes_left -= 1
            self.files[path] = content

    def remove(self, folder: str) -> None:
        for path in [path for path in self.files if path.startswith(f"{folder}/")]:
            del self.files[path]

    def names(self, folder: str) -> Sequence[str]:
        return [path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/")]

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        yield


class MemoryKeyring(Keyring):
    """Keys in memory."""

    def __init__(self) -> None:
        self.keys: list[bytes | None] = []

    def current(self) -> Epoch:
        found = self.find(len(self.keys))
        if found is None:
            raise NotRecorded("no epoch has a key to commit with; begin one")
        return found

    def find(self, number: int) -> Epoch | None:
        key = self.keys[number - 1] if 0 < number <= len(self.keys) else None
        return None if key is None else Epoch(number, key)

    def begin(self) -> Epoch:
        self.keys.append(os.urandom(32))
        return self.current()

    def destroy(self, number: int) -> None:
        if self.find(number) is None:
            raise UsageError(f"Nothing was destroyed: epoch {number} has no key here.")
        self.keys[number - 1] = None


class NearWitness(WitnessCall):
    """A witness that is called without a network."""

    def __init__(self, key: VerifierKey, witness: Witness) -> None:
        self.key = key
        self.asked = 0
        self._witness = witness

    def ask(self, body: bytes) -> Reply:
        self.asked += 1
        answer = self._witness.add_checkpoint(body, 1_790_000_000 + self.asked)
        return Reply(answer.status, answer.body)


class SteppingClock:
    """A clock that goes on by a step each time it is looked at, and can be set."""

    def __init__(self, step: timedelta = timedelta(milliseconds=5)) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now
