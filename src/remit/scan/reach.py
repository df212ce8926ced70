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
from remit.scan.lead import NO_SOURCE, Lead, Source
from remit.scan.member import only_extends, uses_member
from remit.scan.namespace import Namespaces
from remit.scan.occurrence import Grip, Occurrence, Relation, Role, Strength
from remit.scan.package import Package
from remit.scan.part import Part
from remit.scan.wiring import Wiring
from remit.scan.words import is_default, is_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from remit.scan.document import Document
    from remit.scan.integration import Integration, Joined
    from remit.scan.link import Link
    from remit.scan.ties import Tie, Ties
    from remit.scan.wiring import Read

IDENT = "reach"
_CALLED = {Role.CALL_SITE, Role.DEFAULT, Role.ADDRESS}
_RUNS = {Relation.RUNTIME_CALL, Relation.LOCAL_WEIGHTS, Relation.EMBEDDED}
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


class _Walk:
    """One walk over the ties of a tree."""

    def __init__(self, ties: Ties, documents: Mapping[str, Document], integrations: Iterable[Integration]) -> None:
        self.ties = ties
        self.handing = Handing(ties)
        self.package = Package(ties, self.handing, documents)
        self.namespaces = Namespaces(ties, self.handing, lambda path: path in self.callers)
        self.wiring = Wiring(integrations, documents, ties)
        self.documents = documents
        self.callers: frozenset[str] = frozenset()
        """The files that call a model, whoever names it."""
        self.makers: dict[str, set[str]] = defaultdict(set)
        """The makers whose own models each file calls."""
        self.loaders: dict[str, list[Occurrence]] = defaultdict(list)

    def through(self, source: Source) -> dict[str, list[tuple[Link, Lead]]]:
        """Each file that takes a name which leads to a model, with what it takes."""
        leads = self._handed_on(source)
        found: dict[str, list[tuple[Link, Lead]]] = {}
        for path in sorted({path for target in leads for path in self.ties.takers.get(target, ())}):
            ties = (tie for tie in self.ties.taken[path] if not tie.link.passed_on)
            taken = [(tie.link, lead) for tie in ties if (lead := _led(path, tie, leads)) is not None]
            if taken := [(link, lead) for link, lead in taken if not self._is_seen(path, lead)]:
                found[path] = taken
        for path, link, lead in self.package.beside(leads):
            found.setdefault(path, []).append((link, lead))
        for path, link, lead in self.namespaces.beside(leads):
            found.setdefault(path, []).insert(0, (link, lead))
        return found

    def _is_seen(self, path: str, lead: Lead) -> bool:
        """Say whether it is told by what a file sees, and how it uses that, whether it takes a lead."""
        return lead.calls and path in self.ties.rows and lead.path in self.ties.rows

    def far(self, source: Source) -> dict[str, list[tuple[Link, Lead]]]:
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

    def _on(self, path: str, taken: Iterable[tuple[Link, Lead]]) -> dict[str, Lead]:
        """What a file leads to by handing on what it takes."""
        if self.ties.part(path) in NO_SOURCE:
            return {}
        return {
            name: lead.handed_on(path, name, handed, self.handing.members(path, link, name))
            for link, lead in taken
            if not lead.loads and (lead.calls or self.takes_model(path, lead))
            if len(self.ties.takers[lead.path]) <= _SEVERAL or self.surely(path, link, lead)
            for name, handed in self.handing.names(path, link).items()
        }

    def takes_model(self, path: str, lead: Lead) -> bool:
        """Say whether who takes what only names a model calls models, and takes the model and not something else."""
        if path not in self.callers or (lead.place.role is Role.SELECTABLE and self.is_rival(path, lead.place.maker)):
            return False
        if is_model(lead.name) or is_default(lead.name):
            return True
        document = self.documents.get(path) if lead.name[:1].isupper() else None
        return document is not None and _MODEL.search(document.data) is not None

    def is_rival(self, path: str, maker: str) -> bool:
        """Say whether a file is where the models of other makers are called, and of theirs alone."""
        makers: AbstractSet[str] = self.makers.get(path, frozenset())
        return path not in self.loaders and bool(makers) and maker not in makers

    def defined(self, read: Read) -> Iterator[tuple[str, Lead]]:
        """The names that a file gives to a setting that it looks up."""
        step = (read.path, read.line, read.says)
        for name in self.handing.defined(read.path, read.line):
            yield name, Lead(read.path, name, read.setting.place, calls=False, way=(step, *read.setting.way))

    def may_take(self, path: str, made: Integration) -> bool:
        """Say whether what a file takes it uses: tests put something in the place of a model, unless they are live."""
        part = self.ties.part(path)
        if part is not Part.TEST or made.strength is not Strength.INTEGRATED or _LIVE.search(path) is None:
            return part not in _NO_TAKER
        return _DOUBLE.search(self.handing.page(path).data) is None

    def surely(self, path: str, link: Link, lead: Lead) -> bool:
        """Say whether a file calls what leads to a model: a function, or of a type a member that calls it."""
        page, word = self.handing.page(path), link.local or link.name
        if not lead.calls:
            return False
        if lead.members is not None:
            return uses_member(page, word if link.name else lead.name, lead.members)
        if lead.name[:1].isupper() and page.language != "go":
            return False
        called = re.escape(word) if link.name else rf"{re.escape(word)}\.{re.escape(lead.name)}"
        return re.search(rf"(?<![\w$.]){called}\s*\(", page.text) is not None

    def has_all(self, path: str, link: Link, lead: Lead) -> bool:
        """Say whether a file has the model itself: it extends what keeps or asks it, or runs the whole to test it."""
        if self.ties.part(path) is Part.TEST:
            return True
        return self.handing.extends(path, link) and (lead.kept or self.surely(path, link, lead))

    def only_extends(self, path: str, link: Link, lead: Lead) -> bool:
        """Say whether a file extends a type that asks a model by some of its members, and uses none of these."""
        if (
            path not in self.callers
            or lead.members is None
            or lead.kept
            or not only_extends(self.handing.page(path), link.local or link.name)
        ):
            return False
        return not self.surely(path, link, lead)

    def _handed_on(self, source: Source) -> dict[str, dict[str, Lead]]:
        """What files that only hand names on lead to; a few steps of that are followed."""
        known = dict(source.leads)
        new = set(known)
        for _ in range(_FARTHEST):
            takers = sorted({path for target in new for path in self.ties.takers.get(target, ())})
            new = set()
            for path in takers:
                own = known.get(path, {})
                if more := {name: lead for name, lead in self._passed_on(path, known) if name not in own}:
                    known[path] = own | more
                    new.add(path)
        return known

    def _passed_on(self, path: str, known: Mapping[str, dict[str, Lead]]) -> Iterator[tuple[str, Lead]]:
        for tie in (tie for tie in self.ties.taken[path] if tie.link.passed_on):
            for leads in (known[target] for target in tie.targets if target in known):
                named = (name for name in leads if tie.link.name in {"*", name})
                yield from ((tie.link.local or name, leads[name]) for name in named)


def _led(path: str, tie: Tie, known: Mapping[str, dict[str, Lead]]) -> Lead | None:
    """The first lead that a file takes from any of the files a tie may come from, one that calls before the others."""
    known_ones = (known[target] for target in tie.targets if target in known)
    leads = [leads[name] for leads in known_ones for name in tie.names if name in leads and leads[name].path != path]
    return next((lead for lead in leads if lead.calls), leads[0] if leads else None)


def with_reach(joined: Joined, by_path: Mapping[str, Document], ties: Ties) -> Joined:
    """Add to each integration the files that reach its models through others."""
    walk = _Walk(ties, by_path, joined.integrations)
    for place in joined.loaders:
        walk.loaders[place.path].append(place)
    taken = {maker: {path for made in joined.integrations if made.maker == maker for path, _ in made.files}
             for maker in {made.maker for made in joined.integrations}}  # fmt: skip
    loaders = {
        path: [(link, lead) for link, lead in found if is_model(lead.name) and walk.namespaces.defines(lead)]
        for path, found in walk.through(Source(joined.loaders, by_path, {})).items()
    }
    for place in _calls(joined):
        walk.makers[place.path].add(place.maker)
    walk.callers = frozenset(walk.makers) | walk.loaders.keys() | {path for path, found in loaders.items() if found}
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
    source = Source(places, documents, walk.loaders, loads=general)
    for each in read:
        if each.path not in source.leads:
            source.leads[each.path] = dict(walk.defined(each))
    for lead in walk.namespaces.started(made.evidence):
        source.leads.setdefault(lead.path, {})[lead.name] = lead
    if not source.leads:
        return [], []
    source.extend(walk.through(source), made, documents)
    for _ in range(_FARTHEST - 1):
        found = {path: taken for path, taken in walk.through(source).items() if path.endswith(".go")}
        if not source.extend(found, made, documents):
            break
    taken = [
        _Taken(path, link, lead, reaches=walk.has_all(path, link, lead), sure=walk.surely(path, link, lead))
        for path, found in walk.far(source).items()
        if walk.may_take(path, made)
        for link, lead in {lead.name: (link, lead) for link, lead in reversed(found)}.values()
        if (lead.calls or walk.takes_model(path, lead)) and not walk.handing.hides(path, link)
        if not (lead.loads and path in walk.loaders) and not walk.only_extends(path, link, lead)
    ]
    return list(_told([each for each in taken if each.is_near], made)), [
        _indirect(made, each.path, each.link.line, each.says, each.lead) for each in taken if not each.is_near
    ]


class _Taken(NamedTuple):
    """What a file takes that leads to a model."""

    path: str
    link: Link
    lead: Lead
    reaches: bool
    """Whether the model itself is had by it, however it is handed on."""
    sure: bool
    """Whether it calls what leads to the model, and does not only name it."""

    @property
    def is_near(self) -> bool:
        """Whether what is taken is the model, or asks it; what was made of an answer on the way is not."""
        if len({path for path, _, _ in self.lead.way}) > _NEAR:
            return False
        return not self.lead.hops or self.reaches or (self.lead.hops == 1 and self.sure)

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
        if several <= _SEVERAL or each.sure:
            yield _indirect(made, each.path, each.link.line, each.says, each.lead)
        elif each.path == first[each.lead.path]:
            says = f"is taken by {several} other files of the tree, {each.path} among them"
            yield _indirect(made, each.lead.path, each.lead.place.line, says, each.lead)


def _calls(joined: Joined) -> Iterator[Occurrence]:
    """The places that surely call a model, whoever makes it."""
    places = (place for made in joined.integrations for place in made.evidence if made.relation in _RUNS)
    return (place for place in places if place.role in {Role.CALL_SITE, Role.ADDRESS} and place.grip is Grip.FIRM)


def _loading(
    made: Integration, found: list[Occurrence], loaders: dict[str, list[tuple[Link, Lead]]]
) -> Iterator[Occurrence]:
    """The files to which those who name a model of this maker hand it (3)."""
    naming = {place.path for place in found} | {place.path for place in made.evidence if place.role in _CALLED}
    for path in sorted(naming & loaders.keys()):
        for _, lead in loaders[path]:
            yield _indirect(made, lead.path, lead.place.line, f"calls the model that {path} hands to {lead.name}", lead)


def _indirect(made: Integration, path: str, line: int, says: str, lead: Lead) -> Occurrence:
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
    lead = Lead(read.path, read.setting.name, read.setting.place, calls=True, way=read.setting.way)
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
                lead = Lead(place.path, path, there, calls=True)
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
