"""A tool server as a program that is started: its lines, and an end of it that leaves nothing running."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from remit.errors import NothingToLookAt
from remit.gateway.upstream.client import UpstreamCut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PLAIN = frozenset({"HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER"})
_LEAVE_WITHIN = 2.0
"""Seconds that it has to end by itself when its input ends, and again when it is told to."""


def environment_for(all_of: Mapping[str, str], given: Iterable[str]) -> dict[str, str]:
    """Return what a tool server sees of an environment: what says nothing secret, and what it was given by name."""
    names = _PLAIN | set(given)
    return {name: text for name, text in all_of.items() if name in names or name.startswith("LC_")}


class ServerProcess:
    """The program, in a session of its own, so that what it starts itself ends with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        self._process = process
        self._inlet = process.stdin
        self.outlet = process.stdout

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> ServerProcess:
        """Start it; what it says on stderr goes where ours goes."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, env=dict(environment), start_new_session=True
            )
        except OSError as error:
            says = f"The tool server was not started: {command[0]}: {error.strerror}."
            raise NothingToLookAt(says) from error
        return cls(process)

    async def put(self, line: bytes) -> None:
        """Give it a line; raises `UpstreamFailed` where it does not read any more."""
        try:
            self._inlet.write(line + b"\n")
            await self._inlet.drain()
        except (ConnectionError, RuntimeError) as error:
            raise UpstreamCut("The tool server does not read any more.") from error

    async def end(self) -> int:
        """Let it end, or end it; return its exit code."""
        self._inlet.close()
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None:
                self._tell(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _LEAVE_WITHIN)
                break
        self._tell(signal.SIGKILL)
        return self._process.returncode if self._process.returncode is not None else -signal.SIGKILL

    def _tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
