"""What stands at a hit: the whole word or string, and what it is written into.

A string is read together with the code before it: the name it is given to, the call it is handed to, the
comparison it takes part in. That one reading serves every language, because they all write these alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.literals import Hit
    from remit.scan.page import Page

LONGEST_NAME = 300
_LONGEST_LINE = 600
"""Beyond so many signs from a hit a line has nothing to say of it."""
_LOOK_BACK = 240
_LOOK_FOR_BRACKET = 1_500

_KEY = re.compile(
    r"""(?:["'`]?)(?P<key>[A-Za-z_$@][\w$.\-]*)["'`\]]*\??\s*"""
    r"""(?:[:]\s*(?:[\w.|? ]|&(?:'\w+\s)?|\[[^\]]*\]|<[^>]*>){1,60}?)?\s*(?P<sign>:=|=>|=|:|<-)\s*"""
    r"""(?:&|(?:new\s+|await\s+)?(?P<call>[\w.:]{1,40})!?\()?\s*$"""
)
_FLAG = re.compile(r"""["']--?(?P<flag>[A-Za-z][\w\-]*)["']\s*,$""")
_COMPARED = re.compile(
    r"(?:===?|!==?|\bcase\b|\bwhen\b|\bin\b\s*[\[({]?|\bis\b|\bequals\(|\bstarts_?with\(|\.starts_?[wW]ith\(|"
    r"\.includes\(|\.contains\(|\.Contains\(|HasPrefix\([^,]*,|\.StartsWith\()\s*$"
)
_FALLBACK = re.compile(r"(?:\|\||\?\?|\bor\b|:-|\?:|\belse\b|unwrap_or(?:_else\(\|\w*\|)?\(|getOrElse\(|orElse\()\s*$")
_LOOKED_UP = re.compile(
    r"""(?:[gG]et_?[eE]nv|environ\.(?:get|setdefault)|[eE][nN][vV]\.(?:get|fetch)|config|get|env|getOrDefault|"""
    r"""GetValue<string>|get_option|viper\.\w+|setting|option|fetch|pop)"""
    r"""\s*\(\s*["'](?P<key>[\w.:\-/]+)["']\s*,\s*(?:default\s*=\s*)?$"""
)
_CALLEE = re.compile(r"([A-Za-z_$@][\w$.:!?<>\-]*)\s*$")
_PREFIX = re.compile(r"(?:\b[fFrRbBuU]{1,2}|[$@]+)$")
_STATE = frozenset(
    [
        "useState",
        "useRef",
        "ref",
        "shallowRef",
        "signal",
        "createSignal",
        "useLocalStorage",
        "useStorage",
        "usePersistentState",
        "atom",
        "writable",
        "StateProvider",
        "mutableStateOf",
    ]
)
_LEFT = re.compile(r"(?:const|let|var|val)?\s*[\[{(]?\s*([A-Za-z_$][\w$]*)[^=]*=")
_BRACKET = re.compile(r"[()\[\]{}]")
_WORD = re.compile(r"[\w$]*")


@dataclass(frozen=True, slots=True)
class Place:
    """What a string is written into."""

    key: str = ""
    """The nearest name it is given to."""
    callee: str = ""
    """The call whose argument it is."""
    around: tuple[str, ...] = ()
    """The keys and calls around that, from the inside out."""
    argument: bool = False
    """Whether it is an argument of that call, and not an item of a list."""
    compared: bool = False
    fallback: bool = False
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """One hit with the whole of what it belongs to."""

    kind: Kind
    token: str
    start: int
    end: int
    line: int
    literal: str


def sightings(document: Page) -> Iterator[Sighting]:
    """Give what stands at each hit of a document, each string or word once."""
    done = -1
    for hit in document.hits:
        if hit.start < done:
            continue
        sighting = _sighting(document, hit)
        done = sighting.end
        yield sighting


def _sighting(document: Page, hit: Hit) -> Sighting:
    span = document.span_at(hit.start)
    line = document.line_at(hit.start)
    text = document.text
    if span is not None and span.inner_end - span.inner <= LONGEST_NAME:
        return Sighting(span.kind, text[span.inner : span.inner_end], span.inner, span.inner_end, line, hit.literal)
    if span is not None:
        start = max(span.inner, text.rfind("\n", max(0, hit.start - _LONGEST_LINE), hit.start) + 1)
        start = max(start, hit.start - _LONGEST_LINE)
        last = min(span.inner_end, hit.end + _LONGEST_LINE)
        end = text.find("\n", hit.end, last)
        end = last if end < 0 else end
        return Sighting(span.kind, text[start:end], start, max(end, hit.end), line, hit.literal)
    start, end = hit.start, hit.end
    first = max(0, start - LONGEST_NAME)
    while start > first and (text[start - 1].isalnum() or text[start - 1] in "_$"):
        start -= 1
    if run := _WORD.match(text, end, end + LONGEST_NAME):
        end = run.end()
    return Sighting(Kind.CODE, text[start:end], start, end, line, hit.literal)


def place_of(document: Page, start: int) -> Place:
    """Read the code before a string and say what the string is written into."""
    text = document.text
    before = _PREFIX.sub("", text[max(0, start - _LOOK_BACK) : start].rstrip("\"'`@"))
    stripped = before.rstrip()
    last = stripped[-1:]
    if last == "," and (match := _FLAG.search(stripped[-80:])):
        return Place(key=match["flag"], around=_around(document, start))
    if last in ",=" and (match := _LOOKED_UP.search(stripped)):
        return Place(key=match["key"], fallback=True, around=_around(document, start))
    if (last in "=,([{" or last.isalpha()) and _COMPARED.search(stripped[-60:]):
        return Place(compared=True, around=_around(document, start))
    if last in "|?r-:e(" and _FALLBACK.search(stripped[-30:]):
        line = stripped[stripped.rfind("\n") + 1 :]
        named = re.search(r"([A-Za-z_$][\w$.\-]*)[\"']?\s*(?::\s*[\w.<>\[\]|?]+\s*)?(?::=|=|:)(?!=)", line)
        return Place(key=named[1] if named else "", fallback=True, around=_around(document, start))
    if last in "=:>-(" and (match := _KEY.search(stripped[-120:])):
        call = match["call"] or ""
        return Place(key=match["key"], callee=call, argument=bool(call), around=_around(document, start))
    around = _around(document, start)
    if around and around[0].rsplit(".", 1)[-1] in _STATE:
        line = text[text.rfind("\n", 0, start) + 1 : start]
        named = _LEFT.search(line)
        return Place(key=named[1] if named else "", fallback=True, around=around)
    if stripped.endswith(("(", ",", "[", "{")) and around:
        argument = text[_opening(document, start)] == "("
        return Place(callee=around[0], around=around[1:], argument=argument)
    return Place(around=around)


def opens_call(document: Page, start: int) -> bool:
    """Say whether the bracket that is open at an offset is that of a call."""
    return document.text[_opening(document, start)] == "("


def given_to(document: Page, start: int) -> str:
    """Name the call that is given the object whose bracket is open at an offset: `ask({…})`; empty where none is."""
    opening = _opening(document, start)
    before = document.text[max(0, opening - _LOOK_BACK) : opening].rstrip()
    called = _CALLEE.search(before[:-1]) if document.text[opening] == "{" and before.endswith("(") else None
    return "" if called is None else called[1]


def _opening(document: Page, start: int) -> int:
    """Find the bracket that is open at an offset."""
    depth = 0
    for match in reversed(list(_BRACKET.finditer(document.text, max(0, start - _LOOK_FOR_BRACKET), start))):
        depth += 1 if match[0] in ")]}" else -1
        if depth < 0:
            return match.start()
    return 0


def _around(document: Page, start: int) -> tuple[str, ...]:
    """Walk outwards over the brackets that are open at an offset, at most three, and name what each belongs to."""
    text = document.text
    found: list[str] = []
    depth = 0
    floor = max(0, start - _LOOK_FOR_BRACKET)
    for match in reversed(list(_BRACKET.finditer(text, floor, start))):
        if match[0] in ")]}":
            depth += 1
        elif depth:
            depth -= 1
        else:
            offset = match.start()
            found.append(_named(text[max(0, offset - 120) : offset]))
            if len(found) == 3:  # noqa: PLR2004
                break
    return tuple(found)


def _named(before: str) -> str:
    """Name what an open bracket belongs to: the call, or the key its list or object is given to."""
    stripped = before.rstrip()
    if stripped[-1:] in "=:>-(" and (match := _KEY.search(stripped)):
        return match["key"]
    if match := _CALLEE.search(stripped):
        return match[1]
    return ""
