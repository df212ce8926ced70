"""Which blocks of a message are calls, and one call gathered from its pieces."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import ProposedCall
from remit.gateway.dialects.hidden import hides_call, is_call_type
from remit.gateway.dialects.request import readable_arguments
from remit.gateway.unreadable import Unreadable

BLOCK_KEYS = frozenset({"type", "id", "name", "input", "text", "index"})
# The provider has carried these out itself, as the request let it.
PROVIDER_RUN = frozenset({"server_tool_use", "mcp_tool_use"})
# Of these it is known that no client takes them for calls, whatever they are called.
_PLAIN = frozenset({"text", "thinking", "redacted_thinking", "container_upload", "compaction", "fallback"})


def is_call(block: dict[str, Any], where: str) -> bool:
    """Tell whether a block is a call that the client carries out; raise `Unreadable` if it merely holds one."""
    strict_json.only_exact(block, BLOCK_KEYS, where)
    kind = block.get("type")
    if not isinstance(kind, str):
        raise Unreadable(f"{where}.type", "text")
    if kind in PROVIDER_RUN or kind.endswith("_tool_result") or kind == "mcp_tool_listing":
        return False
    if is_call_type(kind):
        return True
    named = kind not in _PLAIN and {"name", "input"} <= block.keys()
    if named or hides_call(block, ("type",)):
        raise Unreadable(where, "a block that holds no call")
    return False


def read_call(block: dict[str, Any], where: str, pieces: str | None = None) -> ProposedCall:
    """Return the call that a block is, with its input as it stands there or as it came in pieces."""
    name, kind = block.get("name"), block["type"]
    if not isinstance(name, str) or not name:
        raise Unreadable(f"{where}.name", "the name of a tool")
    identifier, given = block.get("id") or "", block.get("input")
    if not isinstance(identifier, str):
        raise Unreadable(f"{where}.id", "text")
    if pieces and given:
        raise Unreadable(f"{where}.input", "given once, whole or in pieces")
    if pieces:
        arguments = readable_arguments(pieces, f"{where}.input")
    else:
        arguments = msgspec.json.encode({} if given is None else given).decode()
    return ProposedCall(identifier, name, arguments, "function" if kind == "tool_use" else kind)


@dataclass(slots=True)
class OpenBlock:
    """A block that has begun and not stopped."""

    out: int
    """Its index as the client knows it."""
    kind: str
    block: dict[str, Any]
    call: bool = False
    stopped: bool = False
    refusal: str | None = None
    """What stands in its place, if it was refused."""
    pieces: list[str] = field(default_factory=list)
    grown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What it has grown by, under each key, as long as it may have to be told again."""

    def told(self) -> dict[str, Any]:
        """Return the whole block, now that it has stopped."""
        if self.call and (pieces := "".join(self.pieces)):
            return self.block | {"input": strict_json.read(pieces.encode(), where="event.content_block.input")}
        more = {key: str(self.block.get(key) or "") + "".join(pieces) for key, pieces in self.grown.items()}
        return self.block | more
