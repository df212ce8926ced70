"""What a message's model is told of its refused calls: its own blocks, with signatures, and a result each."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.retelling import told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Retold

CALLED = "tool_use"
"""Why a message stops that calls."""


def retell(blocks: Sequence[dict[str, Any]], texts: Sequence[str]) -> Retold | None:
    """Return the message and the results of its calls, in their order; None where it cannot be told again exactly."""
    if not all(map(_is_exact, blocks)):
        return None
    told = [block for block in blocks if block["type"] != "text" or block["text"].strip()]
    names = [block.get("id") for block in told if block["type"] == CALLED]
    if not told_apart(names, texts):
        return None
    results = [
        {"type": "tool_result", "tool_use_id": name, "content": text, "is_error": True}
        for name, text in zip(names, texts, strict=True)
    ]
    return [{"role": "assistant", "content": deepcopy(told)}, {"role": "user", "content": results}]


def _is_exact(block: dict[str, Any]) -> bool:
    """Tell whether a block can be given back as it is; what a provider ran has state of its own."""
    match block.get("type"):
        case "text":
            return isinstance(block.get("text"), str) and not block.get("citations")
        case "thinking":
            return isinstance(block.get("thinking"), str) and bool(block.get("signature"))
        case "redacted_thinking":
            return bool(block.get("data"))
        case "tool_use":
            caller = block.get("caller")
            direct = caller is None or (isinstance(caller, dict) and caller.get("type") == "direct")
            return direct and isinstance(block.get("input"), dict)
        case _:
            return False
