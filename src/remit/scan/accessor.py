"""What a file hands on of what it takes from another: who takes that from it reaches what it was taken from.

1. A function gives back what it takes, or what it makes of that.
2. A name at the top stands for it or for something that holds it: a table, a list, an object it is registered with.
3. A type extends it, or keeps one for itself.
4. What hands on something that hands it on does so too, within one file.
5. What a function is given is what its parameter says: by its type, or by what it is where nothing is given.

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
from remit.scan.parameter import given_to

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
    r"(?P<left>[\w$.,\s{}\[\]@*>()\-]{1,200}?|\{[\w$.,\s:]{1,200}\})\s*+"
    r"(?::\s*[\w.\[\]<>|, ]{1,60})?\s*(?::=|=|<-)(?![=>~])(?P<right>.*)$",
    re.DOTALL,
)
_BOUND = re.compile(
    r"^\s*(?:async\s+)?(?:with\s+(?P<held>.*?)\s+as\s+(?P<name>\w+)|for\s+(?:await\s*)?\(?(?:const|let|var)?\s*"
    r"(?P<each>[\w, ]+?)\s+(?:in|of)\s+(?P<of>.*))",
    re.DOTALL,
)
_GIVEN = re.compile(
    r"(?:^\s*|[;{}\s])(?:return|yield|resolve\()\b(?P<value>.*)$|(?:(?P<arrow>=>)|->|\bdo:)(?P<body>.*)$", re.DOTALL
)
_ARROW = re.compile(
    r"^\s*(?:(?:export|default|private|protected|public|static|readonly|const)\s+){0,4}(?!(?:const|let|var|return|await)\b)"
    r"[\w$\"']*\s*(?::[^=\n]{1,80})?[:=]?\s*(?:async\s*)?(?:\([^()]{0,300}\)|[\w$]+)\s*(?::[^=\n]{1,80})?=>"
)
"""What gives back what comes after its arrow: a function that has a name, and not one that another is given."""
_PUT = re.compile(
    r"^\s*(?:await\s+)?(?P<into>[A-Za-z_$][\w$]*)\s*(?:\[[^\]\n]*\]\s*)?(?:\??\.\s*"
    r"(?:append|extend|add|insert|push|unshift|set|put|update|setdefault\([^()]*\)\.append)\s*\(|=(?!=)|\+=)(?P<given>.*)$",
    re.DOTALL,
)
"""What is put into a list or a table."""
_EXTENDS = re.compile(
    r"^[ \t]*+(?:\w++[ \t]++){0,6}?(?:class|object)[ \t]+\w+[^\n{(<:]*(?:\(|extends\s|<|:)(?P<of>[^\n{]*)"
)
_WITHIN = re.compile(r"=>|\b(?:function|lambda|async|func|fn|def)\b")
_PREFIX = re.compile(r"^[\s(&\[{]*(?:(?:new|yield|mut)\s+)*")
_EXTENDING = re.compile(_EXTENDS.pattern, re.MULTILINE)
_TYPES = ("class ", "export class ", "public class", "export default class")
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
    ends: bool = False
    """Whether nothing that the definition says later matters."""

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
        return any(link.local in _NAMES.findall(match["of"]) for match in _EXTENDING.finditer(page.text))

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
        how = _how(rows, top, word, braces=page.language == "python") if names and word not in names else None
        if how is not None:
            seen.add(top.first)
            yield from ((name, how._replace(line=line)) for name in sorted(names))


def _holding(statement: str, word: str) -> frozenset[str]:
    holder, passed = holder_of(statement)
    return frozenset({holder} if word in passed else ())


def _how(rows: list[str], top: Definition, word: str, *, braces: bool) -> Handed | None:
    """Say whether a definition hands a word on as it is, or what it makes of it; nothing where it does not."""
    if not top.calls or not top.names:  # (2)
        before = re.split(rf"(?<![\w$.]){re.escape(word)}(?![\w$])", "\n".join(rows), maxsplit=1)[0]
        return Handed(0, plain=_WITHIN.search(before) is None)
    body = _Body(word, keeps=rows[0].lstrip().startswith(_TYPES))
    found = None
    for number, statement in enumerate(_statements(rows, braces=braces)):
        handed = body.read(statement, first=not number)
        if handed is not None and (handed.plain or handed.ends):
            return handed
        found = handed or found
    return found


class _Body:
    """The body of a definition, read one statement after the other, with the names that hold what is asked after."""

    def __init__(self, word: str, *, keeps: bool) -> None:
        self._word = word
        self._keeps = keeps
        self._own = {word}

    def read(self, statement: str, *, first: bool) -> Handed | None:
        """Say how a statement hands the word on; nothing where it does not."""
        if (match := _EXTENDS.match(statement)) and self._reads(match["of"]):  # (3)
            return Handed(0, plain=True)
        if given := given_to(statement, self._own):  # (5)
            if given.kept:
                return Handed(0, plain=False, kept=True, ends=True)
            self._own |= given.names
        return self._given(statement, first=first) or self._assigned(statement)

    def _given(self, statement: str, *, first: bool) -> Handed | None:
        """How a statement gives the word back (1)."""
        match = _GIVEN.search(statement)
        if match is None or (match["arrow"] and not first and not _ARROW.match(statement)):
            return None
        given = match["value"] or match["body"] or ""
        if not self._reads(given):
            return None
        name = _NAMES.search(_PREFIX.sub("", given))
        handed = Handed(0, plain=name is not None and name[0] == self._word)
        return handed if handed.plain else self._assigned(statement) or handed

    def _assigned(self, statement: str) -> Handed | None:
        """How a statement keeps the word for the whole of a type (3); what is given it holds it from here on."""
        if (match := _ASSIGNED.match(statement)) and self._reads(match["right"]):
            if _KEPT.match(statement) or (self._keeps and statement[:8].strip()):
                return Handed(0, plain=False, kept=self._word in _NAMES.findall(match["right"]), ends=True)
            self._own |= set(_NAMES.findall(match["left"]))
        elif (match := _PUT.match(statement)) and self._reads(match["given"]):
            self._own.add(match["into"])
        elif (match := _BOUND.match(statement)) and self._reads(match["held"] or match["of"] or ""):
            self._own |= set(_NAMES.findall(match["name"] or match["each"]))
        return None

    def _reads(self, text: str) -> bool:
        return not self._own.isdisjoint(_NAMES.findall(text))


def _statements(rows: list[str], *, braces: bool) -> Iterator[str]:
    """The statements of some lines: a line, and those after it as long as a bracket of it is open."""
    opening, closing = ("([{", ")]}") if braces else ("([", ")]")
    kept: list[str] = []
    depth = 0
    for row in rows:
        kept.append(row)
        depth += sum(row.count(sign) for sign in opening) - sum(row.count(sign) for sign in closing)
        if depth <= 0 or len(kept) >= _WIDEST:
            yield "\n".join(kept)[:_LONGEST_STATEMENT]
            kept, depth = [], 0
    if kept:
        yield "\n".join(kept)[:_LONGEST_STATEMENT]
