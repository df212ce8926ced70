"""Which types of a file ask a model, by which of their members, and where a file uses one of these.

1. A member asks where a line that calls a model stands in it, or where it uses what the type keeps of that or another
   member that asks. A field and a constructor ask nothing by themselves, but what reads the field does.
2. What uses such a member asks as well, within one file: by something it holds of the type, by the type itself, by
   what it inherits, or by making one.
3. What the file hands out to whoever asks for a type asks in the name of that type.
4. A file that is given something of a type, and uses only other members of it, asks nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.scan.container import handed_out
from remit.scan.member import lines_of
from remit.scan.type_outline import Member, Type, blanked, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.page import Page

_AWAITS = re.compile(r"\bawait\s|\w(?:Async|Streaming)\(")
"""What asks somebody else, where nothing says more."""
_ENTERS = re.compile(r"(?:\bservices|Services)\s*\.\s*(?:Try)?Add\w|\bbuilder\s*\.Add\w|^\s*\.Add\w+\s*[<(]")
"""What enters something in a container, which asks nothing."""
_COUNTS = re.compile(r"count|token|price|cost|estimate", re.IGNORECASE)
"""Members that reckon what a model takes, and do not ask it."""
_DEEPEST = 4
_LONGEST = 300
_HIGHEST = 8
"""Lines of a statement above the one that is looked at."""
_KEEPS = re.compile(r"(?:\bthis\s*\.\s*|\bself\s*\.\s*)?\b(\w+)\s*=(?![=>])")

_IMPORTED = re.compile(r"\s*(?:global\s+)?(?:import|using)\s+(?:static\s+)?([\w.{},\s*=]+);?\s*$")

Asked = dict[str, tuple[int, frozenset[str] | None]]
"""The types and functions of a file that ask a model, each with a line that it leads to and the members that do."""


def asking(page: Page, lines: Iterable[int], named: Iterable[int] = ()) -> Asked:
    """What of a file asks a model that is called on some lines; `named` are those that name the maker besides."""
    types = types_of(page)
    found: Asked = {}
    new = {line: to for to in lines for line in _meant(page, to, named)}
    if not new:
        new = {
            number: line for line in sorted(lines)[:1] for number, row in enumerate(page.rows, 1) if _AWAITS.search(row)
        }
    if not new:
        return {}
    first = min(new.values())
    for _ in range(_DEEPEST):
        before = dict(found)
        for each in types:
            own = {line: to for line, to in new.items() if _within(page, types, each, line)}
            if own:
                _take(page, each, own, found)
        for name in handed_out(page, _asking_members(types, found), new):  # (3)
            found.setdefault(name, (first, None))
        fresh = {name: asked for name, asked in found.items() if before.get(name) != asked}
        if not fresh:
            break
        new = dict(_used(page, types, fresh))
    return {name: asked for name, asked in found.items() if asked[1] is None or asked[1]}


def _used(page: Page, types: list[Type], fresh: Asked) -> Iterator[tuple[int, int]]:
    """The lines that use what asks a model outside of itself, each with the line that it leads to (2)."""
    for name, (to, members) in fresh.items():
        spans = [(each.start, each.end) for each in types if each.name == name]
        if name[:1].isupper() and not spans:  # What is handed out is taken by those who are given it.
            yield from ((number, to) for number in lines_of(page, name) if not _imported(page, number))
            continue
        if not _is_beyond(page.text, name, spans):
            continue
        for at in uses_of(page, name, members):
            if not any(start <= at < end for start, end in spans):
                yield page.line_at(at), to


def _is_beyond(text: str, name: str, spans: list[tuple[int, int]]) -> bool:
    """Say whether a name stands anywhere but in some stretches of a text."""
    at = text.find(name)
    while at >= 0:
        inside = next((end for start, end in spans if start <= at < end), 0)
        if not inside:
            return True
        at = text.find(name, inside)
    return False


def _asking_members(types: list[Type], found: Asked) -> Iterator[Member]:
    for each in types:
        _, members = found.get(each.name, (0, frozenset()))
        for member in each.members:
            if (each.name and members and member.name in members) or (not each.name and member.name in found):
                yield member


def _meant(page: Page, line: int, named: Iterable[int]) -> Iterator[int]:
    """The lines that a line means: for an import the ones that use what it imports, or at least name the maker."""
    match = _imported(page, line)
    if match is None:
        yield line
        return
    words = [] if page.language == "csharp" else re.findall(r"[A-Z]\w*", match[1].rpartition(".")[2])
    found = re.compile(rf"(?<![\w.])(?:{'|'.join(words)})(?!\w)").finditer(page.text) if words else ()
    for number in sorted({*named, *(page.line_at(match.start()) for match in found)}):
        if not _imported(page, number):
            yield number


def _within(page: Page, types: list[Type], each: Type, line: int) -> bool:
    """Say whether a line stands in a type and in no other within it."""
    around = [
        other for other in types if other.name and page.line_at(other.start) <= line <= page.line_at(other.end - 1)
    ]
    inner = max(around, key=lambda other: other.start, default=None)
    return inner is each if inner is not None else not each.name


def _take(page: Page, each: Type, lines: dict[int, int], found: Asked) -> None:
    """Add what a type leads to by some lines, and by what reads that (1)."""
    lines = {line: to for line, to in lines.items() if not _ENTERS.search(page.rows[line - 1])}
    if not lines:
        return
    held = {
        member: to
        for member in each.members
        for line, to in lines.items()
        if page.line_at(member.start) <= line <= page.line_at(member.end - 1)
    }
    first = min(lines.values())
    if not each.name:
        found.update({name: (first, None) for name in _spread(page, each, held, lines) if not _COUNTS.search(name)})
    elif not held and not _in_head(page, each, lines):
        found.setdefault(each.name, (first, None))
    else:
        members = frozenset(name for name in _spread(page, each, held, lines) if not _COUNTS.search(name))
        line, known = found.get(each.name, (first, members))
        found[each.name] = (line, None if known is None else known | members)


def _in_head(page: Page, each: Type, lines: Iterable[int]) -> set[str]:
    """What the head of a type keeps on some lines."""
    head = page.text[each.start : each.start + len(each.head) + 200].split("{", 1)[0]
    start = page.line_at(each.start)
    rows = head.split("\n")
    return {
        word
        for line in lines
        if 0 <= line - start < len(rows)
        for word in re.findall(r"\b(?:val|var)\s+(\w+)\s*:[^=\n]*=", rows[line - start])
    }


def _spread(page: Page, each: Type, held: dict[Member, int], lines: dict[int, int]) -> set[str]:
    """The members that lead somewhere, without those that only keep or make something."""
    words = _in_head(page, each, lines)
    found = {member.name for member in held if not member.starts}
    words |= found
    for member in held:
        if member.starts:
            words |= {word for line in lines if (word := _kept(page, member, line))}
    text = blanked(page)
    seen: set[str] = set()
    while new := words - seen:
        seen |= new
        own, names = re.escape(each.name) or "this", "|".join(map(re.escape, sorted(new)))
        reads = re.compile(rf"(?<![\w.])(?:(?:this|self|base|super|{own})[!?]?\.)?(?:{names})(?!\w)")
        for member in each.members:
            if member.name in found or member.starts:
                continue
            body = text[member.start : member.end]
            at = body.find(member.name)
            if reads.search(body, at + len(member.name)):
                found.add(member.name)
        words |= found
    return found


def _kept(page: Page, member: Member, line: int) -> str:
    """What a statement of a constructor that takes a line keeps its value in."""
    first = page.line_at(member.start)
    for number in range(line, max(first, line - _HIGHEST), -1):
        row = page.rows[number - 1]
        if kept := _KEEPS.search(row):
            return kept[1]
        if number < line and row.rstrip().endswith((";", "{", "}")):
            break
    return ""


def uses_of(page: Page, name: str, members: frozenset[str] | None, *, made: bool = True) -> list[int]:
    """The places at which a file uses what asks a model: a function, or of a type a member that does (2, 4).

    What is only handed round, and not `made` by the tree, is used where something is asked of it.
    """
    if name not in page.text:
        return []
    rows = [(page.lines[number - 1], row) for number, row in enumerate(page.rows, 1) if name in row]
    pattern = _made(name) if name[:1].isupper() else _called(name)
    found = [start + match.start() for start, row in rows for match in pattern.finditer(row)] if made else []
    if name[:1].isupper():
        if not made:
            found += [start for start, row in rows if f"@{name}" in row]
        held = _held(name)
        holders = {word for _, row in rows for match in held.finditer(row) for word in match.groups() if word}
        found += _member_uses(page, name, members, holders)
    return sorted(at for at in found if not _is_silent(page, at))


def _member_uses(page: Page, name: str, members: frozenset[str] | None, holders: set[str]) -> Iterator[int]:
    """The places that use some members of a type by what is said to hold something of it, or by what they inherit."""
    words = "|".join(map(re.escape, sorted(members))) if members is not None else r"\w+"
    if members is not None and not re.search(rf"(?<!\w)(?:{words})(?!\w)", page.text):
        return
    if holders:
        held = "|".join(map(re.escape, sorted(holders)))
        kept = rf"(\w+)\s*=\s*(?:\w+\.)?(?:{held})\s*(?:\?\?[^;\n]*|[!;,]|$)"
        holders |= {match[1] for match in re.finditer(kept, page.text, re.MULTILINE)}
    own = "|".join(map(re.escape, sorted({name, *holders})))
    use = re.compile(
        rf"(?<![\w$])(?:{own})\s*(?:\(\s*\))?(?:\.(?:get|value|Value|getObject|await|INSTANCE|shared|Companion|Instance)(?:\(\))?)?"
        rf"\s*(?:\?\.|!!?\.|!?\.|::)\s*(?:{words})(?!\w)"
    )
    yield from (match.start() for match in use.finditer(page.text) if not _imported(page, page.line_at(match.start())))
    if members is not None and _extends(name).search(page.text):
        inherited = re.compile(rf"(?:\b(?:this|super|base|self)\.|(?:\breturn|\bawait|=|\()\s*)(?:{words})\s*\(")
        yield from (match.start() for match in inherited.finditer(page.text))


def _imported(page: Page, line: int) -> re.Match[str] | None:
    """What a line imports; one that is longer than anybody writes imports nothing."""
    return _IMPORTED.match(page.rows[line - 1][:_LONGEST])


def _is_silent(page: Page, at: int) -> bool:
    """Say whether a place stands in a comment; what stands in a string may be put into it."""
    span = page.span_at(at)
    if span is None:
        return False
    return span.kind.value != "string" or not re.search(r"[${(\\]", page.text[span.start : at])


@lru_cache(maxsize=400)
def _called(name: str) -> re.Pattern[str]:
    """The use of a function, or of a value beside all types."""
    word = re.escape(name)
    return re.compile(
        rf"(?<![\w$\"])(?<!fun )(?<!func )(?<!def )(?<!val )(?<!var )(?<!\w\.)(?<!import ){word}(?!\w)(?=\s*[({{.,)])"
    )


@lru_cache(maxsize=400)
def _made(name: str) -> re.Pattern[str]:
    """The making of something of a type, and its entry with what makes things of types."""
    word = re.escape(name)
    return re.compile(
        rf"\bnew\s+(?:\w+\.)*{word}\s*(?:<[^<>()\n]*>)?\s*[({{]"
        rf"|(?<![\w$.@:])(?<!class )(?<!new )(?<!object )(?<!record )(?<!struct )(?<!fun )"
        rf"{word}\s*\((?!\s*\)\s*[{{;]\s*$)"
        rf"|\.(?:Add|Try|Register|Bind|Get|Use|As|add|bind|get|create|single|factory|scoped|to)\w*"
        rf"\s*<[^<>()\n]{{0,200}}\b{word}\b[^<>()\n]{{0,200}}>\s*\("
        rf"|\b(?:single|factory|scoped|viewModel|get|inject|singleOf|factoryOf|koinInject|resolve)\s*[<(]\s*(?:::\s*)?{word}\b"
        rf"|\b(?:create|getBean|bind|to|toClass|register|build|builder|getInstance)\w*\(\s*(?:typeof\()?{word}(?:::class|\.class|\.self|\))"
    )


@lru_cache(maxsize=400)
def _held(name: str) -> re.Pattern[str]:
    """What is said to be of a type, or is given something of it."""
    word = rf"(?:\w+\.)*{re.escape(name)}"
    return re.compile(
        rf"(?<![\w$.]){word}(?:<[^<>\n]*>)?[?!]?\s+(\w+)\s*(?=[;=,){{(:]|\bin\b)"
        rf"|<\s*{word}[?]?\s*>[?]?\s+(\w+)\s*(?=[;=,){{(])"
        rf"|(?<![\w$])(\w+)\s*:\s*(?:(?:any|some|@\w+|\w+<)\s*)*{word}(?!\w)"
        rf"|(?<![\w$])(\w+)\s*(?::[^=\n(]{{0,60}})?(?:=|\bby\b)(?![=>])[^;\n]{{0,120}}?(?<![\w$]){word}(?!\w)"
        rf"|\b(?:fun|func|def)\s+(\w+)\([^()\n]*\)\s*(?::|->)\s*{word}(?!\w)"
    )


@lru_cache(maxsize=400)
def _extends(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:class|object|record|struct)\s+\w+[^{{;]{{0,600}}?(?:extends|implements|:|,|with)\s[^{{;]{{0,600}}?(?<![\w$<(]){re.escape(name)}(?![\w$])"
    )
