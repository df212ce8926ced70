"""A tar or zip archive as a source, and what is made of one: wheels, sdists, packages of npm.

1. No member is written to a disk under a name, so one that climbs out of its folder is only a name.
2. Members are read one after the other, and no more than one is held.
3. What an archive may cost is bounded: each member by the limit of a file, all of them together by a budget, and a
   member that unpacks to many times its size is not believed. What was not read for that is counted. All of them
   together may cost as much more as the archive itself is large.
4. An archive within it is opened, however large, one within that is not, and counts as one file.
5. The metadata of a package counts as a list of what it needs, line by line.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from remit.scan import coverage as reasons
from remit.scan.folder import LIMIT
from remit.scan.installed import carried
from remit.scan.source import Reading, Share, path_of
from remit.scan.stream import FAULTS, NotRead, bare_name, check_end, copied, holds_tar, is_not_read, unpacked
from remit.scan.text import has_archive_name, is_archive, reading_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from remit.scan.coverage import Coverage

BUDGET = 2 * 1024 * 1024 * 1024
"""Bytes that an archive may unpack to beyond its own size, all in all."""
RATIO = 200
"""How many times its size a member may unpack to, once it is big."""
_BIG = 1024 * 1024
_MOST = 500_000
_DEEPEST = 1
MANY = 8 * _BIG
"""Bytes, as they are packed, from which on several share an archive."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
DAMAGED: tuple[type[Exception], ...] = (
    tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, RuntimeError,
    IndexError, KeyError, MemoryError, *FAULTS,
)  # fmt: skip
"""What the readers of archives raise over bytes that are none, or no more."""
_TAR_NAME = re.compile(r"\.(?:tar(?:\.\w+)?|t[gbx]z2?|tzst|crate|gem|apk)$", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Spending:
    """What is counted and spent on the way through an archive, and how deep it lies."""

    coverage: Coverage
    budget: Budget
    depth: int = 0
    is_shared: bool = False
    """Whether its members are what several processes share, and not the archive as a whole."""

    def skip(self, path: str, why: str) -> None:
        """Count something that is not read."""
        self.coverage.skip(path, why)

    def deeper(self) -> Spending:
        """The same for an archive within."""
        return Spending(self.coverage, self.budget, self.depth + 1)


class Archive:
    """An archive with everything in it, in the order in which it stands there."""

    def __init__(
        self,
        path: Path,
        *,
        limit: int = LIMIT,
        budget: int = BUDGET,
        reads: Callable[[Reading], Iterator[Reading]] | None = None,
    ) -> None:
        self.path = path
        self.limit = limit
        self.budget = budget
        self.share = Share()
        """Which of the members are read here."""
        self._reads = reads or described

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each member that holds text."""
        try:
            with self.path.open("rb") as stream:
                budget = Budget(self.budget + self.path.stat().st_size)
                for reading in self.within(stream, "", Spending(coverage, budget, is_shared=True)):
                    yield replace(reading, number=self.share.number)
                self.share.left = (budget.left, budget.members)
        except OSError:
            coverage.skip(self.path.name, reasons.UNREADABLE)
            self.share.ended_early = True

    def is_large(self) -> bool:
        """Say whether there is so much in it that several had better share it."""
        return self.path.is_file() and self.path.stat().st_size >= MANY

    def within(self, stream: IO[bytes], prefix: str, spending: Spending) -> Iterator[Reading]:
        """Yield the members of an archive that lies open."""
        try:
            head = stream.read(4)
            stream.seek(0)
            name = prefix.rstrip("/") or self.path.name
            if head in _ZIP:
                yield from self._zip(stream, prefix, spending)
            elif _is_alone(name, stream):
                yield from self._alone(stream, prefix + bare_name(plain_name(name).rpartition("/")[2]), spending)
            else:
                yield from self._tar(stream, prefix, spending)
        except DAMAGED as fault:
            self.share.ended_early |= spending.is_shared
            spending.skip(f"{prefix}…", why_ended(fault))

    def _zip(self, stream: IO[bytes], prefix: str, spending: Spending) -> Iterator[Reading]:
        with zipfile.ZipFile(stream) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename, reverse=True)
            archive.filelist.clear()  # There may be very many, and each is of use once.
            archive.NameToInfo.clear()
            while members:
                member = members.pop()
                path = prefix + plain_name(member.filename)
                kind = member.external_attr >> 16
                if member.is_dir():
                    continue
                why = self._refused(member, spending.budget)
                if not self._is_ours(path, spending):
                    continue
                if why:
                    spending.skip(path, why)
                elif stat.S_ISLNK(kind):
                    yield from _link(path, spending)
                else:
                    yield from self._unzipped(path, archive, member, spending)

    def _unzipped(
        self, path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, spending: Spending
    ) -> Iterator[Reading]:
        try:
            with archive.open(member) as found:
                yield from self.member(path, found, member.file_size, spending)
        except DAMAGED:
            spending.skip(path, reasons.UNREADABLE)

    def _refused(self, member: zipfile.ZipInfo, budget: Budget) -> str:
        """Say why a member of a zip is not unpacked; empty where it is."""
        if member.flag_bits & 1:
            return reasons.ENCRYPTED
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}:
            return reasons.PACKING
        if member.file_size > self.limit and not has_archive_name(member.filename):
            return reasons.LARGE
        if member.file_size > _BIG and member.file_size > RATIO * max(1, member.compress_size):
            return reasons.STOPPED
        return "" if budget.spend(member.file_size) else reasons.STOPPED

    def _tar(self, stream: IO[bytes], prefix: str, spending: Spending) -> Iterator[Reading]:
        plain = unpacked(stream)
        with tarfile.open(fileobj=plain, mode="r|") as archive:
            for member in members_of(archive):
                path = prefix + plain_name(member.name)
                size = member.size if member.isreg() else 0
                if not spending.budget.spend(size) or _unbelievable(archive, stream):
                    self.share.ended_early |= spending.is_shared
                    spending.skip(path, reasons.STOPPED)
                    return
                if member.isdir() or not self._is_ours(path, spending):
                    continue
                if member.issym() or member.islnk():
                    yield from _link(path, spending)
                elif not member.isreg():
                    spending.skip(path, reasons.SPECIAL)
                elif found := archive.extractfile(member):
                    yield from self.member(path, found, size, spending)
        check_end(plain)

    def _is_ours(self, path: str, spending: Spending) -> bool:
        """Say whether a member is read here; an archive within is read by one, with all that is in it."""
        return not spending.is_shared or self.share.takes(path)

    def _alone(self, stream: IO[bytes], path: str, spending: Spending) -> Iterator[Reading]:
        """Read what is packed alone, without archive."""
        if not self._is_ours(path, spending):
            return
        data = unpacked(stream).read(self.limit + 1)
        if len(data) > self.limit:
            spending.skip(path, reasons.LARGE)
        elif not spending.budget.spend(len(data)):
            spending.skip(path, reasons.STOPPED)
        else:
            yield from reading_of(path, data, spending.coverage)

    def member(self, path: str, found: IO[bytes], size: int, spending: Spending) -> Iterator[Reading]:
        """Yield the text of a member, or of what is in it where it is an archive itself."""
        if size > self.limit:
            yield from self._large(path, found, spending)
            return
        data = found.read(self.limit + 1)
        if len(data) > self.limit:
            spending.skip(path, reasons.UNREADABLE)
        elif not is_archive(path, data):
            for reading in reading_of(path, data, spending.coverage):
                yield from self._reads(reading)
        elif spending.depth >= _DEEPEST:
            spending.skip(path, reasons.NESTED)  # (4)
        else:
            yield from self._inner(io.BytesIO(data), f"{path}/", spending)

    def _inner(self, stream: IO[bytes], prefix: str, spending: Spending) -> Iterator[Reading]:
        """Open an archive within, and note what it costs."""
        left, members = spending.budget.left, spending.budget.members
        yield from self.within(stream, prefix, spending.deeper())
        size, number = self.share.inner
        self.share.inner = (size + left - spending.budget.left, number + members - spending.budget.members)

    def _large(self, path: str, found: IO[bytes], spending: Spending) -> Iterator[Reading]:
        """Open an archive too large to be held, by way of a file without a name (4)."""
        if not has_archive_name(path):
            spending.skip(path, reasons.LARGE)
        elif spending.depth >= _DEEPEST:
            spending.skip(path, reasons.NESTED)
        else:
            with TemporaryFile() as file:
                yield from self._inner(copied(found, file), f"{path}/", spending)


def _is_alone(name: str, stream: IO[bytes]) -> bool:
    """Say whether what is packed is one file and no archive."""
    if _TAR_NAME.search(name) or bare_name(name) == name:
        return False
    is_tar = holds_tar(unpacked(stream))
    stream.seek(0)
    return not is_tar


def why_ended(fault: Exception) -> str:
    """Say why an archive was not read to its end."""
    if isinstance(fault, NotRead):
        return reasons.ZSTD
    return reasons.PACKING if is_not_read(fault) else reasons.BROKEN_ARCHIVE


def members_of(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive that is read from its beginning to its end, and keep none of them."""
    while (member := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # The list of all it has seen is of no use here.
        yield member


def _unbelievable(archive: tarfile.TarFile, stream: IO[bytes]) -> bool:
    """Say whether what was unpacked so far is many times what was read for it."""
    return archive.offset > 64 * _BIG and archive.offset > RATIO * max(1, stream.tell())


def _link(path: str, spending: Spending) -> Iterator[Reading]:
    """A link leads to another member; here its name alone may be evidence."""
    spending.skip(path, reasons.LINK)
    yield Reading(path, b"")


def plain_name(name: str) -> str:
    """Write a member's name as a path below the archive, whatever it tries to be (1)."""
    name = path_of(name.replace("\\", "/").encode("utf-8", "surrogateescape"))
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    return "/".join(parts) or "unnamed"


def described(reading: Reading) -> Iterator[Reading]:
    """Give what the metadata of a Python package says it needs, as a list on the same lines (5); others as they are."""
    if reading.path.rsplit("/", 1)[-1] not in {"METADATA", "PKG-INFO"}:
        yield from carried(reading)
        return
    yield Reading(reading.path, b"")
    lines = reading.data.decode("utf-8", "replace").split("\n")
    asked = [_NEEDS.sub("", line) if _NEEDS.match(line) else "" for line in lines]
    if any(asked):
        yield Reading(f"{reading.path}/requirements.txt", "\n".join(asked).encode())
