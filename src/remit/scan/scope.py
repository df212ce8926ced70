"""Whether a place belongs to a part named after one maker, and so chooses nothing for the whole.

The part may be a file, a folder, a class, a branch, a section or a key. Code is laid out by indentation in every
language, so the lines that enclose a place are those above it that are indented less.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.scan.language import PROGRAMS
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
_FUNCTION = re.compile(
    r"^\s*(?:(?:export|public|private|protected|internal|static|async|pub|default)\s+)*"
    r"(?:def|func|fun|fn|function)\b|^\s*(?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:\(|function\b)"
)
_ASKS = re.compile(
    rb"^(?:[ \t]*+[\w.]++[ \t]*+=[ \t]*+|[ \t]*+(?:return[ \t]++)?)(?:argparse\.)?(?:input|ArgumentParser)\(",
    re.MULTILINE,
)
"""How a script asks for what it works on: of the person at the keyboard, or on its command line."""
_BRANCH = re.compile(r"^\s*(?:\}\s*)?(?:case|when|if|elif|elsif|else\s+if)\b")
_MADE = re.compile(r"(?<==)\s*(?:await\s+)?(?:new\s+)?[\w.]+\(\s*\{?\s*$")
_NAME = re.compile(r"[A-Za-z_]\w{7,}")
_FEW = 12
_FARTHEST = 400
_DEEPEST = 8


def scope_of(document: Page, mention: Mention | None, line: int, signatures: Signatures) -> str:
    """Name what the part that a place belongs to stands in, beside parts of other makers; empty where it is in none.

    Where its folder or its file names a maker that is the folder around it; where a key around the place or a line
    that encloses it does, that is the file. What is one of several by its very nature ends in a stroke; a function
    that is named after a maker, with all that it is given, is so only beside others. A folder or a file that names a
    cloud alone, which follows two strokes, is one of several where others stand there. A program of its own stands
    beside none, whatever it and its folder are named after: whoever runs it has chosen it.
    """
    words = signatures.scope_words
    *folders, name = document.path.split("/")
    alone = _is_program(document)
    if not alone and folders and bears(folders[-1], words):
        return "/".join(folders[:-1]) + "/" + _cloud(folders[-1], signatures)
    if not alone and bears(stem := name.rsplit(".", 1)[0], words):
        return "/".join(folders) + "/" + _cloud(stem, signatures)
    key, sections = ("", ()) if mention is None else (mention.place.key, mention.place.around)
    if mention is not None and mention.is_argument:  # The name of a call is no section that its arguments stand in.
        sections = sections[1:]
    elif mention is not None and (called := mention.given_to):
        sections = tuple(name for name in sections if name != called)
    around = [text for text in enclosing(document, line) if _OPENS.match(text) and bears(_uncalled(text), words)]
    keys = sections if around and around[0] in _opened(document, line) else (key, *sections)
    if any(bears(name, words) for name in keys) or any(not _FUNCTION.match(text) for text in around):
        return f"{document.path}/"
    if around:
        return document.path
    return f"{document.path}/" if _is_read_apart(document, key, line, words) else ""


def _uncalled(text: str) -> str:
    """A line without the call at its end that takes the lines below it: what is called names no part of the tree."""
    return text if _FUNCTION.match(text) or _BRANCH.match(text) else _MADE.sub("", text)


def _is_read_apart(document: Page, key: str, line: int, words: frozenset[str]) -> bool:
    """Say whether what a name holds is read in branches alone that are named after one maker."""
    if document.language not in PROGRAMS or not _NAME.fullmatch(key):
        return False
    reads = {document.line_at(found.start()) for found in re.finditer(rf"\b{key}\b", document.text)} - {line}
    return 0 < len(reads) <= _FEW and all(_is_branch(document, read, words) for read in reads)


def _is_branch(document: Page, line: int, words: frozenset[str]) -> bool:
    """Say whether a line stands in a branch that is named after a maker."""
    return any(_BRANCH.match(text) and bears(text, words) for text in enclosing(document, line))


def _is_program(document: Page) -> bool:
    """Say whether a file is run for itself: a notebook, or a script that asks whoever runs it and defines no class."""
    if document.path.endswith(".ipynb"):
        return True
    return (
        document.language == "python" and _ASKS.search(document.data) is not None and b"\nclass " not in document.data
    )


def _cloud(name: str, signatures: Signatures) -> str:
    """The cloud that a name bears, where it bears no maker."""
    clouds = signatures.cloud_words
    if bears(name, signatures.scope_words - clouds):
        return ""
    return "/" + next(word for word in sorted(clouds) if bears(name, frozenset({word})))


def _opened(document: Page, line: int) -> list[str]:
    """The signature that a line stands in, where it is one of the arguments that a function takes."""
    return [text for text in enclosing(document, line)[:1] if _FUNCTION.match(text) and text.rstrip().endswith("(")]


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
