"""What a request brings to the model that the gateway cannot read: pictures, sound, files, and what lies elsewhere.

A reference says nothing of what is behind it, and what is behind it may be another thing when the provider looks. Who
counts people by what is read must know that there is more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.request import text_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REFERENCES = {
    "file_id": "a file that the provider keeps",
    "file_url": "a file at an address",
    "video_url": "a film",
    "document_url": "a file at an address",
}
_SEEN = {"image_url": "a picture", "input_audio": "sound"}
_KINDS = {"image": "a picture", "input_image": "a picture", "video": "a film", "audio": "sound"}
# What a model asked of a tool in an earlier turn is read as it stands.
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_FIELDS = "messages", "input", "system", "instructions", "documents"


def unseen_in(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a few words for each part of a request that cannot be read."""
    for name in _FIELDS:
        yield from _unseen(fields.get(name))


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
        return "" if any(True for _ in text_in_file(data)) else "a file that is no text"
    source = part.get("source")
    if isinstance(source, dict):
        return _of_source(source, part.get("type"))
    return _KINDS.get(str(part.get("type")), "")


def _of_source(source: Mapping[str, Any], kind: object) -> str:
    match source.get("type"):
        case "text" | "content":
            return ""
        case "base64" if str(source.get("media_type")).startswith("text/"):
            return ""
        case "base64":
            return _KINDS.get(str(kind), "a file that is no text")
        case "url":
            return _KINDS.get(str(kind), "a file at an address")
        case _:
            return "a file that the provider keeps"
