"""One line of JSON on stderr for each thing that happened: names and numbers, no contents and no keys."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from remit.gateway.observer import Came, Decided, Observer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TextIO


class Journal(Observer):
    """Writes what is told."""

    def __init__(self, now: Callable[[], datetime], out: TextIO | None = None) -> None:
        self._now = now
        self._out = out

    def decided(self, decided: Decided) -> None:
        """Write a decision."""
        self._write("decision", {**decided._asdict(), "rules": list(decided.rules)})

    def came(self, came: Came) -> None:
        """Write what came back."""
        self._write("outcome", {**came._asdict(), "took": None if came.took is None else round(came.took, 6)})

    def not_recorded(self, because: str) -> None:
        """Write that the ledger did not take something."""
        self._write("not-recorded", {"because": because})

    def note(self, text: str) -> None:
        """Write what only the operator needs to know."""
        self._write("note", {"says": text})

    def _write(self, event: str, fields: dict[str, object]) -> None:
        at = self._now().isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **fields}, separators=(",", ":"))
        out = self._out or sys.stderr
        try:
            out.write(f"{line}\n")
            out.flush()
        except (OSError, ValueError):
            # Whoever reads the journal has gone; what matters is in the ledger.
            return
