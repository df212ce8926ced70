"""What a held call is: the tool, its arguments, the model, who asks, and where in which conversation.

A use of a model may wait too: it has no tool, and its arguments say what is asked, and by which key.

1. The decision belongs to the call and never to a connection, so a call is named by a digest over all that it is, and
   every repetition of it, streamed or not, has the same name.
2. Arguments are compared as JSON: keys in any order, white space as may be. A number is compared by its value where
   every reader reads the same one, and otherwise by its digits. What is not JSON is compared as it is written.
3. Its kin are the same call in another turn of the session: what was told to come back collects it then.
4. Its act is what the point of execution sees of it: the tool and the arguments.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from remit.canonical import LARGEST_NUMBER, digest
from remit.ledger.strict import NotStrict

if TYPE_CHECKING:
    from collections.abc import Mapping

INVOKE = "invoke"
"""The kind of a call that is the use of a model itself, and of no tool."""
_SHORT = 12


@dataclass(frozen=True)
class Call:
    """One tool call that a model proposes, with everything that its decision is bound to."""

    tool: str
    arguments: str
    """As the wire has them: JSON for functions, free text for custom tools."""
    model: str
    use_case: str
    requester: str
    """Who asks: what the credential is bound to."""
    session: str
    turn: int
    terms: str
    """The digest of the terms it was judged by."""
    schema: str = ""
    """The digest of the tool's schema as it was offered."""
    kind: str = "function"
    conversation: str = ""
    """The digest of what was said so far, where the client names no session."""
    number: int = 0
    """Among calls of one reply that are equal otherwise, which one."""

    @cached_property
    def digest(self) -> str:
        """Return the name of the call (1)."""
        return digest({**asdict(self), "arguments": normal_arguments(self.arguments)})

    @cached_property
    def kin(self) -> str:
        """Return what it shares with the same call in another turn (3)."""
        same = {"arguments": normal_arguments(self.arguments), "conversation": "", "number": 0, "turn": 0}
        return digest({**asdict(self), **same})

    @cached_property
    def act(self) -> str:
        """Return what the point of execution sees of it (4)."""
        return act_digest(self.tool, self.arguments)

    @property
    def id(self) -> str:
        """Return the short name that people use."""
        return self.digest.removeprefix("sha256:")[:_SHORT]

    @property
    def is_use(self) -> bool:
        """Tell whether it is the use of a model itself; every tool has a name, whatever kind a wire says it is of."""
        return self.kind == INVOKE and not self.tool

    @property
    def title(self) -> str:
        """Return what people call it: the tool, or the use of the model."""
        return f"use of {self.model}" if self.is_use else self.tool

    def record(self) -> dict[str, Any]:
        """Return the call as a record."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Call:
        """Take a call from its record."""
        return cls(**{field.name: record[field.name] for field in fields(cls)})


def act_digest(tool: str, arguments: str) -> str:
    """Name an act: a tool and its arguments."""
    return digest({"arguments": normal_arguments(arguments), "tool": tool})


def normal_arguments(text: str) -> str:
    """Write arguments in one form (2); what is not JSON, or could mean two things, stays as it is written."""
    try:
        return "json:" + _write(json.loads(text, object_pairs_hook=_members, parse_float=_Numeral, parse_int=_Numeral))
    except (ValueError, ArithmeticError, RecursionError):
        return "text:" + _utf8(text)


def digest_without(text: str, names: frozenset[str]) -> str:
    """Name an object of JSON by all its members but some, in their one form (2)."""
    value = json.loads(text, object_pairs_hook=_members, parse_float=_Numeral, parse_int=_Numeral)
    return digest({"fields": _write({key: value[key] for key in value if key not in names})})


def argument_named(text: str, name: str) -> str | None:
    """Return one argument in its one form; nothing where the arguments are no object that has it."""
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_float=_Numeral, parse_int=_Numeral)
        return _write(value[name]) if isinstance(value, dict) and name in value else None
    except (ValueError, RecursionError):
        return None


class _Numeral(str):
    """A number as it is written."""

    __slots__ = ()


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrict("arguments", "has a key twice")
    return members


def _write(value: object) -> str:
    match value:
        case _Numeral():
            return _number(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_write(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
        case _:
            return json.dumps(value)


def _number(text: str) -> str:
    """Write a number by its value where a double holds exactly what is written, and else by its digits (2)."""
    exact, double = Decimal(text), float(text)
    if exact == exact.to_integral_value() and abs(exact) <= LARGEST_NUMBER:
        return str(int(exact))
    return repr(double) if Decimal(repr(double)) == exact else text


def _utf8(text: str) -> str:
    """Keep a lone surrogate by its escape, since a digest is over UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
