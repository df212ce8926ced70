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
    from collections.abc import Iterable

    from remit.scan.link import Link

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

    def __init__(self, aliases: Iterable[tuple[str, str]], owners: Iterable[str]) -> None:
        self.aliases = sorted(set(aliases), key=lambda pair: (-len(pair[0]), pair))
        self.owners = sorted(set(owners), key=lambda owner: (-len(owner), owner))
        self._exact: dict[str, str] = {}
        self._by_end: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._folders: dict[str, list[str]] = defaultdict(list)

    def add(self, path: str) -> None:
        """Let a file be found."""
        stem = _stem(path)
        self._exact.setdefault(stem, path)
        parts = tuple(stem.split("/"))
        self._by_end[parts[-1]].append((parts, path))
        if path.endswith(".go"):
            self._folders[posixpath.dirname(path)].append(path)

    def find(self, path: str, link: Link) -> list[str]:
        """Name the files that a link may mean: one, or all of a folder where a folder is the module."""
        if path.endswith(".go"):
            return self._of_go(link.module)
        found = self._of_script(path, link.module) if _is_script(path) else self._of_other(path, link)
        return [found] if found and found != path else []

    def _of_go(self, module: str) -> list[str]:
        owner = next((owner for owner in self.owners if module == owner or module.startswith(f"{owner}/")), None)
        if owner is None:
            return []
        rest = module[len(owner) + 1 :]
        return next((files for folder, files in sorted(self._folders.items()) if f"/{folder}".endswith(f"/{rest}")), [])

    def _of_script(self, path: str, module: str) -> str | None:
        module = _ENDING.sub("", module)
        if module.startswith("."):
            return self._at(posixpath.join(posixpath.dirname(path), module))
        for prefix, folder in self.aliases:
            if module == prefix or module.startswith(prefix if prefix.endswith("/") else f"{prefix}/"):
                rest = module[len(prefix) :].lstrip("/")
                found = self._at(posixpath.join(folder, rest)) or self._at(posixpath.join(folder, "src", rest))
                if found is not None:
                    return found
        if module[0] in "@~#$" and "/" in module:
            module = module.split("/", 1)[1]
        return self._ending(path, tuple(module.split("/")))

    def _of_other(self, path: str, link: Link) -> str | None:
        module, name = link.module, link.name
        if path.endswith(".py"):
            dots = len(module) - len(module.lstrip("."))
            words = tuple(word for word in module.split(".") if word)
            if dots:
                base = path.split("/")[:-dots]
                return self._exact.get("/".join([*base, *words])) if words else None
            return self._ending(path, words)
        if path.endswith(".rb"):
            return self._ending(path, tuple(part for part in _ENDING.sub("", module).split("/") if part.strip(".")))
        if path.endswith(".rs"):
            return self._ending(path, tuple(module.split("::")[1:]) or ("lib",))
        words = tuple(module.split("."))
        if path.endswith((".ex", ".exs")):
            words = tuple(_snake(word) for word in (*words, name))
            return self._ending(path, words)
        return self._ending(path, (*words[1:], name) if path.endswith(".php") else (*words, name))

    def submodule(self, path: str, link: Link) -> str | None:
        """The file that a name taken from a package is, where it is a module itself."""
        if not path.endswith(".py") or not link.name:
            return None
        dot = "" if link.module.endswith(".") else "."
        found = self._of_other(path, link._replace(module=f"{link.module}{dot}{link.name}", name=""))
        return found if found != path else None

    def _at(self, place: str) -> str | None:
        return self._exact.get(posixpath.normpath(place))

    def _ending(self, path: str, words: tuple[str, ...]) -> str | None:
        """The nearest file whose path ends in some words, and whose beginning the asking file can see."""
        own = path.split("/")[:-1]
        best: tuple[int, str] | None = None
        for parts, target in self._by_end.get(words[-1], ()) if words else ():
            root = parts[: len(parts) - len(words)]
            if parts[len(root) :] != words or not (list(root) == own[: len(root)] or root[-1] in _ROOTS):
                continue
            near = (-_common(own, parts), target)
            best = near if best is None or near < best else best
        return best[1] if best is not None else None


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
