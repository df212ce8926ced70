"""Join the places of a tree to integrations: one for each maker, channel and relation.

1. A place that nothing is carried out at (a comment, prose, a person, a block list) is dismissed with its reason.
2. A firm place proves its maker; a loose one joins in only where a firm one stands, and one of the product's only
   where a firm one stands outside the tests.
3. A client of a maker that is always given another's address proves the protocol, not the maker.
4. A cloud whose model a place does not name is that of the makers known to be reached by it, else the cloud's own.
5. A package that only another needs is told of where nothing else shows its maker.
6. Everything that remains is joined, and its strength judged by `verdict`.
7. Where nothing calls a model, what stands in tables about models is about models, and is no use of one.
8. What stands in a bundle alone, beside the sources that it was made of, is of a library that was made part of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from remit.scan.channel import attribute, channelled
from remit.scan.listing import tables
from remit.scan.occurrence import Dismissal, Grip, Occurrence, Relation, Role, Strength
from remit.scan.part import Part, made_from
from remit.scan.verdict import APART, Landscape, strength_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.scan.signatures import Signatures


_SILENT = {
    Role.COMMENT: "in a comment or documentation of code; nothing is carried out there",
    Role.DOCUMENTATION: "in a document for people",
    Role.PROSE: "inside a sentence, not a name that code acts on",
    Role.PERSON: "the name or address of a person",
    Role.RULE: "in a list of crawlers or a rule about them, the opposite of a use",
    Role.TABLE: "in a table of prices, which calls nothing",
    Role.CLASH: "a different thing of the same name",
    Role.PATH: "in the name of a folder or a file of the tree's own",
    Role.VISITOR: "somebody who is let in: it asks this system, and is not asked",
    Role.SPELLING: "a word that a checker of spelling is told to let pass",
    Role.LINK: "in a file of links for people to follow to the sites of makers",
    Role.TEST: "only named in a test inside the file",
}
SILENT = frozenset(_SILENT)
"""The roles of places at which nothing is carried out."""
_LISTED = "in a table about models, in a tree where nothing calls any"
_BARE = "the bare name; nothing in the tree calls this maker's models"
_BUNDLED = "only in a bundle, from a library within it; the sources that it was made of do not name this maker"
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue", ".svelte")
_PAIR = 2
"""A model and the one it falls back to may share a key; more than two makers make a list."""
_NOT_RUNNING = {Relation.DEVELOPMENT_TOOL, Relation.PROTOCOL_ONLY}
_TERMS_FILE = re.compile(r"remit\.yaml|instruments/.+\.(?:yaml|yml|sig)|cases/[^/]+\.yaml|catalogue/\w+\.yaml")
_TERMS = "in the terms themselves, which say what may be used"
_TESTED = "the bare name; only tests call this maker's models"
_PUBLISHED = "source that the maker published; no model of it is called by that"
_DORMANT = "a package that only another package needs; nothing in the tree calls this maker's models"
_PROTOCOL = "only the protocol: every client is given another address"


@dataclass(frozen=True, slots=True)
class Integration:
    """How one maker's models are part of a tree, by one channel and in one relation."""

    maker: str
    channel: str
    relation: Relation
    strength: Strength
    models: tuple[str, ...]
    files: tuple[tuple[str, tuple[int, ...]], ...]
    confidence: str
    evidence: tuple[Occurrence, ...]
    chain: tuple[tuple[str, int, str], ...] = ()
    """How the default in effect was found: path, line and what stands there, from where it is taken to the model."""
    further: tuple[Occurrence, ...] = ()
    """Places in other files that what comes of the model reaches by way of these; they are no use of their own."""

    @property
    def named(self) -> frozenset[str]:
        """The files in which something of the maker stands; the others reach it through one of them."""
        return frozenset(place.path for place in self.evidence if place.role is not Role.INDIRECT)


@dataclass(frozen=True, slots=True)
class Joined:
    """What the places of one tree come to."""

    integrations: tuple[Integration, ...]
    traces: tuple[Integration, ...]
    dismissed: tuple[Dismissal, ...]
    landscape: Landscape
    loaders: tuple[Occurrence, ...] = ()
    """Places that call whatever model they are given."""


def join(
    occurrences: Iterable[Occurrence],
    parts: Mapping[str, Part],
    terms: frozenset[str],
    known: Signatures,
    units: Iterable[str] = (),
) -> Joined:
    """Join the places of one tree, and say of each place left out why."""
    dismissed: list[Dismissal] = []
    alive: dict[str, list[Occurrence]] = defaultdict(list)
    traces: dict[str, list[Occurrence]] = defaultdict(list)
    dormant: list[Occurrence] = []
    for occurrence in _unchosen(list(occurrences)):
        why = _TERMS if _is_terms(occurrence.path, terms) else _SILENT.get(occurrence.role)
        if why:  # (1)
            dismissed.append(_dismissal(occurrence, why))
        elif occurrence.relation is Relation.DORMANT:
            dormant.append(occurrence)
        elif occurrence.relation is Relation.VENDOR_SOURCE:
            traces[occurrence.maker].append(occurrence)
            dismissed.append(_dismissal(occurrence, _PUBLISHED))
        else:
            alive[occurrence.maker].append(occurrence)
    calls = _calls_models(alive, parts)
    listed = frozenset[str]() if calls else tables(place for found in alive.values() for place in found)
    for maker, found in alive.items():  # (7)
        dismissed += [_dismissal(place, _LISTED) for place in found if place.path in listed]
        alive[maker] = [place for place in found if place.path not in listed]
    loaders = tuple(place for place in alive.pop("", ()) if place.role is Role.CALL_SITE and place.grip is Grip.FIRM)
    attribute(alive, parts)  # (4)
    for maker, found in alive.items():
        alive[maker] = [_settled(place, calls=calls) for place in _as_tools(found, parts)]
    alive = defaultdict(list, channelled(alive, known))
    kept: dict[str, list[Occurrence]] = {}
    bundles = _bundles(alive, parts)
    for maker in sorted(alive):
        found, why = _proved(alive[maker], parts, bundles)  # (2, 3, 8)
        if found:
            kept[maker] = found
        taken = set(map(id, found))
        traces[maker] += [
            place for place in alive[maker] if place.relation is Relation.PROTOCOL_ONLY and id(place) not in taken
        ]
        dismissed += [_dismissal(occurrence, why) for occurrence in alive[maker] if id(occurrence) not in taken]
    for occurrence in (each for each in dormant if each.maker not in kept):
        traces[occurrence.maker].append(occurrence)
        dismissed.append(_dismissal(occurrence, _DORMANT))
    landscape = Landscape(kept, parts, known.reported, units)
    integrations = [made for maker in sorted(kept) for made in _integrations(maker, kept[maker], landscape)]  # (6)
    return Joined(tuple(integrations), tuple(_traces(traces, landscape)), tuple(_unique(dismissed)), landscape, loaders)


def _is_terms(path: str, folders: frozenset[str]) -> bool:
    """Say whether a file is read as terms; whatever else stands in their folder is looked at like any other."""
    return any(path.startswith(folder) and _TERMS_FILE.fullmatch(path, len(folder)) for folder in folders)


def _traces(traces: dict[str, list[Occurrence]], landscape: Landscape) -> list[Integration]:
    """What is of a maker and yet calls none of its models: its published source, its protocol."""
    return [made for maker in sorted(traces) for made in _integrations(maker, traces[maker], landscape)]


def _calls_models(alive: Mapping[str, list[Occurrence]], parts: Mapping[str, Part]) -> bool:
    """Say whether something that ships calls models at all: a package, an address, a client, whoever's."""
    return any(
        occurrence.grip is Grip.FIRM
        and not occurrence.model
        and occurrence.relation in {Relation.RUNTIME_CALL, Relation.LOCAL_WEIGHTS}
        and parts.get(occurrence.path) not in APART
        for found in alive.values()
        for occurrence in found
    )


def _settled(occurrence: Occurrence, *, calls: bool) -> Occurrence:
    """Where models are called, an id that the catalogue knows is one that can be selected; elsewhere it is a word."""
    if occurrence.grip is not Grip.FAIR:
        return occurrence
    return replace(occurrence, grip=Grip.FIRM if calls else Grip.LOOSE)


def _unchosen(found: list[Occurrence]) -> list[Occurrence]:
    """A key that holds several makers' names or many makers' models in one file is a list and chooses none of them."""
    makers: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for occurrence in found:
        if occurrence.chosen:
            makers[occurrence.path, occurrence.bound, bool(occurrence.model)].add(occurrence.maker)
    lists = {place for place, several in makers.items() if len(several) > (_PAIR if place[2] else 1)}
    return [
        replace(occurrence, chosen=False, role=Role.SELECTABLE)
        if occurrence.chosen and (occurrence.path, occurrence.bound, bool(occurrence.model)) in lists
        else occurrence
        for occurrence in found
    ]


def _as_tools(found: list[Occurrence], parts: Mapping[str, Part]) -> list[Occurrence]:
    """In a workflow that runs a maker's tool, the key beside it is the tool's."""
    tools = {
        occurrence.path
        for occurrence in found
        if occurrence.relation is Relation.DEVELOPMENT_TOOL and parts.get(occurrence.path) is Part.CI
    }
    return [
        replace(occurrence, relation=Relation.DEVELOPMENT_TOOL) if occurrence.path in tools else occurrence
        for occurrence in found
    ]


def _proved(
    found: list[Occurrence], parts: Mapping[str, Part], bundles: frozenset[str]
) -> tuple[list[Occurrence], str]:
    """Keep what is proved: everything when something firm runs, the tools alone when only they are firm (2).

    What only stands in bundles that were made of the tree's own sources comes from a library that they take (8).
    """
    firm = [occurrence for occurrence in found if occurrence.grip is Grip.FIRM]
    running = [occurrence for occurrence in firm if occurrence.relation not in _NOT_RUNNING]
    if not running:
        tools = [occurrence for occurrence in firm if occurrence.relation is Relation.DEVELOPMENT_TOOL]
        return tools, _PROTOCOL if len(firm) > len(tools) else _BARE
    if all(occurrence.path in bundles for occurrence in running):
        return [occurrence for occurrence in firm if occurrence.relation is Relation.DEVELOPMENT_TOOL], _BUNDLED
    if _is_protocol_only(found, running):
        return [occurrence for occurrence in firm if occurrence.relation is Relation.DEVELOPMENT_TOOL], _PROTOCOL
    kept = [occurrence for occurrence in found if occurrence.relation is not Relation.PROTOCOL_ONLY]
    if all(_is_tested(occurrence, parts) for occurrence in running):
        return [place for place in kept if place.grip is Grip.FIRM or _is_tested(place, parts)], _TESTED
    return kept, _PROTOCOL


def _is_tested(place: Occurrence, parts: Mapping[str, Part]) -> bool:
    return place.tested or parts.get(place.path) is Part.TEST


def _bundles(alive: Mapping[str, list[Occurrence]], parts: Mapping[str, Part]) -> frozenset[str]:
    """The files that were made of sources of the tree and of the libraries that those take (8)."""
    sources = [path for path in parts if path.endswith(_SCRIPTS) and made_from(path) is None]
    roots = {place.path: made_from(place.path) for found in alive.values() for place in found}
    return frozenset(
        path for path, root in roots.items() if root is not None and any(source.startswith(root) for source in sources)
    )


def _is_protocol_only(found: list[Occurrence], running: list[Occurrence]) -> bool:
    """Say whether all that is known of a maker are clients that talk to somebody else (3)."""
    made = [occurrence for occurrence in found if occurrence.bound == "construction"]
    if not made or any(occurrence.relation is not Relation.PROTOCOL_ONLY for occurrence in made):
        return False
    imports = {"python-call", "script-call", "other-code", "dependency"}
    return all(occurrence.detector in imports for occurrence in running)


def _integrations(maker: str, found: list[Occurrence], landscape: Landscape) -> list[Integration]:
    groups: dict[tuple[str, Relation], list[Occurrence]] = defaultdict(list)
    if not found:
        return []
    firm = {(occurrence.channel, occurrence.relation) for occurrence in found if occurrence.grip is Grip.FIRM}
    main = _main(found) if firm else (found[0].channel, found[0].relation)
    for occurrence in found:
        group = (occurrence.channel, occurrence.relation)
        groups[group if group in firm else main].append(occurrence)
    return [
        _integration(maker, channel, relation, groups[channel, relation], landscape)
        for channel, relation in sorted(groups, key=lambda group: (group[0], group[1].value))
    ]


def _main(found: list[Occurrence]) -> tuple[str, Relation]:
    """The channel and relation that loose places join: the most frequent one that runs."""
    counts: dict[tuple[str, Relation], int] = defaultdict(int)
    for occurrence in found:
        if occurrence.grip is Grip.FIRM:
            running = occurrence.relation is not Relation.DEVELOPMENT_TOOL
            counts[occurrence.channel, occurrence.relation] += 10_000 * running + 1
    return max(counts, key=lambda group: (counts[group], group[0], group[1].value))


def _integration(
    maker: str, channel: str, relation: Relation, found: list[Occurrence], landscape: Landscape
) -> Integration:
    files: dict[str, set[int]] = defaultdict(set)
    for occurrence in found:
        files[occurrence.path].add(occurrence.line)
    kinds = {occurrence.detector for occurrence in found if occurrence.grip is Grip.FIRM}
    return Integration(
        maker=maker,
        channel=channel,
        relation=relation,
        strength=strength_of(maker, found, landscape),
        models=tuple(sorted({occurrence.model for occurrence in found if occurrence.model})),
        files=tuple((path, tuple(sorted(lines))) for path, lines in sorted(files.items())),
        confidence="high" if len(kinds) > 1 else "medium",
        evidence=tuple(sorted(found, key=_weight)),
        chain=_chain(found),
    )


def _chain(found: list[Occurrence]) -> tuple[tuple[str, int, str], ...]:
    """The steps from the first place that takes a default to the model it takes."""
    taken = sorted((place for place in found if place.chosen), key=lambda place: (bool(place.scoped), *_weight(place)))
    if not taken:
        return ()
    first = taken[0]
    return ((first.path, first.line, first.says), *first.steps)


def _weight(occurrence: Occurrence) -> tuple[int, int, str, int, str]:
    """The places that say most come first: what is chosen, then what is firm."""
    return (
        not occurrence.chosen,
        occurrence.grip is not Grip.FIRM,
        occurrence.path,
        occurrence.line,
        occurrence.detector,
    )


def _dismissal(occurrence: Occurrence, why: str) -> Dismissal:
    return Dismissal(occurrence.path, occurrence.line, occurrence.maker.removeprefix("?"), why)


def _unique(dismissed: list[Dismissal]) -> list[Dismissal]:
    """Keep the first place of each maker and reason in a file; the rest would say the same again."""
    first: dict[tuple[str, str, str], Dismissal] = {}
    for dismissal in sorted(dismissed):
        first.setdefault((dismissal.path, dismissal.maker, dismissal.why), dismissal)
    once = {(dismissal.path, dismissal.line, dismissal.maker): dismissal for dismissal in reversed(first.values())}
    return sorted(once.values())
