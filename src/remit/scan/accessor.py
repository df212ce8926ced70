"""What a file hands on of what it takes from another: who takes that from it reaches what it was taken from.

1. A function gives back what it takes, or what it makes of that.
2. A name at the top stands for it or for something that holds it: a table, a list, an object it is registered with.
3. A type extends it, or keeps one for itself.
4. What hands on something that hands it on does so too, within one file.

A function that merely makes use of it on its way hands nothing on: everything in a program is above something.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.definition import definitions, holder_of
from remit.scan.member import lines_of, members_of
from remit.scan.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.definition import Definition
    from remit.scan.link import Link
    from remit.scan.ties import Ties

_DEEPEST = 3
_LONGEST = 400
"""Lines of a definition that are looked at."""
_WIDEST = 30
_LONGEST_STATEMENT = 4_000
"""Lines and signs of a statement that are looked at."""
_NAMES = re.compile(r"(?<![\w$.\"'`])[A-Za-z_$][\w$]*")
_ASSIGNED = re.compile(
    r"^\s*+(?:export\s+)?(?:default\s+)?(?:const|let|var|val|final|auto)?\s*+"
    r"(?P<left>[\w$.,\s{}\[\]@*>()\-]{1,200}?)\s*+(?::\s*[\w.\[\]<>|, ]{1,60})?\s*(?::=|=|<-)(?![=>~])(?P<right>.*)$",
    re.DOTALL,
)
_BOUND = re.compile(
    r"^\s*(?:async\s+)?(?:with\s+(?P<held>.*?)\s+as\s+(?P<name>\w+)|for\s+(?:await\s*)?\(?(?:const|let|var)?\s*"
    r"(?P<each>[\w, ]+?)\s+(?:in|of)\s+(?P<of>.*))",
    re.DOTALL,
)
_GIVEN = re.compile(
    r"(?:^\s*|[;{}\s])(?:return|yield|resolve\()\b(?P<value>.*)$|(?:=>|->|\bdo:)(?P<body>.*)$", re.DOTALL
)
_EXTENDS = re.compile(
    r"^[ \t]*+(?:\w++[ \t]++){0,6}?(?:class|object)[ \t]+\w+[^\n{(<:]*(?:\(|extends\s|<|:)(?P<of>[^\n{]*)"
)
_WITHIN = re.compile(r"=>|\b(?:function|lambda|async|func|fn|def)\b")
_PREFIX = re.compile(r"^[\s(&\[{]*(?:(?:new|yield|mut)\s+)*")
_EXTENDING = re.compile(_EXTENDS.pattern, re.MULTILINE)
_KEPT = re.compile(
    r"^\s*(?:(?:self|this)\s*(?:\.|->)|@|\$this->|private\b|public\b|protected\b|readonly\b|final\b|internal\b)"
)


class Handed(NamedTuple):
    """How a name of a file hands something on."""

    line: int
    plain: bool
    """Whether it is handed on as it is, and not only what comes of it."""
    kept: bool = False
    """Whether a type keeps it for itself, so that what extends that type has it as well."""

    def after(self, first: Handed) -> Handed:
        """The same where what is handed on has been handed on before."""
        return self._replace(plain=self.plain and first.plain, kept=self.kept and first.plain)


class Handing:
    """What the files of a tree hand on, each of them read when somebody asks."""

    def __init__(self, ties: Ties) -> None:
        self._ties = ties
        self._known: dict[tuple[str, str], dict[str, Handed]] = {}
        self._page: Page | None = None
        self._tops: list[Definition] | None = None

    def names(self, path: str, link: Link) -> dict[str, Handed]:
        """The names by which a file hands on what a link takes."""
        word = link.local or link.name
        if (path, word) not in self._known:
            page, tops = self._read(path)
            self._known[path, word] = {} if _hides(word).search(page.text) else handed_on(page, tops, word)
        return self._known[path, word]

    def members(self, path: str, link: Link, name: str) -> frozenset[str] | None:
        """The members of a type by which it hands on what a link takes; nothing where it does so as a whole."""
        page, tops = self._read(path)
        return members_of(page, tops, name, lines_of(page, link.local or link.name))

    def hides(self, path: str, link: Link) -> bool:
        """Say whether a file gives what it takes by a link a meaning of its own."""
        page = self.page(path)
        return bool(link.local) and _hides(link.local).search(page.text) is not None

    def defined(self, path: str, line: int) -> list[str]:
        """The names of what a file defines around a line, as long as it defines no more by that than values."""
        _, tops = self._read(path)
        return sorted({name for top in tops if top.first <= line <= top.last and not top.calls for name in top.names})

    def extends(self, path: str, link: Link) -> bool:
        """Say whether a type of a file extends what it takes by a link."""
        page = self.page(path)
        return any(_reads(match["of"], {link.local}) for match in _EXTENDING.finditer(page.text))

    def page(self, path: str) -> Page:
        """Have a file that takes something from another."""
        if self._page is None or self._page.path != path:
            again = self._ties.again.get(path)
            self._page = Page(path, again() if again is not None else b"", language=self._ties.languages.get(path, ""))
            self._tops = None
        return self._page

    def _read(self, path: str) -> tuple[Page, list[Definition]]:
        page = self.page(path)
        if self._tops is None:
            self._tops = definitions(page)
        return page, self._tops


def handed_on(page: Page, tops: list[Definition], word: str) -> dict[str, Handed]:
    """The names by which a file hands on what it calls by a word."""
    found: dict[str, Handed] = {}
    new = {word: Handed(0, plain=True)}
    for _ in range(_DEEPEST):
        handed = [(name, by.after(how)) for known, how in new.items() for name, by in _handing(page, tops, known)]
        new = {name: by for name, by in reversed(handed) if name not in found and name != word}
        found |= new  # (4)
    return found


@lru_cache(maxsize=500)
def _hides(word: str) -> re.Pattern[str]:
    """A definition at the top of a file that gives a word another meaning than the one it was taken with."""
    word = re.escape(word)
    return re.compile(
        rf"^(?:export\s+)?(?:async\s+)?(?:def|class|func|fn|function)\s+{word}(?![\w$])"
        rf"|^(?:(?:const|let|var)\s+)?{word}\s*(?::[^=\n]+)?=(?![=>])(?!.*(?<![\w$.]){word}(?![\w$])|\s*(?:await\s+)?(?:require|import)\b)",
        re.MULTILINE,
    )


def _handing(page: Page, tops: list[Definition], word: str) -> Iterator[tuple[str, Handed]]:
    found = re.compile(rf"(?<![\w$.]){re.escape(word)}(?![\w$])")
    firsts = [top.first for top in tops if top.first]
    seen: set[int] = set()
    for match in found.finditer(page.text):
        line = page.line_at(match.start())
        number = bisect_right(firsts, line) - 1
        top = tops[number] if number >= 0 else None
        if top is None or line > top.last or top.first in seen or page.span_at(match.start()) is not None:
            continue
        rows = page.rows[top.first - 1 : min(top.last, top.first + _LONGEST)]
        names = top.names or _holding("\n".join(rows), word)
        how = _how(rows, top, word) if names and word not in names else None
        if how is not None:
            seen.add(top.first)
            yield from ((name, how._replace(line=line)) for name in sorted(names))


def _holding(statement: str, word: str) -> frozenset[str]:
    holder, passed = holder_of(statement)
    return frozenset({holder} if word in passed else ())


def _how(rows: list[str], top: Definition, word: str) -> Handed | None:
    """Say whether a definition hands a word on as it is, or what it makes of it; nothing where it does not."""
    if not top.calls or not top.names:  # (2)
        before = re.split(rf"(?<![\w$.]){re.escape(word)}(?![\w$])", "\n".join(rows), maxsplit=1)[0]
        return Handed(0, plain=_WITHIN.search(before) is None)
    own, found = {word}, None
    kind = rows[0].lstrip().startswith(("class ", "export class ", "public class", "export default class"))
    for statement in _statements(rows):
        if (match := _EXTENDS.match(statement)) and _reads(match["of"], own):  # (3)
            return Handed(0, plain=True)
        if (match := _GIVEN.search(statement)) and _reads(given := match["value"] or match["body"] or "", own):  # (1)
            first = _NAMES.search(_PREFIX.sub("", given))
            if first is not None and first[0] == word:
                return Handed(0, plain=True)
            found = Handed(0, plain=False)
        if (match := _ASSIGNED.match(statement)) and _reads(match["right"], own):
            if _KEPT.match(statement) or (kind and statement[:8].strip()):  # (3)
                return Handed(0, plain=False, kept=word in _NAMES.findall(match["right"]))
            own |= set(_NAMES.findall(match["left"]))
        elif (match := _BOUND.match(statement)) and _reads(match["held"] or match["of"] or "", own):
            own |= set(_NAMES.findall(match["name"] or match["each"]))
    return found


def _reads(text: str, own: set[str]) -> bool:
    return not own.isdisjoint(_NAMES.findall(text))


def _statements(rows: list[str]) -> Iterator[str]:
    """The statements of some lines: a line, and those after it as long as a bracket of it is open."""
    kept: list[str] = []
    depth = 0
    for row in rows:
        kept.append(row)
        depth += sum(row.count(sign) for sign in "([") - sum(row.count(sign) for sign in ")]")
        if depth <= 0 or len(kept) >= _WIDEST:
            yield "\n".join(kept)[:_LONGEST_STATEMENT]
            kept, depth = [], 0
    if kept:
        yield "\n".join(kept)[:_LONGEST_STATEMENT]
