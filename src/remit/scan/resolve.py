"""Which default is in effect, where the place that chooses does not name the model itself.

A table elsewhere says what a short name stands for (`{"sonnet": "claude-…"}`, an enum, a list of aliases under an id);
a setting, a constant or a parameter takes the short name. The two places together are the chain a report shows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.literals import Sieve
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.spans import Kind
from remit.scan.words import is_default, is_model, is_provider, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_LOOK_BACK = 160
_BEFORE = re.compile(r"[\w.\-]*$")


def resolved(documents: Iterable[Document], found: list[Occurrence], signatures: Signatures) -> Iterator[Occurrence]:
    """Yield each place that takes a short name by default, with the model it stands for."""
    documents = list(documents)
    tables = _tables(documents, found)
    if not tables:
        return
    sieve = Sieve(tables, exact=True)
    for document in documents:
        if document.part not in {Part.DOCUMENTATION, Part.LOCK, Part.MANIFEST}:
            if hits := sieve.hits(document.data):
                yield from _taken(document, hits, tables, signatures)
            document.forget()


def _tables(documents: list[Document], found: list[Occurrence]) -> dict[str, Occurrence]:
    """What each short name stands for; a name that stands for models of two makers stands for neither."""
    texts = {document.path: document for document in documents}
    tables: dict[str, Occurrence | None] = {}
    for occurrence in found:
        if not occurrence.model or occurrence.role not in {Role.SELECTABLE, Role.DEFAULT}:
            continue
        for name in _names(occurrence, texts.get(occurrence.path)):
            known = tables.setdefault(name, occurrence)
            if known is not None and known.maker != occurrence.maker:
                tables[name] = None
    return {name: occurrence for name, occurrence in tables.items() if occurrence is not None}


def _names(occurrence: Occurrence, document: Document | None) -> list[str]:
    names = [occurrence.bound] if occurrence.role is Role.SELECTABLE else []
    if document is not None and document.language in {"yaml", "json", "toml"}:
        start = document.lines[occurrence.line - 1]
        match = _LISTED.search(document.text[start : start + 300].split("\n\n", 1)[0])
        if match and match.start() < 200:  # noqa: PLR2004
            names += re.findall(r"[\w.\-]+", match[1])
    return [name for name in names if len(name) > 1 and name.lower() not in _GENERIC and not is_model(name)]


def _taken(
    document: Document, hits: Iterable[Hit], tables: dict[str, Occurrence], signatures: Signatures
) -> Iterator[Occurrence]:
    for hit in hits:
        taken = _slot(document.text, hit)
        if taken is None:
            continue
        start, key = taken
        stands = tables[hit.literal]
        line = document.line_at(start)
        span = document.span_at(start)
        silent = span is not None and span.kind in {Kind.COMMENT, Kind.DOCSTRING}
        if not silent and (document.path, line) != (stands.path, stands.line):
            yield _default(stands, document, line, key, hit.literal, signatures)


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
        steps=((stands.path, stands.line, f"{name} stands for {stands.model}"),),
    )


def _chooses(key: str) -> bool:
    words = split(key)
    return is_default(key) or (is_model(key) and words[-1:] != ["models"]) or (is_provider(key) and "default" in words)
