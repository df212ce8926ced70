"""Reads the binary event stream of AWS and writes the server-sent events it stands for.

A message: its length and that of its headers, a CRC of both, the headers, the payload, a CRC of everything before it.

1. Both CRCs are held against what came; a message that does not fit them ends the reply as malformed.
2. A `chunk` bears an event of Anthropic's stream, encoded in base64 within JSON: it goes on byte for byte.
3. An exception becomes an `error` event, as Anthropic's own stream would have it.
4. A stream that ends within a message is cut.
"""

from __future__ import annotations

import struct
from binascii import Error as NotBase64
from binascii import a2b_base64
from typing import NamedTuple
from zlib import crc32

import msgspec

from remit.gateway.upstream.client import UpstreamCut, UpstreamMalformed, UpstreamTooLarge

LARGEST = 16 * 1024 * 1024
_PRELUDE = struct.Struct(">III")
_LEAST = _PRELUDE.size + 4
_TEXT = 7
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""How long the values of headers are, by their type; 6 and 7 bear their length."""
_LONG = frozenset((6, 7))
ERRORS = {
    "accessDeniedException": "permission_error",
    "internalServerException": "api_error",
    "modelStreamErrorException": "api_error",
    "modelTimeoutException": "timeout_error",
    "resourceNotFoundException": "not_found_error",
    "serviceQuotaExceededException": "rate_limit_error",
    "serviceUnavailableException": "overloaded_error",
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
}
"""What AWS calls its errors and Anthropic's interface does."""


class _Chunk(msgspec.Struct):
    bytes: str


class _Typed(msgspec.Struct):
    type: str


class Message(NamedTuple):
    """One message, with those of its headers that are texts."""

    headers: dict[str, str]
    payload: bytes


class MessageReader:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are whole by now."""
        held = self._held
        held += data
        found = []
        while len(held) >= _LEAST:
            length, headers, check = _PRELUDE.unpack_from(held)
            if crc32(held[:8]) != check:  # (1)
                raise UpstreamMalformed("The reply was not taken: the head of a message does not fit its CRC.")
            if length > LARGEST:
                raise UpstreamTooLarge(f"The reply was not taken: a message of it has {length:,} bytes.")
            if length < _LEAST + headers:
                raise UpstreamMalformed("The reply was not taken: a message is shorter than its headers.")
            if len(held) < length:
                break
            found.append(_read_message(bytes(held[:length]), headers))
            del held[:length]
        return found

    def end(self) -> None:
        """Take the end of the stream."""
        if self._held:  # (4)
            raise UpstreamCut("The reply broke off within a message.")


def _read_message(message: bytes, headers: int) -> Message:
    if crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):  # (1)
        raise UpstreamMalformed("The reply was not taken: a message does not fit its CRC.")
    start = _PRELUDE.size
    try:
        found = _read_headers(message[start : start + headers])
    except (IndexError, KeyError, UnicodeDecodeError):
        raise UpstreamMalformed("The reply was not taken: the headers of a message cannot be read.") from None
    return Message(found, message[start + headers : -4])


def _read_headers(block: bytes) -> dict[str, str]:
    """Read the headers that are texts; those of another type are passed over by their size."""
    found, place = {}, 0
    while place < len(block):
        end = place + 1 + block[place]
        name, kind = block[place + 1 : end].decode(), block[end]
        place = end + 1
        size = _SIZES.get(kind, 0)
        if kind in _LONG:
            size = int.from_bytes(block[place : place + 2], "big")
            place += 2
        elif kind not in _SIZES:
            raise KeyError(kind)
        if place + size > len(block):
            raise IndexError(size)
        if kind == _TEXT:
            found[name] = block[place : place + size].decode()
        place += size
    return found


class EventWriter:
    """Turns the bytes of a stream from AWS into those of Anthropic's own."""

    def __init__(self) -> None:
        self._reader = MessageReader()

    def feed(self, data: bytes) -> bytes:
        """Return the events that are whole by now."""
        return b"".join([_write_event(message) for message in self._reader.feed(data)])

    def end(self) -> bytes:
        """Take the end of the stream."""
        self._reader.end()
        return b""


def _write_event(message: Message) -> bytes:
    kind = message.headers.get(":message-type", "event")
    if kind != "event":  # (3)
        name = message.headers.get(":exception-type") or message.headers.get(":error-code", "")
        return b"event: error\ndata: " + write_error(name, read_message_text(message.payload)) + b"\n\n"
    if message.headers.get(":event-type") != "chunk":
        return b""
    try:  # (2)
        event = a2b_base64(msgspec.json.decode(message.payload, type=_Chunk).bytes, strict_mode=True)
        name = msgspec.json.decode(event, type=_Typed).type
    except (msgspec.MsgspecError, NotBase64, UnicodeDecodeError):
        raise UpstreamMalformed("The reply was not taken: a chunk of it bears no event.") from None
    if b"\n" in event or b"\r" in event or "\n" in name or "\r" in name:
        event = msgspec.json.encode(msgspec.json.decode(event))
        name = name.replace("\r", "").replace("\n", "")
    return b"event: " + name.encode() + b"\ndata: " + event + b"\n\n"


def read_message_text(body: bytes) -> str:
    """Return what an error of AWS or Google says, as far as it can be read."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return ""
    if type(found) is list and found:
        found = found[0]
    if type(found) is dict and type(found.get("error")) is dict:
        found = found["error"]
    says = (found.get("message") or found.get("Message")) if type(found) is dict else ""
    return says if type(says) is str else ""


def write_error(name: str, says: str) -> bytes:
    """Write an error as Anthropic's interface has it, from what AWS calls it."""
    exact = name.partition(":")[0]
    kind = ERRORS.get(exact[:1].lower() + exact[1:], "api_error")
    return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": says or exact or "unknown error"}})
