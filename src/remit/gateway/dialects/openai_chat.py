"""OpenAI's chat completions: what is asked, and which filter reads the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects import openai_error
from remit.gateway.dialects.dialect import Ask, Offer, Refusal, Reply, ReplyFilter, Retold, Runs
from remit.gateway.dialects.openai_chat_reply import ChatReply
from remit.gateway.dialects.openai_chat_stream import ChatStream
from remit.gateway.dialects.request import (
    digest_of,
    parts_within,
    read_body,
    read_chosen,
    read_count,
    read_declared,
    read_flag,
    read_list,
    read_provider_offers,
    read_session,
    read_text,
    refuse_doubles,
    refuse_fields,
    texts_in,
)
from remit.gateway.dialects.retelling import may_answer_otherwise
from remit.gateway.dialects.unseen import unseen_in
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DECIDING = frozenset(
    {"model", "models", "messages", "stream", "tools", "tool_choice", "functions", "function_call", "n", "store"}
    | {"max_tokens", "max_completion_tokens", "web_search_options", "plugins", "metadata", "user", "background"}
)
_TOOL_KEYS = frozenset({"type", "function", "custom", "name"})
_FUNCTION_KEYS = frozenset({"name", "parameters", "description"})
_CLIENT_CHOICES = frozenset({"function", "custom"})
_REFUSED = {
    "background": "the answer must come while the gateway can read it",
}
# What is not words: kinds, roles, marks and images.
_NO_WORDS = frozenset({"type", "role", "id", "tool_call_id", "detail", "image_url", "input_audio", "file_id", "format"})


_IN_MESSAGES = frozenset({"role", "content", "tool_calls", "tools"})
_REFUSED_IN_MESSAGES = {"tools": "tools stand beside the messages"}


class OpenAiChat:
    """The wire of `POST /v1/chat/completions`."""

    name = "openai-chat"

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Ask:  # noqa: D102, ARG002 - it has no query
        fields = read_body(body, _DECIDING)
        refuse_fields(fields, _REFUSED)
        messages = read_list(fields, "messages")
        for at, message in enumerate(messages):
            strict_json.only_exact(message, _IN_MESSAGES, f"messages[{at}]")
            refuse_fields(message, _REFUSED_IN_MESSAGES)
            parts_within(message.get("content"))
        choices = read_count(fields, "n")
        most = read_count(fields, "max_completion_tokens")
        return Ask(
            model=read_text(fields, "model", needed=True),
            streamed=read_flag(fields, "stream"),
            offers=_read_offers(fields),
            keeps=read_flag(fields, "store"),
            choices=1 if choices is None else choices,
            most_tokens=read_count(fields, "max_tokens") if most is None else most,
            turn=len(messages),
            session=read_session(headers, fields),
            declared=read_declared(fields),
            texts=lambda: _read_texts(fields),
            unseen=lambda: unseen_in(fields),
            again=choices in {None, 1} and not fields.get("store") and _may_ask_again(fields, messages),
        )

    def with_model(self, body: bytes, model: str) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_value(body, "model", msgspec.json.encode(model))

    def with_more(self, body: bytes, more: Retold) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_more(body, "messages", more)

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:  # noqa: D102 - the interface says it
        return ChatStream(ask) if streamed else ChatReply(ask)

    def refuse(self, refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: D102 - the interface says it
        return openai_error.refuse(refusal, ask)


def _may_ask_again(fields: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    """Tell whether the conversation can go on after an answer, which is no part of a message that was begun."""
    return bool(messages) and messages[-1].get("role") != "assistant" and may_answer_otherwise(fields)


def _read_offers(fields: dict[str, Any]) -> tuple[Offer, ...]:
    offers = []
    for at, tool in enumerate(read_list(fields, "tools")):
        where = f"tools[{at}]"
        strict_json.only_exact(tool, _TOOL_KEYS, where)
        kind = read_text(tool, "type", needed=True)
        if kind not in {"function", "custom"}:
            # A kind that is not known cannot be told from one that the provider runs; its kind says what it does,
            # and a name beside it only what the caller calls it.
            offers.append(Offer(kind, kind, Runs.PROVIDER, digest_of(tool)))
            continue
        inner = tool.get(kind)
        if not isinstance(inner, dict) or len({"function", "custom"} & tool.keys()) != 1:
            raise Unreadable(f"{where}.{kind}", "an object")
        offers.append(_read_function(inner, kind, f"{where}.{kind}"))
    for at, function in enumerate(read_list(fields, "functions")):
        offers.append(_read_function(function, "function", f"functions[{at}]"))
    offers += read_provider_offers(fields)
    offers += read_chosen(_chosen(fields), _CLIENT_CHOICES, offers)
    return refuse_doubles(offers)


def _chosen(fields: dict[str, Any]) -> list[dict[str, Any]]:
    choice = fields.get("tool_choice")
    if not isinstance(choice, dict):
        return []
    if choice.get("type") != "allowed_tools":
        return [choice]
    inner = choice.get("allowed_tools")
    return read_list(choice, "tools") + (read_list(inner, "tools") if isinstance(inner, dict) else [])


def _read_function(function: dict[str, Any], kind: str, where: str) -> Offer:
    strict_json.only_exact(function, _FUNCTION_KEYS, where)
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise Unreadable(f"{where}.name", "text")
    return Offer(name, kind, Runs.CLIENT, digest_of(function))


def _read_texts(fields: dict[str, Any]) -> Iterator[str]:
    for key in ("messages", "prediction", "documents", "chat_template_kwargs"):
        yield from texts_in(fields.get(key), _NO_WORDS)
    for key in ("tools", "functions"):
        yield from texts_in(fields.get(key), _NO_WORDS)
