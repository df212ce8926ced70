"""The memory of a witness as a folder: one file for each log, named by the SHA-256 of its origin.

1. Comparing and replacing happens under a lock on the folder, which other processes of this machine respect.
2. A new checkpoint is written beside the old, forced to the disk and renamed, and so is the folder's entry for it.
3. A file that cannot be read is an error, never a log that was not seen before.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from remit.ledger.witness import WitnessMemory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class WitnessFolder(WitnessMemory):
    """Keeps the latest cosigned checkpoints in a folder, which is made when it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def latest(self, origin: str) -> bytes | None:  # noqa: D102  # the interface says it
        try:
            return self._path(origin).read_bytes()
        except FileNotFoundError:  # (3)
            return None

    def replace(self, origin: str, expected: bytes | None, note: bytes) -> bool:  # noqa: D102  # the interface says it
        with self._locked():  # (1)
            if self.latest(origin) != expected:
                return False
            path = self._path(origin)
            beside = path.with_suffix(".new")
            with beside.open("wb") as file:  # (2)
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            self._sync_folder()
            return True

    def _path(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Each holder opens the file anew, so that threads exclude each other as processes do.
        with (self._folder / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
