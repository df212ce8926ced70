"""The proxy between an agent and a tool server that it talks to in lines: started in place of the server's command.

1. Each line of the agent is read as a message; what cannot be read for certain is refused. What calls no tool passes.
2. A tool call is judged, waited for and recorded as over HTTP, by the same exchange. It reaches the server as one line,
   the very text that was judged.
3. An id that is under way is not taken a second time, or an answer could be told for another's.
4. A line of the server passes if it is one message, and if it answers, only where something was asked.
5. When the agent goes, calls that were sent on may still be answered for a moment; the others end as without a client.
   When the server goes, what was sent to it ends as failed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.gateway.carrier import Carrier
from remit.gateway.choice import Bearer
from remit.gateway.credential import CredentialRefused
from remit.gateway.dialects.dialect import Ask
from remit.gateway.facts import NOTHING_DECLARED
from remit.gateway.mcp.act import LINES
from remit.gateway.mcp.exchange import ask_of, make_act, make_reading, tool_exchange
from remit.gateway.mcp.lines import read_lines
from remit.gateway.mcp.message import (
    CANCELLED,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MessageRefused,
    Shape,
    one_line,
    proposed_call,
    read_message,
    read_said,
    write_error,
)
from remit.gateway.mcp.reading import READS, read_exchange
from remit.gateway.scribe import Scribe
from remit.gateway.step import ClientGone, Relay
from remit.gateway.upstream.client import UpstreamCut, UpstreamFailed, UpstreamUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from remit.gateway.dialects.dialect import ProposedCall
    from remit.gateway.exchange import Steps
    from remit.gateway.mcp.lines import Outlet
    from remit.gateway.mcp.message import Message
    from remit.gateway.mcp.server_process import ServerProcess
    from remit.gateway.mcp.station import Station
    from remit.gateway.step import Send
    from remit.gateway.upstream.client import Header, Response
    from remit.terms.tool_server import ToolServer

_AFTER_CLIENT = 2.0
"""Seconds in which a server may still answer what was sent to it when the agent goes."""
_INTERNAL = -32603

Ident = int | str


class Line:
    """The answer of a server to one call, as a reply that is read like any other."""

    status = 200
    headers: tuple[Header, ...] = ()

    def __init__(self, text: bytes) -> None:
        self._text = text

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the line."""
        yield self._text

    async def aclose(self) -> None:
        """Let it go; it was read whole already."""


class Way:
    """How one call reaches the server, and its answer comes back."""

    def __init__(self, process: ServerProcess) -> None:
        self._process = process
        self.answer: asyncio.Future[bytes] | None = None
        """Comes once the call was sent."""

    async def send(self, step: Send) -> Response:
        """Say that no models are reached here."""
        raise UpstreamUnreachable(f"{step.path} is not reached from here.")

    async def relay(self, step: Relay) -> Response:
        """Send the call on, and wait for its answer; or tell the server something that has none."""
        if step.only_tells:
            await self._process.put(step.body)
            return Line(b"")
        self.answer = asyncio.get_running_loop().create_future()
        await self._process.put(step.body)
        return Line(await self.answer)


class Under(NamedTuple):
    """A call that is under way."""

    way: Way
    carrier: Carrier
    task: asyncio.Task[None]


class StdioProxy:
    """One agent and one server."""

    def __init__(
        self, station: Station, server: ToolServer, token: str, process: ServerProcess, outlet: Outlet
    ) -> None:
        self._station = station
        self._gate = station.gate
        self._server = server
        self._token = token
        self._process = process
        self._outlet = outlet
        self._scribe = Scribe(station.writer)
        self._asked: set[Ident] = set()
        """What was asked and calls no tool."""
        self._under: dict[Ident, Under] = {}
        self._void: dict[Ident, None] = {}
        """Calls that the server has and nobody waits for any more, the latest last."""
        station.heed = self._heed

    async def run(self, inlet: asyncio.StreamReader, stopped: asyncio.Event) -> bool:
        """Pass lines until one side ends or somebody stops it; tell whether the server ended first."""
        loop = asyncio.get_running_loop()
        work = [loop.create_task(each) for each in self._station.work()]
        heard, said = loop.create_task(self._hear(inlet)), loop.create_task(self._follow())
        stop = loop.create_task(stopped.wait())
        try:
            await asyncio.wait({heard, said, stop}, return_when=asyncio.FIRST_COMPLETED)
            await self._leave(None if said.done() or stop.done() else said)
            return said.done() and not (heard.done() or stop.done())
        finally:
            for task in (heard, said, stop, *work):
                task.cancel()
            await asyncio.gather(heard, said, stop, *work, return_exceptions=True)

    async def _hear(self, inlet: asyncio.StreamReader) -> None:
        async for line in read_lines(inlet, self._gate.bounds.body):
            try:
                await self._take(line)
            except (UpstreamFailed, ClientGone):
                return

    async def _take(self, line: bytes | None) -> None:
        """Take one line of the agent (1)."""
        if line is not None and not line.strip():
            return
        try:
            message, call = self._read(line)
        except MessageRefused as error:
            self._gate.notes(f"a message of the agent was not passed on: {error}")
            # Nobody waits for an answer to a notification.
            if error.ident is not None or error.code != METHOD_NOT_FOUND:
                await self._outlet.put(write_error(error))
            return
        text = one_line(line or b"")
        if call is not None or (message.method in READS and message.shape is Shape.REQUEST and self._counts):
            self._begin(message, call, text)
            return
        if message.shape is Shape.REQUEST and message.ident is not None:
            self._asked.add(message.ident)
        if message.method != CANCELLED or self._cancel(message):
            await self._process.put(text)

    def _read(self, line: bytes | None) -> tuple[Message, ProposedCall | None]:
        """Read a line; raise where it is not taken."""
        if line is None:
            raise MessageRefused(INVALID_REQUEST, f"a line is longer than {self._gate.bounds.body} bytes")
        message = read_message(line)
        call = proposed_call(message)
        try:
            self._station.find_key(self._token)
        except CredentialRefused as error:
            raise MessageRefused(INVALID_REQUEST, str(error), message.ident) from error
        if message.shape is Shape.REQUEST:
            self._expect(message)
        elif call is not None:
            raise MessageRefused(INVALID_REQUEST, "a tool call is a request with an id")
        return message, call

    def _expect(self, message: Message) -> None:
        """Raise where a request may not be taken now (3)."""
        if message.ident in self._asked or message.ident in self._under or message.ident in self._void:
            raise MessageRefused(INVALID_REQUEST, "a request with this id is under way", message.ident)
        if len(self._asked) + len(self._under) >= self._gate.bounds.at_once:
            raise MessageRefused(_INTERNAL, "too many requests are under way", message.ident)

    @property
    def _counts(self) -> bool:
        """Tell whether anybody asks for the people of what is read."""
        who = Bearer(self._station.find_key(self._token), Ask(""), NOTHING_DECLARED)
        return make_reading(self._gate, who, Relay(self._server, "POST", (), b""), None).counts

    def _begin(self, message: Message, call: ProposedCall | None, text: bytes) -> None:
        """Have a call carried out, or what is read counted, beside all others (2)."""
        ident, way = message.ident, Way(self._process)
        if ident is None:
            raise AssertionError
        who = Bearer(self._station.find_key(self._token), ask_of(message, self._station.session), NOTHING_DECLARED)
        relay = Relay(self._server, "POST", (), text)
        steps: Steps
        if call is None:
            reading = make_reading(self._gate, who, relay, message)
            reading.framing, steps = LINES, read_exchange(reading, relay)
        else:
            act = make_act(self._gate, who, relay, message, call)
            act.framing, steps = LINES, tool_exchange(act, relay, message)

        async def carry() -> None:
            try:
                await carrier.run(steps)
            finally:
                self._under.pop(ident, None)
                if way.answer is not None and (way.answer.cancelled() or not way.answer.done()):
                    self._give_up(ident)

        carrier = Carrier(self._scribe, way, self._station.refresh, self._tell, self._gate.holds)
        task = carrier.task = asyncio.get_running_loop().create_task(carry())
        self._under[ident] = Under(way, carrier, task)

    def _give_up(self, ident: Ident) -> None:
        """Keep in mind that the server may still answer a call, so that its answer is not told for another's (3)."""
        self._void[ident] = None
        if len(self._void) > self._gate.bounds.at_once:
            del self._void[next(iter(self._void))]

    def _heed(self) -> None:
        for under in tuple(self._under.values()):
            under.carrier.heed()

    async def _tell(self, message: Mapping[str, Any]) -> None:
        """Give the agent what an exchange says."""
        if message["type"] == "http.response.body" and message["body"]:
            await self._outlet.put(message["body"])

    def _cancel(self, message: Message) -> bool:
        """End a call that the agent waits for no more; tell whether the server knows of it."""
        ident = message.params.get("requestId")
        if not isinstance(ident, (int, str)):
            return True
        self._asked.discard(ident)
        under = self._under.get(ident)
        if under is None:
            return True
        under.carrier.leave()
        return under.way.answer is not None

    async def _follow(self) -> None:
        """Pass what the server says, until it ends (4)."""
        async for line in read_lines(self._process.outlet, self._gate.bounds.held):
            if line is None:
                self._gate.notes(f"the tool server wrote a line of more than {self._gate.bounds.held} bytes")
                return
            message = read_said(line)
            if message is None:
                if line.strip():
                    self._gate.notes(
                        f"a line of the tool server that is no message was not passed on ({len(line)} bytes)"
                    )
                continue
            try:
                await self._pass(message, one_line(line))
            except ClientGone:
                return

    async def _pass(self, message: Message, text: bytes) -> None:
        if message.shape is Shape.RESPONSE and message.ident is not None:
            under = self._under.get(message.ident)
            if under is not None and under.way.answer is not None:
                if not under.way.answer.done():
                    under.way.answer.set_result(text)
                return
            self._void.pop(message.ident, None)
            if message.ident not in self._asked:
                return
            self._asked.discard(message.ident)
        await self._outlet.put(text)

    async def _leave(self, said: asyncio.Task[None] | None) -> None:
        """End the calls that are under way (5); the server may still answer where it lives."""
        for under in list(self._under.values()):
            if under.way.answer is None:
                under.carrier.leave()
            elif said is None and not under.way.answer.done():
                under.way.answer.set_exception(UpstreamCut("The tool server ended before it answered."))
        tasks = [under.task for under in self._under.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=_AFTER_CLIENT)
        for under in list(self._under.values()):
            under.carrier.leave()
        await asyncio.gather(*tasks, return_exceptions=True)
