"""Whether a place belongs to a part named after one maker, and so chooses nothing for the whole.

The part may be a file, a folder, a class, a branch, a section or a key. Code is laid out by indentation in every
language, so the lines that enclose a place are those above it that are indented less.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.scan.words import parts_of

if TYPE_CHECKING:
    from remit.scan.mention import Mention
    from remit.scan.page import Page
    from remit.scan.signatures import Signatures

_OPENS = re.compile(
    r"^\s*(?:(?:export|public|private|protected|internal|static|final|abstract|async|pub|data|sealed|default)\s+)*"
    r"(?:class|struct|interface|object|impl|module|defmodule|namespace|trait|enum|def|func|fun|fn|function|"
    r"case|when|if|elif|elsif|else\s+if|\}\s*else\s+if|switch|match)\b"
    r"|^\s*[\"'`\[]?[\w.\-]+[\"'`\]]?\s*(?::|=>|=)\s*[\w(]*[\s\S]{0,40}[{(\[:>]\s*$|^\s*[\"']?[\w.\-]+[\"']?\s*:\s*$|^\s*[\"'][\w\-]+[\"']\s*=>?"
)
_FARTHEST = 400
_DEEPEST = 8


def is_scoped(document: Page, mention: Mention | None, line: int, signatures: Signatures) -> bool:
    """Say whether the file, its folder, a key around a place, or a line that encloses it names one maker."""
    words = signatures.scope_words
    parts = document.path.split("/")
    places = [parts[-1].rsplit(".", 1)[0], *parts[-2:-1]]
    if mention is not None:
        places += [mention.place.key, *mention.place.around]
    if any(bears(place, words) for place in places):
        return True
    return any(_OPENS.match(text) and bears(text, words) for text in enclosing(document, line))


def enclosing(document: Page, line: int) -> list[str]:
    """List the lines that enclose a line, from the inside out."""
    found: list[str] = []
    limit = _indent(document.line_text(line))
    rows = document.rows
    for number in range(line - 2, max(-1, line - _FARTHEST), -1):
        if not limit or len(found) >= _DEEPEST:
            break
        text = rows[number]
        body = text.strip()
        if (not body or body[0] in "#)]}/*") and (not body.startswith("}") or len(body) < 3):  # noqa: PLR2004
            continue
        indent = _indent(text)
        if indent < limit:
            found.append(text)
            limit = indent
    return found


@lru_cache(maxsize=20_000)
def bears(name: str, words: frozenset[str]) -> bool:
    """Say whether a name has a maker's word in it, whichever way it joins its words."""
    parts = parts_of(name)
    for first in range(len(parts)):
        joined = ""
        for part in parts[first : first + 4]:
            joined += part
            if joined in words:
                return True
    return False


def is_overwritten(document: Page, end: int) -> bool:
    """Say whether what stands in an object is given again by all that is spread over it at its end."""
    rest = document.text[end : end + 200]
    closed = rest.find("}")
    return re.search(r",\s*(?:\.\.\.|\*\*)\s*\w", rest[: closed if closed >= 0 else None]) is not None


def whole_word(text: str, start: int, end: int) -> bool:
    """Say whether a hit is a word of its own, also where words are joined by capitals."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = text[start : start + 1], text[end - 1 : end]
    left = not before.isalpha() or (first.isupper() and before.islower())
    right = (
        not after.isalpha()
        or (after.isupper() and last.islower())
        or bool(re.match(r"[A-Z][a-z]", text[end : end + 2]))
    )
    return left and right


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
