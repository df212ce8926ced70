"""What stands at a hit in settings written line by line: YAML, properties, INI, and files of the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.outline import YAML_LINE
from remit.scan.sighting import LONGEST_NAME, Place, Sighting
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from remit.scan.literals import Hit
    from remit.scan.page import Page

BY_LINE = frozenset({"yaml", "ini", "env"})
_PAIR = re.compile(r"^\s*(?:export\s+|set\s+)?(?P<key>[\w.\-\[\]/]+)\s*[=:]\s*(?P<value>.*)$")
_NAMED = re.compile(r"""^\s*(?:-\s+)?name\s*:\s*["']?([\w.\-]+)""")
_SETS = re.compile(r"^\s*+(?:ENV|ARG)\s", re.IGNORECASE)
_VARIABLE = re.compile(
    r"""(?:(?<=\s)|^)(?!(?:ENV|ARG)\s)(?P<key>[A-Za-z_]\w{0,80})(?:=|\s++(?=\S+\s*$))(?P<value>"[^"]*"|'[^']*'|[^\s\\]+)"""
)
_FLAG = re.compile(r"--?([A-Za-z][\w\-]*)")
_DEEPEST = 12


def setting_at(document: Page, hit: Hit) -> tuple[Sighting, Place]:
    """Read the line of a hit: which key or value it stands in, and under which keys."""
    line = document.line_at(hit.start)
    text = document.line_text(line)
    offset = hit.start - document.lines[line - 1]
    span = document.span_at(hit.start)
    if span is not None and span.kind is Kind.COMMENT:
        return Sighting(Kind.COMMENT, text.strip(), hit.start, span.end, line, hit.literal), Place()
    match = (YAML_LINE if document.language == "yaml" else _PAIR).match(text)
    around = _above(document, line)
    if offset >= len(text) or (match is None and len(text) > 2 * LONGEST_NAME):
        return _far_along(document, hit, line), Place(key=(match["key"] or "") if match else "", around=around)
    if match is None:
        return Sighting(Kind.STRING, text.strip(), hit.start, hit.end, line, hit.literal), Place(around=around)
    key = (match["key"] or "").strip("\"'")
    start = document.lines[line - 1]
    if match["key"] and match.start("key") <= offset < match.end("key"):
        sighting = Sighting(Kind.STRING, key, hit.start, start + match.end("key"), line, hit.literal)
        return sighting, Place(key=around[0] if around else "", around=around[1:], is_key=True)
    value = _plain(match["value"], document.language)
    if value.startswith(("[", "{")):
        items = [item.strip("\"'") for item in re.split(r"[\[\]{},\s]+", value)]
        at = next((number for number, item in enumerate(items) if hit.literal in item.lower()), -1)
        before = items[at - 1] if at > 0 else ""
        if before.endswith(":"):  # One line holds an object: `params: {model: …}`.
            key, around = before.rstrip(":").strip("\"'"), ((key,) if key else ()) + around
        flag = _FLAG.fullmatch(before)
        key, value = flag[1] if flag else key, items[at] if at >= 0 else value
        return Sighting(Kind.STRING, value, hit.start, hit.end, line, hit.literal), Place(key=key, around=around)
    above = document.line_text(line - 1).strip().removeprefix("- ").strip("\"' ") if line > 1 and not key else ""
    if flag := _FLAG.fullmatch(above):
        key = flag[1]
    if key == "value" and line > 1 and (named := _NAMED.match(document.line_text(line - 1))):
        key = named[1]
    end = start + match.start("value") + len(match["value"])
    sighting = Sighting(Kind.STRING, value, hit.start, max(end, hit.end), line, hit.literal)
    return sighting, Place(key=key or (around[0] if around else ""), around=around if key else around[1:])


def variable_at(document: Page, sighting: Sighting) -> tuple[Sighting, Place] | None:
    """Read a word of a Dockerfile as the value of a variable that the image sets, where it is one."""
    before = document.line_text(sighting.line - 1).rstrip() if sighting.line > 1 else ""
    text = document.line_text(sighting.line)
    if not _SETS.match(text) and not before.endswith("\\"):
        return None
    start = document.lines[sighting.line - 1]
    for match in _VARIABLE.finditer(text):
        first, last = match.span("value")
        if start + first <= sighting.start < start + last:
            value = match["value"]
            bare = value.strip("\"'")
            within = start + first + value.find(bare)
            end = max(within + len(bare), sighting.end)
            found = Sighting(Kind.STRING, bare, within, end, sighting.line, sighting.literal)
            return found, Place(key=match["key"])
    return None


def _far_along(document: Page, hit: Hit, line: int) -> Sighting:
    """What stands around a hit far along a line that is longer than anybody writes."""
    start = max(document.lines[line - 1], hit.start - LONGEST_NAME)
    end = min(document.lines[line - 1] + len(document.rows[line - 1]), hit.end + LONGEST_NAME)
    return Sighting(Kind.STRING, document.text[start:end], start, end, line, hit.literal)


def _plain(value: str, language: str) -> str:
    """Take the comment, the quotes and the anchor off a value."""
    value = value.strip()
    if value[:1] in {'"', "'"}:
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    if language in {"yaml", "env"}:
        value = re.split(r"\s#", value, maxsplit=1)[0]
    return value.removeprefix("&").strip()


def _above(document: Page, line: int) -> tuple[str, ...]:
    """List the keys above a line, from the inside out: by indentation in YAML, by section elsewhere."""
    found: list[str] = []
    parents, keys = document.outline
    number = parents[line - 1] if line <= len(parents) else -1
    while number >= 0 and len(found) < _DEEPEST:
        if keys[number]:
            found.append(keys[number])
        number = parents[number]
    return tuple(found)
