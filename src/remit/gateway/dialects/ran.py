"""Which tools a reply says that its provider ran, and whether the request offered them.

A tool of the provider's runs in the middle of an answer, where no gateway can hold it, and so is judged in the request
that offers it. One that ran and was never offered was judged nowhere. Where a reply shows no call of it, what the tool
left behind tells of it: a source that is cited, a file that was made, a count of its uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.dialect import Runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Offer, Seen

_CALL, _RESULT = "_call", "_tool_result"
_RESPONSES = frozenset({"web_search", "file_search", "code_interpreter", "image_generation", "mcp"})
_MCP = "mcp"
_CITED = {
    "url_citation": "web_search",
    "web_search_result_location": "web_search",
    "file_citation": "file_search",
    "file_path": "code_interpreter",
    "container_file_citation": "code_interpreter",
}
"""What cites the work of a tool, by its type."""
_LEFT = {"citations": "web_search", "search_results": "web_search"}
"""What stands beside the choices of a chat completion."""
_USES = "server_tool_use", "server_side_tool_usage", "server_side_tool_usage_details"
_COUNTS = "_requests", "_calls"
_SEARCHES = "num_search_queries", "num_sources_used"
_ANY = frozenset({"compound"})
"""What is offered under a name of its own and runs tools of other names."""


def note_item(seen: Seen, item: dict[str, Any]) -> None:
    """Note of an item of a response that its provider carried it out."""
    kind = item.get("type")
    if kind == "message":
        content = item.get("content")
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict):
                note_cited(seen, part.get("annotations"))
    if kind == "mcp_list_tools":
        kind = _MCP + _CALL
    if not isinstance(kind, str) or not kind.endswith(_CALL):
        return
    name = kind.removesuffix(_CALL)
    if name in _RESPONSES:
        _note(seen, (item.get("server_label") if name == _MCP else None) or name)
    elif name == "tool_search" and item.get("execution") == "server":
        _note(seen, name)


def note_block(seen: Seen, block: dict[str, Any]) -> None:
    """Note of a block of a message that its provider carried it out."""
    kind = block.get("type")
    if kind == "server_tool_use":
        _note(seen, block.get("name"))
    elif kind == "mcp_tool_use":
        _note(seen, block.get("server_name") or _MCP)
    elif isinstance(kind, str) and kind.endswith(_RESULT) and kind != _MCP + _RESULT:
        _note(seen, kind.removesuffix(_RESULT))
    note_cited(seen, block.get("citations"))


def note_cited(seen: Seen, marks: object) -> None:
    """Note of marks on a text that they cite what a tool found or made; where a tool is known to have run, it may."""
    if seen.ran or not isinstance(marks, list):
        return
    for mark in marks:
        kind = mark.get("type") if isinstance(mark, dict) else None
        if isinstance(kind, str):
            _note(seen, _CITED.get(kind))


def note_part(seen: Seen, key: str, value: object) -> None:
    """Note of a part of a chat completion's message what it tells of tools that ran."""
    if key == "annotations":
        note_cited(seen, value)
    elif key == "context" and isinstance(value, dict) and value.get("citations"):
        _note(seen, "data_sources")


def note_parts(seen: Seen, message: dict[str, Any]) -> None:
    """Note of the parts of a chat completion's message what they tell of tools that ran."""
    for key, value in message.items():
        note_part(seen, key, value)


def note_beside(seen: Seen, reply: dict[str, Any]) -> None:
    """Note what stands beside the choices of a chat completion and tells of tools that ran."""
    for key, tool in _LEFT.items():
        if reply.get(key) and not seen.ran:
            _note(seen, tool)


def note_uses(seen: Seen, usage: dict[str, Any]) -> None:
    """Note every tool that a count of tokens says was used."""
    for name in _USES:
        counts = usage.get(name)
        for key, uses in counts.items() if isinstance(counts, dict) else ():
            if uses and key.endswith(_COUNTS):
                _note(seen, key.rpartition("_")[0])
    if not seen.ran and any(usage.get(name) for name in _SEARCHES):
        _note(seen, "web_search")


def was_offered(tool: str, offers: Sequence[Offer]) -> bool:
    """Tell whether a request offered a tool that its provider ran; a kind may bear a date, and a name what it is of."""
    for offer in offers:
        if offer.runs is not Runs.PROVIDER:
            continue
        if tool == offer.name or offer.name in _ANY or offer.kind.startswith(tool) or tool.endswith(f"_{offer.name}"):
            return True
    return False


def _note(seen: Seen, name: object) -> None:
    if isinstance(name, str) and name and name not in seen.ran:
        seen.ran.append(name)
