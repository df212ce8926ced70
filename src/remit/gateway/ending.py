"""The HTTP server as something that ends: what started it goes on when it is told to stop.

uvicorn sends itself the signal again once it has stopped, and by then the default ends the process: nothing that waits
would be written, and no stop would stand in the log.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from uvicorn import Server

if TYPE_CHECKING:
    from collections.abc import Generator

_SIGNALS = signal.SIGINT, signal.SIGTERM


class EndingServer(Server):
    """A server that returns when it has stopped."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:  # noqa: D102 - as uvicorn says.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
