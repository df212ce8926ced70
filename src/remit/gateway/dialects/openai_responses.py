"""OpenAI's responses: what is asked, and which filter reads the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects import openai_error
from remit.gateway.dialects.dialect import Ask, Offer, Refusal, Reply, ReplyFilter, Retold, Runs
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
from remit.gateway.dialects.responses_reply import ResponseReply
from remit.gateway.dialects.responses_stream import ResponseStream
from remit.gateway.dialects.retelling import may_answer_otherwise
from remit.gateway.dialects.unseen import unseen_in
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DECIDING = frozenset(
    {"model", "models", "input", "instructions", "stream", "tools", "tool_choice", "previous_response_id", "metadata"}
    | {"conversation", "store", "background", "prompt", "max_output_tokens", "user", "messages", "functions"}
)
_TOOL_KEYS = frozenset({"type", "name", "parameters", "tools", "environment", "server_label", "execution"})
_ITEM_KEYS = frozenset({"type", "role", "content", "id", "tools", "output"})
_REFUSED = {
    "background": "the answer must come while the gateway can read it",
    "background_options": "the answer must come while the gateway can read it",
    "prompt": "a prompt that the provider keeps is not seen by the gateway",
}
# Tools with a schema of their maker's own, by what their calls name.
_CLIENT_KINDS = {
    "local_shell": "local_shell",
    "apply_patch": "apply_patch",
    "computer": "computer",
    "computer_use_preview": "computer",
}
_CLIENT_CHOICES = frozenset({"function", "custom", "shell", *_CLIENT_KINDS})
_APPROVAL = "mcp_approval_"
# What is not words: kinds, marks and images.
_NO_WORDS = frozenset(
    {"type", "role", "id", "call_id", "status", "image_url", "file_id", "detail", "encrypted_content"}
    | {"fingerprint", "format"}
)


class OpenAiResponses:
    """The wire of `POST /v1/responses`."""

    name = "openai-responses"

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Ask:  # noqa: D102, ARG002 - it has no query
        fields = read_body(body, _DECIDING)
        refuse_fields(fields, _REFUSED)
        given = fields.get("input")
        if given is not None and not isinstance(given, str):
            given = read_list(fields, "input")
        items = given if isinstance(given, list) else []
        # Where nothing is said, the provider keeps the answer.
        keeps = fields.get("store") is None or read_flag(fields, "store")
        streamed, continues = read_flag(fields, "stream"), _read_continues(fields, items)
        return Ask(
            model=read_text(fields, "model", needed=True),
            streamed=streamed,
            offers=_read_offers(fields, items),
            continues=continues,
            keeps=keeps,
            most_tokens=read_count(fields, "max_output_tokens"),
            turn=len(items) if items else 1,
            session=read_session(headers, fields),
            declared=read_declared(fields),
            texts=lambda: _read_texts(fields),
            unseen=lambda: unseen_in(fields, continues),
            # A stream begins by naming the response that it is, and one that is kept is known by that name ever after.
            again=bool(given) and not continues and not (streamed and keeps) and may_answer_otherwise(fields),
        )

    def with_model(self, body: bytes, model: str) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_value(body, "model", msgspec.json.encode(model))

    def with_more(self, body: bytes, more: Retold) -> bytes:  # noqa: D102 - the interface says it
        given = read_body(body, _DECIDING).get("input")
        if isinstance(given, str):
            body = strict_json.with_value(body, "input", msgspec.json.encode([{"role": "user", "content": given}]))
        return strict_json.with_more(body, "input", more)

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:  # noqa: D102 - the interface says it
        return ResponseStream(ask) if streamed else ResponseReply(ask)

    def refuse(self, refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: D102 - the interface says it
        return openai_error.refuse(refusal, ask)


def _read_continues(fields: dict[str, Any], items: list[dict[str, Any]]) -> str:
    """Return the one thing kept by the provider that this goes on with."""
    conversation = fields.get("conversation")
    if isinstance(conversation, dict):
        conversation = read_text(conversation, "id", needed=True)
    named = [read_text(fields, "previous_response_id"), read_text({"conversation": conversation}, "conversation")]
    named += [read_text(item, "id", needed=True) for item in items if _is_reference(item)]
    kept = list(dict.fromkeys(name for name in named if name))
    if len(kept) > 1:
        raise Unreadable("input", f"at most one thing kept by the provider to go on with, found {len(kept)}")
    return kept[0] if kept else ""


def _is_reference(item: dict[str, Any]) -> bool:
    """Tell whether an item stands for one that the provider keeps; its type may be left out."""
    return item.get("type") == "item_reference" or (item.get("type") is None and item.get("role") is None)


def _read_offers(fields: dict[str, Any], items: list[dict[str, Any]]) -> tuple[Offer, ...]:
    offers = list(_read_tools(fields, "tools"))
    for at, item in enumerate(items):
        strict_json.only_exact(item, _ITEM_KEYS, f"input[{at}]")
        if item.get("tools") is not None:
            offers += _read_tools(item, f"input[{at}].tools")
        parts_within([item.get("content"), item.get("output")])
    offers += _read_approved(items)
    offers += read_provider_offers(fields)
    offers += read_chosen(_chosen(fields), _CLIENT_CHOICES, offers)
    return tuple(dict.fromkeys(offers))


def _read_tools(fields: dict[str, Any], where: str) -> Iterator[Offer]:
    """Yield the tools of one list, in which each name stands once, and those of the namespaces in it.

    A namespace groups tools; the names that calls bear, and terms speak of, are the tools' own.
    """
    own, groups = [], []
    for at, tool in enumerate(read_list(fields, "tools")):
        strict_json.only_exact(tool, _TOOL_KEYS, f"{where}[{at}]")
        if read_text(tool, "type", needed=True) == "namespace":
            groups.append(tool)
        else:
            own.append(_read_tool(tool))
    yield from refuse_doubles(own)
    for group in groups:
        yield from _read_tools(group, f"{where}.{group.get('name')}.tools")


def _read_tool(tool: dict[str, Any]) -> Offer:
    kind, digest = tool["type"], digest_of({k: v for k, v in tool.items() if k not in {"authorization", "headers"}})
    if kind in {"function", "custom"}:
        return Offer(read_text(tool, "name", needed=True), kind, Runs.CLIENT, digest)
    if kind in _CLIENT_KINDS:
        return Offer(_CLIENT_KINDS[kind], kind, Runs.CLIENT, digest)
    if kind == "tool_search" and tool.get("execution") == "client":
        return Offer(kind, kind, Runs.CLIENT, digest)
    environment = tool.get("environment")
    if kind == "shell" and isinstance(environment, dict) and environment.get("type") == "local":
        return Offer(kind, kind, Runs.CLIENT, digest)
    # What is not known to be the client's is taken for the provider's, which can only be judged here. Its kind says
    # what it does, and a name beside it only what the caller calls it; but of a server the label is all there is.
    label = read_text(tool, "server_label") if kind == "mcp" else ""
    return Offer(label or kind, kind, Runs.PROVIDER, digest)


def _chosen(fields: dict[str, Any]) -> list[dict[str, Any]]:
    choice = fields.get("tool_choice")
    if not isinstance(choice, dict):
        return []
    return read_list(choice, "tools") if choice.get("type") == "allowed_tools" else [choice]


def _read_approved(items: list[dict[str, Any]]) -> Iterator[Offer]:
    """Yield the calls at servers that the caller itself lets go on, by the requests for that which it brings.

    Where the provider keeps the request it was judged when the model made it. One that is brought may be the caller's
    own, and the provider carries it out at once.
    """
    asked: dict[str, dict[str, Any]] = {}
    for item in items:
        if item.get("type") == _APPROVAL + "request" and asked.setdefault(read_text(item, "id"), item) != item:
            raise Unreadable("input.id", "one request for an approval of each id")
    for item in items:
        if item.get("type") == _APPROVAL + "response" and read_flag(item, "approve"):
            request = asked.get(read_text(item, "approval_request_id", needed=True))
            if request is not None:
                yield Offer(read_text(request, "name", needed=True), "mcp", Runs.PROVIDER, digest_of(request))


def _read_texts(fields: dict[str, Any]) -> Iterator[str]:
    for key in ("instructions", "input", "tools"):
        yield from texts_in(fields.get(key), _NO_WORDS)
