"""Which default is in effect, where the place that chooses does not name the model itself.

A table elsewhere says what a short name stands for (`{"sonnet": "claude-…"}`, an enum, a list of aliases under an id);
a setting, a constant or a parameter takes the short name. The two places together are the chain a report shows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.literals import Sieve
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.spans import Kind
from remit.scan.words import is_default, is_model, is_provider, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.scan.document import Document
    from remit.scan.literals import Hit
    from remit.scan.signatures import Signatures

IDENT = "resolved-default"
_GENERIC = {
    "id",
    "name",
    "value",
    "key",
    "label",
    "slug",
    "model",
    "models",
    "default",
    "type",
    "title",
    "fallback",
    "aliases",
}
_LISTED = re.compile(r"""aliases["']?\s*[:=]\s*\[([^\]]*)\]""")
_SLOT = re.compile(r"default|model|llm|provider", re.IGNORECASE)
_TAKES = re.compile(
    r"(?P<rest>[\w.\-]*)[\"'\])]?\s*(?::\s*[\w.\[\]| ]{1,40}?)?\s*(?::=|=>|=|:|\|\||\?\?|,|\bor\b)\s*"
    r"(?:[\"'`](?P<text>[\w.\-]+)[\"'`]|(?:[A-Za-z_]\w*\.)+(?P<member>\w+)\b|(?P<plain>[\w.\-]+)(?=\s*(?:#|$)))",
    re.MULTILINE,
)
_STANDS = re.compile(r"""["'`]?(?P<key>[A-Za-z][\w.\-]*)["'`]?\s{0,8}(?::|=>)\s{0,8}["'`](?P<name>[\w.\-]+)["'`]""")
_TABLE = re.compile(r"alias|tier|preset|short|nick|profile|\bmap\b|mapping|table|level|kind", re.IGNORECASE)
_MANY = 200
_LONGEST_CHAIN = 3
_LOOK_BACK = 160
_BEFORE = re.compile(r"[\w.\-]*$")


class Aliases:
    """What each short name stands for; a name that stands for models of two makers stands for neither."""

    def __init__(self, stands: Mapping[str, Occurrence]) -> None:
        self.stands = stands
        self.sieve = Sieve(stands, exact=True)


def aliases_of(named: Iterable[tuple[str, Occurrence]]) -> dict[str, Occurrence]:
    """Say of each short name what it stands for, where that is one maker's."""
    stands: dict[str, Occurrence | None] = {}
    for name, occurrence in named:
        known = stands.setdefault(name, occurrence)
        if known is not None and known.maker != occurrence.maker:
            stands[name] = None
    return {name: occurrence for name, occurrence in stands.items() if occurrence is not None}


def resolved(document: Document, aliases: Aliases, signatures: Signatures) -> Iterator[Occurrence]:
    """Yield each place that takes a short name by default, with the model it stands for."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK, Part.MANIFEST}:
        return
    if hits := aliases.sieve.hits(document.data):
        yield from _taken(document, hits, aliases.stands, signatures)
    document.forget()


def names_of(document: Document, found: Iterable[Occurrence]) -> list[tuple[str, Occurrence]]:
    """The short names that a file gives to the models it names."""
    named = [
        (name, occurrence)
        for occurrence in found
        if occurrence.model and occurrence.role in {Role.SELECTABLE, Role.DEFAULT}
        for name in _names(occurrence, document)
    ]
    return named + _chained(named, document)


def _chained(named: list[tuple[str, Occurrence]], document: Document) -> list[tuple[str, Occurrence]]:
    """The names that the file gives to such names in turn, a few one after the other."""
    known = dict(named)
    found: list[tuple[str, Occurrence]] = []
    new = known if len(known) <= _MANY and _TABLE.search(document.text) else {}
    for _ in range(_LONGEST_CHAIN):
        further: dict[str, Occurrence] = {}
        for match in _STANDS.finditer(document.text) if new else ():
            key, name = match["key"], match["name"]
            if name in new and key not in known and key not in further and _is_short(key):
                line, meant = document.line_at(match.start("key")), new[name]
                last = ((meant.path, meant.line, f"{name} stands for {meant.model}"),)
                rest = meant.steps if meant.detector == IDENT else last
                step = (document.path, line, f"{key} stands for {name}")
                further[key] = replace(meant, detector=IDENT, steps=(step, *rest))
        known |= further
        found += further.items()
        new = further
    return found


def _is_short(key: str) -> bool:
    return len(key) > 1 and key.lower() not in _GENERIC and not is_model(key) and not is_default(key)


def _names(occurrence: Occurrence, document: Document) -> list[str]:
    names = [occurrence.bound] if occurrence.role is Role.SELECTABLE else []
    if document.language in {"yaml", "json", "toml"}:
        start = document.lines[occurrence.line - 1]
        match = _LISTED.search(document.text[start : start + 300].split("\n\n", 1)[0])
        if match and match.start() < 200:  # noqa: PLR2004
            names += re.findall(r"[\w.\-]+", match[1])
    return [name for name in names if len(name) > 1 and name.lower() not in _GENERIC and not is_model(name)]


def _taken(
    document: Document, hits: Iterable[Hit], stands: Mapping[str, Occurrence], signatures: Signatures
) -> Iterator[Occurrence]:
    for hit in hits:
        taken = _slot(document.text, hit)
        if taken is None:
            continue
        start, key = taken
        meant = stands[hit.literal]
        line = document.line_at(start)
        span = document.span_at(start)
        silent = span is not None and span.kind in {Kind.COMMENT, Kind.DOCSTRING}
        if not silent and (document.path, line) != (meant.path, meant.line):
            yield _default(meant, document, line, key, hit.literal, signatures)


def _slot(text: str, hit: Hit) -> tuple[int, str] | None:
    """Find what a short name is given to, where that chooses a model: its place, and its key."""
    for slot in _SLOT.finditer(text, max(0, hit.start - _LOOK_BACK), hit.start):
        match = _TAKES.match(text, slot.end(), hit.end + 1_000)
        if match is None or match.span(match.lastgroup or 0) != (hit.start, hit.end):
            continue
        before = _BEFORE.search(text, max(0, slot.start() - 60), slot.start())
        key = (before[0] if before else "") + slot[0] + match["rest"]
        if _chooses(key):
            return slot.start(), key
    return None


def _default(
    stands: Occurrence, document: Document, line: int, key: str, name: str, signatures: Signatures
) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=line,
        maker=stands.maker,
        channel=stands.channel,
        role=Role.DEFAULT,
        grip=Grip.FIRM,
        model=stands.model,
        scoped=scope_of(document, None, line, signatures),
        chosen=True,
        bound=key,
        says=f"takes {name}, which is {stands.model}",
        steps=stands.steps
        if stands.detector == IDENT
        else ((stands.path, stands.line, f"{name} stands for {stands.model}"),),
    )


def _chooses(key: str) -> bool:
    words = split(key)
    return is_default(key) or (is_model(key) and words[-1:] != ["models"]) or (is_provider(key) and "default" in words)
