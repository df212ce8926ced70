"""A response in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import Runs
from remit.gateway.dialects.hidden import hides_call, is_call_type
from remit.gateway.dialects.ran import note_item, note_uses
from remit.gateway.dialects.responses_items import is_call, message_item, read_call
from remit.gateway.dialects.responses_retold import CALLED, retell
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.whole import WholeReply
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, ProposedCall, Retold, Seen, Verdict

RESPONSE_KEYS = frozenset({"output", "status", "object", "error", "choices", "tool_calls", "function_call"})
# The output is read item by item; the rest repeats the request.
_NOT_THE_MODELS = frozenset({"output", "tools", "instructions", "input", "metadata", "text", "prompt", "reasoning"})


class ResponseReply(WholeReply):
    """Reads `{"output": [{"type": "function_call"}]}`."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._ask = ask
        self._places: list[int] = []

    def _find(self) -> list[ProposedCall]:
        note(self.seen, self._reply)
        self._places = []
        calls, in_container = [], runs_shell_in_container(self._ask)
        for at, item in enumerate(read_output(self._reply, "reply")):
            if is_call(item, in_container, f"output[{at}]"):
                calls.append(read_call(item, f"output[{at}]"))
                self._places.append(at)
        return calls

    def _replace(self, verdicts: Sequence[Verdict]) -> None:
        for at, verdict in zip(self._places, verdicts, strict=True):
            if not verdict.passes:
                out = at + (0 if self._before is None else len(self._before["output"]))
                self._reply["output"][at] = message_item(f"msg_remit_{out}", verdict.text)

    def _retell(self, verdicts: Sequence[Verdict]) -> Retold | None:
        if self._reply.get("status") != CALLED:
            return None
        return retell(self._reply["output"], [verdict.text for verdict in verdicts], keeps=self._ask.keeps)

    def _join(self, before: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
        reply["output"] = [*before["output"], *(reply.get("output") or ())]
        if isinstance(before.get("usage"), dict) and isinstance(reply.get("usage"), dict):
            reply["usage"] = add_usage(before["usage"], reply["usage"])
        return reply

    def _refusal(self, text: str) -> dict[str, Any]:
        return response_of(self._ask, self.seen) | {"status": "completed", "output": [message_item("msg_remit", text)]}


def read_output(response: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the items of a response; what it repeats of the request is not the model's and holds no call."""
    strict_json.only_exact(response, RESPONSE_KEYS, where)
    tools = response.get("tools") or []
    if not isinstance(tools, list) or any(isinstance(tool, dict) and is_call_type(tool.get("type")) for tool in tools):
        raise Unreadable(f"{where}.tools", "the tools of the request")
    if hides_call(response, _NOT_THE_MODELS):
        raise Unreadable(where, "calls in its output only")
    output = response.get("output")
    if output is None:
        return []
    if not isinstance(output, list) or not all(isinstance(item, dict) for item in output):
        raise Unreadable(f"{where}.output", "a list of objects")
    return output


def runs_shell_in_container(ask: Ask) -> bool:
    """Tell whether the provider carries out the calls of the shell that was offered."""
    return any(offer.kind == "shell" and offer.runs is Runs.PROVIDER for offer in ask.offers)


def note(seen: Seen, response: dict[str, Any]) -> None:
    """Note id, model, variant, tokens and how it ended, as far as this says them."""
    for key, name in (("id", "reply_id"), ("service_tier", "variant")):
        if isinstance(value := response.get(key), str):
            setattr(seen, name, value)
    seen.take_model(response.get("model"))
    if isinstance(status := response.get("status"), str) and status not in {"in_progress", "queued"}:
        seen.finish = status
    details = response.get("incomplete_details")
    if isinstance(details, dict) and details.get("reason") == "content_filter":
        seen.refused = True
    usage = response.get("usage")
    if isinstance(usage, dict):
        note_uses(seen, usage)
        if isinstance(value := usage.get("input_tokens"), int):
            seen.input_tokens = value
        if isinstance(value := usage.get("output_tokens"), int):
            seen.output_tokens = value
    output = response.get("output")
    for item in output if isinstance(output, list) else ():
        _note_item(seen, item)


def _note_item(seen: Seen, item: object) -> None:
    """Note of an item that its provider carried it out, or that it declines."""
    if isinstance(item, dict):
        note_item(seen, item)
        content = item.get("content") if item.get("type") == "message" else None
        for part in content if isinstance(content, list) else ():
            seen.refused = seen.refused or (isinstance(part, dict) and part.get("type") == "refusal")


def response_of(ask: Ask, seen: Seen) -> dict[str, Any]:
    """Return an empty response of the gateway's own, under the name that the reply has if it has one."""
    return {
        "id": seen.reply_id or "resp_remit",
        "object": "response",
        "created_at": 0,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": seen.model or ask.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None,
    }
