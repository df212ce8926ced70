"""Makes a text plain again before people are looked for in it, so that a trick of writing hides nobody.

Seven ways of hiding an identifier are undone, in this order:

1. escapes of JSON, of addresses and of pages: such as those of an at sign;
2. full-width and other compatibility letters, and digits of other scripts (Unicode NFKC);
3. zero-width and other invisible characters;
4. "at" and "dot" in words or brackets, and blanks around the signs;
5. digits spaced out one by one;
6. base64, whose content is a text of its own and cleaned likewise;
7. escapes within escapes, and base64 within base64, to a depth of three.

The work is linear in the length of the text, and an ordinary text pays for a few quick looks only.
What no text shows stays hidden: a customer's own row numbers (register the field), pictures, sound, names alone.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 3
"""How many layers of escapes or of base64 are taken off."""

_ESCAPE = re.compile(
    r"\\+u([0-9A-Fa-f]{4})|\\+x([0-7][0-9A-Fa-f])|%([2-7][0-9A-Fa-f])|&#(?:x([0-9A-Fa-f]{2,5})|([0-9]{2,6}));"
)
_SIGNS_OF_ESCAPE = "\\u", "\\x", "&#"
_PERCENT = re.compile(r"%[2-7][0-9A-Fa-f]")
_AT = re.compile(r"at(?=[\s\])}>_-])(?<=[\s\[({<_-]at)")
_AT_OR_SIGN = re.compile(rf"{_AT.pattern}|@")
_OPEN_DOT = re.compile(r"[\[({<]\s{0,3}\.")
_OPENING, _CLOSING = " \t\r\n[({<_-", " \t\r\n])}>_-"
_DOT = r"(?:\s{0,3}[\[({<]\s{0,3}(?:dot|\.)\s{0,3}[\])}>]\s{0,3}|\s{1,3}dot\s{1,3}|_dot_|-dot-|\s{1,2}\.\s{0,2}|\.)"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,5}}", re.IGNORECASE)
_DOT_TOKEN = re.compile(_DOT, re.IGNORECASE)
_WORDED_DOT = re.compile(r"\bdot\b|[\[({<]\s{0,3}\.\s{0,3}[\])}>]", re.IGNORECASE)
_BEFORE = re.compile(rf"[A-Za-z0-9_%+-]+(?:{_DOT}[A-Za-z0-9_%+-]+){{0,4}}\Z", re.IGNORECASE)
_SPACED = re.compile(r"[0-9](?<![0-9A-Za-z].)(?:[ \t._*,/|-]{1,3}[0-9](?![0-9])){6,30}")
_DASH = re.compile(r"[ \t]+-[ \t]+")
_NUMBER_ALONE = re.compile(r"[0-9]{9}")
_GAP = re.compile(r"[ \t._*,/|]+")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{15,}={0,2}")
_WHOLE_LINE = re.compile(r"[A-Za-z0-9+/]{56,}")
_LEAST_PACKED = 15
_UNIFY = str.maketrans("-_", "+/", "=")
_BREAKS = str.maketrans("", "", "\r\n\t")
_SERIES = "01234567890 09876543210"
_TELLING = "._%+-0123456789"
_LONGEST_LOCAL = 80
_LONGEST_GAP = 7
_PROBE = 32
_BLANK_LETTERS = "\u034f\u115f\u1160\u3164\uffa0"


def _stands_for(sign: str) -> str | None:
    """Return what a sign that is not seen, or a digit of another script, stands for; nothing for any other."""
    kind = unicodedata.category(sign)
    if kind == "Cf" or sign in _BLANK_LETTERS or "\ufe00" <= sign <= "\ufe0f":
        return ""
    return str(unicodedata.decimal(sign)) if kind == "Nd" else None  # misspelt on purpose


def clean(text: str) -> Iterator[str]:
    """Yield a text made plain, and then each text that stood packed within it."""
    waiting = [(text, 0)]
    while waiting:
        raw, depth = waiting.pop()
        plain = _plain(raw)
        yield plain
        if depth < DEEPEST:
            waiting.extend((found, depth + 1) for found in _unpacked(plain))


def _plain(text: str) -> str:
    for _ in range(DEEPEST):
        if not any(sign in text for sign in _SIGNS_OF_ESCAPE) and _PERCENT.search(text) is None:
            break
        text, found = _ESCAPE.subn(_unescaped, text)
        if not found:
            break
    if not text.isascii():
        text = _visible(text)
    return _joined(_addressed(text))


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3] or found[4]
    code = int(digits, 16) if digits else int(found[5])
    # Half of a pair says nothing alone, and no text may hold it.
    return chr(code) if code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF else " "  # noqa: PLR2004


def _visible(text: str) -> str:
    """Give compatibility letters and foreign digits their plain form, and drop what is not seen."""
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    for sign in set(text):
        if not sign.isascii() and (plain := _stands_for(sign)) is not None:
            text = text.replace(sign, plain)
    return text


def _addressed(text: str) -> str:
    """Write an address that was spelt out as one, where there is no other way to read it."""
    parts: list[str] = []
    done = 0
    lower = text.lower()
    if len(lower) != len(text):  # A few capitals become two letters.
        lower = text
    dotted = "dot" in lower or _OPEN_DOT.search(text) is not None
    for found in (_AT_OR_SIGN if "@" in text else _AT).finditer(lower):
        if found.start() < done:
            continue
        around = _around(text, found, done)
        if around is None or not (dotted or around.likely):
            continue
        address = _address(text, around)
        if address is not None:
            start, end, written = address
            parts += (text[done:start], written)
            done = end
    return "".join((*parts, text[done:])) if parts else text


class _Around(NamedTuple):
    """What stands before an at sign or word, where it ends, and where the next thing begins."""

    before: str
    end: int
    after: int
    name: str
    likely: bool
    """Whether it can be an address although no dot is spelt: by brackets, by the sign, or by the name before it."""


def _around(text: str, found: re.Match[str], done: int) -> _Around | None:
    """Look to both sides of an at; nothing where it is the plain sign or stands first."""
    before = text[max(done, found.start() - _LONGEST_LOCAL) : found.start()]
    kept = before.rstrip(_OPENING)
    after = found.end()
    while after < len(text) and text[after] in _CLOSING and after < found.end() + _LONGEST_GAP:
        after += 1
    gap = before[len(kept) :] + text[found.end() : after]
    if not kept or not kept[-1].isalnum():
        return None
    name = kept[-_LONGEST_LOCAL:].rsplit(maxsplit=1)[-1]
    bracketed = any(sign in gap for sign in "[({<")
    telling = any(sign in name for sign in _TELLING)
    likely = bracketed or (bool(gap) if found[0] == "@" else telling)
    return _Around(kept, found.start() - len(before) + len(kept), after, name, likely)


def _address(text: str, around: _Around) -> tuple[int, int, str] | None:
    """Return from where to where an address is spelt, and how it is written.

    "look at example.com" is no address: with a plain dot, what stands before a worded "at" must look like one.
    """
    domain = _DOMAIN.match(text, around.after)
    local = _BEFORE.search(around.before)
    if domain is None or local is None:
        return None
    spelt = _WORDED_DOT.search(domain[0]) is not None
    if not spelt and not around.likely:
        return None
    name = local[0] if spelt else around.name
    host = domain[0] if spelt else domain[0].split(maxsplit=1)[0]
    return around.end - len(name), domain.start() + len(host), f"{_plain_dots(name)}@{_plain_dots(host)}"


def _plain_dots(words: str) -> str:
    return _DOT_TOKEN.sub(".", words)


def _joined(text: str) -> str:
    """Join digits that stand one by one; a dash among blanks remains a dash."""
    return _SPACED.sub(_join, text)


def _join(found: re.Match[str]) -> str:
    joined = _GAP.sub("", _DASH.sub("-", found[0]))
    if _NUMBER_ALONE.fullmatch(joined) and joined not in _SERIES:
        # Nine digits are told from other numbers by the dashes they usually have.
        return f"{joined[:3]}-{joined[3:5]}-{joined[5:]}"
    return joined


def _unpacked(text: str) -> Iterator[str]:
    """Yield the texts that stand in base64; what does not decode to text is nothing."""
    for token in _long_tokens(text):
        for found in _PACKED.finditer(token):
            packed = found[0].translate(_UNIFY)
            # A picture of megabytes is known by its first bytes.
            if _decoded(packed[:_PROBE]) is not None and (content := _decoded(packed)) is not None:
                yield content


def _long_tokens(text: str) -> Iterator[str]:
    """Yield what stands between blanks and is long enough, lines of one block joined."""
    block: list[str] = []
    for token in text.split():
        if block and not _WHOLE_LINE.fullmatch(block[-1]):
            yield "".join(block)
            block = []
        if block or len(token) >= _LEAST_PACKED:
            block.append(token)
    if block:
        yield "".join(block)


def _decoded(packed: str) -> str | None:
    whole = packed[: len(packed) - (len(packed) % 4 == 1)]
    content = b64decode(whole + "=" * (-len(whole) % 4))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        # A probe may end within a letter.
        if error.start < len(content) - 3:
            return None
        text = content[: error.start].decode()
    return text if text.translate(_BREAKS).isprintable() else None
