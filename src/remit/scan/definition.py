"""What a file of code defines at its top, and which of that leads to a given line.

Every language lays its top level out at the margin, so a definition lasts until something else begins there. Where
everything stands inside one type, the file is that type.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.page import Page


@dataclass(frozen=True, slots=True)
class Definition:
    """One thing that a file defines, with the lines it takes and the names it reads."""

    names: frozenset[str]
    first: int
    last: int
    calls: bool
    """Whether it is carried out, as a function or a class is, or only holds a value."""
    words: frozenset[str]


_PYTHON = re.compile(r"(?P<call>(?:async\s+)?def|class)\s+(?P<name>\w+)|(?P<value>\w+)\s*(?::[^=\n]+)?=(?!=)")
_SCRIPT = re.compile(
    r"(?P<out>export\s+)?(?P<default>default\s+)?(?:declare\s+)?(?:"
    r"(?P<call>(?:async\s+)?function\s*\*?|(?:abstract\s+)?class)\s*(?P<name>[\w$]*)"
    r"|(?P<type>type|interface)\s+[\w$]+"
    r"|(?:const|let|var)\s+(?P<value>[\w$]+)[^=\n]*=(?P<made>\s*(?:async\b|function\b|\(|\w+\s*=>|new\b|await\b|\w[\w.]*(?:<[^>]*>)?\())?"
    r"|(?:module\.)?exports(?:\.(?P<part>\w+))?\s*=)"
)
_GO = re.compile(r"func\s+(?:\(\s*\w*\s*\*?(?P<owner>\w+)[^)]*\)\s*)?(?P<name>\w+)|(?:type|var|const)\s+(?P<value>\w+)")
_RUST = re.compile(
    r"(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?(?:(?P<call>fn|struct|enum|trait)\s+(?P<name>\w+)"
    r"|impl(?:<[^>]*>)?\s+(?:[\w:<>]+\s+for\s+)?(?P<owner>\w+)|(?:const|static)\s+(?P<value>\w+))"
)
_TYPE = re.compile(
    r"^[ \t]*+"
    r"(?:(?:public|internal|private|protected|sealed|abstract|final|static|partial|data|open|readonly|export)\s+)*"
    r"(?:class|interface|object|record|struct|trait|enum|module|defmodule)\s+(?:\w+[.:]+)*(\w+)",
    re.MULTILINE,
)
_TOPS = {"python": _PYTHON, "script": _SCRIPT, "component": _SCRIPT, "go": _GO, "rust": _RUST}
_TYPED = {"java", "kotlin", "scala", "csharp", "php", "ruby", "elixir", "swift", "dart", "groovy"}
_READS = re.compile(r"(?<![.\w$\"'])([A-Za-z_$][\w$]*)(?![\w$]|\s*[:=](?!=))")
_REGISTERS = re.compile(r"([A-Za-z_$][\w$]*)(?:\.\w+)+\s*\((?P<given>.*)$", re.DOTALL)
_PASSED = re.compile(r"(?<![.\w$\"'])([A-Za-z_$][\w$]*)(?=\s*[,)\]}])")
_IMPORTS = re.compile(r"\s*(?:import|from|export\s*\{|const\b.*\brequire\s*\(|use\s)")
_QUOTED = re.compile(r"""["'`][^"'`\n]*["'`]""")
_IDENTIFIERS = re.compile(r"[A-Za-z_$][\w$]*")
_SHORT = 3


def definitions(page: Page) -> list[Definition]:
    """List what a file defines at its top."""
    if page.language in _TYPED:
        names = frozenset(_TYPE.findall(page.text))
        return [Definition(names, 1, len(page.lines), calls=True, words=frozenset())] if names else []
    pattern = _TOPS.get(page.language)
    if pattern is None:
        return []
    rows = page.rows
    starts = [number for number, row in enumerate(rows) if _begins(row) and page.span_at(page.lines[number]) is None]
    tops = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=False):
        match = pattern.match(rows[start])
        tops.append((start, end, *(_named(match) if match is not None else (frozenset[str](), False))))
    defined = frozenset[str]().union(*(names for _, _, names, _ in tops))
    known = defined | _bound(rows, tops)
    found = [
        Definition(names, start + 1, end, calls, known.intersection(_READS.findall("\n".join(rows[start:end]))))
        for start, end, names, calls in tops
    ]
    statements = ("\n".join(rows[top.first - 1 : top.last]) for top in found if not top.names)
    return [*found, *_registered(statements, defined)]


def holder_of(statement: str) -> tuple[str, frozenset[str]]:
    """What a statement at the top registers something with, and what it registers."""
    match = _REGISTERS.match(statement)
    return (match[1], frozenset(_PASSED.findall(match["given"]))) if match is not None else ("", frozenset())


def _registered(statements: Iterable[str], defined: frozenset[str]) -> Iterator[Definition]:
    """What the statements at the top register with something that the file defines, which takes no lines by that."""
    for holder, passed in map(holder_of, statements):
        if holder in defined and (words := passed & defined):
            yield Definition(frozenset({holder}), 0, 0, calls=False, words=words)


def _bound(rows: list[str], tops: Iterable[tuple[int, int, frozenset[str], bool]]) -> set[str]:
    """The names that the imports of a file may bind."""
    taken = (row for start, end, names, _ in tops if not names for row in rows[start:end])
    return set(_IDENTIFIERS.findall("\n".join(taken)))


def _begins(row: str) -> bool:
    return row[:1].isalpha() or row[:1] in {"_", "$"}


def _named(match: re.Match[str]) -> tuple[frozenset[str], bool]:
    """The names of a definition, and whether it is carried out."""
    groups = match.groupdict()
    names = {groups[key] for key in ("name", "value", "owner", "part") if groups.get(key)}
    if groups.get("default") or match[0].startswith("module.exports"):
        names.add("default")
    if groups.get("type"):
        return frozenset(), False
    return frozenset(names), not groups.get("value") or bool(groups.get("made"))


def leading(
    page: Page, tops: list[Definition], called: Iterable[int], held: Iterable[int] = (), *, far: bool = True
) -> dict[str, int]:
    """The names by which a file leads to some of its lines, given what it defines; each with the line it leads to.

    `called` are lines that count wherever they stand; `held` are those that count only in what is carried out. What
    reads a name that leads there leads there too, as `far` as that goes.
    """
    calls, holds = sorted(set(called)), sorted(set(held))
    found: dict[str, int] = {}
    for top in tops:
        lines = _within(calls, top) + (_within(holds, top) if top.calls else [])
        if lines:
            names = top.names or _imported(page, top, lines)
            found.update(dict.fromkeys(names, min(lines)))
    if far:
        _spread(found, tops)
    return found


def _within(lines: list[int], top: Definition) -> list[int]:
    """Those of some lines, in order, that a definition takes."""
    return lines[bisect_left(lines, top.first) : bisect_right(lines, top.last)]


def _spread(found: dict[str, int], tops: list[Definition]) -> None:
    """Add what reads a name that is found, then what reads that, one step after the other."""
    readers: dict[str, list[Definition]] = defaultdict(list)
    for top in tops:
        for word in top.words if top.names else ():
            if len(word) > _SHORT:
                readers[word].append(top)
    new = dict(found)
    while new:
        reached = {id(top): top for word in new for top in readers.pop(word, ())}
        new = {
            name: min(found[word] for word in top.words if word in found)
            for top in reached.values()
            for name in top.names - found.keys()
        }
        found.update(new)


def _imported(page: Page, top: Definition, lines: list[int]) -> frozenset[str]:
    """What an import binds in its own file; Go binds a word of the path, each on a line of its own."""
    if page.language == "go":
        return frozenset(re.findall(r"\w+", " ".join(page.rows[line - 1] for line in lines))) - _WORDS
    rows = "\n".join(page.rows[top.first - 1 : top.last])
    return frozenset(_IDENTIFIERS.findall(_QUOTED.sub("", rows))) - _WORDS if _IMPORTS.match(rows) else frozenset()


_WORDS = frozenset(
    ["import", "from", "as", "type", "const", "let", "var", "require", "export", "use", "await", "default"]
)
