"""Rearranges a reply as JSON: keys in another spelling, parts moved, wrapped, said again or left out."""

import json
import random
from typing import Any

from tests.gateway.dialects.wire import dump

KEYS = ["tool_calls", "function_call", "content", "message", "delta", "item", "output", "response", "extra", "tool_use"]
KINDS = ["text", "tool_use", "function_call", "message", "web_search_call", "server_tool_use", "reasoning", "gadget"]


def rearranged(data: bytes, seed: int, times: int) -> bytes:
    """Return a reply with a number of changes made to it, the same for one seed."""
    chance = random.Random(seed)  # noqa: S311 - it must be the same each time
    if not data.startswith((b"data: ", b"event: ")):
        value = _read(data)
        return data if value is None else dump(_change_often(value, [value], chance, times))
    told = [part for part in data.split(b"\n\n") if part]
    values = [_read(part.partition(b"data: ")[2]) for part in told]
    for _ in range(times):
        at = chance.randrange(len(told))
        match chance.randrange(6):
            case 0:
                other = chance.randrange(len(told))
                told[at], told[other], values[at], values[other] = told[other], told[at], values[other], values[at]
            case 1:
                told.insert(at, told[at])
                values.insert(at, values[at])
            case 2 if len(told) > 1:
                del told[at], values[at]
            case _ if values[at] is not None:
                values[at] = _change(json.loads(dump(values[at])), values, chance)
    return b"".join(_write(part, value) for part, value in zip(told, values, strict=True))


def _write(part: bytes, value: Any) -> bytes:
    head = part.partition(b"data: ")[0]
    if value is None:
        return part + b"\n\n"
    if head and isinstance(value, dict) and isinstance(value.get("type"), str):
        head = b"event: " + value["type"].encode() + b"\n"
    return head + b"data: " + dump(value) + b"\n\n"


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _change_often(value: Any, values: list[Any], chance: random.Random, times: int) -> Any:
    for _ in range(times):
        value = _change(value, values, chance)
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a value: what holds it, and its key or number there."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *_places(value[key])]]


def _change(value: Any, values: list[Any], chance: random.Random) -> Any:
    places = _places(value)
    if not places:
        return value
    holder, key = chance.choice(places)
    part = holder[key]
    match chance.randrange(8):
        case 0 if isinstance(key, str):
            holder[chance.choice([key.upper(), key.title(), key.replace("_", ""), f"{key} "])] = holder.pop(key)
        case 1 if isinstance(key, str):
            holder[chance.choice(KEYS)] = part
        case 2:
            holder[key] = [part]
        case 3:
            holder[key] = part[0] if isinstance(part, list) and part else {"extra": part}
        case 4:
            found, at = chance.choice(
                [place for other in values if other for place in _places(other)] or [(holder, key)]
            )
            holder[key] = json.loads(dump(found[at]))
        case 5 if isinstance(part, (int, str)) and not isinstance(part, bool):
            holder[key] = chance.choice(KINDS) if isinstance(part, str) else part + chance.choice([-1, 1, 2])
        case 6:
            del holder[key]
        case _:
            holder[key] = chance.choice([None, "", 0, [], {}])
    return value
