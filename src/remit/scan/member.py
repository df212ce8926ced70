"""Which members of a type lead to some of its lines, and whether a file that takes the type uses one of them.

A type has members that call a model and others that only count, list or show; who takes the type for those reaches
nothing. A member is told by how its line stands within the type: all of them are indented alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.scan.parameter import given_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.scan.definition import Definition
    from remit.scan.page import Page

_TYPE = re.compile(
    r"^(?:(?:export|default|public|internal|private|protected|sealed|abstract|final|static|partial|data|open)\s+)*"
    r"(?:class|object)\s+(?P<name>\w+)"
)
_MEMBER = re.compile(
    r"^\s+(?:(?:public|private|protected|internal|static|final|abstract|async|override|virtual|suspend|open|get|"
    r"synchronized|readonly)\s+)*+(?:(?:def|fun|function)\s+(?:self\.)?|[\w<>\[\],.?]+\s+)?(?P<name>[\w$#]+[?!]?)\s*"
    r"(?:=\s*(?:async\s*)?)?(?:<[^>\n]*>)?\((?!.*\)\s*;\s*$)"
)
_NO_NAMES = {
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "with",
    "elif",
    "return",
    "match",
    "super",
    "when",
    "using",
    "await",
}
_STARTS = {"__init__", "constructor", "initialize", "__construct", "init", "__post_init__", "__new__"}
_OWN = r"(?:\b(?:self|this|cls|base)\s*(?:\?\.|\.|->)|@|\$this->|\bsuper(?:\([^()\n]*\))?\.|\b(?:static|self)::)#?"
_KEEPS = re.compile(r"(?:\b(?:self|this)\s*\.|@|\$this->)(\w+)\s*(?::[^=\n]+)?=(?!=)")
_COUNTS = re.compile(r"count|token|price|cost|estimate", re.IGNORECASE)
"""Members that reckon what a model takes, and do not ask it."""
_KINDS = re.compile(r"(?<![\w$.])[A-Z][\w$]*|(?<=[=(])\s*[a-z_]\w*(?=\s*[,)])")
_MOST = 400
_HEADER = 20
"""Lines that what the start of a type is given may take."""


def members_of(page: Page, tops: list[Definition], name: str, lines: Iterable[int]) -> frozenset[str] | None:
    """The members of a type by which it leads to some lines; nothing where it is no type or leads there as a whole.

    There are none where it only reckons there what a model takes.
    """
    top = next((top for top in tops if name in top.names and top.first), None)
    if top is None or not (match := _TYPE.match(page.rows[top.first - 1])) or match["name"] != name:
        return None
    parts = _parts(page.rows[top.first : top.last], top.first + 1)
    held = {line for line in lines if top.first <= line <= top.last}
    found = {part for part, (first, last) in parts.items() if any(first <= line <= last for line in held)}
    if not parts or not found:
        return None
    text = {part: "\n".join(page.rows[first - 1 : last]) for part, (first, last) in parts.items()}
    words = found - _STARTS
    for start in found & _STARTS:  # What is made at the start is used by what reads where it is kept.
        words |= _kept(page.rows[parts[start][0] - 1 : parts[start][1]], parts[start][0], held)
    found |= {word for word in words - found if not word.startswith(("_", "#"))}  # Others may read it as well.
    while words:
        reads = re.compile(rf"(?:{_OWN}|\b{re.escape(name)}\.)(?:{'|'.join(map(re.escape, sorted(words)))})(?![\w])")
        words = {part for part, body in text.items() if part not in found and reads.search(body)}
        found |= words
    if not found - _STARTS:
        return None
    return frozenset(name for name in found - _STARTS if not _COUNTS.search(name))


def _kept(rows: list[str], first: int, held: set[int]) -> set[str]:
    """The names under which the start of a type keeps what some lines make, or what it is given there."""
    found = {
        kept[1] for number, row in enumerate(rows, first) if number in held for kept in [_KEEPS.search(row)] if kept
    }
    header = "\n".join(rows[:_HEADER])
    own = {word for number, row in enumerate(rows[:_HEADER], first) if number in held for word in _KINDS.findall(row)}
    given = given_to(header.partition(") {")[0].partition("):")[0].partition(") ->")[0], own)
    if given is None:
        return found
    words = "|".join(map(re.escape, sorted(given.names)))
    keeping = re.compile(rf"{_KEEPS.pattern}\s*[^\n]*?(?<![\w$.])(?:{words})(?![\w$])")
    return found | given.kept | {kept[1] for row in rows for kept in [keeping.search(row)] if kept}


def _parts(rows: list[str], first: int) -> dict[str, tuple[int, int]]:
    """The members of a type, each with its lines."""
    depth = min((len(row) - len(row.lstrip()) for row in rows if row.strip() and row[0].isspace()), default=0)
    starts = [
        (number, match["name"])
        for number, row in enumerate(rows)
        if depth
        and len(row) - len(row.lstrip()) == depth
        and (match := _MEMBER.match(row))
        and match["name"] not in _NO_NAMES
    ][:_MOST]
    ends = [number for number, _ in starts[1:]] + [len(rows)]
    return {name: (first + number, first + end - 1) for (number, name), end in zip(starts, ends, strict=False)}


def uses_member(page: Page, local: str, members: Iterable[str]) -> bool:
    """Say whether a file calls a member of a type, by the type itself, by something of it, or by what it inherits."""
    words = "|".join(map(re.escape, sorted(members))) or "(?!)"
    if not re.search(rf"(?:\.|->|::)(?:{words})(?![\w])", page.text):
        return False
    if extends(page, local) and re.search(rf"{_OWN}(?:{words})(?![\w])(?!\s*=[^=])", page.text):
        return True
    own = "|".join(map(re.escape, sorted({local, *_held(local).findall(page.text)} - {""})))
    return (
        re.search(
            rf"(?<![\w$])(?:{own})(?:\([^()]{{0,300}}\))?\s*(?:\?\.|!\.|\.|->|::)\s*(?:{words})(?![\w])", page.text
        )
        is not None
    )


@lru_cache(maxsize=200)
def _held(local: str) -> re.Pattern[str]:
    """What is given something of a type, or said to be of it."""
    name = re.escape(local)
    return re.compile(
        rf"(?<![\w$])(\w+)\s*(?:(?::[^=\n(]{{0,60}})?(?::=|=)[^=\n][^\n]{{0,80}}?(?<![\w$.])|\??:\s*[\"']?(?:\w+\.)?){name}(?![\w$])"
    )


@lru_cache(maxsize=200)
def _extending(local: str) -> re.Pattern[str]:
    name = re.escape(local)
    return re.compile(
        rf"^[^\S\n]*(?:\w+[^\S\n]+){{0,6}}?(?:class|object)[^\S\n]+\w+[^\n{{]*?(?:\(|extends\s|<|:|,)[^\n{{]*?(?<![\w$]){name}(?![\w$])[^\n]*",
        re.MULTILINE,
    )


def extends(page: Page, local: str) -> bool:
    """Say whether a type of a file extends what it calls by a name."""
    return _extending(local).search(page.text) is not None


def only_extends(page: Page, local: str) -> bool:
    """Say whether a file uses what it calls by a name for nothing but to extend it, or to say what kind things are."""
    word = re.compile(rf"(?<![\w$.]){re.escape(local)}(?![\w$])(?=\s*[.(]|::)")
    spans = [match.span() for match in _extending(local).finditer(page.text)]
    return bool(spans) and all(
        any(start <= match.start() < end for start, end in spans) or page.span_at(match.start()) is not None
        for match in word.finditer(page.text)
    )


def lines_of(page: Page, word: str) -> list[int]:
    """The lines on which a file uses what it calls by a name."""
    found = re.compile(rf"(?<![\w$.]){re.escape(word)}(?![\w$])")
    rows = page.rows
    return [number for number, row in enumerate(rows, 1) if word in row and found.search(row)]
