"""What ties the files of a tree together, gathered while it is read and settled once all of it has been.

A link says what a file takes; only a look at every path of the tree says which file that is, and most are none of it.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.belonging import row_of
from remit.scan.link import Link, links_of
from remit.scan.look_up import Passed, looked_up, passed_on
from remit.scan.manifest import own_package
from remit.scan.neighbour import Neighbourhood, aliases_in, owner_in
from remit.scan.part import Part, is_named_test, is_unit, part_of
from remit.scan.scope import bears

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPE_OF_SETTINGS = re.compile(r"(\w+(?:Options|Configuration|Settings|Config|Properties))\.(?:cs|java|kt|scala)$")
_NEVER = ("_test.go",)
"""What the compiler itself leaves out of what ships."""


class Tie(NamedTuple):
    """One name that a file takes, with the files of the tree that it may come from."""

    link: Link
    targets: tuple[str, ...]
    whole: bool
    """Whether the name is that of a file, and not of something within it."""

    @property
    def names(self) -> tuple[str, ...]:
        """What is used of the files that it may come from."""
        return (self.link.name,) if self.link.name and not self.whole else self.link.members


@dataclass(slots=True)
class Ties:
    """What ties the files of a tree together."""

    links: dict[str, bytes] = field(default_factory=dict)
    """What each file takes, until it is settled where that comes from; packed, since most of it comes from nowhere."""
    taken: dict[str, list[Tie]] = field(default_factory=dict)
    """What each file takes from others of the tree."""
    takers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The files that take something from each."""
    again: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    """A way to have each file that takes something once more."""
    looked_up: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    """The places that look up each name which sounds like that of a model."""
    readers: set[str] = field(default_factory=set)
    passed: list[Passed] = field(default_factory=list)
    """The settings that are given the value of others."""
    types: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The files named after a type of settings."""
    rows: dict[str, bytes] = field(default_factory=dict)
    """What each file says of namespaces, where its language has them; packed as well."""
    languages: dict[str, str] = field(default_factory=dict)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    owners: list[tuple[str, str]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    packages: set[tuple[str, str]] = field(default_factory=set)
    """The packages that the tree itself makes."""
    modules: set[str] = field(default_factory=set)
    """The modules of Python that its files could take by their bare name."""
    shipped: set[str] = field(default_factory=set)
    """Files with the name of a test that what ships takes something from."""

    def units(self, words: frozenset[str]) -> list[str]:
        """The folders that are built for themselves; one that is named after a maker belongs to what it stands in."""
        folders = {path.rpartition("/")[0] for path in self.present if is_unit(path)}
        return sorted(folder for folder in folders if not bears(folder.rpartition("/")[2], words))

    def part(self, path: str) -> Part:
        """What a file of code is for; one that what ships takes something from is no test, whatever its name."""
        return Part.CODE if path in self.shipped else part_of(path, self.languages.get(path, ""))

    def read(self, path: str, data: bytes, language: str) -> bool:
        """Take what one file says of others; say whether it may have to be read again."""
        needed = False
        self.present.add(path)
        if path.endswith(".py"):
            self.modules.update(_module(path))
        if own := own_package(path, data):
            self.packages.add(own)
        if path.endswith(".json"):
            self.aliases += aliases_in(path, data)
        elif path.endswith("go.mod") and (owner := owner_in(path, data)):
            self.owners.append((owner, path.rpartition("/")[0]))
        elif (links := links_of(path, data, language)) is not None:
            self.languages[path] = language
            if links:
                self.links[path] = marshal.dumps([tuple(link) for link in links])
                needed = True
        if row := row_of(path, data, language):
            self.rows[path] = marshal.dumps(tuple(row))
            self.languages[path] = language
        return self._look_up(path, data, language) or needed or path in self.rows

    def _look_up(self, path: str, data: bytes, language: str) -> bool:
        """Take what a file looks up by its name, and what it passes on; say whether there is anything."""
        found = list(looked_up(data, language))
        for name, line in found:
            self.looked_up[name].append((path, line))
        kind = _TYPE_OF_SETTINGS.search(path)
        if kind is not None:
            self.types[kind[1].lower()].append(path)
        if found or kind is not None:
            self.readers.add(path)
            self.languages.setdefault(path, language)
        self.passed += passed_on(path, data, language)
        return bool(found) or kind is not None

    def add(self, other: Ties) -> None:
        """Take what was gathered from another part of the tree."""
        self.links |= other.links
        self.rows |= other.rows
        self.again |= other.again
        self.passed += other.passed
        self.readers |= other.readers
        for name, places in other.looked_up.items():
            self.looked_up[name] += places
        for name, paths in other.types.items():
            self.types[name] += paths
        self.languages |= other.languages
        self.aliases += other.aliases
        self.owners += other.owners
        self.present |= other.present
        self.packages |= other.packages
        self.modules |= other.modules

    def settle(self) -> None:
        """Find where everything that is taken comes from, and which tests ship."""
        near = Neighbourhood(self.languages, self.aliases, self.owners)
        handed: dict[str, frozenset[str]] = {}
        for path in sorted(self.links):
            if found := list(self._settled(path, near, handed)):
                self.taken[path] = found
                for target in (target for tie in found for target in tie.targets):
                    self.takers[target].add(path)
        self.links = {}
        kept = self.taken.keys() | self.readers | self.rows.keys()
        self.again = {path: again for path, again in self.again.items() if path in kept}
        for places in (*self.looked_up.values(), *self.types.values(), self.passed):
            places.sort()  # type: ignore[attr-defined]
        named = [path for path in self.takers if is_named_test(path) and not path.endswith(_NEVER)]
        parts = {path: part_of(path, self.languages[path]) for target in named for path in self.takers[target]}
        self.shipped = {
            target for target in named if any(parts[path] is Part.CODE for path in self.takers[target] - {target})
        }

    def _settled(self, path: str, near: Neighbourhood, handed: dict[str, frozenset[str]]) -> Iterator[Tie]:
        for link in self._links(path):
            module = near.submodule(path, link)
            if module and not self._hands_on(package := near.find(path, link), link.name, handed):
                yield Tie(link, tuple(module), whole=True)
            elif targets := tuple(package if module else near.find(path, link)):
                yield Tie(link, targets, whole=False)

    def _hands_on(self, package: list[str], name: str, handed: dict[str, frozenset[str]]) -> bool:
        """Say whether a package hands on a name, which then hides its module of that name."""
        for path in package:
            if path not in handed:
                handed[path] = frozenset(link.name for link in self._links(path) if link.passed_on)
        return any(name in handed[path] for path in package)

    def _links(self, path: str) -> list[Link]:
        packed = self.links.get(path)
        return [Link(*row) for row in marshal.loads(packed)] if packed is not None else []  # noqa: S302 - packed here.


def _module(path: str) -> Iterator[str]:
    """The name by which a file at the top, or a package there, could be imported."""
    parts = path.removeprefix("src/").split("/")
    if len(parts) == 1:
        yield parts[0].removesuffix(".py")
    elif parts[-1] == "__init__.py" and len(parts) == 2:  # noqa: PLR2004
        yield parts[0]
