"""Where what earlier scans found is kept, and the option that does without."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.scan.cache import Cache


def add_cache(parser: argparse._ActionsContainer) -> None:
    """Add the option."""
    parser.add_argument(
        "--no-cache", action="store_true", help="scan anew, and keep nothing; by default an unchanged place is not"
    )


@contextmanager
def opened_cache(args: argparse.Namespace) -> Iterator[Cache | None]:
    """Give the cache, which lies in the user's folder for such things; nothing where it is not wanted."""
    if args.no_cache:
        yield None
        return
    from remit.scan.cache import Cache

    cache = Cache(_folder() / "remit" / "scan.db", time.time_ns())
    try:
        yield cache
    finally:
        cache.close()


def _folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if named.startswith("/") else Path.home() / ".cache"
