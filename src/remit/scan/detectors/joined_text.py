"""Find addresses and ids of models that code puts together from parts: sums, templates, joined lists, formats.

1. A part is a string, or a name that the file gives one string and no other.
2. What a part says alone is left to the other detectors; only what the whole says, and no part does, is told here.
3. Nothing is carried out: a part that is not in the file leaves a gap, and a whole with a gap may say nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.context import report
from remit.scan.detectors.provider_address import LOCAL, host_in
from remit.scan.language import PROGRAMS
from remit.scan.model_name import named
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.sighting import place_of
from remit.scan.spans import Kind
from remit.scan.words import is_default, is_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document

IDENT = "joined-text"
_TEXT = r"(?:\"[^\"\\\n]{0,120}\"|'[^'\\\n]{0,120}'|`[^`\\\n]{0,120}`)"
_ITEM = rf"(?:[fFrRuUbB@$]{{0,2}}{_TEXT}|[A-Za-z_$][\w$.]{{0,60}})"
_SUM = re.compile(rf"{_ITEM}(?:\s{{0,8}}(?:\+|\.\.|<>|&)\s{{0,40}}{_ITEM}){{1,8}}")
_JOINED = re.compile(
    rf"\[\s{{0,40}}(?P<items>{_TEXT}(?:\s{{0,8}},\s{{0,40}}{_ITEM}){{1,8}})\s{{0,40}},?\s{{0,40}}\]"
    rf"\s{{0,8}}\.join\(\s{{0,8}}(?P<by>{_TEXT})"
    rf"|(?P<before>{_TEXT})\.join\(\s{{0,8}}[\[(]\s{{0,40}}"
    rf"(?P<listed>{_ITEM}(?:\s{{0,8}},\s{{0,40}}{_ITEM}){{1,8}})\s{{0,40}},?\s{{0,40}}[\])]"
)
_FORMAT = re.compile(
    rf"(?:printf|[fF]ormat)\w{{0,4}}!?\(\s{{0,8}}(?P<form>{_TEXT})\s{{0,8}},\s{{0,40}}"
    rf"(?P<given>{_ITEM}(?:\s{{0,8}},\s{{0,40}}{_ITEM}){{0,6}})"
    rf"|(?P<text>{_TEXT})(?:\.format\(|\s{{0,8}}%\s{{0,8}}\(?)\s{{0,8}}"
    rf"(?P<filled>{_ITEM}(?:\s{{0,8}},\s{{0,40}}{_ITEM}){{0,6}})"
)
_TEMPLATE = re.compile(r"[\"'`][^\"'`\\\n]{0,80}(?:\$\{|#\{|\{|\\\()[A-Za-z_$][\w$.]{0,60}[})][^\"'`\\\n]{0,80}[\"'`]")
_HOLE = re.compile(r"%[sdv]|\{(?:\d|[A-Za-z_]\w*)?(?::[^}]*)?\}|\$\{[^}]*\}|#\{[^}]*\}")
_FILLED = re.compile(r"(?:\$\{|#\{|\{|\\\()([A-Za-z_$][\w$.]{0,60})[})]")
_CONSTANT = re.compile(
    rf"^[ \t]*+(?:[A-Za-z]+[ \t]++){{0,5}}([A-Za-z_$][\w$]{{0,60}})(?:[ \t]*+:[ \t]*+&?[\w' ]{{1,30}})?"
    rf"[ \t]*+:?=[ \t]*+({_TEXT})[ \t]*+[;,]?[ \t]*+\r?$",
    re.MULTILINE,
)
_PARTS = re.compile(_ITEM)
_MOST = 400
_LARGEST = 400_000
_LONGEST = 2_000
_SIGNS = ('"+', '" +', "'+", "' +", "` +", '+ "', "+ '", ".join(", "ormat", "rintf", "${", "#{", "{", "%", "..", "<>")
_HINTS = ("://", '"api', "'api", "model", "Model", "MODEL", "host", "Host", "HOST")
"""What stands on a line that puts an address or the id of a model together."""


class _Whole(NamedTuple):
    """A text that was put together: where, of what, and what it comes to."""

    start: int
    text: str
    parts: tuple[str, ...]


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each address or id that only the whole shows."""
    if document.language not in PROGRAMS or document.part is Part.DOCUMENTATION or len(document.data) > _LARGEST:
        return
    told: set[tuple[int, str]] = set()
    for number, whole in enumerate(_wholes(document)):
        if number >= _MOST:
            return
        for place in _shown(document, context, whole):
            if (place.line, place.maker) not in told:
                told.add((place.line, place.maker))
                yield place


def _wholes(document: Document) -> Iterator[_Whole]:
    """Put together what stands on a line as parts (1)."""
    text = document.text
    known: dict[str, str] | None = None
    for number, row in enumerate(document.rows):
        if not (any(hint in row for hint in _HINTS) and any(sign in row for sign in _SIGNS)) or len(row) > _LONGEST:
            continue
        known = _constants(text) if known is None else known
        start, end = document.lines[number], document.lines[number] + len(row)
        for match in _SUM.finditer(text, start, end):
            yield from _whole(document, match.start(), "", _PARTS.findall(match[0]), known)
        for match in _JOINED.finditer(text, start, end):
            by = _bare(match["by"] or match["before"])
            yield from _whole(document, match.start(), by, _PARTS.findall(match["items"] or match["listed"]), known)
        for match in _FORMAT.finditer(text, start, end):
            yield from _formatted(document, match, known)
        for match in _TEMPLATE.finditer(text, start, end):
            yield from _filled(document, match, known)


def _formatted(document: Document, match: re.Match[str], known: dict[str, str]) -> Iterator[_Whole]:
    form = _bare(match["form"] or match["text"])
    given = [_value(item, known) for item in _PARTS.findall(match["given"] or match["filled"])]
    values = iter(given)
    whole = _HOLE.sub(lambda hole: next(values, "") or hole[0], form)
    if any(given) and not _is_silent(document, match.start()):
        yield _Whole(match.start(), whole, (form, *given))


def _filled(document: Document, match: re.Match[str], known: dict[str, str]) -> Iterator[_Whole]:
    form = match[0][1:-1]
    whole = _FILLED.sub(lambda hole: known.get(hole[1], hole[0]), form)
    if whole != form and not _is_silent(document, match.start()):
        yield _Whole(match.start(), whole, (form,))


def _constants(text: str) -> dict[str, str]:
    """The names that the file gives one string and no other."""
    found: dict[str, set[str]] = {}
    for match in _CONSTANT.finditer(text):
        found.setdefault(match[1], set()).add(_bare(match[2]))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _whole(document: Document, start: int, by: str, items: list[str], known: dict[str, str]) -> Iterator[_Whole]:
    values = [_value(item, known) for item in items]
    if sum(map(bool, values)) > 1 and not _is_silent(document, start):
        yield _Whole(start, by.join(value or "{}" for value in values), tuple(values))


def _value(item: str, known: dict[str, str]) -> str:
    """What a part says; nothing where the file does not tell."""
    return _bare(item) if item[-1:] in {'"', "'", "`"} else known.get(item.rsplit(".", 1)[-1], "")


def _bare(text: str) -> str:
    return text.lstrip("fFrRuUbB@$")[1:-1]


def _is_silent(document: Document, start: int) -> bool:
    span = document.span_at(start)
    return span is not None and span.kind in {Kind.COMMENT, Kind.DOCSTRING}


def _shown(document: Document, context: Context, whole: _Whole) -> Iterator[Occurrence]:
    """What the whole shows and none of its parts does (2)."""
    known = context.signatures
    line = document.line_at(whole.start)
    scoped = scope_of(document, None, line, known)
    host = host_in(whole.text, known)
    if host is not None and not LOCAL.search(whole.text) and all(host_in(part, known) != host for part in whole.parts):
        for maker, channel in report(context, host.maker, host.channel):
            yield Occurrence(
                IDENT, document.path, line, maker, channel, role=Role.ADDRESS, grip=_grip(document, line),
                scoped=scoped, says=f"puts the address {whole.text[:80]} together",
            )  # fmt: skip
    model = named(whole.text, known)
    key = place_of(document, whole.start).key if model is not None and model.sure else ""
    chosen = is_model(key) or is_default(key)
    if model is not None and model.sure and (chosen or not any(_is_sure(part, context) for part in whole.parts)):
        for maker, channel in report(context, model.maker, model.channel):
            yield Occurrence(
                IDENT, document.path, line, maker, channel, model=whole.text, scoped=scoped, chosen=chosen, bound=key,
                role=Role.CALL_SITE if chosen else Role.SELECTABLE,
                grip=_grip(document, line) if chosen else Grip.FAIR,
                says=f"puts the id {whole.text[:80]} together",
            )  # fmt: skip


def _is_sure(part: str, context: Context) -> bool:
    found = named(part, context.signatures)
    return found is not None and found.sure


def _grip(document: Document, line: int) -> Grip:
    return Grip.LOOSE if document.part is Part.TEST or line >= document.tests_from else Grip.FIRM
