"""A folder, a checkout or a single file as a source. It reads, never follows a link out, and never stops."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from remit.scan import coverage as reasons
from remit.scan.source import Reading, path_of
from remit.scan.text import as_text, reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.coverage import Coverage

_MANY = 2_000
LIMIT = 16 * 1024 * 1024
_SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)


class Folder:
    """A folder with everything in it, or a single file."""

    def __init__(self, root: Path, *, limit: int = LIMIT, spared: Iterable[Path] = ()) -> None:
        self.root = root
        self.limit = limit
        self.spared = frozenset(os.path.realpath(path) for path in spared)
        self.share = (0, 1)
        """Which part of the files is read here, and of how many; the others are somebody else's."""
        self._number = 0
        self.digests: dict[str, bytes] | None = None
        """The digest of each file that is read, where somebody asked for them."""

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file that holds text, in the order of their paths."""
        if not self.root.is_dir():
            yield from self._read(str(self.root), self.root.name, coverage)
            return
        self._number = 0
        yield from self._walk(self._submodules(), coverage)

    def is_large(self) -> bool:
        """Say whether there are so many files that several had better share them."""
        if not self.root.is_dir():
            return False
        files, waiting = 0, [str(self.root)]
        while waiting and files < _MANY:
            try:
                with os.scandir(waiting.pop()) as found:
                    entries = list(found)
            except OSError:
                continue
            files += len(entries)
            waiting += [entry.path for entry in entries if entry.name != ".git" and entry.is_dir(follow_symlinks=False)]
        return files >= _MANY

    def _is_ours(self, path: str) -> bool:
        """Count one more file, and say whether it belongs to our share, whatever else comes and goes meanwhile."""
        self._number += 1
        own, shares = self.share
        return shares == 1 or crc32(path.encode()) % shares == own

    def _walk(self, submodules: frozenset[str], coverage: Coverage) -> Iterator[Reading]:
        """Go through one folder after another; a stack of our own, since a hostile tree may be deep."""
        waiting = [(str(self.root), "")]
        names = {os.path.basename(path) for path in self.spared}  # noqa: PTH119 - they are strings.
        while waiting:
            place, prefix = waiting.pop()
            try:
                with os.scandir(place) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError:
                if self._is_ours(prefix):
                    coverage.skip(prefix or ".", reasons.UNREADABLE)
                continue
            if not entries and prefix.rstrip("/") in submodules and self._is_ours(prefix):
                coverage.skip(prefix.rstrip("/"), reasons.SUBMODULE)
            below = []
            for entry in entries:
                path = f"{prefix}{path_of(os.fsencode(entry.name))}"
                if entry.name == ".git":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{path}/"))
                elif self._is_ours(path):
                    yield from self._entry(entry, path, names, coverage)
            waiting.extend(reversed(below))

    def _entry(self, entry: os.DirEntry[str], path: str, spared: set[str], coverage: Coverage) -> Iterator[Reading]:
        if entry.is_symlink():
            yield from self._link(entry, path, coverage)
        elif entry.name in spared and os.path.realpath(entry.path) in self.spared:
            coverage.skip(path, reasons.TERMS)
        else:
            yield from self._read(entry.path, path, coverage)

    def _link(self, entry: os.DirEntry[str], path: str, coverage: Coverage) -> Iterator[Reading]:
        """A link to a file is read where it leads; here its name alone may be evidence."""
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):
            coverage.skip(path, reasons.BROKEN)
            return
        if not target.is_relative_to(self.root.resolve()):
            coverage.skip(path, reasons.OUTSIDE)
        elif target.is_dir():
            coverage.skip(path, reasons.FOLDER_LINK)
        else:
            coverage.skip(path, reasons.LINK)
            yield Reading(path, b"", self._number)

    def _read(self, file: str, path: str, coverage: Coverage) -> Iterator[Reading]:
        try:
            found = os.stat(file)  # noqa: PTH116 - a path for each file would cost as much as the look.
            if not stat.S_ISREG(found.st_mode):
                coverage.skip(path, reasons.SPECIAL)
                return
            if found.st_size > self.limit:
                coverage.skip(path, reasons.LARGE)
                return
            data = _bytes(file, self.limit)
        except OSError:
            coverage.skip(path, reasons.UNREADABLE)
            return
        if len(data) > self.limit:  # It grew, or it is a file that never ends.
            coverage.skip(path, reasons.LARGE)
            return
        if self.digests is not None:
            self.digests[path] = sha256(data).digest()
        again = partial(_again, file, self.limit)
        yield from (replace(reading, number=self._number, again=again) for reading in reading_of(path, data, coverage))

    def _submodules(self) -> frozenset[str]:
        try:
            text = (self.root / ".gitmodules").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(_SUBMODULE.findall(text))


def _bytes(file: str, limit: int) -> bytes:
    with open(file, "rb", buffering=0) as stream:  # noqa: PTH123 - an unbuffered read is twice as quick.
        return stream.read(limit + 1)


def _again(file: str, limit: int) -> bytes:
    """Have the text of a file once more; nothing where there is none any longer."""
    try:
        return as_text(_bytes(file, limit))[0] or b""
    except OSError:
        return b""
