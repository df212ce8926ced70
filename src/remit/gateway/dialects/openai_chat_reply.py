"""A chat completion in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects.hidden import hides_call, hides_call_beside
from remit.gateway.dialects.openai_chat_call import LEGACY, ChatCall
from remit.gateway.dialects.openai_chat_retold import CALLED, retell
from remit.gateway.dialects.openai_chat_seen import note
from remit.gateway.dialects.ran import note_parts
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.whole import WholeReply
from remit.gateway.dialects.words import after
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, ProposedCall, Retold, Verdict

REPLY_KEYS = frozenset({"choices", "message", "messages", "tool_calls", "function_call"})
CHOICE_KEYS = frozenset({"index", "message", "delta", "finish_reason", "tool_calls", "function_call"})
MESSAGE_KEYS = frozenset({"role", "content", "refusal", "tool_calls", "function_call"})


class ChatReply(WholeReply):
    """Reads `{"choices": [{"message": …}]}`."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._ask = ask
        self._places: list[tuple[int, int]] = []

    def _find(self) -> list[ProposedCall]:
        self._places = []
        strict_json.only_exact(self._reply, REPLY_KEYS, "reply")
        note(self.seen, self._reply)
        if hides_call(self._reply, ("choices",)):
            raise Unreadable("reply", "calls in the message of a choice only")
        choices = self._reply.get("choices")
        if choices is None:
            return []
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise Unreadable("choices", "a list of objects")
        return [call for at, choice in enumerate(choices) for call in self._find_in(choice, at)]

    def _find_in(self, choice: dict[str, Any], at: int) -> list[ProposedCall]:
        where = f"choices[{at}]"
        strict_json.only_exact(choice, CHOICE_KEYS, where)
        message = choice.get("message")
        if hides_call_beside(choice, "message"):
            raise Unreadable(where, "calls in its message only")
        if message is None:
            return []
        if not isinstance(message, dict):
            raise Unreadable(f"{where}.message", "an object")
        strict_json.only_exact(message, MESSAGE_KEYS, f"{where}.message")
        if hides_call(message, ("tool_calls", "function_call")) or {"name", "arguments"} <= message.keys():
            raise Unreadable(f"{where}.message", "calls in tool_calls only")
        note_parts(self.seen, message)
        if message.get("refusal"):
            self.seen.refused = True
        parts, legacy = message.get("tool_calls") or [], message.get("function_call")
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise Unreadable(f"{where}.message.tool_calls", "a list of objects")
        if parts and legacy is not None:
            raise Unreadable(f"{where}.message", "one of tool_calls and function_call")
        found = []
        for number, part in enumerate(parts):
            call = ChatCall()
            call.add(part, f"{where}.message.tool_calls[{number}]")
            found.append(call.whole(f"{where}.message.tool_calls[{number}]"))
            self._places.append((at, number))
        if legacy is not None:
            call = ChatCall()
            call.add_function(legacy, f"{where}.message.function_call")
            found.append(call.whole(f"{where}.message.function_call"))
            self._places.append((at, LEGACY))
        return found

    def _replace(self, verdicts: Sequence[Verdict]) -> None:
        refused: dict[int, dict[int, str]] = {}
        for (at, number), verdict in zip(self._places, verdicts, strict=True):
            if not verdict.passes:
                refused.setdefault(at, {})[number] = verdict.text
        for at, texts in refused.items():
            choice = self._reply["choices"][at]
            message = choice["message"]
            _say(message, list(dict.fromkeys(texts.values())))
            kept = [part for number, part in enumerate(message.get("tool_calls") or []) if number not in texts]
            message.pop("tool_calls", None)
            message.pop("function_call", None)
            choice["logprobs"] = None
            if kept:
                message["tool_calls"] = kept
            else:
                choice["finish_reason"] = "stop"

    def _retell(self, verdicts: Sequence[Verdict]) -> Retold | None:
        (choice, *more) = self._reply["choices"]
        message = choice["message"]
        if more or choice.get("finish_reason") not in CALLED or message.get("function_call") is not None:
            return None
        return retell(message, [verdict.text for verdict in verdicts])

    def _join(self, before: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
        choices = reply.get("choices")
        if not choices or not isinstance(choices[0].get("message"), dict):
            return reply
        message = choices[0]["message"]
        message["content"] = _join_contents(before["choices"][0]["message"]["content"], message.get("content"))
        choices[0]["logprobs"] = None
        if isinstance(before.get("usage"), dict) and isinstance(reply.get("usage"), dict):
            reply["usage"] = add_usage(before["usage"], reply["usage"])
        return reply

    def _refusal(self, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "id": self.seen.reply_id or "chatcmpl-remit",
            "object": "chat.completion",
            "created": 0,
            "model": self.seen.model or self._ask.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": self.seen.input_tokens,
                "completion_tokens": self.seen.output_tokens,
                "total_tokens": self.seen.input_tokens + self.seen.output_tokens,
            },
        }


def _join_contents(before: Any, content: Any) -> Any:  # noqa: ANN401 - text, or a list of parts, as it came
    """Return the content of two messages as that of one; the first is never empty."""
    if not content:
        return before
    if isinstance(before, str) and isinstance(content, str):
        return before + after(before=True, text=content)
    parts = [[{"type": "text", "text": each}] if isinstance(each, str) else each for each in (before, content)]
    return parts[0] + parts[1]


def _say(message: dict[str, Any], texts: list[str]) -> None:
    """Add the gateway's words to what the message says."""
    said = message.get("content")
    text = "\n\n".join(texts)
    if isinstance(said, list):
        said.append({"type": "text", "text": text})
    elif isinstance(said, str) and said:
        message["content"] = said + after(before=True, text=text)
    else:
        message["content"] = text
