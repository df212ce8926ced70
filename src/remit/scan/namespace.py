"""Which files of a tree see the types of which others, where a language has it by packages or namespaces.

1. A file sees its own namespace without a word, and those that stand around it where the language has it so.
2. It sees what it imports: a namespace whole, or one name of it; or what is imported for the whole of its project.
3. An interface leads where what implements it does, if nothing else does so, or most of what does asks models.
4. What a file sees it uses only where it asks by it.

Only who sees a namespace that holds a lead is read again.
"""

from __future__ import annotations

import marshal
import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from remit.scan.belonging import Row
from remit.scan.container import is_of_models, started
from remit.scan.holding import uses_of
from remit.scan.lead import Lead
from remit.scan.link import Link
from remit.scan.occurrence import Role
from remit.scan.part import Part
from remit.scan.type_outline import types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from remit.scan.accessor import Handing
    from remit.scan.occurrence import Occurrence
    from remit.scan.ties import Ties

_BUILDS = (".xml", ".gradle", ".gradle.kts", ".toml")
_MANY = 2_000
"""Files that see one namespace, beyond which it is that of a whole world."""
_DOUBLES = re.compile(r"(?i:mock|stub|fake|dummy|noop|no_op|test|inmemory|sample)")
_APART = {Part.TEST, Part.DOCUMENTATION, Part.VENDORED, Part.GENERATED}


class Namespaces:
    """The files of a tree by what they see."""

    def __init__(self, ties: Ties, handing: Handing, asks: Callable[[str], bool]) -> None:
        self._ties = ties
        self._handing = handing
        self._asks = asks
        self._rows: dict[str, Row] = {}
        self._seers: dict[str, set[str]] = defaultdict(set)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._holders: dict[str, set[str]] = defaultdict(set)
        self._known: dict[tuple[str, str, frozenset[str] | None], Link | None] = {}
        self._faces: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._shared: dict[str, set[str]] = {}
        self._read = False

    def beside(self, leads: Mapping[str, Mapping[str, Lead]]) -> Iterator[tuple[str, Link, Lead]]:
        """Each file that uses a type or a function it sees, and that leads to a model."""
        found = {
            (path, name): lead
            for path, named in leads.items()
            if path in self._ties.rows or path.endswith(_BUILDS)
            for name, lead in named.items()
            if lead.calls
        }
        if not found:
            return
        self._settle()
        wanted: dict[str, list[tuple[str, Lead]]] = defaultdict(list)
        for (path, name), lead in sorted(found.items()):
            for at, called, takers in self._takers(path, name):
                known = lead if called == name or "." in name else lead._replace(path=at, name=called)
                for taker in takers - {path, at}:
                    wanted[taker].append((called, known))
        for taker, asked in sorted(wanted.items()):
            for called, lead in asked:
                if (link := self._link(taker, called, lead)) is not None:
                    yield taker, link, lead

    def _settle(self) -> None:
        """Know who sees what; once, and only where something was found."""
        if self._read:
            return
        self._read = True
        shared: dict[str, set[str]] = defaultdict(set)
        for path, packed in self._ties.rows.items():
            row = Row(*marshal.loads(packed))  # noqa: S302 - packed by ourselves.
            self._rows[path] = row
            for space in row.shared:
                folder = posixpath.dirname(path)
                shared[folder.removesuffix("/Properties")].add(space)
        self._shared = dict(sorted(shared.items()))
        for path, row in self._rows.items():
            for space in self._seen_by(path):
                self._seers[space].add(path)
            for name in row.named:
                self._by_name[name].add(path)
            for name in row.types:
                self._holders[name].add(path)

    def _seen_by(self, path: str) -> set[str]:
        """The namespaces that a file sees whole (1, 2)."""
        row = self._rows[path]
        seen = {*row.spaces, *row.seen}
        if _kin(path) == "cs":
            seen |= {space[:at] for space in row.spaces for at in range(len(space)) if space[at] == "."}
            for folder, spaces in self._shared.items():
                if not folder or path.startswith(f"{folder}/"):
                    seen |= spaces
        return seen

    def _seeing(self, path: str, name: str) -> set[str]:
        """The files that see something of a file by its name (1, 2)."""
        found: set[str] = set()
        for space in self._rows[path].spaces:
            seers = self._seers[space]
            if len(seers) <= _MANY:
                found |= seers
            found |= self._by_name[f"{space}.{name}"]
        kin = _kin(path)
        return {each for each in found if _kin(each) == kin}

    def started(self, places: Iterable[Occurrence]) -> Iterator[Lead]:
        """What a framework hands out by itself where a tree requires it."""
        if any(_kin(path) == "jvm" for path in self._ties.rows):
            for place in places:
                if place.role is Role.DEPENDENCY and place.path.endswith(_BUILDS):
                    yield from (Lead(place.path, name, place, calls=True) for name in started(place.says))

    def defines(self, lead: Lead) -> bool:
        """Say whether what leads somewhere is something of the tree, and not only a type that is handed out by it."""
        row = self._rows.get(lead.path)
        return row is None or lead.name in row.types or not lead.name[:1].isupper()

    def _takers(self, path: str, name: str) -> Iterator[tuple[str, str, set[str]]]:
        """Those who see a type of a file, by its name or by that of an interface of it, or what the file hands out."""
        row = self._rows.get(path)
        if row is None:
            space, _, called = name.rpartition(".")
            folder = posixpath.dirname(path).removesuffix("gradle")
            seers = self._by_name[name] | self._seers[space]
            yield path, called, {each for each in seers if each.startswith(folder)}
            return
        if name in row.types or not name[:1].isupper():
            faces = [(path, name), *self._interfaces(path, name)]
            yield from ((at, called, self._seeing(at, called)) for at, called in faces)  # (3)
            return
        own = [at for at in sorted(self._holders.get(name, ())) if path in self._seeing(at, name)]
        yield from ((at, name, self._seeing(at, name)) for at in own)
        if not own:
            named = [each for each in row.named if each.endswith(f".{name}") and is_of_models(each)]
            yield path, name, set[str]().union(*(self._by_name[each] for each in named))
            seen = self._seen_by(path) if path.endswith(".cs") else set[str]()
            yield path, name, set[str]().union(*(self._seers[each] for each in seen if is_of_models(each)))

    def _interfaces(self, path: str, name: str) -> list[tuple[str, str]]:
        """What a type is taken as: the interfaces of the tree that it implements, each with its file (3)."""
        key = (path, name)
        if key not in self._faces:
            page = self._handing.page(path)
            bases = {base for each in types_of(page) if each.name == name for base in each.bases}
            found = [
                (at, base)
                for base in sorted(bases)
                for at in sorted(self._holders.get(base, ()))
                if path in self._seeing(at, base) or at == path
            ]
            self._faces[key] = [(at, base) for at, base in found if base != name and self._is_of_models(path, at, base)]
        return self._faces[key]

    def _is_of_models(self, path: str, at: str, name: str) -> bool:
        """Say whether most of what implements an interface asks models."""
        others = [other for other in sorted(self._seeing(at, name) - {path}) if self._implements(other, name)]
        asking = sum(1 for other in others if self._asks(other))
        return 2 * (asking + 1) > len(others) + 1

    def _implements(self, path: str, name: str) -> bool:
        if self._ties.part(path) in _APART or _DOUBLES.search(posixpath.basename(path)):
            return False
        page = self._handing.page(path)
        return name in page.text and any(
            name in each.bases for each in types_of(page) if each.kind not in {"interface", "protocol", "trait"}
        )

    def _link(self, path: str, name: str, lead: Lead) -> Link | None:
        """How a file uses what it sees; nothing where it does not, or has something of that name itself (4)."""
        key = (path, name, lead.members)
        if key not in self._known:
            self._known[key] = None
            page = self._handing.page(path)
            if name not in self._rows[path].types and name in page.text:
                uses = uses_of(page, name, lead.members, made=name in self._holders or not name[:1].isupper())
                self._known[key] = Link(".", name, page.line_at(uses[0]), local=name) if uses else None
        return self._known[key]


def _kin(path: str) -> str:
    """The world that the languages of a file share."""
    ending = path.rpartition(".")[2]
    return (
        "jvm" if ending in {"java", "kt", "kts", "scala", "sc"} else "cs" if ending in {"razor", "cshtml"} else ending
    )
