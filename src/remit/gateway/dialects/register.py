"""Which path is which wire: exact paths only, and whatever is not here is refused.

1. A path is compared as its bytes came. One that some server would read as another path is refused for that.
2. An endpoint at which models can be used past the gateway's sight is known by name and refused with the reason.
3. The rest is refused because it is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.gateway.dialects.anthropic_count import AnthropicCount
from remit.gateway.dialects.anthropic_messages import AnthropicMessages
from remit.gateway.dialects.dialect import Refusal
from remit.gateway.dialects.openai_chat import OpenAiChat
from remit.gateway.dialects.openai_embeddings import OpenAiEmbeddings
from remit.gateway.dialects.openai_responses import OpenAiResponses

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Dialect


class Serves(StrEnum):
    """What an address is for."""

    CALL = "call"
    """Calls a model, in the route's dialect."""
    MODELS = "models"
    """Lists the models."""
    MODEL = "model"
    """Shows one model."""
    ALIVE = "alive"
    """Is asked by clients that want to know whether anybody is there."""
    NOTHING = "nothing"
    """Is refused."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request belongs: a dialect, a list of models, or a refusal."""

    serves: Serves
    dialect: Dialect | None = None
    path: str = ""
    """The path by which an upstream knows the endpoint."""
    model: str = ""
    """The one model that is asked about."""
    refused: Refusal | None = None


_CALLS: dict[str, Dialect] = {
    "/v1/chat/completions": OpenAiChat(),
    "/v1/embeddings": OpenAiEmbeddings(),
    "/v1/responses": OpenAiResponses(),
    "/v1/messages": AnthropicMessages(),
    "/v1/messages/count_tokens": AnthropicCount(),
}
_PREFIX = "/v1"
_MODELS = "/v1/models"

_LATER = "its answer comes later and another way, where no call in it can be held"
_HELD = "the conversation is held by the provider, so that the gateway cannot see what the model is given"
_FILES = "what is stored with the provider reaches models later, unseen by the gateway"
_MEDIA = "sound and pictures are not read by the gateway, so that nothing could be said of their content"
_REFUSED = {
    "/v1/assistants": _HELD,
    "/v1/audio": _MEDIA,
    "/v1/batches": _LATER,
    "/v1/chat/completions": _HELD,
    "/v1/chatkit": _HELD,
    "/v1/complete": "this older wire has no tools that could be told apart; use /v1/messages",
    "/v1/completions": "this older wire has no tools that could be told apart; use /v1/chat/completions",
    "/v1/containers": "what runs in a provider's container is not seen by the gateway",
    "/v1/conversations": _HELD,
    "/v1/environments": "agents that a provider runs are not seen by the gateway",
    "/v1/agents": "agents that a provider runs are not seen by the gateway",
    "/v1/sessions": "agents that a provider runs are not seen by the gateway",
    "/v1/edits": "this older wire has no tools that could be told apart; use /v1/chat/completions",
    "/v1/evals": _LATER,
    "/v1/files": _FILES,
    "/v1/fine_tuning": "a model made from another one is a model of its own, which no terms name yet",
    "/v1/graders": _LATER,
    "/v1/images": _MEDIA,
    "/v1/messages/batches": _LATER,
    "/v1/moderations": "it is no use of a model that the register of models knows",
    "/v1/organization": "the account with the provider is not the gateway's to administer",
    "/v1/organizations": "the account with the provider is not the gateway's to administer",
    "/v1/projects": "the account with the provider is not the gateway's to administer",
    "/v1/realtime": "it is a line that stays open both ways, in which no call can be held",
    "/v1/responses": _HELD,
    "/v1/skills": _FILES,
    "/v1/threads": _HELD,
    "/v1/uploads": _FILES,
    "/v1/vector_stores": _FILES,
    "/v1/videos": _MEDIA,
}

# What a path of ours is made of. A percent sign, a dot segment, a double slash or a semicolon can be read two ways.
_PLAIN = re.compile(r"/(?:[A-Za-z0-9_.:@+~-]+(?:/[A-Za-z0-9_.:@+~-]+)*)?")
_DOTS = frozenset({".", ".."})
_ESCAPED = re.compile(r"%(2f|3a|40)", re.IGNORECASE)
_UNESCAPED = {"2f": "/", "3a": ":", "40": "@"}


def route(method: str, raw_path: bytes | str) -> Route:
    """Return where a request belongs, by the method and the path as they came, without the query."""
    path = raw_path.decode("latin-1") if isinstance(raw_path, bytes) else raw_path
    if path == "/" and method in {"HEAD", "GET"}:
        return Route(Serves.ALIVE)
    if model := _model_in(path):
        return Route(Serves.MODEL, model=model) if method == "GET" else _wrong_method(method, "GET")
    if not _PLAIN.fullmatch(path) or _DOTS & set(path.split("/")):
        return _refused(400, "path_unreadable", "the path can be read in more than one way")
    full = path if path.startswith(f"{_PREFIX}/") else _PREFIX + path
    if full == _MODELS:
        return Route(Serves.MODELS) if method == "GET" else _wrong_method(method, "GET")
    if dialect := _CALLS.get(full):
        if method == "POST":
            return Route(Serves.CALL, dialect, full)
        return _wrong_method(method, "POST")
    # Servers that fold case would find the endpoint, so the reason is looked up without it.
    if why := _reason(full.lower()):
        return _refused(403, "endpoint_refused", f"of {path}, {why}")
    return _refused(404, "endpoint_unknown", f"{path} is not an endpoint that the gateway can judge")


def _model_in(path: str) -> str:
    """Return the model that a path asks about; ids may hold slashes, which some clients escape."""
    for start in (f"{_MODELS}/", f"{_MODELS.removeprefix(_PREFIX)}/"):
        if path.startswith(start):
            model = _ESCAPED.sub(lambda found: _UNESCAPED[found[1].lower()], path.removeprefix(start))
            if _PLAIN.fullmatch(f"/{model}") and model and not _DOTS & set(model.split("/")):
                return model
    return ""


def _reason(path: str) -> str:
    """Return why an endpoint, or one beneath it, is refused."""
    parts = path.split("/")
    for length in range(len(parts), 1, -1):
        if why := _REFUSED.get("/".join(parts[:length])):
            return why
    return ""


def _wrong_method(found: str, expected: str) -> Route:
    return _refused(405, "method_refused", f"the method here is {expected}, found {found}")


def _refused(status: int, code: str, why: str) -> Route:
    return Route(Serves.NOTHING, refused=Refusal(status, code, f"The request was not passed on: {why}."))
