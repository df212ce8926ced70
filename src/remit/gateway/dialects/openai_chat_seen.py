"""What a chat completion, whole or in a piece, says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.ran import note_beside, note_uses

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Seen


def note(seen: Seen, reply: dict[str, Any]) -> None:
    """Note id, model, variant, tokens and how it ended, as far as this says them."""
    if isinstance(value := reply.get("id"), str) and value:
        seen.reply_id = value
    if isinstance(value := reply.get("model"), str) and value:
        seen.take_model(value)
    for key in ("service_tier", "system_fingerprint"):
        if isinstance(value := reply.get(key), str) and value:
            seen.variant = value
    usage = reply.get("usage")
    if isinstance(usage, dict):
        note_uses(seen, usage)
        seen.input_tokens = _count(usage.get("prompt_tokens"), seen.input_tokens)
        seen.output_tokens = _count(usage.get("completion_tokens"), seen.output_tokens)
    note_beside(seen, reply)
    choices = reply.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        finish = choice.get("finish_reason") if isinstance(choice, dict) else None
        if isinstance(finish, str) and finish:
            seen.finish = finish
            seen.refused = seen.refused or finish == "content_filter"


def _count(value: object, known: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else known
