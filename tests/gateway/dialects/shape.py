"""A shape in which a tool call has been seen, or could be smuggled: written with a tool's name and arguments in it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Write = Callable[[str, str], bytes]


@dataclass(frozen=True)
class Shape:
    """A shape; `read` says whether a dialect can make a call of it. What it cannot, it must refuse."""

    name: str
    path: str
    streamed: bool
    read: bool
    write: Write


class Add(Protocol):
    def __call__(self, name: str, write: Write, *, streamed: bool = True, read: bool = True) -> None: ...


def adding(shapes: list[Shape], path: str) -> Add:
    """Return what adds shapes of one wire to a list."""

    def add(name: str, write: Write, *, streamed: bool = True, read: bool = True) -> None:
        kind = "streamed" if streamed else "whole"
        shapes.append(Shape(f"{path} {kind}: {name}", path, streamed, read, write))

    return add


def fill(value: Any, n: str, a: str) -> Any:
    """Put name and arguments into a pattern: `$n`, `$a`, and `$o` for arguments as an object."""
    if isinstance(value, dict):
        return {key: fill(part, n, a) for key, part in value.items()}
    if isinstance(value, list):
        return [fill(part, n, a) for part in value]
    return {"$n": n, "$a": a, "$o": json.loads(a)}.get(value, value) if isinstance(value, str) else value
