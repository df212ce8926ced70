"""Files that reach a model only through another file, over what the files of a tree take from each other.

1. A file that calls a model leads to it by the names of what it defines around the place (`definition`).
2. Who takes such a name and uses it reaches the model too; a file that hands it on leads there in turn (`accessor`).
3. Who names a model and hands it to a file that calls whatever it is given reaches it through that file.
4. An agent's file that names another file has it read as well.

Nothing found here changes how seriously a maker is used: the place it leads to has said that already.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.accessor import Handing
from remit.scan.definition import leading
from remit.scan.occurrence import Grip, Occurrence, Relation, Role, Strength
from remit.scan.part import Part
from remit.scan.wiring import Wiring
from remit.scan.words import is_default, is_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.scan.accessor import Handed
    from remit.scan.document import Document
    from remit.scan.integration import Integration, Joined
    from remit.scan.link import Link
    from remit.scan.ties import Tie, Ties
    from remit.scan.wiring import Read

IDENT = "reach"
_NO_CALL = {"infrastructure", "credential"}
_CALLED = {Role.CALL_SITE, Role.DEFAULT, Role.ADDRESS}
_RUNS = {Relation.RUNTIME_CALL, Relation.LOCAL_WEIGHTS, Relation.EMBEDDED}
_NO_SOURCE = {Part.TEST, Part.DOCUMENTATION, Part.LOCK, Part.VENDORED, Part.GENERATED}
_NO_TAKER = {Part.TEST, Part.DOCUMENTATION, Part.LOCK, Part.VENDORED, Part.GENERATED}
_MODEL = re.compile(rb"\.(?:\w+_)?(?:[mM]odel|llm)(?:_?(?:[iI]d|[nN]ame))?\b")
_LIVE = re.compile(r"(?:^|[/_.\-])(?:integration|e2e|end[_\-]to[_\-]end|live|acceptance|smoke)", re.IGNORECASE)
"""Names of tests in which what ships runs as it will."""
_DOUBLE = re.compile(rb"(?i:mock|stub|fake|cassette|\bvcr|dummy)|patch\(|\b(?:responses|respx|nock|msw)\b")
"""What tests put in the place of something else."""
_FARTHEST = 4
"""Files that a model is reached through, one after the other."""
_NEAR = 2
"""Of these, the ones that may stand between a file and what it is said to use."""
_SEVERAL = 8
"""What more files take than this is a service to the whole tree; it is told once, with their number."""
_READ_TOO = re.compile(r"^@([\w./\-]+)\s*$", re.MULTILINE)


class _Lead(NamedTuple):
    """A name by which a file leads to a model, and where that stands."""

    path: str
    name: str
    place: Occurrence
    calls: bool
    """Whether a model is called there, and not only named."""
    way: tuple[tuple[str, int, str], ...] = ()
    """The files between, and what each does with what it takes."""
    plain: bool = True
    """Whether each of them hands on what it takes as it is."""
    loads: bool = False
    """Whether what is called there is whatever it is given."""
    kept: bool = False
    """Whether the last of them keeps it in a type, for those that extend the type."""

    def handed_on(self, path: str, name: str, handed: Handed) -> _Lead:
        """The lead that a file is by handing this one on."""
        step = (path, handed.line, f"hands on {self.name} of {self.path}")
        plain, kept = self.plain and handed.plain, self.plain and handed.kept
        return self._replace(path=path, name=name, calls=True, way=(step, *self.way), plain=plain, kept=kept)


class _Source:
    """The files that lead to the models of one integration, or to whatever model they are given."""

    def __init__(
        self,
        places: Iterable[Occurrence],
        documents: Mapping[str, Document],
        callers: Mapping[str, list[Occurrence]],
        *,
        loads: bool = False,
    ) -> None:
        self.leads: dict[str, dict[str, _Lead]] = {}
        by_file: dict[str, list[Occurrence]] = defaultdict(list)
        for place in places:
            document = documents.get(place.path)
            if document is not None and document.part not in _NO_SOURCE and not place.tested:
                by_file[place.path].append(place)
        for path, found in sorted(by_file.items()):
            if leads := _leads(documents[path], found, callers.get(path, []), loads=loads):
                self.leads[path] = leads

    def extend(
        self, found: Mapping[str, list[tuple[Link, _Lead]]], made: Integration, documents: Mapping[str, Document]
    ) -> None:
        """Let the files that bear the maker's name and take a lead be leads themselves."""
        for path in sorted((made.named & found.keys() & documents.keys()) - self.leads.keys()):
            leads = {link.line: lead for link, lead in found[path] if lead.calls}
            if leads and documents[path].part not in _NO_SOURCE:
                names = leading(documents[path], documents[path].definitions, leads)
                documents[path].forget()
                self.leads[path] = {
                    name: _Lead(path, name, replace(leads[line].place, path=path, line=line), calls=True)
                    for name, line in names.items()
                }


def _leads(document: Document, places: list[Occurrence], callers: list[Occurrence], *, loads: bool) -> dict[str, _Lead]:
    """The names by which a file leads to a maker.

    What `loads` whatever it is given, and names the maker without a model of it, is given that maker's by default.
    """
    calls = {place.line: place for place in places if _is_call(place)}
    if loads and all(place.role is Role.NAME for place in places):
        calls = {place.line: place for place in callers if place.role is Role.CALL_SITE} | calls
    values = {place.line: place for place in places if place.model and not _is_call(place)}
    beside = {place.line for place in (*places, *callers) if place.role in _CALLED and not place.model}
    tops = document.definitions
    calling = leading(document, tops, calls)
    chosen = [line for line, place in values.items() if place.role is not Role.SELECTABLE]
    naming = leading(document, tops, chosen, values, far=False)
    besides = leading(document, tops, beside)
    document.forget()
    leads = {name: _Lead(document.path, name, values[line], name in besides) for name, line in naming.items()}
    return leads | {
        name: _Lead(document.path, name, calls[line], calls=True, loads=calls[line] in callers)
        for name, line in calling.items()
    }


def _is_call(place: Occurrence) -> bool:
    """What asks for a permission or a key calls nothing, and what names a model does not by that."""
    return place.role in {Role.CALL_SITE, Role.ADDRESS} and not place.model and place.detector not in _NO_CALL


class _Walk:
    """One walk over the ties of a tree."""

    def __init__(self, ties: Ties, documents: Mapping[str, Document], integrations: Iterable[Integration]) -> None:
        self.ties = ties
        self.handing = Handing(ties)
        self.wiring = Wiring(integrations, documents, ties)
        self.documents = documents
        self.callers: frozenset[str] = frozenset()
        """The files that call a model, whoever names it."""
        self.loaders: dict[str, list[Occurrence]] = defaultdict(list)

    def through(self, source: _Source) -> dict[str, list[tuple[Link, _Lead]]]:
        """Each file that takes a name which leads to a model, with what it takes."""
        leads = source.leads | self._handed_on(source)
        found: dict[str, list[tuple[Link, _Lead]]] = {}
        for path in sorted({path for target in leads for path in self.ties.takers.get(target, ())}):
            ties = (tie for tie in self.ties.taken[path] if not tie.link.passed_on)
            if taken := [(tie.link, lead) for tie in ties if (lead := _led(path, tie, leads)) is not None]:
                found[path] = taken
        return found

    def far(self, source: _Source) -> dict[str, list[tuple[Link, _Lead]]]:
        """The same, through files that hand on what they take, a few one after the other."""
        found = self.through(source)
        for _ in range(_FARTHEST - 1):
            new = {
                path: leads
                for path, taken in found.items()
                if path not in source.leads and (leads := self._on(path, taken))
            }
            if not new:
                break
            source.leads |= new
            found = self.through(source)
        return found

    def _on(self, path: str, taken: Iterable[tuple[Link, _Lead]]) -> dict[str, _Lead]:
        """What a file leads to by handing on what it takes."""
        if self.ties.part(path) in _NO_SOURCE:
            return {}
        return {
            name: lead.handed_on(path, name, handed)
            for link, lead in taken
            if (lead.calls or self.takes_model(path, lead)) and len(self.ties.takers[lead.path]) <= _SEVERAL
            for name, handed in self.handing.names(path, link).items()
        }

    def takes_model(self, path: str, lead: _Lead) -> bool:
        """Say whether who takes what only names a model calls models, and takes the model and not something else."""
        if path not in self.callers:
            return False
        if is_model(lead.name) or is_default(lead.name):
            return True
        document = self.documents.get(path) if lead.name[:1].isupper() else None
        return document is not None and _MODEL.search(document.data) is not None

    def defined(self, read: Read) -> Iterator[tuple[str, _Lead]]:
        """The names that a file gives to a setting that it looks up."""
        step = (read.path, read.line, read.says)
        for name in self.handing.defined(read.path, read.line):
            yield name, _Lead(read.path, name, read.setting.place, calls=False, way=(step, *read.setting.way))

    def may_take(self, path: str, made: Integration) -> bool:
        """Say whether what a file takes it uses: tests put something in the place of a model, unless they are live."""
        part = self.ties.part(path)
        if part is not Part.TEST or made.strength is not Strength.INTEGRATED or _LIVE.search(path) is None:
            return part not in _NO_TAKER
        return _DOUBLE.search(self.handing.page(path).data) is None

    def has_all(self, path: str, link: Link, lead: _Lead) -> bool:
        """Say whether a file has the model itself: it extends what keeps it, or runs the whole to test it (2)."""
        return (lead.kept and self.handing.extends(path, link)) or self.ties.part(path) is Part.TEST

    def _handed_on(self, source: _Source) -> dict[str, dict[str, _Lead]]:
        """What files that only hand names on lead to; two steps of that are followed."""
        handed: dict[str, dict[str, _Lead]] = {}
        for _ in range(2):
            known = source.leads | handed
            takers = {path for target in known for path in self.ties.takers.get(target, ())} - known.keys()
            handed |= {path: new for path in sorted(takers) if (new := dict(self._passed_on(path, known)))}
        return handed

    def _passed_on(self, path: str, known: Mapping[str, dict[str, _Lead]]) -> Iterator[tuple[str, _Lead]]:
        for tie in (tie for tie in self.ties.taken[path] if tie.link.passed_on):
            for leads in (known[target] for target in tie.targets if target in known):
                yield from ((name, lead) for name, lead in leads.items() if tie.link.name in {"*", name})


def _led(path: str, tie: Tie, known: Mapping[str, dict[str, _Lead]]) -> _Lead | None:
    """The first lead that a file takes from any of the files a tie may come from."""
    for leads in (known[target] for target in tie.targets if target in known):
        first = next((leads[name] for name in tie.names if name in leads), None)
        if first is not None and first.path != path:
            return first
    return None


def with_reach(joined: Joined, by_path: Mapping[str, Document], ties: Ties) -> Joined:
    """Add to each integration the files that reach its models through others."""
    walk = _Walk(ties, by_path, joined.integrations)
    for place in joined.loaders:
        walk.loaders[place.path].append(place)
    taken = {maker: {path for made in joined.integrations if made.maker == maker for path, _ in made.files}
             for maker in {made.maker for made in joined.integrations}}  # fmt: skip
    loaders = {
        path: [(link, lead) for link, lead in found if is_model(lead.name)]
        for path, found in walk.through(_Source(joined.loaders, by_path, {})).items()
    }
    walk.callers = _callers(joined) | {path for path, found in loaders.items() if found}
    integrations = []
    for made in joined.integrations:
        found, further = list(_agents_files(made, by_path, ties)), list[Occurrence]()
        if made.relation in _RUNS:
            read = walk.wiring.reads(made.maker, made.channel)
            reaching, further = _reaching(made, walk, by_path, read)
            found += [*(_reading(made, each) for each in read), *reaching]
            found += _loading(made, found, loaders)
        named = made.named
        new = [place for place in found if place.path not in taken[made.maker] or place.path in named]
        known = taken[made.maker] | {place.path for place in found}
        beyond = {place.path: place for place in further if place.path not in known}
        integrations.append(_joined(made, new, tuple(beyond[path] for path in sorted(beyond))))
    return replace(joined, integrations=tuple(integrations))


def _reaching(
    made: Integration, walk: _Walk, documents: Mapping[str, Document], read: list[Read]
) -> tuple[list[Occurrence], list[Occurrence]]:
    """The files that reach the models of an integration, and apart those that only see what comes of it."""
    general = made.strength is Strength.INTEGRATED
    places = (place for place in made.evidence if place.relation in _RUNS)
    source = _Source(places, documents, walk.loaders, loads=general)
    for each in read:
        if each.path not in source.leads:
            source.leads[each.path] = dict(walk.defined(each))
    if not source.leads:
        return [], []
    found_first = walk.through(source)
    source.extend(found_first, made, documents)
    taken = [
        _Taken(path, link, lead, reaches=walk.has_all(path, link, lead))
        for path, found in walk.far(source).items()
        if walk.may_take(path, made)
        for link, lead in {lead.name: (link, lead) for link, lead in reversed(found)}.values()
        if (lead.calls or walk.takes_model(path, lead)) and not walk.handing.hides(path, link)
        if not (lead.loads and path in walk.loaders)
    ]
    return list(_told([each for each in taken if each.is_near], made)), [
        _indirect(made, each.path, each.link.line, each.says, each.lead) for each in taken if not each.is_near
    ]


class _Taken(NamedTuple):
    """What a file takes that leads to a model."""

    path: str
    link: Link
    lead: _Lead
    reaches: bool
    """Whether the model itself is had by it, however it is handed on."""

    @property
    def is_near(self) -> bool:
        """Whether what is taken is the model, or asks it; what was made of an answer on the way is not."""
        return (self.lead.plain or self.reaches) and len({path for path, _, _ in self.lead.way}) <= _NEAR

    @property
    def says(self) -> str:
        return f"uses {self.lead.name} of {self.lead.path}"


def _told(taken: list[_Taken], made: Integration) -> Iterator[Occurrence]:
    """One place for each name that a file takes; what very many take is told of once, where it is."""
    named = made.named
    takers: dict[str, set[str]] = defaultdict(set)
    for each in taken:
        if each.path not in named:
            takers[each.lead.path].add(each.path)
    first = {lead: min(paths) for lead, paths in takers.items()}
    for each in taken:
        several = len(takers[each.lead.path])
        if several <= _SEVERAL:
            yield _indirect(made, each.path, each.link.line, each.says, each.lead)
        elif each.path == first[each.lead.path]:
            says = f"is taken by {several} other files of the tree, {each.path} among them"
            yield _indirect(made, each.lead.path, each.lead.place.line, says, each.lead)


def _callers(joined: Joined) -> frozenset[str]:
    places = (place for made in joined.integrations for place in made.evidence if made.relation in _RUNS)
    firm = (place for place in places if place.role in {Role.CALL_SITE, Role.ADDRESS} and place.grip is Grip.FIRM)
    return frozenset(place.path for place in (*firm, *joined.loaders))


def _loading(
    made: Integration, found: list[Occurrence], loaders: dict[str, list[tuple[Link, _Lead]]]
) -> Iterator[Occurrence]:
    """The files to which those who name a model of this maker hand it (3)."""
    naming = {place.path for place in found} | {place.path for place in made.evidence if place.role in _CALLED}
    for path in sorted(naming & loaders.keys()):
        for _, lead in loaders[path]:
            yield _indirect(made, lead.path, lead.place.line, f"calls the model that {path} hands to {lead.name}", lead)


def _indirect(made: Integration, path: str, line: int, says: str, lead: _Lead) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=path,
        line=line,
        maker=made.maker,
        channel=made.channel,
        relation=made.relation,
        role=Role.INDIRECT,
        grip=Grip.LOOSE,
        says=says,
        steps=(*lead.way, (lead.place.path, lead.place.line, lead.place.says)),
    )


def _reading(made: Integration, read: Read) -> Occurrence:
    """A place that looks up a setting which names a model."""
    lead = _Lead(read.path, read.setting.name, read.setting.place, calls=True, way=read.setting.way)
    return _indirect(made, read.path, read.line, read.says, lead)


def _agents_files(made: Integration, documents: Mapping[str, Document], ties: Ties) -> Iterator[Occurrence]:
    """The files that an agent's file has the agent read (4)."""
    for place in made.evidence:
        document = documents.get(place.path)
        if place.role is not Role.AGENT_FILE or document is None:
            continue
        for match in _READ_TOO.finditer(document.text):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(place.path), match[1]))
            if path in ties.present:
                there = replace(place, line=document.line_at(match.start()), says=f"has {path} read as well")
                lead = _Lead(place.path, path, there, calls=True)
                yield _indirect(made, path, 1, f"is read through {place.path}", lead)


def _joined(made: Integration, new: list[Occurrence], further: tuple[Occurrence, ...]) -> Integration:
    if not new:
        return replace(made, further=further) if further else made
    files: dict[str, set[int]] = defaultdict(set)
    for place in new:
        files[place.path].add(place.line)
    added = tuple((path, tuple(sorted(lines))) for path, lines in files.items())
    evidence = sorted(set(new), key=lambda place: (place.path, place.line, place.says))
    return replace(
        made, files=tuple(sorted((*made.files, *added))), evidence=(*made.evidence, *evidence), further=further
    )
