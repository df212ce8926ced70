"""What a file of code takes from other files of its tree: which name, of which module, and where it is first used.

Read from the bytes of every file of code, also of those that name no maker; so a few patterns of lines, and no parser.
What is taken and never used is left out, since it leads nowhere.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Link(NamedTuple):
    """One name that a file takes from another."""

    module: str
    """The module as it is written."""
    name: str
    """What is taken from it; empty where the module is taken whole."""
    line: int
    """Where it is first used."""
    members: tuple[str, ...] = ()
    """What is used of it by a dot."""
    passed_on: bool = False
    """Whether the file only hands it on to those who take it from there."""
    local: str = ""
    """What it is called there."""


_FROM = re.compile(rb"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^()]{0,8000}\)|[^\n#;]+)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?[ \t]*(?:#.*)?$", re.MULTILINE)
_SCRIPT = re.compile(
    rb"""^[ \t]*+(import|export)\s++(type\s)?([^"'`;()=]{0,2000}?)\bfrom\s*+["']([^"'\n]+)["']""", re.MULTILINE
)
_REQUIRED = re.compile(
    rb"""\b(?:const|let|var)\s++([\w{}\s,:$]{1,400}?)=\s*+(?:await\s++)?(?:require|import)\s*+\(\s*+["']([^"'\n]+)["']"""
)
_DYNAMIC = re.compile(rb"""\bf["']([A-Za-z_][\w.]*|\.[\w.]*)\.\{\w[\w.]*\}["']""")
_LOADED = re.compile(rb"(\w+)\s*=\s*(?:importlib\.)?(?:import_module|__import__)\(")
_OWN = (".", "@", "~", "#", "$", "src/", "app/", "lib/")
_GO = re.compile(rb'^(?:import)?[ \t]*+(?:(\w++)[ \t]++)?"([\w.\-]+(?:/[\w.\-]+)+)"', re.MULTILINE)
_JVM = re.compile(rb"^import\s+(?:static\s+)?([\w.]+)\.(\w+);?[ \t]*\r?$", re.MULTILINE)
_PHP = re.compile(rb"^use\s+\\?([\w\\]+)\\(\w+)(?:\s+as\s+\w+)?;", re.MULTILINE)
_RUST = re.compile(
    rb"^[ \t]*(?:pub\s+)?use\s+((?:crate|super|self)(?:::\w+)*)::(?:\{([^}]{0,8000})\}|(\w+))\s*;", re.MULTILINE
)
_RUBY = re.compile(rb"""^[ \t]*require(?:_relative)?[ \t(]+["']([\w./\-]+)["']""", re.MULTILINE)
_ELIXIR = re.compile(rb"^[ \t]*alias[ \t]+([\w.]+)\.(\w+)[ \t]*\r?$", re.MULTILINE)
_NAME = re.compile(rb"(type\s+)?([\w$*]+)(?:\s*(?:\bas\b|:)\s*([\w$]+))?")
_MOST = 30
_QUOTES = frozenset(b"\"'")
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_BEFORE = _WORD | {46}
"""What makes a word that follows it another one, or a member."""


def links_of(path: str, data: bytes, language: str) -> list[Link] | None:
    """List what a file of code takes from other files, but for what comes with its language."""
    reader = _READERS.get(language)
    return list(reader(path, data)) if reader is not None else None


def _python(path: str, data: bytes) -> Iterator[Link]:
    hands_on = path.endswith("__init__.py")
    for match in _FROM.finditer(data):
        module = match[1].decode()
        if module.split(".", 1)[0] in sys.stdlib_module_names:
            continue
        for named in _NAME.finditer(match[2]):
            yield from _taken(data, match.end(), module, named, passed_on=hands_on, uses=hands_on)
    for match in _IMPORT.finditer(data):
        module = match[1].decode()
        if module.split(".", 1)[0] not in sys.stdlib_module_names:
            yield from _used(data, match.end(), module, "", match[2] or match[1])
    if b"import_module(" in data or b"__import__(" in data:
        yield from _loaded(data)


def _loaded(data: bytes) -> Iterator[Link]:
    """The modules of a package that are taken by a name that is put together, by what is asked of whichever it is."""
    packages = {match[1].decode() for match in _DYNAMIC.finditer(data)}
    for match in _LOADED.finditer(data) if packages else ():
        for package in sorted(packages):
            yield from _used(data, match.end(), f"{package}.*", "", match[1])


def _script(_: str, data: bytes) -> Iterator[Link]:
    for match in _SCRIPT.finditer(data):
        module = match[4].decode("latin-1")
        if not module.startswith(_OWN) or match[2]:
            continue
        passed_on = match[1] == b"export"
        outer, _sign, inner = match[3].partition(b"{")
        for named in _NAME.finditer(inner):
            yield from _taken(data, match.end(), module, named, passed_on=passed_on)
        yield from _whole(data, match.end(), module, outer, passed_on=passed_on)
    if b"require(" in data or b"import(" in data:
        yield from _required(data)


def _required(data: bytes) -> Iterator[Link]:
    for match in _REQUIRED.finditer(data):
        module = match[2].decode("latin-1")
        if not module.startswith(_OWN):
            continue
        if match[1].lstrip().startswith(b"{"):
            for named in _NAME.finditer(match[1]):
                yield from _taken(data, match.end(), module, named)
        else:
            yield from _used(data, match.end(), module, "", match[1].strip())


def _whole(data: bytes, end: int, module: str, outer: bytes, *, passed_on: bool) -> Iterator[Link]:
    """What stands outside the braces: the default, or a star for the whole module."""
    words = outer.strip().rstrip(b",").split()
    if words[:1] == [b"*"]:
        if passed_on:
            yield Link(module, "*", _line(data, end), passed_on=True)
        elif len(words) == 3:  # noqa: PLR2004 - `* as name`.
            yield from _used(data, end, module, "", words[2])
    elif len(words) == 1:
        yield from _used(data, end, module, "default", words[0])


def _go(_: str, data: bytes) -> Iterator[Link]:
    head = data.find(b"\nfunc ")
    for match in _GO.finditer(data, 0, head if head > 0 else len(data)):
        parts = match[2].split(b"/")
        last = parts[-2] if re.fullmatch(rb"v\d+", parts[-1]) else parts[-1]
        yield from _used(data, match.end(), match[2].decode(), "", match[1] or last)


def _jvm(_: str, data: bytes) -> Iterator[Link]:
    for match in _JVM.finditer(data):
        yield from _used(data, match.end(), match[1].decode(), match[2].decode(), match[2])


def _php(_: str, data: bytes) -> Iterator[Link]:
    for match in _PHP.finditer(data):
        yield from _used(data, match.end(), match[1].decode().replace("\\", "."), match[2].decode(), match[2])


def _rust(_: str, data: bytes) -> Iterator[Link]:
    for match in _RUST.finditer(data):
        for named in _NAME.finditer(match[2] or match[3]):
            yield from _taken(data, match.end(), match[1].decode(), named)


def _ruby(_: str, data: bytes) -> Iterator[Link]:
    """What a file of Ruby holds is called like the file."""
    for match in _RUBY.finditer(data):
        stem = match[1].decode().rsplit("/", 1)[-1].removesuffix(".rb")
        name = "".join(part.capitalize() for part in stem.split("_"))
        yield from _used(data, match.end(), match[1].decode(), name, name.encode())


def _elixir(_: str, data: bytes) -> Iterator[Link]:
    for match in _ELIXIR.finditer(data):
        yield from _used(data, match.end(), match[1].decode(), match[2].decode(), match[2])


_READERS: dict[str, Callable[[str, bytes], Iterator[Link]]] = {
    "python": _python, "script": _script, "component": _script, "go": _go, "java": _jvm, "kotlin": _jvm,
    "scala": _jvm, "php": _php, "rust": _rust, "ruby": _ruby, "elixir": _elixir,
}  # fmt: skip


def _taken(
    data: bytes, end: int, module: str, named: re.Match[bytes], *, passed_on: bool = False, uses: bool = False
) -> Iterator[Link]:
    """One name of a list of names, some of which are given another name here; what is handed on may be used as well."""
    if named[1]:  # A type is no call.
        return
    name = named[2].decode("latin-1")
    if passed_on:
        yield Link(module, name, _line(data, end), passed_on=True, local=(named[3] or b"").decode("latin-1"))
    if not passed_on or uses:
        yield from _used(data, end, module, name, named[3] or named[2])


def _used(data: bytes, end: int, module: str, name: str, local: bytes) -> Iterator[Link]:
    """Give a link for a name that is used beyond the place at which it is taken."""
    first = _find(data, local, end)
    if first >= 0:
        members = tuple(_members(data, local, first))
        yield Link(module, name, _line(data, first), members, local=local.decode("latin-1"))


def _find(data: bytes, word: bytes, start: int) -> int:
    """Find a word on its own that is no member of anything else."""
    at = data.find(word, start)
    while at >= 0:
        after = at + len(word)
        if data[at - 1] not in _BEFORE and (after >= len(data) or data[after] not in _WORD):
            quoted = data[at - 1] in _QUOTES and data[after : after + 1] == data[at - 1 : at]
            if not quoted:  # As in a list of what a package hands on.
                return at
        at = data.find(word, after)
    return -1


def _members(data: bytes, local: bytes, start: int) -> list[str]:
    found: dict[str, None] = {}
    at = data.find(local + b".", start)
    for _ in range(_MOST * 8):
        if at < 0 or len(found) >= _MOST:
            break
        begin = end = at + len(local) + 1
        while end < len(data) and data[end] in _WORD:
            end += 1
        if data[at - 1] not in _WORD and data[at - 1] != 46:  # noqa: PLR2004
            found[data[begin:end].decode("latin-1")] = None
        at = data.find(local + b".", end)
    return [name for name in found if name]


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
