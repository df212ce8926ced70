"""The one error of what was sent and cannot be read for certain."""

from __future__ import annotations


class Unreadable(Exception):
    """What was sent cannot be read for certain, so that it is refused: where in it, and what was expected."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")
        self.where = where
        self.expected = expected
