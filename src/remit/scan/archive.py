"""A tar or zip archive as a source, and what is made of one: wheels, sdists, packages of npm.

1. Nothing is unpacked to a disk, so a name that climbs out of its folder is only a name.
2. What an archive may cost is bounded: each member by the limit of a file, all of them together by a budget, and a
   member that unpacks to many times its size is not believed. What was not read for that is counted.
3. An archive within it is opened, one within that is not, and counts as one file.
4. The metadata of a package counts as a list of what it needs, line by line.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from remit.scan import coverage as reasons
from remit.scan.folder import LIMIT
from remit.scan.source import Reading
from remit.scan.text import is_archive, reading_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.scan.coverage import Coverage

BUDGET = 2 * 1024 * 1024 * 1024
"""Bytes that an archive may unpack to, all in all."""
RATIO = 200
"""How many times its size a member may unpack to, once it is big."""
_BIG = 1024 * 1024
_MOST = 500_000
_DEEPEST = 1
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError,
           RuntimeError, IndexError, KeyError, MemoryError)  # fmt: skip
"""What the readers of archives raise over bytes that are none, or no more."""
_NEEDS = re.compile(r"^Requires-Dist:[ \t]*", re.IGNORECASE)


@dataclass(slots=True)
class Budget:
    """What is left to unpack, of bytes and of members, for an archive and all within it."""

    left: int = BUDGET
    members: int = _MOST

    def spend(self, size: int) -> bool:
        """Take what a member costs; say whether it was still there."""
        self.left -= size
        self.members -= 1
        return self.left >= 0 and self.members >= 0


class Archive:
    """An archive with everything in it, in the order in which it stands there."""

    def __init__(self, path: Path, *, limit: int = LIMIT, budget: int = BUDGET) -> None:
        self.path = path
        self.limit = limit
        self.budget = budget

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each member that holds text."""
        try:
            with self.path.open("rb") as stream:
                yield from self.within(stream, "", coverage, Budget(self.budget))
        except OSError:
            coverage.skip(self.path.name, reasons.UNREADABLE)

    def within(
        self, stream: IO[bytes], prefix: str, coverage: Coverage, budget: Budget, depth: int = 0
    ) -> Iterator[Reading]:
        """Yield the members of an archive that lies open."""
        head = stream.read(4)
        stream.seek(0)
        reader = self._zip if head in _ZIP else self._tar
        try:
            yield from reader(stream, prefix, coverage, budget, depth)
        except DAMAGED:
            coverage.skip(f"{prefix}…", reasons.BROKEN_ARCHIVE)

    def _zip(self, stream: IO[bytes], prefix: str, coverage: Coverage, budget: Budget, depth: int) -> Iterator[Reading]:
        with zipfile.ZipFile(stream) as archive:
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                path = prefix + plain_name(member.filename)
                kind = member.external_attr >> 16
                if member.is_dir():
                    continue
                if why := self._refused(member, budget):
                    coverage.skip(path, why)
                elif stat.S_ISLNK(kind):
                    yield from _link(path, coverage)
                elif (data := _unzipped(archive, member, self.limit)) is None:
                    coverage.skip(path, reasons.UNREADABLE)
                else:
                    yield from self._member(path, data, coverage, budget, depth)

    def _refused(self, member: zipfile.ZipInfo, budget: Budget) -> str:
        """Say why a member of a zip is not unpacked; empty where it is."""
        if member.flag_bits & 1:
            return reasons.ENCRYPTED
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}:
            return reasons.PACKING
        if member.file_size > self.limit:
            return reasons.LARGE
        if member.file_size > _BIG and member.file_size > RATIO * max(1, member.compress_size):
            return reasons.STOPPED
        return "" if budget.spend(member.file_size) else reasons.STOPPED

    def _tar(self, stream: IO[bytes], prefix: str, coverage: Coverage, budget: Budget, depth: int) -> Iterator[Reading]:
        plain = unpacked(stream)
        with tarfile.open(fileobj=plain, mode="r|") as archive:
            for member in archive:
                path = prefix + plain_name(member.name)
                if not budget.spend(member.size if member.isreg() else 0) or _unbelievable(archive, stream):
                    coverage.skip(path, reasons.STOPPED)
                    return
                if member.isdir():
                    continue
                if member.issym() or member.islnk():
                    yield from _link(path, coverage)
                elif not member.isreg():
                    coverage.skip(path, reasons.SPECIAL)
                elif member.size > self.limit:
                    coverage.skip(path, reasons.LARGE)
                else:
                    found = archive.extractfile(member)
                    data = found.read(self.limit + 1) if found is not None else b""
                    yield from self._member(path, data, coverage, budget, depth)
        check_end(plain)

    def _member(self, path: str, data: bytes, coverage: Coverage, budget: Budget, depth: int) -> Iterator[Reading]:
        if not is_archive(path, data):
            for reading in reading_of(path, data, coverage):
                yield from needs_of(reading) if is_metadata(path) else (reading,)
        elif depth >= _DEEPEST:
            coverage.skip(path, reasons.NESTED)  # (3)
        else:
            yield from self.within(io.BytesIO(data), f"{path}/", coverage, budget, depth + 1)


def _unzipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes | None:
    """Unpack a member; what its entry says of its size is not relied on."""
    try:
        with archive.open(member) as found:
            data = found.read(limit + 1)
    except DAMAGED:
        return None
    return data if len(data) <= limit else None


def _unbelievable(archive: tarfile.TarFile, stream: IO[bytes]) -> bool:
    """Say whether what was unpacked so far is many times what was read for it."""
    return archive.offset > 64 * _BIG and archive.offset > RATIO * max(1, stream.tell())


def _link(path: str, coverage: Coverage) -> Iterator[Reading]:
    """A link leads to another member; here its name alone may be evidence."""
    coverage.skip(path, reasons.LINK)
    yield Reading(path, b"")


def plain_name(name: str) -> str:
    """Write a member's name as a path below the archive, whatever it tries to be (1)."""
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\\", "/")
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    return "/".join(parts) or "unnamed"


def unpacked(stream: IO[bytes]) -> IO[bytes]:
    """Unpack a stream as it is read, by its first bytes; one that ends too early is found out at its end."""
    head = stream.read(6)
    stream.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]  # It reads as a file does.
    if head.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if head.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(stream)
    return stream


def check_end(stream: IO[bytes]) -> None:
    """Read on to the end, or as far as padding goes, so that a stream that was cut off is noticed."""
    for _ in range(64):
        if not stream.read(_BIG):
            return


def is_metadata(path: str) -> bool:
    """Say whether a file describes a Python package; its text is for people, its fields are not."""
    return path.rsplit("/", 1)[-1] in {"METADATA", "PKG-INFO"}


def needs_of(reading: Reading) -> Iterator[Reading]:
    """Give what the metadata of a Python package says it needs, as a list on the same lines (4)."""
    yield Reading(reading.path, b"")
    lines = reading.data.decode("utf-8", "replace").split("\n")
    asked = [_NEEDS.sub("", line) if _NEEDS.match(line) else "" for line in lines]
    if any(asked):
        yield Reading(f"{reading.path}/requirements.txt", "\n".join(asked).encode())
