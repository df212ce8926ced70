"""The code cells of a notebook as one Python document whose lines are those of the file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from remit.scan.document import Document
from remit.scan.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.literals import Sieve

_FENCE = re.compile(rb"^\s*```+\s*\{?\.?(\w*)")
_TONGUES = {
    "python": "python", "py": "python", "r": "r", "elixir": "elixir", "julia": "julia", "js": "script",
    "ojs": "script", "ts": "script", "bash": "shell", "sh": "shell",
}  # fmt: skip
_FARTHEST = 4_000
_LOOKS = 400_000
"""So many lines are looked at for one notebook; what is not found by then is left where its cell stands."""


def cells(document: Document, sieve: Sieve) -> Iterator[Document]:
    """Yield the code of a notebook of either kind; outputs and text are for people."""
    if document.language == "quarto":
        yield from _fenced(document, sieve)
        return
    try:
        notebook = json.loads(document.data)
        source = [line for cell in notebook["cells"] if cell.get("cell_type") == "code" for line in _lines(cell)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield Document(document.path, document.data, document.hits, language="json")
        return
    text = _in_place(document, source)
    data = text.encode("utf-8", "surrogateescape")
    code = Document(document.path, data, sieve.hits(data), language="python")
    code.part = document.part
    yield code


def _fenced(document: Document, sieve: Sieve) -> Iterator[Document]:
    """A notebook written as Markdown: each language's blocks as one document, all else left blank."""
    blocks: dict[str, list[bytes]] = {}
    lines = document.data.split(b"\n")
    inside = ""
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if match and inside:
            inside = ""
        elif match:
            inside = _TONGUES.get(match[1].decode().lower(), "")
        elif inside:
            blocks.setdefault(inside, [b""] * len(lines))[number] = line
    for language, placed in sorted(blocks.items()):
        data = b"\n".join(placed)
        code = Document(document.path, data, sieve.hits(data), language=language)
        code.part = Part.EXAMPLE if document.part is Part.EXAMPLE else Part.CODE
        yield code


def _lines(cell: dict[str, Any]) -> list[str]:
    """Each line of a cell; a line for the shell or the notebook itself becomes a comment to Python."""
    source = cell.get("source", [])
    text = "".join(source) if isinstance(source, list) else str(source)
    return text.removesuffix("\n").split("\n")


def _in_place(document: Document, source: list[str]) -> str:
    """Put each line of code on the line of the file on which it stands, so that a place can be looked up."""
    raw = document.data.decode("utf-8", "replace").split("\n")
    placed: list[str] = []
    at, looks = 0, _LOOKS
    for line in source:
        wanted = (json.dumps(line, ensure_ascii=False)[1:-1], json.dumps(line)[1:-1])
        until = min(at + min(_FARTHEST, looks), len(raw)) if line.strip() else at
        found = next((n for n in range(at, until) if wanted[0] in raw[n] or wanted[1] in raw[n]), None)
        looks -= (until if found is None else found) - at
        if found is not None and found >= len(placed):
            placed += [""] * (found - len(placed))
            at = found + 1
        placed.append(line)
    return "\n".join(placed) + "\n"
