"""What a response's model is told of its refused calls: its own items, reasoning too, and an output for each call."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.retelling import told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Retold

CALLED = "completed"
"""The status of a response that calls."""
_OUTPUTS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


def retell(items: Sequence[dict[str, Any]], texts: Sequence[str], *, keeps: bool) -> Retold | None:
    """Return the items and an output for each call, in their order; None where they cannot be told again exactly.

    What a model thought is known to its provider by name where it keeps the response, and by its own bytes else.
    """
    calls = [item for item in items if item.get("type") in _OUTPUTS]
    names = [call.get("call_id") for call in calls]
    if not told_apart(names, texts) or not all(_is_exact(item, keeps=keeps) for item in items):
        return None
    outputs = [
        {"type": _OUTPUTS[call["type"]], "call_id": call["call_id"], "output": text}
        for call, text in zip(calls, texts, strict=True)
    ]
    return [*deepcopy(list(items)), *outputs]


def _is_exact(item: dict[str, Any], *, keeps: bool) -> bool:
    """Tell whether an item can be given back as it is; what a provider ran has state of its own."""
    kind = item.get("type")
    if kind == "reasoning":
        return keeps or bool(item.get("encrypted_content"))
    return kind == "message" or kind in _OUTPUTS
