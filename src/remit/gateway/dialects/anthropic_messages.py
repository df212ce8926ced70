"""Anthropic's messages: what is asked, and which filter reads the answer."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects import anthropic_error
from remit.gateway.dialects.anthropic_reply import MessageReply
from remit.gateway.dialects.anthropic_stream import MessageStream
from remit.gateway.dialects.dialect import Ask, Offer, Refusal, Reply, ReplyFilter, Retold, Runs
from remit.gateway.dialects.request import (
    digest_of,
    parts_within,
    read_body,
    read_count,
    read_declared,
    read_flag,
    read_list,
    read_provider_offers,
    read_session,
    read_text,
    refuse_doubles,
    texts_in,
)
from remit.gateway.dialects.retelling import may_answer_otherwise
from remit.gateway.dialects.unseen import unseen_in
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DECIDING = frozenset(
    {"model", "messages", "system", "stream", "tools", "tool_choice", "mcp_servers", "thread", "container"}
    | {"max_tokens", "metadata", "fallbacks"}
)
_TOOL_KEYS = frozenset({"type", "name", "input_schema"})
_MESSAGE_KEYS = frozenset({"role", "content"})
# Kinds of tools that come with a schema of their maker's own and are carried out by the client.
_DATE = re.compile(r"_\d{8}$")
_CLIENT_KINDS = ("bash_", "text_editor_", "computer_", "memory_", "browser_")
# What is not words: kinds, marks and images.
_NO_WORDS = frozenset(
    {"type", "role", "id", "tool_use_id", "cache_control", "media_type", "signature", "encrypted_content", "file_id"}
    | {"encrypted_index", "caller", "url"}
)


class AnthropicMessages:
    """The wire of `POST /v1/messages`."""

    name = "anthropic-messages"

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Ask:  # noqa: D102, ARG002 - it decides nothing
        fields = read_body(body, _DECIDING)
        messages = read_list(fields, "messages")
        continues, keeps = _read_thread(fields)
        return Ask(
            model=read_text(fields, "model", needed=True),
            streamed=read_flag(fields, "stream"),
            offers=read_offers(fields, messages),
            continues=continues,
            keeps=keeps,
            most_tokens=read_count(fields, "max_tokens"),
            turn=len(messages),
            session=read_session(headers, fields),
            declared=read_declared(fields),
            texts=lambda: read_texts(fields),
            unseen=lambda: unseen_in(fields, continues),
            again=not continues and not keeps and _may_ask_again(fields, messages),
        )

    def with_model(self, body: bytes, model: str) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_value(body, "model", msgspec.json.encode(model))

    def with_more(self, body: bytes, more: Retold) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_more(body, "messages", more)

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:  # noqa: D102 - the interface says it
        return MessageStream(ask) if streamed else MessageReply(ask)

    def refuse(self, refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: D102 - the interface says it
        return anthropic_error.refuse(refusal, ask)


def _may_ask_again(fields: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    """Tell whether the conversation can go on after an answer, which is no part of a message that was begun."""
    return bool(messages) and messages[-1].get("role") == "user" and may_answer_otherwise(fields)


def read_offers(fields: dict[str, Any], messages: list[dict[str, Any]]) -> tuple[Offer, ...]:
    """Return every tool that a request offers, wherever in it."""
    offers = [_read_tool(tool, f"tools[{at}]") for at, tool in enumerate(read_list(fields, "tools"))]
    for at, message in enumerate(messages):
        strict_json.only_exact(message, _MESSAGE_KEYS, f"messages[{at}]")
        offers += _read_all_added(message.get("content"), f"messages[{at}].content")
    offers += _read_all_added(fields.get("system"), "system")
    offers += read_provider_offers(fields, apart="mcp_servers")
    for server in read_list(fields, "mcp_servers"):
        offers.append(Offer(read_text(server, "name", needed=True), "mcp", Runs.PROVIDER, _digest_of_server(server)))
    container = fields.get("container")
    if isinstance(container, dict):
        for skill in read_list(container, "skills"):
            offers.append(Offer(read_text(skill, "skill_id", needed=True), "skill", Runs.PROVIDER, digest_of(skill)))
    return refuse_doubles(offers)


def read_texts(fields: dict[str, Any]) -> Iterator[str]:
    """Yield every text that a request carries to the model."""
    yield from texts_in(fields.get("system"), _NO_WORDS)
    for message in fields.get("messages") or ():
        yield from _texts_of(message.get("content"))
    yield from texts_in(fields.get("tools"), _NO_WORDS)


def _texts_of(content: object) -> Iterator[str]:
    """Yield the words of one content; of a file's bytes only those that are text already."""
    if isinstance(content, list):
        for block in content:
            yield from _texts_of(block)
    elif isinstance(content, dict):
        nested, source = content.get("content"), content.get("source")
        apart = {"content"} if isinstance(nested, list) else set()
        encoded = isinstance(source, dict) and source.get("type") == "base64"
        yield from texts_in(content, _NO_WORDS | apart | ({"source"} if encoded else set()))
        if encoded and isinstance(source, dict):
            yield from _text_in_base64(source)
        if apart:
            yield from _texts_of(nested)
    else:
        yield from texts_in(content, _NO_WORDS)


def _text_in_base64(source: dict[str, Any]) -> Iterator[str]:
    """Yield the text that is encoded in a source, if it is text; what is inside other files is out of reach."""
    kind, encoded = source.get("media_type"), source.get("data")
    if isinstance(kind, str) and kind.startswith("text/") and isinstance(encoded, str):
        try:
            yield base64.b64decode(encoded).decode(errors="replace")
        except ValueError:
            yield encoded


def _read_thread(fields: dict[str, Any]) -> tuple[str, bool]:
    """Return the conversation this goes on with, and whether the server is to keep it."""
    thread = fields.get("thread")
    if thread is None:
        return "", False
    if not isinstance(thread, dict):
        raise Unreadable("thread", "an object")
    strict_json.only_exact(thread, frozenset({"type", "previous_message_id"}), "thread")
    match thread.get("type"):
        case "create" if thread.get("previous_message_id") is None:
            return "", True
        case "continue":
            return read_text(thread, "previous_message_id", needed=True), True
        case _:
            raise Unreadable("thread.type", "create, or continue with a previous_message_id")


def _read_tool(tool: dict[str, Any], where: str) -> Offer:
    strict_json.only_exact(tool, _TOOL_KEYS, where)
    kind = read_text(tool, "type") or "custom"
    if kind == "custom":
        return Offer(read_text(tool, "name", needed=True), "function", Runs.CLIENT, digest_of(tool))
    name = read_text(tool, "name") or read_text(tool, "mcp_server_name") or kind
    if kind.startswith(_CLIENT_KINDS):
        return Offer(name, kind, Runs.CLIENT, digest_of(tool))
    # What is not known to be the client's is taken for the provider's, which can only be judged here. Its kind says
    # what it does, and a name beside it only what the caller calls it; but of a server the name is all there is.
    if kind != "mcp_toolset":
        name = _DATE.sub("", kind)
    return Offer(name, kind, Runs.PROVIDER, digest_of(tool))


def _read_all_added(content: object, where: str) -> Iterator[Offer]:
    for block in parts_within(content):
        yield from _read_added(block, where)


def _read_added(block: dict[str, Any], where: str) -> Iterator[Offer]:
    """Yield the tools that a block adds in the middle of a conversation."""
    strict_json.only_exact(block, frozenset({"type", "text", "content", "tool"}), where)
    tool = block.get("tool")
    if block.get("type") == "tool_addition" and not isinstance(tool, dict):
        raise Unreadable(f"{where}.tool", "an object")
    if block.get("type") == "tool_addition" and isinstance(tool, dict) and tool.get("type") == "tool_definition":
        definition = tool.get("definition")
        if not isinstance(definition, dict):
            raise Unreadable(f"{where}.tool.definition", "an object")
        yield _read_tool(definition, f"{where}.tool.definition")


def _digest_of_server(server: dict[str, Any]) -> str:
    """Return the digest of a server's definition, without the credential in it."""
    return digest_of({key: value for key, value in server.items() if key != "authorization_token"})
