"""A client more forgiving than any real one: it takes for a call whatever could be taken for one."""

import json
import re
from collections.abc import Iterator
from typing import Any

# No client carries these out, however forgiving.
PROVIDERS = ("server_tool_use", "mcp_tool_use", "web_search_call", "mcp_call")
CALLS = {"toolcalls", "functioncall", "toolcall", "tooluse"}


def names_called(flowed: bytes) -> set[str]:
    """Return the names of the tools that are called anywhere in what flowed, events or not."""
    values = [*_read(flowed)]
    for event in re.split(rb"(?:\r\n|\n|\r){2,}", flowed):
        lines = [line for line in re.split(rb"\r\n|\n|\r", event) if line.strip().lower().startswith(b"data:")]
        data = [line.strip()[5:] for line in lines]
        values += [value for text in [*data, b"\n".join(data)] for value in _read(text)]
    return {name for value in values for name in _names(value)}


def _read(text: bytes) -> Iterator[Any]:
    """Yield a text as JSON, by its first keys and by its last."""
    for hook in (lambda pairs: dict(reversed(pairs)), dict):
        try:
            yield json.loads(text.decode(errors="replace"), object_pairs_hook=hook)
        except (ValueError, RecursionError):
            return


def _names(value: Any, called: bool = False) -> Iterator[str]:  # noqa: FBT001, FBT002 - whether it stands in a call
    if isinstance(value, list):
        for part in value:
            yield from _names(part, called)
    elif isinstance(value, dict):
        keys = {re.sub(r"[_\- ]", "", key).lower(): part for key, part in value.items()}
        kind = keys.get("type")
        if kind in PROVIDERS:
            return
        called = called or (isinstance(kind, str) and kind.lower().endswith(("_call", "tool_use")))
        if called and isinstance(keys.get("name"), str):
            yield keys["name"]
        for key, part in keys.items():
            yield from _names(part, called or key in CALLS)
