"""One tool call of a chat completion, gathered from its pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import ProposedCall
from remit.gateway.dialects.hidden import holds_call
from remit.gateway.dialects.request import readable_arguments
from remit.gateway.unreadable import Unreadable

LEGACY = -1
"""Stands for the index of the one call that the older form of the wire can carry."""

_CALL_KEYS = frozenset({"index", "id", "type", "function", "custom"})
_FUNCTION_KEYS = frozenset({"name", "arguments", "input"})


@dataclass(slots=True)
class ChatCall:
    """What has come of one call: each of id, kind and name once, the arguments in as many pieces as it takes."""

    id: str = ""
    kind: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    more: dict[str, Any] | None = None
    """What else a server says of it, such as a signature that it wants back."""
    exact: bool = True
    """Whether this is all that there is of it."""

    def add(self, part: dict[str, Any], where: str) -> None:
        """Take one piece in the form of `tool_calls`."""
        strict_json.only_exact(part, _CALL_KEYS, where)
        self.id = _once(self.id, part.get("id"), f"{where}.id")
        self.kind = _once(self.kind, part.get("type"), f"{where}.type")
        inner = [key for key in ("function", "custom") if part.get(key) is not None]
        if self.kind not in {"", "function", "custom"} and isinstance(part.get(self.kind), dict):
            inner.append(self.kind)
        if len(inner) > 1:
            raise Unreadable(where, "one of function and custom")
        for key, value in part.items():
            if key not in _CALL_KEYS and key not in inner:
                if holds_call({key: value}):
                    raise Unreadable(where, "no call inside a call")
                self._note(key, value)
        if inner:
            self.add_function(part[inner[0]], f"{where}.{inner[0]}")
            self.kind = self.kind or ("custom" if inner[0] == "custom" else "")
            if inner[0] in {"function", "custom"} and self.kind not in {"", inner[0]}:
                raise Unreadable(f"{where}.type", f"{inner[0]}, as what it holds")

    def _note(self, key: str, value: object) -> None:
        self.more = self.more or {}
        if self.more.setdefault(key, value) != value:
            self.exact = False

    def add_function(self, function: object, where: str) -> None:
        """Take one piece of what the call names and hands over."""
        if not isinstance(function, dict):
            raise Unreadable(where, "an object")
        strict_json.only_exact(function, _FUNCTION_KEYS, where)
        if function.get("name"):
            if self.name:
                raise Unreadable(f"{where}.name", "one name, given once")
            self.name = _text(function["name"], f"{where}.name")
        if function.get("arguments") is not None and function.get("input") is not None:
            raise Unreadable(where, "one of arguments and input")
        piece = function.get("arguments") if function.get("arguments") is not None else function.get("input")
        if piece is not None:
            self.pieces.append(_text(piece, f"{where}.arguments"))

    def begins_anew(self, part: dict[str, Any]) -> bool:
        """Tell whether a piece is of another call that a server gave the same number, and this one is complete.

        Whoever joins the two has arguments that are no JSON, so that nobody can carry out anything but each alone.
        """
        function = part.get("function")
        named = isinstance(function, dict) and bool(function.get("name"))
        return named and bool(self.id) and part.get("id") not in (None, "", self.id) and self.is_complete

    @property
    def is_complete(self) -> bool:
        """Tell whether it is the call of a function with an object of arguments, written out."""
        if not self.name or self.kind not in {"", "function"}:
            return False
        try:
            return isinstance(strict_json.read("".join(self.pieces).encode()), dict)
        except (Unreadable, UnicodeEncodeError):
            return False

    def whole(self, where: str) -> ProposedCall:
        """Return the call, now that no more of it can come."""
        if not self.name:
            raise Unreadable(where, "the name of a tool")
        self.pieces = [arguments := "".join(self.pieces)]
        kind = self.kind or "function"
        if kind != "custom":
            readable_arguments(arguments, f"{where}.arguments")
        return ProposedCall(self.id, self.name, arguments, kind)

    def told(self) -> dict[str, Any]:
        """Return the call as a message has it."""
        what = "custom" if self.kind == "custom" else "function"
        key = "input" if what == "custom" else "arguments"
        own = {"id": self.id, "type": self.kind or "function", what: {"name": self.name, key: "".join(self.pieces)}}
        return own | (self.more or {})


def _once(known: str, found: object, where: str) -> str:
    """Return what is known of a call, which no later piece may change."""
    if found is None or found == "":
        return known
    text = _text(found, where)
    if known and known != text:
        raise Unreadable(where, "the same throughout a call")
    return text


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Unreadable(where, "text")
    return value
