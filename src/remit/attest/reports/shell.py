"""A page for a browser and a printer: one file that asks nobody for anything, and whose own policy forbids it to.

It has no script. Everything that came from a file is text and never mark-up: whoever fills it in escapes it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def page(title: str, body: Iterable[str]) -> str:
    """Write a page around lines of mark-up."""
    return "\n".join(_page(title, body)) + "\n"


def _page(title: str, body: Iterable[str]) -> Iterator[str]:
    style = (resources.files("remit") / "attest" / "reports" / "paper.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(title)}</h1>"
    yield from body
    yield "</main>\n</body>\n</html>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, marked: int = -1) -> Iterator[str]:
    """Yield a table of texts; the words of one column may be marked by their class."""
    yield '<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{escape(word)}</th>' for word in head)
    yield "</tr></thead>\n<tbody>"
    for row in rows:
        cells = "".join(_cell(text, marked=place == marked) for place, text in enumerate(row))
        yield f"<tr>{cells}</tr>"
    yield "</tbody>\n</table></div>"


def _cell(text: str, *, marked: bool) -> str:
    if marked:
        return f'<td><span class="word {escape(text)}">{escape(text)}</span></td>'
    return f"<td>{'<br>'.join(map(escape, text.splitlines()))}</td>"
