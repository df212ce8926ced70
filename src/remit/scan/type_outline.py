"""The types that a file defines in a language of braces, with the lines of each and of each of its members.

1. A type begins where its word stands, and lasts to the brace that closes its body; without a body, to its head's end.
2. A member lasts to the semicolon or the brace that ends it, or where the language needs neither, to the next one.
3. What stands in a companion stands in the type; a function beside all types is a member of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.page import Page

OUTLINED = {"java", "kotlin", "scala", "csharp"}
"""The languages that are read so."""
_ENDED = {"java", "csharp"}
"""Those of them in which a member ends by a sign."""
_MOST = 400
_LONGEST = 4_000
_TYPE = re.compile(
    r"(?<![\w.$:])(?P<kind>class|interface|object|record|struct|trait|enum|protocol|actor|extension)\s+"
    r"(?:(?:class|struct)\s+)?(?P<name>[A-Z]\w*)"
)
_SIGNS = re.compile(r"[{}()\[\];\n]")
_GOES_ON = re.compile(r"\s*(?:[{:(,]|extends\b|with\b|where\b|implements\b|permits\b)")
_DECLARES = re.compile(
    r"[ \t]*(?:@[\w.]+(?:\([^\n]*\))?\s*)*(?:(?:public|private|protected|internal|open|override|final|lateinit|suspend|"
    r"inline|abstract|static|implicit|lazy|const|tailrec|operator|infix|external|"
    r"private\([\w.]+\)|case)\s+)*(?:fun|func|def|val|var|let|init|constructor|given|companion)\b"
)
_ANNOTATIONS = re.compile(r"@[\w.:]+(?:\s*\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\))?")
_ATTRIBUTES = re.compile(r"^\s*(?:\[[^\]]*\]\s*)+")
_CALLABLE = re.compile(r"([A-Za-z_$][\w$]*)\s*(?:<[^<>(){}]*>)?\s*\(")
_DECLARED = re.compile(
    r"\b(?:fun|func|def)\s+(?:<[^>]*>\s*)?(?:[\w.<>?]+\.)?`?(\w+)`?|\b(?:val|var|let|given)\s+(\w+)|\b(init|constructor)\b"
)
_HEAD = re.compile(r"[{;]|=>|=(?!=)")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_TYPES = re.compile(r"[A-Z]\w*")
_NESTED = re.compile(r"<[^<>]*>|\([^()]*\)|\[[^\[\]]*\]")
_AFTER = re.compile(r":|\b(?:extends|implements|with)\b")
_COMPANION = re.compile(r"\s*(?:private\s+)?companion\s+object\b[^{\n]*\{")


class Member(NamedTuple):
    """One member of a type: its name, where it begins and ends, and what stands before its body."""

    name: str
    start: int
    end: int
    head: str
    starts: bool
    """Whether it is carried out when something of the type is made."""


class Type(NamedTuple):
    """One type of a file; the nameless one is the file itself."""

    name: str
    kind: str
    start: int
    end: int
    head: str
    bases: tuple[str, ...]
    """What it extends, in the words of the file."""
    members: tuple[Member, ...]


def types_of(page: Page) -> list[Type]:
    """List the types of a file, those within others after these, and last the file itself where it has functions."""
    text = blanked(page)
    ended = page.language in _ENDED
    found: list[Type] = []
    for match in _TYPE.finditer(text):
        if len(found) >= _MOST:
            break
        if text[: match.start()].rstrip().endswith(("companion", "@")):
            continue
        open_at, end = _body(text, match.end(), ended=ended)
        head = text[match.end() : open_at if open_at >= 0 else end]
        members = tuple(_members(text, open_at + 1, end, match["name"], ended=ended)) if open_at >= 0 else ()
        start = _start(text, match.start())
        found.append(Type(match["name"], match["kind"], start, end + 1, head, tuple(_bases(head)), members))
    if not ended:
        apart = _apart(text, found)
        members = tuple(_members(apart, 0, len(apart), "", ended=False))
        if members:
            found.append(Type("", "", 0, len(text), "", (), members))
    return found


def blanked(page: Page) -> str:
    """The text of a file with nothing in the place of its comments and strings."""
    parts, at = [], 0
    for span in page.spans:
        if span.start < at:
            continue
        parts += [page.text[at : span.start], _nothing(page.text[span.start : span.end], span.kind)]
        at = span.end
    return "".join([*parts, page.text[at:]])


def _nothing(text: str, kind: Kind) -> str:
    blank = re.sub(r"[^\n]", " ", text)
    return blank if kind is not Kind.STRING or len(blank) < 2 else f'"{blank[1:-1]}"'  # noqa: PLR2004 - two marks.


def _start(text: str, at: int) -> int:
    """The beginning of the line of a type, or of the first of the annotations above it."""
    at = text.rfind("\n", 0, at) + 1
    while at > 0:
        above = text.rfind("\n", 0, at - 1) + 1
        if not text[above:at].lstrip().startswith(("@", "[")):
            break
        at = above
    return at


def _body(text: str, at: int, *, ended: bool) -> tuple[int, int]:
    """Where the body of a type opens, and where it ends; without one, where the head does (1)."""
    depth = 0
    for sign in _SIGNS.finditer(text, at):
        match sign[0]:
            case "(" | "[":
                depth += 1
            case ")" | "]":
                depth -= 1
            case "{" if depth <= 0:
                return sign.start(), closing(text, sign.start())
            case ";" | "}" if depth <= 0:
                return -1, sign.start()
            case "\n" if depth <= 0 and not ended:
                before = text[at : sign.start()].rstrip()[-1:]
                if before not in {":", ","} and not _GOES_ON.match(text, sign.end()):
                    return -1, sign.start()
    return -1, len(text) - 1


def closing(text: str, at: int) -> int:
    """The place of the brace that closes one."""
    depth = 0
    for sign in re.compile(r"[{}]").finditer(text, at):
        depth += 1 if sign[0] == "{" else -1
        if depth == 0:
            return sign.start()
    return len(text) - 1


def _bases(head: str) -> Iterator[str]:
    """What a type extends."""
    bare = head[:_LONGEST].split(" where ", maxsplit=1)[0]
    while (less := _NESTED.sub(" ", bare)) != bare:
        bare = less
    after = _AFTER.search(bare)
    yield from dict.fromkeys(_TYPES.findall(bare[after.end() :]) if after is not None else ())


def _members(text: str, start: int, end: int, owner: str, *, ended: bool) -> Iterator[Member]:
    """The members that stand in a stretch of the text (2)."""
    for number, (first, last) in enumerate(_pieces(text, start, end) if ended else _declared(text, start, end)):
        if number >= _MOST:
            break
        first += len(text[first:last]) - len(text[first:last].lstrip())  # noqa: PLW2901 - the same, without what is blank.
        piece = text[first:last]
        if companion := _COMPANION.match(piece):  # (3)
            inner = first + companion.end()
            yield from _members(text, inner, closing(text, inner - 1), owner, ended=False)
        elif member := (_signed if ended else _worded)(piece, first, last, owner):
            yield member


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a body that end by a semicolon or by a brace."""
    depth = 0
    first = start
    for sign in _SIGNS.finditer(text, start, end):
        if sign[0] in "{([":
            depth += 1
        elif sign[0] in "})]":
            depth -= 1
            if (
                depth == 0
                and sign[0] == "}"
                and not text[sign.end() : sign.end() + 80].lstrip().startswith(("=", ".", ";", ",", ")"))
            ):
                yield first, sign.end()
                first = sign.end()
        elif sign[0] == ";" and depth == 0:
            yield first, sign.end()
            first = sign.end()


def _declared(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a body from one word that declares something to the next."""
    depth = until = 0
    starts = []
    if first := _DECLARES.match(text, start, end):
        starts, until = [start], first.end()
    for sign in _SIGNS.finditer(text, start, end):
        if sign[0] in "{([":
            depth += 1
        elif sign[0] in "})]":
            depth -= 1
        elif depth == 0 and sign.end() > until and (match := _DECLARES.match(text, sign.end(), end)):
            starts.append(sign.end())
            until = match.end()
    yield from zip(starts, [*starts[1:], end], strict=False)


def _signed(piece: str, first: int, last: int, owner: str) -> Member | None:
    """A member of a language in which the type stands before the name."""
    bare = _ATTRIBUTES.sub(" ", _ANNOTATIONS.sub(" ", piece))
    stop = _HEAD.search(bare)
    head = bare[: stop.start()] if stop else bare
    called = _CALLABLE.search(head)
    words = _WORD.findall(head)
    name = called[1] if called is not None else words[-1] if words else ""
    if not name or _TYPE.search(head):
        return None
    starts = name == owner or words == ["static"]
    return Member(name, first, last, head.strip(), starts)


def _worded(piece: str, first: int, last: int, owner: str) -> Member | None:
    """A member of a language in which a word says what it is."""
    found = _DECLARED.search(piece)
    if found is None:
        return None
    name = found[1] or found[2] or found[3]
    return Member(name, first, last, piece.split("{", 1)[0].strip(), bool(found[3]) or name == owner)


def _apart(text: str, types: list[Type]) -> str:
    """The text without its types."""
    parts, at = [], 0
    for each in sorted(types, key=lambda each: each.start):
        if each.start >= at:
            parts += [text[at : each.start], re.sub(r"[^\n]", " ", text[each.start : each.end])]
            at = each.end
    return "".join([*parts, text[at:]])
