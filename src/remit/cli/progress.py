"""Progress on a terminal: nothing for the first second, then the file in hand, and nothing left behind."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE = 1.0
_PAUSE = 0.1
_SHOWN = 80


@contextmanager
def progress() -> Iterator[Callable[[str], None] | None]:
    """Give a function to call with each file's path; nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    due = time.monotonic() + _PATIENCE
    files = 0

    def show(path: str) -> None:
        nonlocal due, files
        files += 1
        if (now := time.monotonic()) >= due:
            due = now + _PAUSE
            print(f"\r\033[K{files} files  {path[-_SHOWN:]}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
