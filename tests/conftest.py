"""How long the property tests look: quick is the same every time, deep looks elsewhere on each run."""

import os

from hypothesis import settings

settings.register_profile("quick", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a set by its members in order: its own order differs from one process to the next."""
    return f"{{{', '.join(sorted(map(repr, val)))}}}" if isinstance(val, (set, frozenset)) else None
