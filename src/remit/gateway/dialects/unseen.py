"""What a request brings to the model that the gateway cannot read: pictures, sound, files, and what lies elsewhere.

A reference says nothing of what is behind it, and what is behind it may be another thing when the provider looks. Who
counts people by what is read must know that there is more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.request import text_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PICTURE, _SOUND, _FILM = "a picture", "sound", "a film"
_FILE, _LINKED, _KEPT = "a file that is no text", "a file at an address", "a file that the provider keeps"
_REASONING, _HISTORY, _SEALED = "reasoning that is sealed", "a history that was sealed", "what the provider sealed"
_CONVERSATION = "a conversation that the provider keeps"
KINDS = {
    _PICTURE: "picture",
    _SOUND: "sound",
    _FILM: "film",
    _FILE: "file",
    _LINKED: "linked-file",
    _KEPT: "kept-file",
    _REASONING: "reasoning",
    _HISTORY: "history",
    _CONVERSATION: "conversation",
    _SEALED: "sealed",
}
"""What terms call each kind."""
WITHOUT_PEOPLE = frozenset({_REASONING, _CONVERSATION})
"""What brings nobody who was not counted: what a model thought of what was read, and what began here and was."""

_REFERENCES = {"file_id": _KEPT, "file_url": _LINKED, "video_url": _FILM, "document_url": _LINKED}
_SEEN = {"image_url": _PICTURE, "input_audio": _SOUND}
_KINDS = {
    "image": _PICTURE,
    "input_image": _PICTURE,
    "video": _FILM,
    "audio": _SOUND,
    "redacted_thinking": _REASONING,
    "reasoning.encrypted": _REASONING,
}
_SEALS = "encrypted_content", "encrypted_stdout"
_STORES = "file_ids", "vector_store_ids"
# What a model asked of a tool in an earlier turn is read as it stands.
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_FIELDS = "messages", "input", "system", "instructions", "documents"


def unseen_in(fields: Mapping[str, Any], continues: str = "") -> Iterator[str]:
    """Yield a few words for each part of a request that cannot be read, and for what the provider keeps of before."""
    for name in _FIELDS:
        yield from _unseen(fields.get(name))
    if continues:
        yield _CONVERSATION
    if _is_kept(fields.get("container")):
        yield _KEPT
    tools = fields.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and _reaches_files(tool):
            yield _KEPT


def _reaches_files(tool: Mapping[str, Any]) -> bool:
    """Tell whether a tool of the provider's reaches files that it keeps."""
    inner = tool.get("container")
    places = (tool, inner) if isinstance(inner, dict) else (tool,)
    return _is_kept(inner) or any(place.get(name) for place in places for name in _STORES)


def _is_kept(container: object) -> bool:
    """Tell whether a container is one that has been used before, with what was left in it."""
    return bool(container.get("id")) if isinstance(container, dict) else bool(container)


def _unseen(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _unseen(part)
    elif isinstance(value, dict):
        found = _of_part(value)
        if found:
            yield found
            return
        is_call = value.get("type") in _CALLS
        for key, inner in value.items():
            if not (is_call and key == "input"):
                yield from _unseen(inner)


def _of_part(part: Mapping[str, Any]) -> str:
    """Return what a part is that cannot be read; nothing for one that can, or whose parts tell."""
    for key, says in (*_REFERENCES.items(), *_SEEN.items()):
        if part.get(key):
            return says
    if isinstance(data := part.get("file_data"), str):
        return "" if any(True for _ in text_in_file(data)) else _FILE
    kind = str(part.get("type"))
    if any(part.get(seal) for seal in _SEALS):
        return _REASONING if kind == "reasoning" else _HISTORY if "compaction" in kind else _SEALED
    source = part.get("source")
    if isinstance(source, dict):
        return _of_source(source, kind)
    return _KINDS.get(kind, "")


def _of_source(source: Mapping[str, Any], kind: str) -> str:
    match source.get("type"):
        case "text" | "content":
            return ""
        case "base64" if str(source.get("media_type")).startswith("text/"):
            return ""
        case "base64":
            return _KINDS.get(kind, _FILE)
        case "url":
            return _KINDS.get(kind, _LINKED)
        case _:
            return _KEPT
