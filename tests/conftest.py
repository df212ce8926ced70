"""How long the property tests look: quick is the same every time, deep looks elsewhere on each run.

What a command keeps for the next time is kept apart from the user's own.
"""

import atexit
import os
import tempfile

from hypothesis import settings

settings.register_profile("quick", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_kept = tempfile.TemporaryDirectory(prefix="remit-test-cache-")
atexit.register(_kept.cleanup)
os.environ["XDG_CACHE_HOME"] = _kept.name


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a set by its members in order: its own order differs from one process to the next."""
    return f"{{{', '.join(sorted(map(repr, val)))}}}" if isinstance(val, (set, frozenset)) else None
