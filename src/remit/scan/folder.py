"""A folder, a checkout or a single file as a source. It reads, never follows a link out, and never stops."""

from __future__ import annotations

import os
import re
import stat
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from remit.scan import coverage as reasons
from remit.scan.source import Reading
from remit.scan.text import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.coverage import Coverage

LIMIT = 16 * 1024 * 1024
_SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)


class Folder:
    """A folder with everything in it, or a single file."""

    def __init__(self, root: Path, *, limit: int = LIMIT, spared: Iterable[Path] = ()) -> None:
        self.root = root
        self.limit = limit
        self.spared = frozenset(os.path.realpath(path) for path in spared)
        self.digests: dict[str, bytes] | None = None
        """The digest of each file that is read, where somebody asked for them."""

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file that holds text, in the order of their paths."""
        if not self.root.is_dir():
            yield from self._read(self.root, self.root.name, coverage)
            return
        submodules = self._submodules()
        yield from self._walk(self.root, "", submodules, coverage)

    def _walk(self, folder: Path, prefix: str, submodules: frozenset[str], coverage: Coverage) -> Iterator[Reading]:
        """Go through one folder after another; a stack of our own, since a hostile tree may be deep."""
        waiting = [(str(folder), prefix)]
        while waiting:
            place, prefix = waiting.pop()
            try:
                with os.scandir(place) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError:
                coverage.skip(prefix or ".", reasons.UNREADABLE)
                continue
            if not entries and prefix.rstrip("/") in submodules:
                coverage.skip(prefix.rstrip("/"), reasons.SUBMODULE)
            below = []
            for entry in entries:
                path = f"{prefix}{_name(entry.name)}"
                if entry.name == ".git":
                    continue
                if entry.is_symlink():
                    yield from self._link(entry, path, coverage)
                elif entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{path}/"))
                elif self.spared and os.path.realpath(entry.path) in self.spared:
                    coverage.skip(path, reasons.TERMS)
                else:
                    yield from self._read(Path(entry.path), path, coverage)
            waiting.extend(reversed(below))

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
            yield Reading(path, b"")

    def _read(self, file: Path, path: str, coverage: Coverage) -> Iterator[Reading]:
        try:
            found = file.stat()
            if not stat.S_ISREG(found.st_mode):
                coverage.skip(path, reasons.SPECIAL)
                return
            if found.st_size > self.limit:
                coverage.skip(path, reasons.LARGE)
                return
            with open(file, "rb", buffering=0) as stream:  # noqa: PTH123 - an unbuffered read is twice as quick.
                data = stream.read(self.limit + 1)
        except OSError:
            coverage.skip(path, reasons.UNREADABLE)
            return
        if len(data) > self.limit:  # It grew, or it is a file that never ends.
            coverage.skip(path, reasons.LARGE)
            return
        if self.digests is not None:
            self.digests[path] = sha256(data).digest()
        yield from reading_of(path, data, coverage)

    def _submodules(self) -> frozenset[str]:
        try:
            text = (self.root / ".gitmodules").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(_SUBMODULE.findall(text))


def _name(name: str) -> str:
    """A name that is no UTF-8 stays readable."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
