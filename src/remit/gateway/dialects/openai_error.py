"""A refusal as OpenAI's clients expect one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from remit.gateway.dialects.dialect import Reply
from remit.gateway.dialects.words import asking_again, with_decision

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Ask, Refusal

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
}
_SERVER_ERROR = "server_error"


def refuse(refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: ARG001 - every refusal has one form here
    """Return the reply at which OpenAI's clients raise their own error and ask again only where that may help."""
    error = {
        "message": with_decision(refusal),
        "type": _TYPES.get(refusal.status, _SERVER_ERROR),
        "param": None,
        "code": refusal.code,
    }
    headers = [("content-type", "application/json"), *asking_again(refusal)]
    if refusal.decision:
        headers.append(("x-request-id", refusal.decision))
    return Reply(refusal.status, tuple(headers), msgspec.json.encode({"error": error}))
