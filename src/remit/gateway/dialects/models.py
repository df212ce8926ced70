"""The list of models that a caller may reach, in the form in which its client asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway.dialects import anthropic_error, openai_error
from remit.gateway.dialects.dialect import Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADERS = (("content-type", "application/json"),)
_NOT_FOUND = 404
# Clients want an instant; when a model was made is not the gateway's to say.
_NO_INSTANT = "1970-01-01T00:00:00Z"


def list_models(models: Sequence[str], headers: Mapping[str, str]) -> Reply:
    """Return the list of models in the asking client's form."""
    if is_anthropic(headers):
        first, last = (models[0], models[-1]) if models else (None, None)
        listed = {"data": [_anthropic(m) for m in models], "has_more": False, "first_id": first, "last_id": last}
    else:
        listed = {"object": "list", "data": [_openai(m) for m in models]}
    return Reply(200, _HEADERS, msgspec.json.encode(listed))


def show_model(model: str, models: Sequence[str], headers: Mapping[str, str]) -> Reply:
    """Return one model of those the caller may reach, or say that there is none of that name."""
    if model not in models:
        return refuse(Refusal(_NOT_FOUND, "model_not_found", f"No model {model} is within reach."), headers)
    one = _anthropic(model) if is_anthropic(headers) else _openai(model)
    return Reply(200, _HEADERS, msgspec.json.encode(one))


def refuse(refusal: Refusal, headers: Mapping[str, str]) -> Reply:
    """Write a refusal in the asking client's form, where no dialect says which that is."""
    if is_anthropic(headers):
        return anthropic_error.refuse(refusal, None)
    return openai_error.refuse(refusal, None)


def is_anthropic(headers: Mapping[str, str]) -> bool:
    """Tell whether a client speaks Anthropic's wire."""
    return "anthropic-version" in headers


def _openai(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "remit"}


def _anthropic(model: str) -> dict[str, Any]:
    return {"type": "model", "id": model, "display_name": model, "created_at": _NO_INSTANT}
