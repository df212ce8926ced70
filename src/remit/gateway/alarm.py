"""Tells the operator that the ledger takes nothing, once and not for every call, and that it does again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.gateway.observer import Came, Decided, Observer

if TYPE_CHECKING:
    from collections.abc import Callable

_AGAIN_AFTER = 60.0
"""Seconds after which trouble that lasts is told again."""
_HOLDS_FOR = 10.0
"""Seconds for which a call that comes now is taken to meet the same trouble."""


class Alarm(Observer):
    """Watches what is recorded and what is not."""

    def __init__(self, tick: Callable[[], float], notes: Callable[[str], None]) -> None:
        self._tick = tick
        self._notes = notes
        self._refused = 0
        """What was not taken since the ledger last took something."""
        self._because = ""
        self._last = 0.0
        self._told = 0.0

    def why(self) -> str:
        """Say why a call would be refused now; nothing where it would not."""
        if not self._refused or self._tick() - self._last > _HOLDS_FOR:
            return ""
        return f"the ledger does not take entries: {self._because}"

    def decided(self, decided: Decided) -> None:  # noqa: ARG002 - that there is one is all that counts.
        """Take note that the ledger takes entries."""
        self._recover()

    def came(self, came: Came) -> None:  # noqa: ARG002 - as above.
        """Take note that the ledger takes entries."""
        self._recover()

    def not_recorded(self, because: str) -> None:
        """Take note that the ledger did not take something, and tell of it where that is new."""
        now = self._tick()
        self._because, self._last = because, now
        if not self._refused or now - self._told >= _AGAIN_AFTER:
            self._told = now
            self._notes(f"the ledger did not take an entry, and what waited for it was refused: {because}")
        self._refused += 1

    def _recover(self) -> None:
        if self._refused:
            refused, self._refused = self._refused, 0
            self._notes(f"the ledger takes entries again; {refused} were refused meanwhile")
