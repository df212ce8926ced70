"""What code looks up by a name that sounds like a model's, and what settings pass on by another name.

Read from the bytes of every file, also of those that name no maker: a search for a few words, and a look around each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.language import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 200
"""Words of one kind in a file that are looked at."""
_WORDS = (b"MODEL", b"LLM")
_DOTTED = (b".model", b":Model", b".Model", b":model", b"-model", b".llm")
_BEFORE = re.compile(rb"[A-Z0-9_]*\Z")
_NAME = re.compile(rb"[A-Z0-9_]+")
_ASKED = re.compile(
    rb"(?:environ(?:\.get\(|\[|\.setdefault\(|\.pop\()|[gG]et_?[eE]nv(?:ironmentVariable)?\(|[pP]rocess\.env(?:\.|\[)"
    rb"|import\.meta\.env\.|\benv\.get\(|\bENV(?:\.fetch\(|\[)|\benv(?:::var(?:_os)?\(|!\(|\()|\$_ENV\[|fetch_env!?\("
    rb"|LookupEnv\(|\bEnv(?:\.get|\.string)?\()\s*[\"'`]?$"
)
_QUOTED = re.compile(rb"[\"'`{]([A-Za-z][\w\-]*(?:[.:][\w\-]+)+)(?:[\"'`}]|:[^\"'`{}\n]*\})")
_PASSED = re.compile(
    rb"^[ \t]*(?:-[ \t]+)?[\"']?(?P<name>[A-Za-z_]\w*)[\"']?[ \t]*[:=][ \t]*(?:"
    rb"!Ref[ \t]+[\"']?(?P<ref>\w+)|!Sub[ \t]+[\"']?\$\{(?P<sub>\w+)\}"
    rb"|\{[ \t]*\"?Ref\"?[ \t]*:[ \t]*[\"']?(?P<object>\w+)"
    rb"|[\"']?\$\{var\.(?P<inner>\w+)\}|var\.(?P<variable>\w+)|[\"']?\$\{?(?P<env>[A-Z]\w*)(?::?-[^}\n]*)?\}?"
    rb"|[\"']?\{\{-?[ \t]*\.Values\.(?P<value>[\w.]+)[^}\n]*\}\})",
)
_NAMED = re.compile(rb"name:[ \t]*[\"']?(\w+)[\"']?[ \t\r]*$")
_SETTINGS = {"yaml", "json", "hcl", "toml", "env", "dockerfile"}


class Passed(NamedTuple):
    """A setting that is given the value of another."""

    path: str
    line: int
    name: str
    source: str
    """The name of the other; of a chart's values with its dots."""


def looked_up(data: bytes, language: str) -> Iterator[tuple[str, int]]:
    """The names that code looks up, each with its line: of the environment as they are, of settings with dots."""
    if language in PROGRAMS:
        yield from _of_environment(data)
        yield from _of_settings(data)


def _of_environment(data: bytes) -> Iterator[tuple[str, int]]:
    for at in (at for word in _WORDS for at in _places(data, word)):
        start = at - len(_BEFORE.search(data, max(0, at - 60), at)[0])  # type: ignore[index]
        name = _NAME.match(data, start)
        if name is not None and _ASKED.search(data[max(0, start - 60) : start]):
            yield name[0].decode(), data.count(b"\n", 0, at) + 1


def _of_settings(data: bytes) -> Iterator[tuple[str, int]]:
    for at in (at for word in _DOTTED for at in _places(data, word)):
        floor = max(0, at - 80)
        for match in _QUOTED.finditer(data, floor, at + 80):
            if match.start() < at < match.end():
                yield dotted(match[1].decode("latin-1")), data.count(b"\n", 0, at) + 1


def dotted(name: str) -> str:
    """A name of settings in the one form in which they are compared."""
    return name.replace(":", ".").replace("-", "").replace("_", "").lower()


def passed_on(path: str, data: bytes, language: str) -> Iterator[Passed]:
    """The settings of a file that take the value of another."""
    if language not in _SETTINGS or not (
        b"!" in data or b"Ref" in data or b"var." in data or b"${" in data or b"{{" in data
    ):
        return
    done = -1
    for at in sorted(at for word in (b"odel", b"ODEL", b"LLM", b"llm") for at in _places(data, word)):
        if at < done:
            continue
        start = data.rfind(b"\n", 0, at) + 1
        done = data.find(b"\n", at)
        done = len(data) if done < 0 else done
        match = _PASSED.match(data[start : min(done, start + 400)])
        if match is None:
            continue
        name = match["name"]
        if name == b"value" and (named := _NAMED.search(data[max(0, start - 120) : max(0, start - 1)])):
            name = named[1]
        source = next(value for key, value in match.groupdict().items() if key != "name" and value)
        yield Passed(path, data.count(b"\n", 0, start) + 1, name.decode(), source.decode())


def _places(data: bytes, word: bytes) -> Iterator[int]:
    at = data.find(word)
    for _ in range(_MOST):
        if at < 0:
            return
        yield at
        at = data.find(word, at + len(word))
