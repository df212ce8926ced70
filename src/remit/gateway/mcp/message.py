"""One message of MCP, read so that what calls a tool can be read as nothing else (MCP 2025-11-25 and 2026-07-28).

1. A message is one object of JSON-RPC 2.0; batches, which the protocol gave up in 2025, are refused.
2. Only methods that are known pass: a new one could be a new way to call a tool.
3. What headers repeat of a message must be what the message says, or a server that goes by them could be told another
   tool than was judged (2026-07-28, "Streamable HTTP", standard request headers).
4. A refusal of a tool call is a result with `isError`, which the model reads, and not an error of the protocol, which
   a client may answer by trying again; any other refusal is an error of JSON-RPC.
5. Where messages are lines, one is written so that no reader takes it for several: some end a line at a carriage
   return or at U+2028, and what stood in between would be a message that nobody judged.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.gateway.dialects.dialect import ProposedCall
from remit.gateway.strict_json import only_exact, read_object
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
HEADER_MISMATCH = -32020
"""Codes of JSON-RPC 2.0, section 5.1, and of MCP 2026-07-28."""

CALL, CANCELLED = "tools/call", "notifications/cancelled"
_NAMED_BY = {CALL: "name", "prompts/get": "name", "resources/read": "uri"}
"""What the header Mcp-Name repeats, by method."""
_FROM_CLIENT = frozenset(
    {
        CALL,
        "completion/complete",
        "initialize",
        "logging/setLevel",
        "ping",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/subscribe",
        "resources/templates/list",
        "resources/unsubscribe",
        "server/discover",
        "subscriptions/listen",
        "tasks/cancel",
        "tasks/get",
        "tasks/list",
        "tasks/result",
        "tools/list",
    }
)
_TOLD_BY_CLIENT = frozenset(
    {
        CANCELLED,
        "notifications/elicitation/complete",
        "notifications/initialized",
        "notifications/progress",
        "notifications/roots/list_changed",
        "notifications/tasks/status",
    }
)
_DECIDING = frozenset({"jsonrpc", "id", "method", "params", "result", "error"})
_DECIDING_IN_CALL = frozenset({"name", "arguments", "task"})
_LINE_ENDS = {"\r": " ", "\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What some readers take for the end of a line: a blank outside of strings, and a letter within them."""
_ENCODED = re.compile(r"=\?base64\?(?P<payload>.*)\?=")


class Shape(StrEnum):
    """What a message is."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    RESPONSE = "response"


class Message(NamedTuple):
    """One message that was read."""

    shape: Shape
    ident: int | str | None = None
    method: str = ""
    params: Mapping[str, Any] = {}


class MessageRefused(Exception):
    """A message that is not passed on, with the code of its error and its id where it could be read."""

    def __init__(self, code: int, says: str, ident: int | str | None = None) -> None:
        super().__init__(says)
        self.code = code
        self.ident = ident


def read_message(body: bytes) -> Message:
    """Read a message that a client sends; raise `MessageRefused` where it is not one that passes."""
    try:
        record = read_object(body, where="message")
        only_exact(record, _DECIDING, "message")
    except Unreadable as error:
        raise MessageRefused(INVALID_REQUEST, f"{error.where}: expected {error.expected}") from error
    ident = record.get("id")
    if type(ident) not in {int, str}:
        ident = None
    if record.get("jsonrpc") != "2.0" or ("id" in record and ident is None):  # (1)
        raise MessageRefused(INVALID_REQUEST, "expected one message of JSON-RPC 2.0")
    if "method" not in record:
        if ident is None or ("result" in record) == ("error" in record):
            raise MessageRefused(INVALID_REQUEST, "expected a method, or a result or an error for an id", ident)
        return Message(Shape.RESPONSE, ident)
    return _asked(record, ident)


def _asked(record: Mapping[str, Any], ident: int | str | None) -> Message:
    method, params = record["method"], record.get("params", {})
    if type(method) is not str or type(params) is not dict or record.keys() & {"result", "error"}:
        raise MessageRefused(INVALID_REQUEST, "expected a method by name, and its params as an object", ident)
    shape = Shape.NOTIFICATION if ident is None else Shape.REQUEST
    if method not in (_TOLD_BY_CLIENT if shape is Shape.NOTIFICATION else _FROM_CLIENT):  # (2)
        raise MessageRefused(METHOD_NOT_FOUND, f"{method[:80]!r} is no {shape} that is passed on here", ident)
    return Message(shape, ident, method, params)


def read_said(line: bytes) -> Message | None:
    """Read a message that a server sends; None where it is not one message of JSON-RPC 2.0."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if type(record) is not dict or record.get("jsonrpc") != "2.0":
        return None
    ident, method = record.get("id"), record.get("method")
    if type(method) is str and not record.keys() & {"result", "error"}:
        return Message(Shape.REQUEST if "id" in record else Shape.NOTIFICATION, None, method)
    if method is not None or ("result" in record) == ("error" in record) or type(ident) not in {int, str, type(None)}:
        return None
    return Message(Shape.RESPONSE, ident)


def one_line(text: bytes) -> bytes:
    """Write a message that was read so that every reader of lines takes it for one (5)."""
    for end, written in _LINE_ENDS.items():
        text = text.replace(end.encode(), written.encode())
    return text.strip()


def proposed_call(message: Message) -> ProposedCall | None:
    """Return the tool call that a message is; None where it is none; raise where it cannot be read for certain."""
    if message.method != CALL:
        return None
    name, arguments = message.params.get("name"), message.params.get("arguments", {})
    try:
        only_exact(message.params, _DECIDING_IN_CALL, "params")
    except Unreadable as error:
        raise MessageRefused(INVALID_REQUEST, f"{error.where}: expected {error.expected}", message.ident) from error
    if type(name) is not str or not name or type(arguments) is not dict:
        raise MessageRefused(INVALID_REQUEST, "expected a tool by name, and its arguments as an object", message.ident)
    text = json.dumps(arguments, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ProposedCall(str(message.ident), name, text, "mcp")


def demand_headers(message: Message, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raise where a header says something else of a message than the message does (3)."""
    key = _NAMED_BY.get(message.method)
    named = message.params.get(key) if key else None
    for header, said in ((b"mcp-method", message.method or None), (b"mcp-name", named)):
        values = [value for name, value in headers if name == header]
        if len(values) > 1 or any(_decoded(value) != said for value in values):
            found = f"the header {header.decode()} says something else than the message"
            raise MessageRefused(HEADER_MISMATCH, found, message.ident)


def _decoded(value: bytes) -> str | None:
    """Return what a header says; what ASCII cannot bear is in base64 between marks."""
    text = value.decode("latin-1").strip()
    encoded = _ENCODED.fullmatch(text)
    if encoded is None:
        return text if text.isascii() else None
    try:
        return base64.b64decode(encoded["payload"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def write_error(error: MessageRefused) -> bytes:
    """Write an error of JSON-RPC (4)."""
    return _write({"error": {"code": error.code, "message": f"Not passed on: {error}."}, "id": error.ident})


def write_refusal(ident: int | str | None, text: str) -> bytes:
    """Write the result of a tool call that was not carried out (4)."""
    content = [{"type": "text", "text": text}]
    return _write({"id": ident, "result": {"content": content, "isError": True, "resultType": "complete"}})


def write_cancelled(ident: int | str | None, reason: str) -> bytes:
    """Write the notification that a request is waited for no longer (MCP 2025-11-25, "Cancellation")."""
    return _write({"method": CANCELLED, "params": {"reason": reason, "requestId": ident}})


def _write(record: dict[str, object]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **record}, ensure_ascii=False, separators=(",", ":")).encode()
