"""What every request is asked alike, whichever wire it is in."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import Offer, Runs
from remit.gateway.dialects.routers import read_provider_run, refuse_elsewhere
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FILE = "file_data"
_TEXTS = ("data:text/", "data:application/json", "data:application/xml", "data:application/csv", "data:application/x-")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SESSION_HEADERS = ("x-claude-code-session-id", "x-session-id", "session-id", "session_id", "thread-id")
_digests = msgspec.json.Encoder(order="sorted")


def read_body(body: bytes, deciding: frozenset[str]) -> dict[str, Any]:
    """Return a request's fields, none of which can be mistaken for one that decides."""
    fields = strict_json.read_object(body)
    strict_json.only_exact(fields, deciding, "body")
    refuse_elsewhere(fields, deciding)
    return fields


def read_provider_offers(fields: Mapping[str, Any], apart: str = "") -> list[Offer]:
    """Return the tools that fields beside the list of tools ask the provider to run; one may be read elsewhere."""
    asked = read_provider_run(fields, apart)
    return [Offer(tool, tool, Runs.PROVIDER, digest_of({tool: value})) for tool, value in asked]


def read_text(fields: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
    """Return a field that must be text where it is there."""
    value = fields.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise Unreadable(key, "text")
    return value


def read_flag(fields: Mapping[str, Any], key: str) -> bool:
    """Return a field that must be true or false where it is there."""
    value = fields.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Unreadable(key, "true or false")
    return value


def read_count(fields: Mapping[str, Any], key: str) -> int | None:
    """Return a field that must be a whole number, not below nought, where it is there."""
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unreadable(key, "a whole number, not below 0")
    return value


def read_list(fields: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a field that must be a list of objects where it is there."""
    value = fields.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise Unreadable(key, "a list of objects")
    return value


def refuse_fields(fields: Mapping[str, Any], refused: Mapping[str, str]) -> None:
    """Raise `Unreadable` for the first field that asks for what a judgement cannot see."""
    for key, why in refused.items():
        if fields.get(key) not in (None, False, [], {}):
            raise Unreadable(key, f"absent: {why}")


def read_session(headers: Mapping[str, str], fields: Mapping[str, Any]) -> str:
    """Return the session as a header names it, or else the field in which clients name their users' sessions."""
    for name in _SESSION_HEADERS:
        if value := headers.get(name):
            return value
    metadata = fields.get("metadata")
    named = metadata.get("user_id") if isinstance(metadata, dict) else None
    for value in (named, fields.get("prompt_cache_key")):
        if isinstance(value, str) and value:
            return value
    return ""


def read_declared(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what the caller says of itself."""
    metadata = fields.get("metadata")
    declared = {k: v for k, v in metadata.items() if isinstance(v, str)} if isinstance(metadata, dict) else {}
    for key in ("user", "safety_identifier"):
        if isinstance(value := fields.get(key), str):
            declared[key] = value
    return declared


def digest_of(tool: Mapping[str, Any]) -> str:
    """Return the digest of what a tool is, without the marks that say how long it is cached."""
    if "cache_control" in tool:
        tool = {key: value for key, value in tool.items() if key != "cache_control"}
    return hashlib.sha256(_digests.encode(tool)).hexdigest()


def parts_within(content: object) -> list[dict[str, Any]]:
    """Return every part of a content, and of the contents in it; raise `Unreadable` where one brings tools.

    Those would be offered unjudged, since tools stand beside the messages.
    """
    found: list[dict[str, Any]] = []
    waiting = [] if content.__class__ is str else [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if part.get("tools"):
                raise Unreadable("content.tools", "absent: tools stand beside the messages")
            found.append(part)
            waiting += (part.get("content"), part.get("output"))
    return found


def read_chosen(named: Iterable[dict[str, Any]], client: frozenset[str], offers: Iterable[Offer]) -> Iterator[Offer]:
    """Yield the tools of the provider's that are chosen and stand in no list, as far as a server may add them."""
    kinds = [offer.kind for offer in offers]
    for tool in named:
        kind = read_text(tool, "type", needed=True)
        if kind not in client and not any(offered.startswith(kind) for offered in kinds):
            yield Offer(read_text(tool, "server_label") or kind, kind, Runs.PROVIDER, digest_of(tool))


def refuse_doubles(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return the offers; raise `Unreadable` where one name stands for two tools of the client's."""
    known: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        kind = "" if offer.runs is Runs.CLIENT else offer.kind
        if known.setdefault((kind, offer.name), offer) != offer:
            raise Unreadable("tools", f"one tool of the name {offer.name}")
    return tuple(known.values())


def texts_in(value: object, skip: frozenset[str]) -> Iterator[str]:
    """Yield every text in a value in its order, but for those under keys that carry no words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part, skip)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key == _FILE and isinstance(part, str):
                yield from text_in_file(part)
            elif key not in skip:
                yield from texts_in(part, skip)


def text_in_file(data: str) -> Iterator[str]:
    """Yield the words of a file that a request brings, if it is text; what is inside other files is out of reach."""
    head, found, encoded = data.partition(";base64,")
    if not found:
        head, encoded = "", data
    if head and not head.startswith(_TEXTS):
        return
    try:
        yield base64.b64decode(encoded, validate=True).decode(errors="replace" if head else "strict")
    except ValueError:
        # What is not encoded is text as it stands; what is, and is none, is a file of another kind.
        if head or not _BASE64.fullmatch(encoded):
            yield encoded


def readable_arguments(arguments: str, where: str) -> str:
    """Return the arguments of a function; raise `Unreadable` where two readers could take different ones.

    Arguments that only lack their end are what a model leaves that has no tokens left: clients know them for that by
    the reason why it stopped, and they are judged by the tool that they were meant for.
    """
    if arguments.strip() and not strict_json.is_cut(arguments.encode()):
        strict_json.read(arguments.encode(), where=where)
    return arguments
