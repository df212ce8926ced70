"""Which file of a tree a module's name means to the file that takes something from it.

1. A relative name is followed from the folder of the file, an alias by the settings that give it or by its end.
2. Any other name is the end of a path, and what stands before it must be a place that the file can see.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.link import Link

_MANY = 100
_INDEX = {"index", "__init__", "mod"}
_ROOTS = {"src", "lib", "main", "java", "kotlin", "scala", "python", "app", "apps", "packages", "server", "backend"}
_ENDING = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|py|rb|php|go|rs|ex|exs|java|kt|scala)$")
_PATHS = re.compile(rb'"(@?[\w\-/~#$.]*)(?:/?\*)?"\s*:\s*\[\s*"([^"]+)"')
_BASE = re.compile(rb'"baseUrl"\s*:\s*"([^"]+)"')
_IMPORTS = re.compile(rb'"(#[\w\-/]*)(?:/?\*)?"\s*:\s*"([^"]+)"')
_PACKAGE = re.compile(rb'"name"\s*:\s*"(@?[\w\-./]+)"')
_OWNER = re.compile(rb"^module\s+(\S+)", re.MULTILINE)


class Neighbourhood:
    """The files that others may take something from, by every name they can be taken by."""

    def __init__(
        self, paths: Iterable[str], aliases: Iterable[tuple[str, str]], owners: Iterable[tuple[str, str]]
    ) -> None:
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for prefix, folder in sorted(set(aliases)):
            self._aliases[prefix].append(folder)
        self.owners = sorted(set(owners), key=lambda pair: (-len(pair[0]), pair))
        self._exact: dict[str, list[str]] = defaultdict(list)
        self._by_end: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._folders: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            self._add(path)

    def _add(self, path: str) -> None:
        stem = _stem(path)
        self._exact[stem].append(path)
        parts = tuple(stem.split("/"))
        self._by_end[parts[-1]].append((parts, path))
        if path.endswith((".go", ".py")):
            self._folders[posixpath.dirname(path)].append(path)

    def find(self, path: str, link: Link) -> list[str]:
        """Name the files that a link may mean: those of one name, or all of a folder where a folder is the module."""
        if path.endswith(".go"):
            return self._of_go(path, link.module)
        found = self._of_script(path, link.module) if _is_script(path) else self._of_other(path, link.module, link.name)
        return [target for target in found if target != path]

    def submodule(self, path: str, link: Link) -> list[str]:
        """The file that a name taken from a package is, where it is a module itself."""
        if not path.endswith(".py") or not link.name:
            return []
        dot = "" if link.module.endswith(".") else "."
        return [target for target in self._of_other(path, f"{link.module}{dot}{link.name}", "") if target != path]

    def _of_go(self, path: str, module: str) -> list[str]:
        named = [pair for pair in self.owners if module == pair[0] or module.startswith(f"{pair[0]}/")]
        around = [pair for pair in named if not pair[1] or path.startswith(f"{pair[1]}/")]
        for owner, folder in (*around, *named):
            found = self._folders.get(posixpath.join(folder, module[len(owner) + 1 :]).rstrip("/"))
            if found:
                return found
        return []

    def _of_script(self, path: str, module: str) -> list[str]:
        module = _ENDING.sub("", module)
        if module.startswith("."):
            return self._at(posixpath.join(posixpath.dirname(path), module))
        for prefix in (prefix for prefix in _beginnings(module) if prefix in self._aliases):
            rest = module[len(prefix) :].lstrip("/")
            for folder in sorted(self._aliases[prefix], key=lambda folder: (-_holds(folder, path), folder)):
                found = self._at(posixpath.join(folder, rest)) or self._at(posixpath.join(folder, "src", rest))
                if found:
                    return found
        if module[0] in "@~#$" and "/" in module:
            module = module.split("/", 1)[1]
        return self._ending(path, tuple(module.split("/")))

    def _of_other(self, path: str, module: str, name: str) -> list[str]:
        if path.endswith(".py"):
            dots = len(module) - len(module.lstrip("."))
            words = tuple(word for word in module.split(".") if word)
            if words[-1:] == ("*",):
                return self._modules(self._of_other(path, module[:-2] or ".", ""))
            if dots:
                base = path.split("/")[:-dots]
                return self._exact.get("/".join([*base, *words]), []) if words else []
            return self._ending(path, words)
        if path.endswith(".rb"):
            return self._ending(path, tuple(part for part in _ENDING.sub("", module).split("/") if part.strip(".")))
        if path.endswith(".rs"):
            return self._ending(path, tuple(module.split("::")[1:]) or ("lib",))
        words = tuple(module.split("."))
        if path.endswith((".ex", ".exs")):
            return self._ending(path, tuple(_snake(word) for word in (*words, name)))
        return self._ending(path, (*words[1:], name) if path.endswith(".php") else (*words, name))

    def _modules(self, packages: list[str]) -> list[str]:
        """The modules of some packages, as long as they are no more than somebody would choose from."""
        folders = (self._folders[posixpath.dirname(path)] for path in packages if path.endswith("/__init__.py"))
        return [path for found in folders if len(found) <= _MANY for path in found]

    def _at(self, place: str) -> list[str]:
        return self._exact.get(posixpath.normpath(place), [])

    def _ending(self, path: str, words: tuple[str, ...]) -> list[str]:
        """The nearest files whose path ends in some words, and whose beginning the asking file can see."""
        own = path.split("/")[:-1]
        nearest, best = -1, list[str]()
        for parts, target in self._by_end.get(words[-1], ()) if words else ():
            root = parts[: len(parts) - len(words)]
            if parts[len(root) :] != words or not (list(root) == own[: len(root)] or root[-1] in _ROOTS):
                continue
            near = _common(own, parts)
            if near >= nearest:
                best = [*best, target] if near == nearest else [target]
                nearest = near
        return best


def _beginnings(module: str) -> Iterator[str]:
    """A module's name and every beginning of it that ends at a stroke or before one, the longest first."""
    yield module
    for at in range(len(module) - 1, -1, -1):
        if module[at] == "/":
            yield module[: at + 1]
            yield module[:at]


def _holds(folder: str, path: str) -> int:
    """How much of a path a folder that holds it takes; less than nothing where it does not hold it."""
    return len(folder) if not folder or path.startswith(f"{folder}/") else -1


def aliases_in(path: str, data: bytes) -> list[tuple[str, str]]:
    """The names for folders that the settings of a script's project give, and the name of the project itself."""
    folder, _, name = path.rpartition("/")
    if name == "package.json":
        own = _PACKAGE.search(data[:2_000])
        named = [(own[1].decode(), folder)] if own else []
        return named + [(key.decode(), _under(folder, to)) for key, to in _IMPORTS.findall(data)]
    if not name.startswith(("tsconfig", "jsconfig")) or not name.endswith(".json"):
        return []
    base = _BASE.search(data)
    root = _under(folder, base[1]) if base else folder
    return [(key.decode(), _under(root, to)) for key, to in _PATHS.findall(data) if key]


def owner_in(path: str, data: bytes) -> str | None:
    """The name under which the packages of a module of Go are taken."""
    match = _OWNER.search(data) if path.endswith("go.mod") else None
    return match[1].decode("latin-1") if match else None


def _under(folder: str, to: bytes) -> str:
    place = posixpath.normpath(posixpath.join(folder, to.decode("latin-1").rstrip("*").rstrip("/")))
    return _ENDING.sub("", "" if place == "." else place)


def _stem(path: str) -> str:
    stem = _ENDING.sub("", path)
    folder, _, name = stem.rpartition("/")
    return folder if name in _INDEX and folder else stem


def _is_script(path: str) -> bool:
    return path.endswith((".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro"))


def _common(own: list[str], parts: tuple[str, ...]) -> int:
    count = 0
    for one, other in zip(own, parts, strict=False):
        if one != other:
            break
        count += 1
    return count


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()
