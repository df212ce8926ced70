"""Where the text of files is laid by that cannot be read again cheaply: a file without a name, packed.

What stands there is gone with the process, whatever becomes of it. Where nothing can be written it is kept in memory.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from remit.scan.source import Reading

_HELD = 16 * 1024 * 1024


class Shelf:
    """The text of files, each to be had again by its place."""

    def __init__(self, held: int = _HELD) -> None:
        self._file = SpooledTemporaryFile(max_size=held)  # noqa: SIM115 - as long as anybody may ask.
        self._end = 0
        finalize(self, self._file.close)

    def lay(self, reading: Reading) -> Reading:
        """Lay the text of a file by, and say how to have it again."""
        if not reading.data or reading.again is not None:
            return reading
        packed = zlib.compress(reading.data, 1)
        try:
            self._file.seek(self._end)
            self._file.write(packed)
            self._file.flush()
        except OSError:
            return replace(reading, again=partial(zlib.decompress, packed))
        start, self._end = self._end, self._end + len(packed)
        return replace(reading, again=partial(self._take, start, len(packed)))

    def _take(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        return zlib.decompress(self._file.read(length))
