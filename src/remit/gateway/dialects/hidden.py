"""Looks for tool calls in shapes that no dialect knows, so that an unknown shape never carries one."""

from __future__ import annotations

from typing import Any

from remit.gateway.strict_json import fold

# Keys that hold calls on some wire, and what the types of calls end with, all folded.
_KEYS = frozenset({"toolcall", "toolcalls", "functioncall", "functioncalls", "tooluse", "tooluses"})
_TYPES = ("call", "calls", "tooluse", "tooluses")
_LONGEST = 64


def holds_call(value: object) -> bool:
    """Tell whether anything in a value, at any depth, may be read as a tool call."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if _is_call(part):
                return True
            waiting.extend(x for x in part.values() if isinstance(x, (dict, list)))
        elif isinstance(part, list):
            waiting.extend(x for x in part if isinstance(x, (dict, list)))
    return False


def hides_call(fields: dict[str, Any], known: frozenset[str] | tuple[str, ...]) -> bool:
    """Tell whether fields of which a dialect reads the known ones may be a call, or hold one elsewhere."""
    if is_call_type(fields.get("type")):
        return True
    for key, value in fields.items():
        if (value.__class__ is dict or value.__class__ is list) and key not in known and holds_call({key: value}):
            return True
    return False


def hides_call_beside(fields: dict[str, Any], known: str) -> bool:
    """Tell whether a choice may hold a call beside the part that a dialect reads.

    How likely each word was is told in long lists of words, which are left out.
    """
    chances = fields.get("logprobs")
    if isinstance(chances, dict):
        return hides_call(chances, ("content", "refusal")) or hides_call(fields, (known, "logprobs"))
    return hides_call(fields, (known,))


def is_call_type(kind: object) -> bool:
    """Tell whether the type of a part names a call."""
    return isinstance(kind, str) and len(kind) <= _LONGEST and fold(kind).endswith(_TYPES)


def _is_call(part: dict[str, object]) -> bool:
    names: set[str] = set()
    for key, value in part.items():
        folded = fold(key) if len(key) <= _LONGEST else ""
        names.add(folded)
        if folded in _KEYS and value and isinstance(value, (dict, list, str)):
            return True
        if folded == "type" and is_call_type(value):
            return True
    return "name" in names and ("arguments" in names or "partialjson" in names)
