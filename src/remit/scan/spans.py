"""Where the comments and the strings of a text are, for every language by one small table.

The text is Latin-1 over the bytes, so that an offset in the one is an offset in the other; every sign of
syntax and every name we look for is ASCII. What a line holds between comments and strings is code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a stretch of text is."""

    CODE = "code"
    STRING = "string"
    COMMENT = "comment"
    DOCSTRING = "docstring"


class Span(NamedTuple):
    """A comment or a string with its delimiters: where it starts and ends, and where its content does."""

    start: int
    end: int
    kind: Kind
    inner: int
    inner_end: int

    def moved(self, by: int) -> Span:
        """The same span in a text that begins so much earlier."""
        return Span(self.start + by, self.end + by, self.kind, self.inner + by, self.inner_end + by)


_DOUBLE = r'"(?:[^"\\\n]++|\\.)*+"?'
_SINGLE = r"'(?:[^'\\\n]++|\\.)*+'?"
_DOUBLE_LONG = r'"(?:[^"\\]++|\\.)*+"?'
_SINGLE_LONG = r"'[^']*'?"
_TRIPLE = r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)'
_TRIPLE_SINGLE = r"'''(?:[^'\\]++|\\.|'(?!''))*+(?:'''|\Z)"
_BACKTICK = r"`(?:[^`\\]++|\\.)*+`?"
_RAW_BACKTICK = r"`[^`]*`?"
_CHARACTER = r"'(?:\\[^']{1,8}|[^'\\\n])'"
_SLASHES = r"//[^\n]*"
_STARS = r"/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"
_HASH = r"#[^\n]*"
_HASH_APART = r"(?:(?<=\s)|(?<![\s\S]))#[^\n]*"
_DASHES = r"--[^\n]*"
_MARKUP = r"<!--(?:[^-]++|-(?!->))*+(?:-->|\Z)"
_VERBATIM = r'@"(?:[^"]|"")*"?'
_SIGIL = (
    "~[a-zA-Z]++(?:"
    + "|".join(
        rf"{opens}(?:[^{closes}\\\n]++|\\.)*+{closes}"
        for opens, closes in ("//", "||", (r"\{", r"\}"), (r"\[", r"\]"), (r"\(", r"\)"))
    )
    + ")"
)
_SIGN = re.compile(r"~[a-zA-Z]+")
_RUST_RAW = r'r(?P<hashes>#+)"[\s\S]*?(?:"(?P=hashes)|\Z)'

_COMMENTS = {
    "python": (_HASH,),
    "script": (_SLASHES, _STARS),
    "component": (_MARKUP, r"(?<![:\w\"'])//[^\n]*", _STARS, r"\{\{!--.*?(?:--\}\}|\Z)", r"<%#[^%]*%>"),
    "php": (_SLASHES, _STARS, r"#(?!\[)[^\n]*"),
    "ruby": (_HASH_APART, r"(?m:^=begin[\s\S]*?(?:^=end|\Z))"),
    "elixir": (_HASH,),
    "shell": (_HASH_APART,),
    "make": (_HASH_APART,),
    "powershell": (r"<#[\s\S]*?(?:#>|\Z)", _HASH_APART),
    "r": (_HASH,),
    "quarto": (_MARKUP,),
    "julia": (r"#=[\s\S]*?(?:=#|\Z)", _HASH),
    "lua": (r"--\[\[[\s\S]*?(?:\]\]|\Z)", _DASHES),
    "perl": (_HASH_APART,),
    "clojure": (r";[^\n]*",),
    "haskell": (r"\{-[\s\S]*?(?:-\}|\Z)", _DASHES),
    "sql": (_DASHES, _STARS),
    "hcl": (_HASH, _SLASHES, _STARS),
    "nix": (_HASH, _STARS),
    "dockerfile": (r"(?m:^[ \t]*+#[^\n]*)",),
    "yaml": (_HASH_APART,),
    "toml": (_HASH,),
    "ini": (r"(?m:^[ \t]*[#!;][^\n]*)", r"(?<=\s)[#;][^\n]*"),
    "env": (_HASH_APART,),
    "gomod": (_SLASHES,),
    "xml": (_MARKUP,),
    "json": (r"(?<![:\w])//[^\n]*", _STARS),
    "style": (_STARS,),
    "text": (_MARKUP,),
}
_STRINGS = {
    "python": (_TRIPLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE),
    "script": (_DOUBLE, _SINGLE, _BACKTICK),
    "component": (_DOUBLE, _SINGLE, _BACKTICK),
    "go": (_DOUBLE, _RAW_BACKTICK, _CHARACTER),
    "java": (_TRIPLE, _DOUBLE, _CHARACTER),
    "kotlin": (_TRIPLE, _DOUBLE, _CHARACTER),
    "scala": (_TRIPLE, _DOUBLE, _CHARACTER),
    "groovy": (_TRIPLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE),
    "csharp": (_VERBATIM, _TRIPLE, _DOUBLE, _CHARACTER),
    "rust": (_RUST_RAW, _DOUBLE_LONG, _CHARACTER),
    "swift": (_TRIPLE, _DOUBLE),
    "dart": (_TRIPLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE),
    "cpp": (_DOUBLE, _CHARACTER),
    "php": (_DOUBLE_LONG, r"'(?:[^'\\]|\\.)*'?"),
    "elixir": (_SIGIL, _TRIPLE, _DOUBLE_LONG),
    "julia": (_TRIPLE, _DOUBLE_LONG),
    "shell": (_DOUBLE_LONG, _SINGLE_LONG),
    "make": (_DOUBLE, _SINGLE),
    "powershell": (_DOUBLE_LONG, _SINGLE_LONG),
    "clojure": (_DOUBLE_LONG,),
    "haskell": (_DOUBLE,),
    "sql": (_SINGLE_LONG,),
    "toml": (_TRIPLE, _TRIPLE_SINGLE, _DOUBLE, r"'[^'\n]*'?"),
    "bicep": (_TRIPLE_SINGLE, _SINGLE),
    "hcl": (_DOUBLE,),
    "json": (_DOUBLE,),
    "xml": (_DOUBLE,),
    "gomod": (),
    "text": (),
    "ini": (),
    "env": (_DOUBLE, _SINGLE),
    "dockerfile": (_DOUBLE, _SINGLE),
    "quarto": (_DOUBLE, _SINGLE),
}
_EXPRESSION = (
    r"(?P<code>(?:(?<=[=(,:\[!&|?{;+])|(?<=\breturn))[ \t]*+/(?![*/])"
    r"(?:[^/\\\n\[]++|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,300}+\])++/)|"
)
"""An expression to match, where nothing could be divided; a quote within it opens no string."""
_OTHER_COMMENTS = (_SLASHES, _STARS)
_OTHER_STRINGS = (_DOUBLE, _SINGLE)


def _compiled(language: str) -> re.Pattern[str]:
    comments = "|".join(_COMMENTS.get(language, _OTHER_COMMENTS))
    strings = "|".join(_STRINGS.get(language, _OTHER_STRINGS))
    code = _EXPRESSION if language == "script" else ""
    after = f"|(?:{strings})" if strings else ""
    return re.compile(f"{code}(?P<comment>{comments}){after}", re.DOTALL)


_PATTERNS: dict[str, re.Pattern[str]] = {}
_LONG = frozenset(['"""', "'''"])
_FARTHEST = 200
_OPENING_PYTHON = frozenset("=(,[{+%\\\"'&|")


def spans_of(text: str, language: str) -> list[Span]:
    """List the comments and strings of a text in order."""
    pattern = _PATTERNS.get(language)
    if pattern is None:
        pattern = _PATTERNS[language] = _compiled(language)
    found = []
    python = language in {"python", "elixir"}
    for match in pattern.finditer(text):
        start, end = match.span()
        if match.lastgroup == "code":
            continue
        if match.lastgroup == "comment":
            found.append(Span(start, end, Kind.COMMENT, start, end))
            continue
        width = 3 if end - start > 5 and text[start : start + 3] in _LONG else 1  # noqa: PLR2004 - six quotes make one.
        kind = Kind.DOCSTRING if python and width == 3 and _stands_alone(text, start) else Kind.STRING  # noqa: PLR2004
        sign = _SIGN.match(text, start, end)
        inner = start + width if sign is None else sign.end() + width
        found.append(Span(start, end, kind, inner, max(inner, end - width)))
    return found


def _stands_alone(text: str, start: int) -> bool:
    """Say whether a long string begins a statement of its own, and so is documentation."""
    line = text.rfind("\n", max(0, start - _FARTHEST), start) + 1
    if not line and start > _FARTHEST:  # Documentation is not indented so far.
        return False
    before = text[line:start].strip()
    if before.startswith("@") and before.endswith("doc"):
        return True
    if before not in {"", "r", "u", "R"}:
        return False
    previous = text[max(0, line - 200) : line].rstrip()
    return not previous or (previous[-1] not in _OPENING_PYTHON and not previous.endswith("return"))


def span_at(spans: list[Span], starts: list[int], offset: int) -> Span | None:
    """Find the comment or string that holds an offset."""
    index = bisect_right(starts, offset) - 1
    if index >= 0 and offset < spans[index].end:
        return spans[index]
    return None
