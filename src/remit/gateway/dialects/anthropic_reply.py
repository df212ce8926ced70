"""A message in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects.anthropic_call import is_call, read_call
from remit.gateway.dialects.anthropic_retold import CALLED, retell
from remit.gateway.dialects.anthropic_seen import note, note_block
from remit.gateway.dialects.hidden import hides_call
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.whole import WholeReply
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, ProposedCall, Retold, Seen, Verdict

MESSAGE_KEYS = frozenset({"type", "role", "content", "stop_reason"})


class MessageReply(WholeReply):
    """Reads `{"content": [{"type": "tool_use"}]}`."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._ask = ask
        self._places: list[int] = []

    def _find(self) -> list[ProposedCall]:
        note(self.seen, self._reply)
        calls, self._places = [], []
        for at, block in enumerate(read_content(self._reply, "reply")):
            note_block(self.seen, block)
            if is_call(block, f"content[{at}]"):
                calls.append(read_call(block, f"content[{at}]"))
                self._places.append(at)
        return calls

    def _replace(self, verdicts: Sequence[Verdict]) -> None:
        content = self._reply["content"]
        for at, verdict in zip(self._places, verdicts, strict=True):
            if not verdict.passes:
                content[at] = {"type": "text", "text": verdict.text}
        if not any(verdict.passes for verdict in verdicts) and self._reply.get("stop_reason") == "tool_use":
            self._reply["stop_reason"] = "end_turn"

    def _retell(self, verdicts: Sequence[Verdict]) -> Retold | None:
        if self._reply.get("stop_reason") != CALLED:
            return None
        return retell(self._reply["content"], [verdict.text for verdict in verdicts])

    def _join(self, before: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
        content = reply.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        reply["content"] = [*before["content"], *(content or ())]
        if isinstance(before.get("usage"), dict) and isinstance(reply.get("usage"), dict):
            reply["usage"] = add_usage(before["usage"], reply["usage"])
        return reply

    def _refusal(self, text: str) -> dict[str, Any]:
        return message_of(self._ask, self.seen) | {
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
        }


def read_content(message: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the blocks of a message; raise `Unreadable` where a call may stand outside of them."""
    strict_json.only_exact(message, MESSAGE_KEYS, where)
    if hides_call(message, ("content",)):
        raise Unreadable(where, "calls in its content only")
    content = message.get("content")
    if content is None or isinstance(content, str):
        return []
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise Unreadable(f"{where}.content", "a list of objects")
    return content


def message_of(ask: Ask, seen: Seen) -> dict[str, Any]:
    """Return an empty message of the gateway's own, under the name that the reply has if it has one."""
    return {
        "id": seen.reply_id or "msg_remit",
        "type": "message",
        "role": "assistant",
        "model": seen.model or ask.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": seen.input_tokens, "output_tokens": seen.output_tokens},
    }
