"""By which channel a model is reached where its own place does not say, and whose the models of a cloud are.

1. A place of a cloud that names no model is that of the makers whose models are named in the same file. Elsewhere it
   is the cloud's own where that has models in the tree; then of those reached by that cloud, in the same folder first.
2. A model that is named plainly takes the channel of its maker's client or address in the same file, and in the same
   folder where the file has none. Where its maker has neither, it takes that of the one runtime or router there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.verdict import APART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from remit.scan.part import Part
    from remit.scan.signatures import Signatures

_ASKS = {"infrastructure"}
_SERVES = {"local", "hub", "router", "cloud", "host"}
_WEIGHTS = {"local", "hub"}
_NAMES = {Role.CALL_SITE, Role.DEFAULT, Role.SELECTABLE}


def attribute(alive: dict[str, list[Occurrence]], parts: Mapping[str, Part]) -> None:
    """Give each place of a cloud that names no model to makers (1)."""
    asked = {maker: alive.pop(maker) for maker in list(alive) if maker.startswith("?")}
    if not asked:
        return
    reached: dict[tuple[str, bool], set[str]] = defaultdict(set)
    here: dict[str, set[str]] = defaultdict(set)
    folders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place in (place for found in alive.values() for place in found if place.model):
        if not place.maker.startswith("other:"):
            here[place.path].add(place.maker)
        if place.grip is Grip.FIRM:
            folders[_folder(place.path), place.channel].add(place.maker)
            reached[place.channel, False].add(place.maker)
            if parts.get(place.path) not in APART:
                reached[place.channel, True].add(place.maker)
    firm = {maker for maker, found in alive.items() if any(place.grip is Grip.FIRM for place in found)}
    for unknown, found in asked.items():
        own = unknown[1:]
        for place in found:
            by_cloud = reached[place.channel, parts.get(place.path) not in APART]
            near = by_cloud & folders[_folder(place.path), place.channel]
            in_file = here[place.path] if place.detector in _ASKS else here[place.path] & (by_cloud | {own})
            for maker in sorted(in_file or ({own} if own in firm else near or by_cloud or {own})):
                alive.setdefault(maker, []).append(replace(place, maker=maker))


def channelled(alive: Mapping[str, list[Occurrence]], known: Signatures) -> dict[str, list[Occurrence]]:
    """Give each model that is named plainly the channel by which it is reached (2)."""
    services: dict[str, set[str]] = defaultdict(set)
    for place in (place for found in alive.values() for place in found if _serves(place, known)):
        services[place.path].add(place.channel)
    return {maker: _of_maker(maker, found, services, known) for maker, found in alive.items()}


def _serves(place: Occurrence, known: Signatures) -> bool:
    """Say whether a place is one of a service that other makers' models are reached by."""
    return place.maker in known.reported and place.grip is Grip.FIRM and not place.model and _runs(place)


def _runs(place: Occurrence) -> bool:
    return place.relation in {Relation.RUNTIME_CALL, Relation.LOCAL_WEIGHTS} and place.role is not Role.CREDENTIAL


def _of_maker(
    maker: str, found: list[Occurrence], services: Mapping[str, set[str]], known: Signatures
) -> list[Occurrence]:
    if maker in known.reported:
        return found
    if any(place.grip is Grip.FIRM and not _is_field(place) for place in found):
        # A field of a body says whose model it is for, and nothing of the way by which it goes there.
        found = [replace(place, grip=Grip.LOOSE) if _is_field(place) else place for place in found]
    own = [place for place in found if not place.model and place.grip is Grip.FIRM and _runs(place)]
    in_file, in_folder = _channels(own, lambda path: path), _channels(own, _folder)
    has_client = bool(own)
    moved = []
    for place in found:
        options: Iterable[str] = ()
        if place.channel == "direct" and place.role in _NAMES and _runs(place):
            options = in_file.get(place.path) or in_folder.get(_folder(place.path)) or ()
            if not options and place.model and not has_client:
                options = services.get(place.path, ())
        channel = next(iter(options)) if len(set(options)) == 1 else "direct"
        moved.append(place if channel in (place.channel, "direct") else _by(place, channel, known))
    return moved


def _is_field(place: Occurrence) -> bool:
    return place.detector == "credential" and place.role is Role.CALL_SITE


def _by(place: Occurrence, channel: str, known: Signatures) -> Occurrence:
    row = known.channels.get(channel)
    if row is None or row.kind not in _SERVES:
        return place
    if row.kind not in _WEIGHTS:
        return replace(place, channel=channel)
    if known.weights(place.model) == "closed":
        return place
    return replace(place, channel=channel, relation=Relation.LOCAL_WEIGHTS)


def _channels(places: Iterable[Occurrence], key: Callable[[str], str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for place in places:
        found[key(place.path)].add(place.channel)
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
