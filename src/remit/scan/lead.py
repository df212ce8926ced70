"""The names by which a file leads to the models of one integration, or to whatever model it is given.

1. A name leads where what it defines calls a model, or holds the name of one.
2. A type leads by its members: those that call, and those that call these.
3. What bears the maker's name and takes a lead leads on, by what it defines around the places where it takes it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.container import handed_out
from remit.scan.definition import leading
from remit.scan.holding import asking
from remit.scan.member import lines_of, members_of
from remit.scan.occurrence import Occurrence, Role
from remit.scan.part import Part
from remit.scan.type_outline import OUTLINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.scan.accessor import Handed
    from remit.scan.definition import Definition
    from remit.scan.document import Document
    from remit.scan.integration import Integration
    from remit.scan.link import Link

NO_SOURCE = {Part.TEST, Part.DOCUMENTATION, Part.LOCK, Part.VENDORED, Part.GENERATED}
_NO_CALL = {"infrastructure", "credential"}
_CALLED = {Role.CALL_SITE, Role.DEFAULT, Role.ADDRESS}


class Lead(NamedTuple):
    """A name by which a file leads to a model, and where that stands."""

    path: str
    name: str
    place: Occurrence
    calls: bool
    """Whether a model is called there, and not only named."""
    way: tuple[tuple[str, int, str], ...] = ()
    """The files between, and what each does with what it takes."""
    hops: int = 0
    """How many of them hand on only what comes of what they take, and not that itself."""
    loads: bool = False
    """Whether what is called there is whatever it is given."""
    kept: bool = False
    """Whether the last of them keeps it in a type, for those that extend the type."""
    members: frozenset[str] | None = None
    """The members of a type that lead there; nothing where it does so as a whole."""

    def handed_on(self, path: str, name: str, handed: Handed, members: frozenset[str] | None) -> Lead:
        """The lead that a file is by handing this one on."""
        step = (path, handed.line, f"hands on {self.name} of {self.path}")
        hops, kept = self.hops + (not handed.plain), not self.hops and handed.kept
        return self._replace(
            path=path, name=name, calls=True, way=(step, *self.way), hops=hops, kept=kept, members=members
        )

    def beside(self, other: Lead) -> Lead:
        """The one of two leads of a name that calls, by the members of both."""
        if not self.calls or not other.calls:
            return self if self.calls else other
        whole = self.members is None or other.members is None
        return self if whole else self._replace(members=(self.members or frozenset()) | (other.members or frozenset()))


class Source:
    """The files that lead to the models of one integration, or to whatever model they are given."""

    def __init__(
        self,
        places: Iterable[Occurrence],
        documents: Mapping[str, Document],
        callers: Mapping[str, list[Occurrence]],
        *,
        loads: bool = False,
    ) -> None:
        self.leads: dict[str, dict[str, Lead]] = {}
        by_file: dict[str, list[Occurrence]] = defaultdict(list)
        for place in places:
            document = documents.get(place.path)
            if document is not None and document.part not in NO_SOURCE and not place.tested:
                by_file[place.path].append(place)
        for path, found in sorted(by_file.items()):
            if leads := leads_of(documents[path], found, callers.get(path, []), loads=loads):
                self.leads[path] = leads

    def extend(
        self, found: Mapping[str, list[tuple[Link, Lead]]], made: Integration, documents: Mapping[str, Document]
    ) -> bool:
        """Let the files that bear the maker's name and take a lead be leads themselves (3); say whether any is new."""
        before = self._size
        for path in sorted(made.named & found.keys() & documents.keys()):
            taken = [(link, lead) for link, lead in found[path] if lead.calls and not lead.loads]
            if taken and documents[path].part not in NO_SOURCE:
                own = self.leads.setdefault(path, {})
                new = _further(documents[path], taken)
                own |= {name: own[name].beside(lead) if name in own else lead for name, lead in new.items()}
        return self._size > before

    @property
    def _size(self) -> int:
        return sum(1 for leads in self.leads.values() for lead in leads.values() if lead.calls)


def _further(document: Document, taken: list[tuple[Link, Lead]]) -> dict[str, Lead]:
    """What a file leads to by what it takes."""
    places: dict[int, Occurrence] = {}
    for link, lead in reversed(taken):
        lines = lines_of(document, link.local) if link.local else []
        places |= {line: lead.place for line in (link.line, *lines) if line >= link.line}
    tops = document.definitions
    names, members = _calling(document, tops, places, ())
    document.forget()
    at = {line: replace(place, path=document.path, line=line) for line, place in places.items()}
    return {
        name: Lead(document.path, name, at[line], calls=True, members=members[name])
        for name, line in names.items()
        if members[name] is None or members[name]
    }


def leads_of(
    document: Document, places: list[Occurrence], callers: list[Occurrence], *, loads: bool
) -> dict[str, Lead]:
    """The names by which a file leads to a maker.

    What `loads` whatever it is given, and names the maker without a model of it, is given that maker's by default.
    """
    calls = {place.line: place for place in places if is_call(place)}
    if loads and all(place.role is Role.NAME for place in places):
        calls = {place.line: place for place in callers if place.role is Role.CALL_SITE} | calls
    values = {place.line: place for place in places if place.model and not is_call(place)}
    beside = {place.line for place in (*places, *callers) if place.role in _CALLED and not place.model}
    if document.language in OUTLINED:
        given = (place for place in places if place.model or place.role is Role.NAME)
        calls |= {place.line: place for place in given if _is_given(document, place, beside)}
    tops = document.definitions
    calling, members = _calling(document, tops, calls, places)  # (2)
    chosen = [line for line, place in values.items() if place.role is not Role.SELECTABLE]
    naming = leading(document, tops, chosen, values, far=False)
    besides = leading(document, tops, beside)
    document.forget()
    leads = {
        name: Lead(document.path, name, values[line], name in besides and document.language not in OUTLINED)
        for name, line in naming.items()
        if members.get(name) is None or members[name]
    }
    return leads | {
        name: Lead(document.path, name, calls[line], calls=True, loads=calls[line] in callers, members=members[name])
        for name, line in calling.items()
        if members[name] is None or members[name]
    }


def _calling(
    document: Document, tops: list[Definition], lines: Mapping[int, Occurrence], places: Iterable[Occurrence]
) -> tuple[dict[str, int], dict[str, frozenset[str] | None]]:
    """The names by which a file leads to some lines, each with the line, and the members by which a type does."""
    if document.language in OUTLINED:
        asked = asking(document, lines, {place.line for place in places if place.role in {Role.NAME, Role.CALL_SITE}})
        return {name: line for name, (line, _) in asked.items()}, {name: own for name, (_, own) in asked.items()}
    names = leading(document, tops, lines)
    return names, {name: members_of(document, tops, name, lines) for name in names}


def _is_given(document: Document, place: Occurrence, beside: set[int]) -> bool:
    """Say whether the name of a model is given to a call: to one that a framework has, or in a file that calls one."""
    if place.role is Role.SELECTABLE:
        return False
    return (bool(beside) and bool(place.model)) or next(handed_out(document, (), (place.line,)), "") != ""


def is_call(place: Occurrence) -> bool:
    """What asks for a permission or a key calls nothing, and what names a model does not by that."""
    return place.role in {Role.CALL_SITE, Role.ADDRESS} and not place.model and place.detector not in _NO_CALL
