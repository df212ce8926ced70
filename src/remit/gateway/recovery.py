"""What a start finds of calls whose worker died: each is written off as lost, once.

1. A worker holds a lock on a file of its own for as long as it lives; the system lets go of it however it dies.
2. A call whose worker's lock can be had has no worker any more, and its outcome will never come.
3. Conversations that were kept longer than their providers keep them are forgotten.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from remit.errors import RowChanged
from remit.gateway.record import CONVERSATIONS, OPEN
from remit.ledger.entry import make_draft
from remit.ledger.kind import Kind
from remit.ledger.writer import Turn

if TYPE_CHECKING:
    from pathlib import Path

    from remit.ledger.store import Store
    from remit.ledger.writer import Writer

KEPT_FOR = 40 * 86_400
"""Seconds for which a conversation held by a provider is known; providers keep them for 30 days."""
_AT_ONCE = 256


class Pulse:
    """A lock that says that a worker lives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._path = folder / self.owner
        self._file = self._path.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def stop(self) -> None:
        """Let go."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def is_alive(folder: Path, owner: str) -> bool:
    """Tell whether a worker still holds its lock (1)."""
    path = folder / owner
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    path.unlink(missing_ok=True)
    return False


def write_off(store: Store, writer: Writer, folder: Path) -> int:
    """Write `lost` for every call whose worker is dead, and return how many those were (2)."""
    alive: dict[str, bool] = {}
    lost = []
    for name, mark in store.rows(OPEN):
        owner, _, stream = mark.decode().partition(" ")
        if owner not in alive:
            alive[owner] = is_alive(folder, owner)
        if not alive[owner]:
            lost.append((name, mark, stream))
    written = 0
    for start in range(0, len(lost), _AT_ONCE):
        some = lost[start : start + _AT_ONCE]
        drafts = [make_draft(Kind.LOST, stream, {"of": int(name.removeprefix(OPEN))}) for name, _, stream in some]
        try:
            writer.commit(drafts, rows={name: Turn(mark, None) for name, mark, _ in some})
        except RowChanged:
            # Another worker that starts now does the same.
            continue
        written += len(some)
    return written


def forget_conversations(store: Store, writer: Writer, seconds: int) -> None:
    """Forget conversations that no provider keeps any more (3)."""
    old = [(name, at) for name, at in store.rows(CONVERSATIONS) if int(at) < seconds - KEPT_FOR]
    for start in range(0, len(old), _AT_ONCE):
        writer.commit(rows={name: Turn(at, None) for name, at in old[start : start + _AT_ONCE]})
