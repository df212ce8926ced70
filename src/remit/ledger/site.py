"""Where a log is published: static files that anybody may copy, each written whole or not at all.

1. A file is written beside its place, forced to the disk, renamed, and its folder's entry forced too.
2. One publisher at a time, over the processes of one machine, so that a checkpoint never goes back.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from remit.errors import NotRecorded
from remit.ledger.tile import TileReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

CHECKPOINT = "checkpoint"
COSIGNED = "cosigned"
"""The folder of the checkpoints that some witness cosigned, each under its size."""
_LOCK, _BESIDE = ".lock", ".new"


class Site(TileReader, Protocol):
    """A place for static files under paths such as `tile/0/000`."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files, each whole or not at all, and return when they are durable."""

    def remove(self, folder: str) -> None:
        """Remove a folder with its files, where it is there."""

    def names(self, folder: str) -> Sequence[str]:
        """Name the files of a folder, in no order; there are none where there is no folder."""

    def exclusively(self) -> AbstractContextManager[None]:
        """Keep other publishers out until it is left."""


class FolderSite(Site):
    """A site as a folder, which any server of static files can serve."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:  # noqa: D102  # the interface says it
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, files: Mapping[str, bytes]) -> None:  # noqa: D102
        try:
            folders = set()
            for name, content in files.items():
                path = self._folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                folders |= {path.parent, path.parent.parent}
                beside = path.with_name(path.name + _BESIDE)
                with beside.open("wb") as file:  # (1)
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(path)
            for folder in folders:
                _sync(folder)
        except OSError as error:
            raise NotRecorded(f"a file could not be published: {error}") from error

    def remove(self, folder: str) -> None:  # noqa: D102
        place = self._folder / folder
        if not place.is_dir():
            return
        for path in place.iterdir():
            path.unlink()
        place.rmdir()

    def names(self, folder: str) -> Sequence[str]:  # noqa: D102
        place = self._folder / folder
        return [path.name for path in place.iterdir() if path.suffix != _BESIDE] if place.is_dir() else []

    @contextmanager
    def exclusively(self) -> Iterator[None]:  # noqa: D102
        try:
            file = (self._folder / _LOCK).open("wb")
        except OSError as error:
            raise NotRecorded(f"the place to publish to cannot be used: {error}") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)  # (2)
            yield


def _sync(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
