"""Which items of a response are calls that the client carries out, and what stands in the place of one."""

from __future__ import annotations

from typing import Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import ProposedCall
from remit.gateway.dialects.hidden import hides_call, is_call_type
from remit.gateway.dialects.request import readable_arguments
from remit.gateway.unreadable import Unreadable

# The provider has carried these out itself, as the request let it.
PROVIDER_RUN = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call"}
)
ITEM_KEYS = frozenset({"type", "id", "call_id", "name", "arguments", "input", "action", "content", "role", "namespace"})
# Items that carry lists of tools, or a program that the provider carries out.
_PLAIN = frozenset({"program", "mcp_list_tools", "additional_tools"})
_NAMED = frozenset({"function_call", "custom_tool_call", "mcp_approval_request"})
_NAMELIKE = frozenset({"name", "arguments"})
# What says nothing of what a call does.
_MARKS = frozenset({"type", "id", "call_id", "status", "name"})


def is_call(item: dict[str, Any], container_shell: bool, where: str) -> bool:  # noqa: FBT001 - how the shell was offered
    """Tell whether an item is a call that the client carries out; raise `Unreadable` if it merely holds one."""
    strict_json.only_exact(item, ITEM_KEYS, where)
    kind = item.get("type")
    if not isinstance(kind, str):
        raise Unreadable(f"{where}.type", "text")
    if kind in PROVIDER_RUN:
        if kind != "mcp_call" and not _NAMELIKE.isdisjoint(item):
            raise Unreadable(where, f"a {kind}, which names no tool")
        return False
    if (kind == "tool_search_call" and item.get("execution") == "server") or (kind == "shell_call" and container_shell):
        return False
    if is_call_type(kind) or kind == "mcp_approval_request":
        return True
    if kind not in _PLAIN and not kind.endswith("_output") and _may_hold_call(item):
        raise Unreadable(where, "an item that holds no call")
    return False


def _may_hold_call(item: dict[str, Any]) -> bool:
    """Tell whether an item that is no call may be read as one, or as holding one."""
    return hides_call({key: value for key, value in item.items() if key != "type"}, ()) or item.keys() >= _NAMELIKE


def read_call(item: dict[str, Any], where: str) -> ProposedCall:
    """Return the call that an item is."""
    kind = item["type"]
    identifier = item.get("call_id") or item.get("id") or ""
    if not isinstance(identifier, str):
        raise Unreadable(f"{where}.call_id", "text")
    name = name_of(item, where)
    if kind == "custom_tool_call":
        return ProposedCall(identifier, name, _text(item.get("input"), f"{where}.input"), "custom")
    if kind in _NAMED:
        arguments = readable_arguments(_text(item.get("arguments"), f"{where}.arguments"), f"{where}.arguments")
        return ProposedCall(identifier, name, arguments, "function" if kind == "function_call" else kind)
    what = {key: value for key, value in item.items() if key not in _MARKS}
    return ProposedCall(identifier, name, msgspec.json.encode(what).decode(), kind)


def name_of(item: dict[str, Any], where: str) -> str:
    """Return the tool that a call names, or the one that its kind is made for."""
    kind, name = item["type"], item.get("name")
    made_for = kind.removesuffix("_call")
    if kind in _NAMED or name is not None:
        if not isinstance(name, str) or not name:
            raise Unreadable(f"{where}.name", "the name of a tool")
        return name
    return str(made_for)


def check_same(before: dict[str, Any], after: dict[str, Any], where: str) -> None:
    """Raise `Unreadable` if an item, told again, is not what it was, or has not merely grown."""
    for key, value in before.items():
        if key != "status" and not _grows(value, after.get(key)):
            raise Unreadable(f"{where}.{key}", "the same throughout a call")
    if after.get("name") and not before.get("name"):
        raise Unreadable(f"{where}.name", "the same throughout a call")


def message_item(identifier: str, text: str, *, done: bool = True) -> dict[str, Any]:
    """Return a message of the gateway's own."""
    content = [text_part(text)] if done else []
    status = "completed" if done else "in_progress"
    return {"type": "message", "id": identifier, "status": status, "role": "assistant", "content": content}


def text_part(text: str) -> dict[str, Any]:
    """Return the part of a message that says a text."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _grows(before: object, after: object) -> bool:
    if before in (None, "", [], {}) or before == after:
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        return all(_grows(value, after.get(key)) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) <= len(after) and all(_grows(b, a) for b, a in zip(before, after, strict=False))
    return False


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(where, "text")
    return value
