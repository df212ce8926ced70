"""Suggests an effect for a tool by its words, and says where the words and the registered effect disagree.

It only ever suggests a more serious effect than what is registered: a guess never makes anything milder, and where it
has none the highest effect stays until a person chooses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from remit.errors import UsageError
from remit.gateway.detectors.linear import EFFECTS, NEITHER
from remit.terms.hold import seriousness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.gateway.detectors.linear import LinearDetector
    from remit.terms.register import Tool

_DEEPEST = 6


class ToolWords(NamedTuple):
    """A tool by its name and all that is said of it."""

    name: str
    says: str

    @property
    def text(self) -> str:
        """Return what a detector reads."""
        return f"{self.name} {self.says}"


class Suggestion(NamedTuple):
    """What the words of a tool look like, beside what is registered; none registered is the most serious effect."""

    tool: str
    suggested: str
    score: float
    registered: tuple[str, ...] = ()

    @property
    def disagrees(self) -> bool:
        """Tell whether the words look more serious than every effect that is registered."""
        if not self.suggested or not self.registered:
            return False
        return seriousness(self.suggested) > max(map(seriousness, self.registered))


def suggest(detector: LinearDetector, tools: Sequence[ToolWords], registered: Sequence[Tool]) -> list[Suggestion]:
    """Suggest an effect for each tool, disagreements first and then the most certain."""
    known = {tool.id: tool for tool in registered}
    found = []
    for words in tools:
        label = detector.label(words.text)
        score = detector.scores(words.text).get(label, 0.0)
        effect = "" if label == NEITHER else EFFECTS.get(label, label)
        found.append(Suggestion(words.name, effect, score, known[words.name].effects if words.name in known else ()))
    return sorted(found, key=lambda each: (not each.disagrees, -each.score, each.tool))


def read_tools(content: str, name: str) -> list[ToolWords]:
    """Read tools as a model is offered them: a list of definitions, in the form of any wire or of MCP."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Nothing was suggested: {name} is no JSON ({error}).") from error
    rows = record.get("tools") if isinstance(record, dict) else record
    if not isinstance(rows, list) or not rows:
        raise UsageError(f"Nothing was suggested: {name} holds no list of tools.")
    return [_read_tool(row, f"{name}, tool {number}") for number, row in enumerate(rows, start=1)]


def _read_tool(row: object, where: str) -> ToolWords:
    inner = row.get("function", row) if isinstance(row, dict) else row
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise UsageError(f"Nothing was suggested: {where} has no name.")
    schema = inner.get("parameters") or inner.get("input_schema") or inner.get("inputSchema")
    return ToolWords(inner["name"], " ".join((str(inner.get("description") or ""), *_words(schema, 0))).strip())


def _words(schema: object, depth: int) -> Iterator[str]:
    """Yield the names and descriptions of arguments."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    if isinstance(schema.get("description"), str):
        yield schema["description"]
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield str(name)
        yield from _words(inner, depth + 1)
    yield from _words(schema.get("items"), depth + 1)
