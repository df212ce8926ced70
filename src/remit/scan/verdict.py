"""How seriously a maker is used: what the places of a tree say together, each part of it judged for itself.

1. What ships counts before tests and examples, and those before the tools of development.
2. A maker that something general takes by default is integrated; what only its own part takes, beside parts of
   others, is not general.
3. Where nothing general chooses and one maker alone is called, it is integrated; where several stand side by side,
   each in a part of its own, each is optional.
4. A package or a key that no code uses makes a maker optional; a key that only tests use is theirs, though a file of
   the environment gives it an example.
5. A part that has a manifest of its own chooses for itself alone; what stands above it speaks for it too. The most
   serious part counts for the whole.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from remit.scan.occurrence import Occurrence, Relation, Role, Strength
from remit.scan.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_EXAMPLE = re.compile(r"\.?env\b.*(?:example|sample|template|dist).*|.*(?:example|sample|template)\.env")
APART = {Part.TEST, Part.EXAMPLE, Part.CI, Part.DOCUMENTATION}
_CALLS = {Role.CALL_SITE, Role.DEFAULT, Role.ADDRESS}


class Landscape:
    """What the places of all makers say about how a tree chooses among them."""

    def __init__(
        self,
        kept: Mapping[str, list[Occurrence]],
        parts: Mapping[str, Part],
        channels: frozenset[str],
        units: Iterable[str] = (),
    ) -> None:
        self.kept = kept
        self.parts = parts
        self.channels = channels
        self.units = frozenset(units)
        self._above: dict[str, Landscape] = {}
        self._units: dict[str, str] = {}

    def within(self, inside: Callable[[str], bool]) -> Landscape:
        """The same with only the places that lie inside."""
        found = {maker: [place for place in places if inside(place.path)] for maker, places in self.kept.items()}
        kept = {maker: places for maker, places in found.items() if places}
        return Landscape(kept, self.parts, self.channels, self.units)

    def unit(self, path: str) -> str:
        """The innermost folder with a manifest of its own that holds a file; empty for the whole tree."""
        folder = path.rpartition("/")[0]
        if folder not in self._units:
            above = folder
            while above and above not in self.units:
                above = above.rpartition("/")[0]
            self._units[folder] = above
        return self._units[folder]

    def above(self, unit: str) -> Landscape:
        """What speaks for a unit: its own places, and those of every unit that it stands in (5).

        What belongs to no unit belongs to all of them, and all of them speak for it.
        """
        if unit not in self.units:
            return self
        if unit not in self._above:
            kept: dict[str, list[Occurrence]] = {}
            for other in (other for other in self._by_unit if _is_below(unit, other)):
                for maker, places in self._by_unit[other].items():
                    kept.setdefault(maker, []).extend(places)
            self._above[unit] = Landscape(kept, self.parts, self.channels, self.units)
        return self._above[unit]

    @cached_property
    def _by_unit(self) -> dict[str, dict[str, list[Occurrence]]]:
        found: dict[str, dict[str, list[Occurrence]]] = {}
        for maker, places in self.kept.items():
            for place in places:
                found.setdefault(self.unit(place.path), {}).setdefault(maker, []).append(place)
        return found

    @cached_property
    def _beside(self) -> dict[str, set[str]]:
        """The makers whose parts stand in one place."""
        found: dict[str, set[str]] = {}
        for maker, places in self.kept.items():
            for place in places:
                if place.scoped and self.ships(place):
                    found.setdefault(place.scoped, set()).add(maker)
        return found

    def is_apart(self, place: Occurrence) -> bool:
        """Say whether a place belongs to a part of one maker (2).

        That is a file, a class, a branch or a section that is named after it, or one of several functions that are.
        """
        if not place.scoped or place.scoped.endswith("/"):
            return bool(place.scoped)
        there, strokes, _ = place.scoped.rpartition("//")
        if strokes:  # A part that is named after a cloud.
            return any(_stands_in(other, f"{there}/") for other in self._beside.keys() - {place.scoped})
        return len(self.rivals(place.maker, frozenset(self._beside.get(place.scoped, ())))) > 1

    def is_passed_by(self, maker: str) -> bool:
        """Say whether a service is one that no default goes through, though defaults there are, or one part of many."""
        if maker not in self.channels:
            return False
        own = {place.channel for place in self.kept[maker]} - {"direct"}
        through = {
            other
            for other, found in self.kept.items()
            if other not in self.channels and any(place.channel in own for place in found)
        }
        if self.chosen:
            return not through & self.chosen and maker not in self.chosen
        return maker in self.apart and bool(self.apart - self.channels - through)

    def rivals(self, maker: str, among: frozenset[str]) -> frozenset[str]:
        """Those of some makers that one maker stands beside: a channel stands beside channels only."""
        return frozenset(other for other in among if (other in self.channels) == (maker in self.channels))

    def ships(self, occurrence: Occurrence) -> bool:
        """Say whether a place belongs to what is shipped, or would be by whoever runs it."""
        if occurrence.tested or occurrence.relation is Relation.DEVELOPMENT_TOOL:
            return False
        if occurrence.role is Role.DEPENDENCY and occurrence.bound == "development":
            return False
        return self.parts.get(occurrence.path, Part.CODE) not in APART

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The makers that something general takes by default (2)."""
        return frozenset(
            maker
            for maker, found in self.kept.items()
            if any(place.chosen and not self.is_apart(place) and self.ships(place) for place in found)
        )

    @cached_property
    def called(self) -> frozenset[str]:
        """The makers that something shipped calls."""
        return frozenset(
            maker
            for maker, found in self.kept.items()
            if any(occurrence.role in _CALLS and self.ships(occurrence) for occurrence in found)
        )

    @cached_property
    def _listed(self) -> frozenset[str]:
        """The makers whose models stand in one file beside those of another maker, to be selected."""
        by_file: dict[str, set[str]] = {}
        for maker, found in self.kept.items():
            for occurrence in found:
                if occurrence.role is Role.SELECTABLE and occurrence.model and self.ships(occurrence):
                    by_file.setdefault(occurrence.path, set()).add(maker)
        return frozenset(maker for makers in by_file.values() if len(makers - self.channels) > 1 for maker in makers)

    @cached_property
    def apart(self) -> frozenset[str]:
        """The makers that are called in parts of their own, or offered in one list with others."""
        return self._listed | frozenset(
            maker
            for maker in self.called
            if any(
                self.is_apart(place) and place.role in _CALLS | {Role.SELECTABLE} and self.ships(place)
                for place in self.kept[maker]
            )
        )


def strength_of(maker: str, found: Iterable[Occurrence], landscape: Landscape) -> Strength:
    """Judge how seriously the places of one integration use their maker."""
    units: dict[str, list[Occurrence]] = {}
    for place in found:
        units.setdefault(landscape.unit(place.path), []).append(place)
    judged = [_strength(maker, places, landscape.above(unit)) for unit, places in units.items()]
    return min(judged, key=lambda strength: strength.rank)


def _strength(maker: str, found: list[Occurrence], landscape: Landscape) -> Strength:
    shipped = [occurrence for occurrence in found if landscape.ships(occurrence)]
    if not shipped:
        running = [occurrence for occurrence in found if occurrence.relation is not Relation.DEVELOPMENT_TOOL]
        return Strength.TEST_ONLY if running else Strength.DEVTOOL  # (1)
    if len(shipped) < len(found) and all(_is_offered(occurrence) for occurrence in shipped):
        return Strength.TEST_ONLY  # (4)
    if all(occurrence.role is Role.DEPENDENCY and occurrence.bound == "optional" for occurrence in shipped):
        return Strength.OPTIONAL
    if any(occurrence.chosen and not landscape.is_apart(occurrence) for occurrence in shipped):
        return Strength.INTEGRATED  # (2)
    called = any(occurrence.role in _CALLS for occurrence in shipped)
    if not called or landscape.rivals(maker, landscape.chosen) - {maker} or landscape.is_passed_by(maker):
        return Strength.OPTIONAL  # (4)
    apart = landscape.rivals(maker, landscape.apart) | {maker}
    several = len(apart) > 1 and len(landscape.rivals(maker, landscape.called)) > 1
    return Strength.OPTIONAL if several else Strength.INTEGRATED  # (3)


def _is_offered(place: Occurrence) -> bool:
    """Say whether a place is a line of an example of an environment, which is there for whoever reads it."""
    name = place.path.rsplit("/", 1)[-1].lower()
    return place.role is Role.CREDENTIAL and _EXAMPLE.fullmatch(name) is not None


def _stands_in(scoped: str, there: str) -> bool:
    """Say whether a part is one of those in a folder."""
    before, strokes, _ = scoped.rpartition("//")
    return scoped == there or (bool(strokes) and f"{before}/" == there)


def _is_below(unit: str, other: str) -> bool:
    """Say whether one unit is another, or stands in it."""
    return not other or unit == other or unit.startswith(f"{other}/")
