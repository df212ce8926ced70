"""A text written as code in Markdown."""

from __future__ import annotations

import re


def code_span(text: str) -> str:
    """Write a text as code in Markdown: a file's name may hold backticks and line breaks, and stays one span."""
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{shown}{gap}{fence}"
