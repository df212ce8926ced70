"""A refusal as Anthropic's clients expect one."""

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
    504: "timeout_error",
    529: "overloaded_error",
}
_SERVER_ERROR = "api_error"
_FIRST_SERVER_ERROR = 500


def refuse(refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: ARG001 - every refusal has one form here
    """Return the reply at which Anthropic's clients raise their own error and ask again only where that may help."""
    other = _SERVER_ERROR if refusal.status >= _FIRST_SERVER_ERROR else "invalid_request_error"
    body = {
        "type": "error",
        "error": {"type": _TYPES.get(refusal.status, other), "message": with_decision(refusal)},
        "request_id": refusal.decision or None,
    }
    headers = [("content-type", "application/json"), *asking_again(refusal)]
    if refusal.decision:
        headers.append(("request-id", refusal.decision))
    return Reply(refusal.status, tuple(headers), msgspec.json.encode(body))
