"""Anthropic's counting of tokens: the request of a message, of which only the length is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.gateway.dialects.anthropic_messages import AnthropicMessages
from remit.gateway.dialects.plain import PlainReply

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Ask, ReplyFilter


class AnthropicCount(AnthropicMessages):
    """The wire of `POST /v1/messages/count_tokens`."""

    name = "anthropic-count"

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:  # noqa: D102, ARG002 - it never streams
        return PlainReply(
            lambda text: {"type": "error", "error": {"type": "permission_error", "message": text}, "request_id": None}
        )
