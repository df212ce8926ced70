"""What a message, whole or in its events, says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects import ran

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Seen


def note(seen: Seen, message: dict[str, Any]) -> None:
    """Note id, model, variant, tokens and how it ended, as far as this says them."""
    if isinstance(value := message.get("id"), str):
        seen.reply_id = value
    if isinstance(value := message.get("model"), str):
        seen.take_model(value)
    if isinstance(value := message.get("stop_reason"), str):
        seen.finish = value
        seen.refused = value == "refusal"
    usage = message.get("usage")
    if isinstance(usage, dict):
        ran.note_uses(seen, usage)
        if isinstance(value := usage.get("service_tier"), str):
            seen.variant = value
        seen.input_tokens = _tokens_in(usage) or seen.input_tokens
        if isinstance(value := usage.get("output_tokens"), int):
            seen.output_tokens = value


def _tokens_in(usage: dict[str, Any]) -> int:
    """Count what was read, from the cache or not."""
    parts = (usage.get(key) for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"))
    return sum(part for part in parts if isinstance(part, int))


def note_block(seen: Seen, block: dict[str, Any]) -> None:
    """Note of a block that another model goes on from here, or that the provider carried it out, as it says."""
    ran.note_block(seen, block)
    after = block.get("to") if block.get("type") == "fallback" else None
    if isinstance(after, dict) and isinstance(model := after.get("model"), str):
        seen.take_model(model)
