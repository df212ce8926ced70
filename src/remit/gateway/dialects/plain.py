"""A reply that cannot bear a call: it is read, to be sure that it is JSON, and passes as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.hidden import holds_call
from remit.gateway.dialects.whole import WholeReply
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from remit.gateway.dialects.dialect import ProposedCall, Verdict


class PlainReply(WholeReply):
    """Reads an object for what it says of itself."""

    def __init__(self, refusal: Callable[[str], dict[str, Any]]) -> None:
        super().__init__()
        self._write_refusal = refusal

    def _find(self) -> list[ProposedCall]:
        if holds_call({key: value for key, value in self._reply.items() if key != "data"}):
            raise Unreadable("reply", "no call in a reply that cannot bear one")
        if isinstance(model := self._reply.get("model"), str):
            self.seen.take_model(model)
        usage = self._reply.get("usage")
        tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else self._reply.get("input_tokens")
        if isinstance(tokens, int):
            self.seen.input_tokens = tokens
        return []

    def _replace(self, verdicts: Sequence[Verdict]) -> None:  # noqa: ARG002 - there are none
        raise AssertionError("no call waits in a reply that cannot bear one")

    def _refusal(self, text: str) -> dict[str, Any]:
        return self._write_refusal(text)
