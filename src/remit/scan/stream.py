"""Streams that are packed as a whole: unpacked as they are read, or once for all into a file without a name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import tarfile
from contextlib import contextmanager, suppress
from importlib import import_module
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1024 * 1024
_SUFFIX = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)
_ZSTD = b"\x28\xb5\x2f\xfd"
_WINDOW = 27
"""The largest window in memory that a stream of zstd may ask for, as a power of two; what its own tool allows."""


def _found() -> Any:  # noqa: ANN401 - a module, and which one depends on the Python.
    """Return what reads zstd: Python's own from 3.14 on, or the same as a library; nothing where it is missing."""
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return import_module(name)
    return None


zstd = _found()
FAULTS: tuple[type[Exception], ...] = () if zstd is None else (zstd.ZstdError,)
"""What unpacking raises over bytes that are none, beside what the standard library raises."""


class NotRead(ValueError):
    """A stream is packed in a way that this installation does not read, whatever is in it."""


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
    if head.startswith(_ZSTD):
        return _zstd(stream)
    return stream


def _zstd(stream: IO[bytes]) -> IO[bytes]:
    if zstd is None:
        raise NotRead
    found: IO[bytes] = zstd.ZstdFile(stream, options={zstd.DecompressionParameter.window_log_max: _WINDOW})
    return found


def is_not_read(fault: Exception) -> bool:
    """Say whether what was raised means a way of packing that is not read here, and no damage."""
    return isinstance(fault, NotRead) or (isinstance(fault, FAULTS) and "memory" in str(fault))


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
