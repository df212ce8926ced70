"""Texts that came from a scanned place, so written that they are seen for what they are and do nothing."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[\\`*_\[\]<>&~#!]")
_SILENT = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def shown(text: str) -> str:
    """Write what has no shape of its own as an escape: signs for a terminal, turns of direction, ends of lines."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def code_span(text: str) -> str:
    """Write a text as code in Markdown: a file's name may hold backticks and line breaks, and stays one span."""
    said = shown(text)
    longest = max(map(len, re.findall("`+", said)), default=0)
    fence, gap = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{gap}{said}{gap}{fence}"


def plain_text(text: str) -> str:
    """Write a text in Markdown so that nothing in it is mark-up."""
    return _MARKUP.sub(r"\\\g<0>", shown(text))


def without_silent(text: str) -> str:
    """Write in a text of JSON the signs that would act on who reads it as the escapes that JSON has for them."""
    return _SILENT.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
