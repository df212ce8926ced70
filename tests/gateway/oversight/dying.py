"""Remit, killed as by a machine that loses its power: WHEN KIND NTH WORDS ...

WHEN is `before` or `after`: before the group with the entry of that kind is durable, or once it is. NTH counts from 1.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from remit.cli.main import main
from remit.ledger import folder
from remit.ledger.entry import read_entry
from remit.ledger.sqlite import SqliteGroup, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.ledger.store import Changes

WHEN, KIND, NTH = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Toll:
    """Counts what is written, over all stores of this process."""

    seen = 0

    @classmethod
    def take(cls, changes: Changes) -> None:
        for record in changes.records:
            entry = read_entry(record.body)
            cls.seen += f"{entry.kind} {entry.fields.get('o', '')}".strip() == KIND

    @classmethod
    def die(cls, when: str) -> None:
        if when == WHEN and cls.seen >= NTH:
            os.kill(os.getpid(), signal.SIGKILL)


class TollingGroup(SqliteGroup):
    def apply(self, changes: Changes) -> None:
        super().apply(changes)
        Toll.take(changes)
        Toll.die("before")


class DyingStore(SqliteStore):
    @contextmanager
    def group(self) -> Iterator[SqliteGroup]:
        with super().group() as group:
            yield TollingGroup(group._connection, group._memory)
        Toll.die("after")


# There is no other way in, and this process is for nothing else.
vars(folder)["SqliteStore"] = DyingStore
sys.exit(main(sys.argv[4:]))
