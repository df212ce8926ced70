"""Streams that are packed as a whole: unpacked as they are read, or once for all into a file without a name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import tarfile
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1024 * 1024
_SUFFIX = re.compile(r"\.(?:gz|bz2|xz)$", re.IGNORECASE)


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


def holds_tar(stream: IO[bytes]) -> bool:
    """Say whether a stream begins as a tar archive does, and leave it at its beginning."""
    head = stream.read(tarfile.BLOCKSIZE)
    stream.seek(0)
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return not head.strip(b"\0")
    return True


def bare_name(path: str) -> str:
    """The name of what is packed alone, without archive."""
    return _SUFFIX.sub("", path)


def check_end(stream: IO[bytes]) -> None:
    """Read on to the end, or as far as padding goes, so that a stream that was cut off is noticed."""
    for _ in range(64):
        if not stream.read(_CHUNK):
            return


@contextmanager
def laid_open(stream: IO[bytes], most: int) -> Iterator[IO[bytes]]:
    """Unpack a stream that is to be read in many places; one beyond a bound, or without room, stays as it is."""
    plain = unpacked(stream)
    if plain is stream:
        yield stream
        return
    with TemporaryFile() as file:
        try:
            left = most
            while left >= 0 and (chunk := plain.read(_CHUNK)):
                file.write(chunk)
                left -= len(chunk)
            file.flush()
        except OSError:
            left = -1
        (stream if left < 0 else file).seek(0)
        yield stream if left < 0 else file


def copied(stream: IO[bytes], file: IO[bytes]) -> IO[bytes]:
    """Copy a stream that can be read only once to a file that can be read anywhere."""
    shutil.copyfileobj(stream, file, _CHUNK)
    file.seek(0)
    return file
