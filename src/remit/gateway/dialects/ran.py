"""Which tools a reply says that its provider ran, and whether the request offered them.

A tool of the provider's runs in the middle of an answer, where no gateway can hold it, and so is judged in the request
that offers it. One that ran and was never offered was judged nowhere.
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


def note_item(seen: Seen, item: dict[str, Any]) -> None:
    """Note of an item of a response that its provider carried it out."""
    kind = item.get("type")
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


def was_offered(tool: str, offers: Sequence[Offer]) -> bool:
    """Tell whether a request offered a tool that its provider ran; a kind may bear a date, and a name what it is of."""
    for offer in offers:
        if offer.runs is not Runs.PROVIDER:
            continue
        if tool == offer.name or offer.kind.startswith(tool) or tool.endswith(f"_{offer.name}"):
            return True
    return False


def _note(seen: Seen, name: object) -> None:
    if isinstance(name, str) and name and name not in seen.ran:
        seen.ran.append(name)
