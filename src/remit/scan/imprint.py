"""Imprints of a place, by which an unchanged one is known again: its stamps, its shape, and its contents.

Stamps are what the file system says of every file and cost no read. The shape is every path with its size, and says
whether reading for the contents is worth it. The contents are a digest of every byte, and hold on any machine.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.scan.coverage import Coverage
from remit.scan.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.scan.source import Source

_SETTLED = 2_000_000_000
"""Nanoseconds after which a file system that counts coarsely would show a second change."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Imprint:
    """What the file system says of a place."""

    stamps: str
    shape: str
    newest: int
    """The latest instant at which something in the place changed."""

    def is_settled(self, now: int) -> bool:
        """Say whether a change made from now on would show in the stamps."""
        return self.newest + _SETTLED < now


def imprint(root: Path) -> Imprint:
    """Look at every entry below a place, and read none."""
    stamps, shape, newest = hashlib.sha256(), hashlib.sha256(), 0
    for path, said, size, changed in sorted(_entries(root)):
        stamps.update(f"{path}\0{said}\0".encode("utf-8", "surrogateescape"))
        shape.update(f"{path}\0{size}\0".encode("utf-8", "surrogateescape"))
        newest = max(newest, changed)
    return Imprint(stamps.hexdigest(), shape.hexdigest(), newest)


def _entries(root: Path) -> Iterator[tuple[str, str, int, int]]:
    """Yield each entry: its path, what the file system says of it, its size, and when it last changed."""
    if not root.is_dir():
        yield _entry("", root.stat())
        return
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError:
            yield prefix, "unreadable", 0, 0
            continue
        yield prefix, "folder", 0, 0
        for entry in found:
            path = f"{prefix}{entry.name}"
            if entry.name == ".git":
                continue
            if entry.is_symlink():
                yield path, f"link {_leads(entry.path)}", 0, 0
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, f"{path}/"))
            else:
                yield _entry(path, entry.stat(follow_symlinks=False))


def _entry(path: str, found: os.stat_result) -> tuple[str, str, int, int]:
    said = f"{found.st_mode} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {found.st_dev}"
    return path, said, found.st_size, max(found.st_mtime_ns, found.st_ctime_ns)


def _leads(link: str) -> str:
    """Say where a link leads, and what stands there now."""
    try:
        kind = stat.S_IFMT(os.stat(link).st_mode)  # noqa: PTH116 - a path for each link would cost more than the look.
    except OSError:
        kind = 0
    return f"{os.path.realpath(link)} {kind}"


def contents(path: Path, source: Source) -> str:
    """Digest every byte of a place that a source would read."""
    if not isinstance(source, Folder):
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()
    coverage = Coverage()
    source.digests = {}
    for _ in source.readings(coverage):
        pass
    return noted_contents(source, coverage)


def noted_contents(source: Folder, coverage: Coverage) -> str:
    """Digest what a folder noted of its files while it was read, and what was not read."""
    digest = hashlib.sha256()
    for path, each in sorted((source.digests or {}).items()):
        digest.update(f"{path}\0".encode("utf-8", "surrogateescape") + each)
    for why, paths in sorted(coverage.skipped.items()):
        digest.update("\0".join([why, *sorted(paths)]).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
