"""What a chat completion's model is told of its refused calls: its own message, and an answer of the tool to each."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.retelling import told_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.gateway.dialects.dialect import Retold

CALLED = frozenset({"tool_calls", "stop"})
"""Why a choice ends that calls; some servers say of every end that it is one."""
REASONING = ("reasoning", "reasoning_content")
"""Where servers put what a model thinks, in one text."""
_TOLD = frozenset({"role", "content", "refusal", "tool_calls", "reasoning_details", *REASONING})
_CALL_KEYS = frozenset({"index", "id", "type", "function", "custom", "extra_content"})
_KINDS = frozenset({"function", "custom"})


def retell(message: Mapping[str, Any], texts: Sequence[str]) -> Retold | None:
    """Return the message and the answers to its calls, in their order; None where it cannot be told again exactly."""
    if any(value and key not in _TOLD for key, value in message.items()):
        return None
    calls = [{key: part[key] for key in part if key != "index"} for part in message["tool_calls"]]
    if not told_apart([call.get("id") for call in calls], texts):
        return None
    if any(call.keys() - _CALL_KEYS or call.setdefault("type", "function") not in _KINDS for call in calls):
        return None
    said = {key: value for key, value in message.items() if value and key not in {"role", "content", "tool_calls"}}
    own = {"role": "assistant", "content": message.get("content")} | said | {"tool_calls": calls}
    answers = [
        {"role": "tool", "tool_call_id": call["id"], "content": text} for call, text in zip(calls, texts, strict=True)
    ]
    return [deepcopy(own), *answers]
