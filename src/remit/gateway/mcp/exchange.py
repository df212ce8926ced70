"""One HTTP exchange with an MCP server, as a state machine: what calls a tool is judged before it is carried out.

1. Whose key it is; which server it is for; what the message says. What cannot be read for certain is refused.
2. A tool call is judged by what the register says of the use case and the tool, and by what the caller declares. Which
   model proposed it is not seen here: it counts as any that the use case may reach.
3. The decision is durable before the call leaves. One that waits for people is released by what they approved where
   the model proposed it, once, or waits for them here.
4. The reply passes as it came, once its people were counted where terms ask for them. Then it is on record that the
   call was carried out, since here that is seen.
5. What people stop meanwhile, or terms no longer permit, is waited for no longer: the outcome is on record, the server
   is told, and the client gets a result that says why.

Everything else that is known passes in both directions; a server's own requests to the client do too, since a model
that they lead to is called through the gateway.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zlib import crc32

from remit.errors import NotRecorded
from remit.gateway.body import BodyRefused, plain_body
from remit.gateway.choice import Bearer
from remit.gateway.credential import CredentialRefused
from remit.gateway.dialects.dialect import Ask, Reply
from remit.gateway.facts import NOTHING_DECLARED, FactsRefused
from remit.gateway.headers import own_headers, reply_headers
from remit.gateway.mcp.act import EVENTS, Act, carry_out
from remit.gateway.mcp.message import (
    INVALID_REQUEST,
    MessageRefused,
    Shape,
    demand_headers,
    proposed_call,
    read_message,
    write_cancelled,
    write_error,
    write_refusal,
)
from remit.gateway.mcp.reading import READS, Reading, read_exchange, read_of
from remit.gateway.mcp.result import answer_counted
from remit.gateway.record import Paper
from remit.gateway.step import CUT, FINISH, LET, TAKE, ClientGone, Flow, Give, Relay, Start, Stopped
from remit.gateway.upstream.client import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from remit.gateway.dialects.dialect import ProposedCall
    from remit.gateway.gate import Gate
    from remit.gateway.mcp.message import Message
    from remit.gateway.step import Answered, Asked, Step
    from remit.terms.tool_server import ToolServer

    Steps = Generator[Step, Any, None]

PREFIX = b"/mcp/"
_JSON = (("content-type", "application/json"),)
_PASSED_ON = frozenset(
    {
        b"accept",
        b"content-type",
        b"last-event-id",
        b"mcp-method",
        b"mcp-name",
        b"mcp-protocol-version",
        b"mcp-session-id",
        b"traceparent",
        b"tracestate",
    }
)
_OF_CALL = frozenset({b"mcp-method", b"mcp-name"})
_STREAM = b"text/event-stream"
_FAILED = 502
_TOLD_WITHIN = 1.0
"""Seconds that a server has to take word of what was stopped, before the client is told."""


def mcp_exchange(asked: Asked, gate: Gate) -> Steps:
    """Take one request to an MCP server through; yields steps and is sent what came of them."""
    try:
        credential = gate.switches.keyring.find(asked.headers, gate.now())  # (1)
    except CredentialRefused as error:
        yield _give(gate, 401, write_error(MessageRefused(INVALID_REQUEST, str(error))))
        return
    server = _server(asked, gate)
    if server is None or not server.url:
        yield _give(gate, 404, write_error(MessageRefused(INVALID_REQUEST, "the register names no such tool server")))
        return
    if asked.method in {"GET", "DELETE"}:
        relay = Relay(server, asked.method, _headers(asked), b"")
        reading = make_reading(gate, Bearer(credential, Ask(""), NOTHING_DECLARED), relay, None)
        yield from (read_exchange(reading, relay) if reading.counts else _pass(asked, gate, relay))
        return
    try:
        body = plain_body(asked, gate.bounds)
        message = read_message(body)
        demand_headers(message, asked.headers)
        call = proposed_call(message)
        declared = gate.book.sheet.declared(asked.headers, {})
    except MessageRefused as error:
        yield _give(gate, 400 if error.ident is None else 200, write_error(error))
        return
    except (BodyRefused, FactsRefused) as error:
        yield _give(gate, 400, write_error(MessageRefused(INVALID_REQUEST, str(error))))
        return
    relay = Relay(server, asked.method, _headers(asked), body)
    if call is None:
        reading = make_reading(gate, Bearer(credential, Ask(""), declared), relay, message)
        counted = message.method in READS and reading.counts
        yield from (read_exchange(reading, relay) if counted else _pass(asked, gate, relay))
        return
    if message.shape is not Shape.REQUEST:
        yield _give(gate, 400, write_error(MessageRefused(INVALID_REQUEST, "a tool call is a request with an id")))
        return
    named = next((value for name, value in asked.headers if name == b"mcp-session-id"), b"")
    ask = ask_of(message, named.decode("latin-1") or f"mcp-{credential.id}")
    act = make_act(gate, Bearer(credential, ask, declared), relay, message, call)
    if _takes_events(asked.headers):
        act.framing = EVENTS
    yield from tool_exchange(act, relay, message)


def make_act(gate: Gate, who: Bearer, relay: Relay, message: Message, call: ProposedCall) -> Act:
    """Return a tool call as it is judged, of what its message says."""
    paper = Paper(gate.book, who, f"sha256:{sha256(relay.body).hexdigest()}", gate.owner)
    return Act(gate, paper, relay.server.id, call, message.ident, _progress(message))


def make_reading(gate: Gate, who: Bearer, relay: Relay, message: Message | None) -> Reading:
    """Return what is read of a server, of what its message says."""
    paper = Paper(gate.book, who, f"sha256:{sha256(relay.body).hexdigest()}", gate.owner)
    reading = read_of(gate, paper, relay.server.id, message)
    if _takes_events(relay.headers):
        reading.framing = EVENTS
    return reading


def tool_exchange(act: Act, relay: Relay, message: Message) -> Steps:
    """Have a tool call judged, carried out and recorded (2)-(4)."""
    gate = act.gate
    try:
        # What a task brings comes later, by another message, and could not be counted.
        later = message.params.get("task") is not None and act.counts
        refused = say_later(act.call.name) if later else (yield from carry_out(act))
        if refused:
            yield from act.give(write_refusal(message.ident, refused))
            return
        yield from _carried(act, relay)
    except ClientGone:
        return
    except NotRecorded as error:
        says = f"it could not be recorded ({error.because})"
        yield from act.give(write_error(MessageRefused(-32603, says, message.ident)))
    except UpstreamFailed as error:
        yield from act.give(write_error(MessageRefused(-32603, f"the server gave no answer: {error}", message.ident)))
    except Exception as error:  # noqa: BLE001 - a rule that could not run is a refusal and an entry.
        gate.notes(f"could not judge a tool call: {type(error).__name__}: {error}")
        yield from act.note_unjudged()
        yield from act.give(write_error(MessageRefused(-32603, "it could not be judged", message.ident)))


def _carried(act: Act, relay: Relay) -> Steps:
    """Send a call on that was let through, and its reply back; whatever becomes of it is on record (4)."""
    status, fault = 0, "client-gone"
    relay.ends = act.is_stopped
    try:
        answered: Answered = yield relay
        status, fault = answered.status, ""
        yield from (answer_counted(act, answered) if act.counts else act.answer(answered))
    except UpstreamFailed:
        fault = "upstream-failed"
        if act.started:
            yield CUT
        else:
            raise
    except Stopped:
        fault = "stopped"
        yield LET
    except ClientGone:
        fault = "client-gone"
        raise
    finally:
        yield from act.close(status, fault)
    if fault == "stopped":
        yield from _tell_server(act, relay)
        yield from act.end()


def _tell_server(act: Act, relay: Relay) -> Steps:
    """Tell a server that a call is waited for no longer (5); it has a moment to take that, and need not."""
    gate, began = act.gate, act.gate.tick()
    headers = [row for row in relay.headers if row[0] not in _OF_CALL and not row[0].startswith(b"mcp-param-")]
    body = write_cancelled(act.ident, "stopped by Remit")
    try:
        yield Relay(
            relay.server, relay.method, headers, body, lambda: gate.tick() - began >= _TOLD_WITHIN, only_tells=True
        )
    except (UpstreamFailed, Stopped):
        gate.notes(f"the tool server {act.server} could not be told that a call was stopped")
    yield LET


def _pass(asked: Asked, gate: Gate, relay: Relay) -> Steps:
    """Pass what calls no tool."""
    started = False
    try:
        answered: Answered = yield relay
        started = True
        yield Start(answered.status, reply_headers(answered.headers, "", gate.book.terms.digest))
        while (piece := (yield TAKE)) is not None:
            yield Flow(piece)
        yield FINISH
    except UpstreamFailed as error:
        if started:
            yield CUT
        else:
            says = f"{asked.method} got no answer from the server: {error}"
            yield _give(gate, _FAILED, write_error(MessageRefused(-32603, says)))


def _server(asked: Asked, gate: Gate) -> ToolServer | None:
    """Return the server that a path names, exactly."""
    name = asked.path.removeprefix(PREFIX).decode("latin-1")
    return next((row for row in gate.book.terms.register.tool_servers if row.id == name), None)


def _headers(asked: Asked) -> list[tuple[bytes, bytes]]:
    """Return what goes on; of the body that it is JSON, as it was read, and not in what other letters it might be."""
    passed = (row for row in asked.headers if row[0] in _PASSED_ON or row[0].startswith(b"mcp-param-"))
    return [row if row[0] != b"content-type" else (row[0], _JSON[0][1].encode()) for row in passed]


def _takes_events(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name == b"accept" and _STREAM in value.lower() for name, value in headers)


def ask_of(message: Message, session: str) -> Ask:
    """Return what a tool call says of where it stands: its session, and its place there by the id of its request."""
    return Ask("", turn=crc32(str(message.ident).encode("utf-8", "surrogatepass")), session=session)


def say_later(name: str) -> str:
    """Say why a call is refused that asks for a task in place of an answer."""
    says = "it asks for a task, and the people in what that brings later could not be counted; call it without one"
    return f"Remit refused the tool call {name[:80]}: {says}."


def _progress(message: Message) -> object:
    meta = message.params.get("_meta")
    return meta.get("progressToken") if type(meta) is dict else None


def _give(gate: Gate, status: int, body: bytes) -> Give:
    own = tuple((name.decode(), value.decode()) for name, value in own_headers("", gate.book.terms.digest))
    return Give(Reply(status, (*_JSON, *own), body))


def is_for_tools(path: bytes) -> bool:
    """Tell whether a request is for a tool server."""
    return path.startswith(PREFIX)
