"""Counts the people of a call, and of the days before it, as an interval; nobody is written down.

1. Measure: every text is made plain and searched; each identifier becomes two keyed hashes at once (key.py), and is
   forgotten. What is kept of a text for when it comes again, as every turn of a conversation does, is its hashes.
2. Count: what the ledger holds for the use case and for the organisation, with this call added, as a trial.
3. Add: the same within the group that writes the decision, so that counting and deciding are one.

The lower end is the largest single series, since one person has one of each; the upper end is the sum of all series.
Who goes by two addresses counts twice in the lower end, and who is named by no identifier is in neither: an interval
is as good as what it is made from, which docs/people.md says at length.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.people.cleaning import clean
from remit.gateway.people.identifier import SPELT, USUAL, find_identifiers
from remit.gateway.people.key import BLOCK, SPAN, day_of
from remit.gateway.people.sketch import Bounds
from remit.gateway.people.subject_field import find_fields
from remit.gateway.people.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from remit.gateway.people.key import WindowKey, WindowKeys
    from remit.gateway.people.tally import Rows

FINE = "~"
"""Ends the series of the fine spellings, which count for the upper end alone."""
WINDOWS = {"1d": 1, "30d": 30}
_KEPT_TEXTS = 2048
_SHORTEST_KEPT = 512

Hashes = dict[str, set[int]]


class Interval(NamedTuple):
    """At least so many people, and at most so many."""

    lower: int
    upper: int


NOBODY = Interval(0, 0)


class Subject(NamedTuple):
    """Whose people are counted: a use case, and the organisation that it belongs to."""

    case: str
    organisation: str


class Counts(NamedTuple):
    """The people of a call, and of windows with the call: of its use case, and of all use cases of the organisation."""

    call: Interval = NOBODY
    window_1d: Interval = NOBODY
    window_30d: Interval = NOBODY
    organisation_1d: Interval = NOBODY
    organisation_30d: Interval = NOBODY
    budget: Interval = NOBODY
    """The use case's people within the window of its own budget."""


NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: kinds of identifier, and the names of fields that hold one."""

    kinds: frozenset[str] = USUAL
    fields: frozenset[str] = frozenset()
    budget_days: int = BLOCK


@dataclass(frozen=True, slots=True, repr=False)
class Sighting:
    """Who was seen in a call, as hashes under the key that counts now and the one that will."""

    keys: tuple[WindowKey, WindowKey]
    day: int
    hashes: tuple[Hashes, Hashes] = field(default_factory=lambda: ({}, {}))

    def __repr__(self) -> str:
        return f"Sighting(day {self.day}, {self.call.lower} to {self.call.upper} people)"

    @property
    def call(self) -> Interval:
        """Return the people of the call itself."""
        return _interval({series: Bounds(*(len(found),) * 3) for series, found in self.hashes[0].items()})


class Census:
    """Counts people with the keys of one place."""

    def __init__(self, keys: WindowKeys) -> None:
        self._keys = keys
        self._kept: OrderedDict[tuple[bytes, Looked, int], tuple[Hashes, Hashes]] = OrderedDict()

    def measure(self, texts: Iterable[str], at: datetime, looked: Looked | None = None) -> Sighting:
        """Look through texts for people (1)."""
        looked = Looked() if looked is None else looked
        day = day_of(at)
        sighting = Sighting(self._keys.of_day(day), day)
        for text in texts:
            for into, found in zip(sighting.hashes, self._look(text, looked, sighting.keys), strict=True):
                for series, hashes in found.items():
                    into.setdefault(series, set()).update(hashes)
        return sighting

    def discard(self, at: datetime) -> None:
        """Destroy the keys whose days are over."""
        self._keys.discard(day_of(at))

    def _look(self, text: str, looked: Looked, keys: tuple[WindowKey, WindowKey]) -> tuple[Hashes, Hashes]:
        if len(text) < _SHORTEST_KEPT:
            return _search(text, looked, keys)
        # A text is known again by a digest under the key, since a digest alone could be guessed.
        mark = blake2b(text.encode(errors="replace"), key=keys[0].secret, digest_size=16).digest()
        known = self._kept.get((mark, looked, keys[0].block))
        if known is None:
            known = self._kept[mark, looked, keys[0].block] = _search(text, looked, keys)
            if len(self._kept) > _KEPT_TEXTS:
                self._kept.popitem(last=False)
        return known


def _search(text: str, looked: Looked, keys: tuple[WindowKey, WindowKey]) -> tuple[Hashes, Hashes]:
    found: tuple[Hashes, Hashes] = {}, {}
    for series, name, form in {*_forms(text, looked)}:
        for into, key in zip(found, keys, strict=True):
            into.setdefault(series, set()).add(_hash(key, name, form))
    return found


def _forms(text: str, looked: Looked) -> Iterator[tuple[str, str, str]]:
    """Yield the series that each finding counts in, the name it is hashed under, and its form."""
    for plain in clean(text):
        for series, coarse, fine in find_identifiers(plain, looked.kinds):
            yield series, series, coarse
            if series in SPELT:
                yield series + FINE, series, fine
    if looked.fields:
        for name, value in find_fields(text, looked.fields):
            yield f"field.{name}", f"field.{name}", value


def _hash(key: WindowKey, series: str, form: str) -> int:
    message = f"{series}\n{form}".encode(errors="replace")
    return int.from_bytes(hmac.digest(key.secret, message, "sha256")[:8])


def count(rows: Rows, sighting: Sighting, subject: Subject, looked: Looked) -> Counts:
    """Return what the counts are with a call (2)."""
    case, organisation = (_tally(rows, sighting, name, 0) for name in _names(subject))
    return _counts(sighting, case, organisation, looked)


def add(
    rows: Rows, put: Callable[[str, bytes | None], None], sighting: Sighting, subject: Subject, looked: Looked
) -> Counts:
    """Add a call to the counts within a group, and return what they are with it (3)."""
    tallies = [[_tally(rows, sighting, name, which) for which in (0, 1)] for name in _names(subject)]
    for pair in tallies:
        for tally in pair:
            for name, content in tally.changes():
                put(name, content)
    return _counts(sighting, tallies[0][0], tallies[1][0], looked)


def _names(subject: Subject) -> tuple[str, str]:
    return f"use/{subject.case}", f"organisation/{subject.organisation}"


def _tally(rows: Rows, sighting: Sighting, name: str, which: int) -> Tally:
    key = sighting.keys[which]
    tally = Tally(rows, key, name)
    for series, hashes in sighting.hashes[which].items():
        tally.add(series, hashes, key.place_of(sighting.day))
    return tally


def _counts(sighting: Sighting, case: Tally, organisation: Tally, looked: Looked) -> Counts:
    place = sighting.keys[0].place_of(sighting.day)

    def window(tally: Tally, days: int) -> Interval:
        # Where clocks differ, or one is set back, some were last seen on a later day than this one: they count too.
        return _interval({series: tally.count(series, place - days + 1, SPAN - 1) for series in tally.series})

    return Counts(
        sighting.call,
        window(case, WINDOWS["1d"]),
        window(case, WINDOWS["30d"]),
        window(organisation, WINDOWS["1d"]),
        window(organisation, WINDOWS["30d"]),
        window(case, min(BLOCK, looked.budget_days)),
    )


def _interval(counted: Mapping[str, Bounds]) -> Interval:
    """Return the largest series, and the sum of all, each person's finest spelling counted once."""
    lower = max((bounds.lower for series, bounds in counted.items() if not series.endswith(FINE)), default=0)
    upper = sum(bounds.upper for series, bounds in counted.items() if series + FINE not in counted)
    return Interval(lower, max(lower, upper))
