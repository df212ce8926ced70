"""Where the text of files is laid by that cannot be read again cheaply: a file without a name, packed.

1. What stands there is gone with the process, whatever becomes of it; where nothing can be written it stays in memory.
2. A slip says where a text lies, and means the same in every process that the shelf was open for when they parted.
"""

from __future__ import annotations

import os
import zlib
from functools import partial
from itertools import count
from typing import IO, TYPE_CHECKING
from weakref import WeakValueDictionary, finalize

if TYPE_CHECKING:
    from collections.abc import Callable


class Shelf:
    """The text of files, each to be had again by its slip."""

    def __init__(self) -> None:
        self.number = next(_NUMBERS)
        self._file: IO[bytes] | None = None
        self._end = 0
        _OPEN[self.number] = self

    def open(self) -> None:
        """Make the file, before processes part that are to share it."""
        if self._file is None:
            from tempfile import TemporaryFile  # noqa: PLC0415 - a folder is read again, and needs none.

            self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - as long as anybody may ask.
            finalize(self, self._file.close)

    def lay(self, data: bytes) -> Callable[[], bytes]:
        """Lay a text by, and say how to have it again."""
        if not data:
            return bytes
        packed = zlib.compress(data, 1)
        try:
            self.open()
            self._write(packed)
        except OSError:
            return partial(zlib.decompress, packed)
        start, self._end = self._end, self._end + len(packed)
        return Slip(self, start, len(packed))

    def take(self, start: int, length: int) -> bytes:
        """Have a text again."""
        if self._file is None:
            raise OSError("nothing was laid by")
        return zlib.decompress(os.pread(self._file.fileno(), length, start))

    def _write(self, packed: bytes) -> None:
        at = self._end
        while packed and self._file is not None:
            written = os.pwrite(self._file.fileno(), packed, at)
            at, packed = at + written, packed[written:]


class Slip:
    """The place of one text on a shelf."""

    __slots__ = ("_length", "_shelf", "_start")

    def __init__(self, shelf: Shelf, start: int, length: int) -> None:
        self._shelf = shelf
        self._start = start
        self._length = length

    def __call__(self) -> bytes:
        """Have the text again."""
        return self._shelf.take(self._start, self._length)

    def __reduce__(self) -> tuple[Callable[[int, int, int], Slip], tuple[int, int, int]]:
        """Go to another process, where the same shelf is open (2)."""
        return _slip, (self._shelf.number, self._start, self._length)


_NUMBERS = count()
_OPEN: WeakValueDictionary[int, Shelf] = WeakValueDictionary()


def _slip(number: int, start: int, length: int) -> Slip:
    return Slip(_OPEN[number], start, length)
