"""A folder, a checkout or a single file as a source. It reads, never follows a link out, and never stops."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from remit.scan import coverage as reasons
from remit.scan.source import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.coverage import Coverage

LIMIT = 16 * 1024 * 1024
_HEAD = 8_192
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_POINTER = b"version https://git-lfs.github.com/spec/"
_SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)


class Folder:
    """A folder with everything in it, or a single file."""

    def __init__(self, root: Path, *, limit: int = LIMIT, spared: Iterable[Path] = ()) -> None:
        self.root = root
        self.limit = limit
        self.spared = frozenset(os.path.realpath(path) for path in spared)

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
                data = stream.read()
        except OSError:
            coverage.skip(path, reasons.UNREADABLE)
            return
        text, why = as_text(data)
        if text is None:
            coverage.skip(path, why)
            return
        coverage.read += 1
        yield Reading(path, text)

    def _submodules(self) -> frozenset[str]:
        try:
            text = (self.root / ".gitmodules").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(_SUBMODULE.findall(text))


def as_text(data: bytes) -> tuple[bytes | None, str]:
    """Give bytes in an encoding that keeps ASCII as it is, or the reason why there is no text in them."""
    if data.startswith(_POINTER):
        return None, reasons.POINTER
    head = data[:_HEAD]
    for mark, encoding in _WIDE.items():
        if head.startswith(mark):
            return data.decode(encoding, "replace").encode(), ""
    if b"\0" not in head:
        return data.removeprefix(codecs.BOM_UTF8), ""
    if encoding := _unmarked(head):
        return data.decode(encoding, "replace").encode(), ""
    return None, reasons.BINARY


def _unmarked(head: bytes) -> str:
    """Recognise UTF-16 without a mark: every other byte of plain text is nought."""
    half = len(head) // 2
    if half > 4 and head[1::2].count(0) > half * 0.8 and not head[::2].count(0):  # noqa: PLR2004
        return "utf-16-le"
    if half > 4 and head[::2].count(0) > half * 0.8 and not head[1::2].count(0):  # noqa: PLR2004
        return "utf-16-be"
    return ""


def _name(name: str) -> str:
    """A name that is no UTF-8 stays readable."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
