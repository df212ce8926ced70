"""A difference as a table: what is changed by which clauses, for whom, for which models and purposes.

The boxes of a difference are exact and many. Here those that the same clauses change are put together and shown on the
axes a reader asks by; the other axes that matter are named. Uses of which something is not known are only counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.prove.box import merge, project, unite
from remit.prove.story import say_box
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.box import Box
    from remit.prove.difference import Change, Difference, Turn
    from remit.prove.domain import Axis
    from remit.prove.moment import Moment
    from remit.terms.action import Action
    from remit.terms.instrument import Instrument

ASKED_BY = (
    "organisation",
    "customer",
    "scope.id",
    "scope.kind",
    "scope.level",
    "use.case",
    "use.purpose",
    "model.maker",
    "model.family",
    "model.id",
)
"""The axes that a table shows: for whom, for what, with which model."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the same clauses change alike, whichever the action: for whom, what else it turns on, and one use of it."""

    turn: Turn
    actions: tuple[Action, ...]
    lines: tuple[str, ...]
    also: tuple[str, ...]
    boxes: int
    unknown: int
    change: Change


def summarise(difference: Difference) -> list[Entry]:
    """Return the entries of a difference, in the order of its changes."""
    groups: dict[tuple[object, ...], dict[Action, list[Change]]] = defaultdict(lambda: defaultdict(list))
    for change in difference.changes:
        groups[change.turn, change.before, change.after, change.by_before, change.by_after][change.action].append(
            change
        )
    alike: dict[tuple[object, ...], list[tuple[Action, list[Change]]]] = defaultdict(list)
    for key, by_action in groups.items():
        for action, changes in by_action.items():
            alike[(*key, tuple(_lines(difference, changes)))].append((action, changes))
    return [_entry(difference, members) for members in alike.values()]


def _entry(difference: Difference, members: list[tuple[Action, list[Change]]]) -> Entry:
    changes = [change for _, found in members for change in found]
    known = [change for change in changes if not _is_unknown(difference.after.axes, change.box)]
    axes = difference.after.axes
    also = {
        axis.attribute
        for change in known
        for axis, mask in zip(axes, change.box, strict=True)
        if mask != axis.full and axis.attribute not in ASKED_BY
    }
    first = (known or changes)[0]
    actions = tuple(action for action, _ in members)
    lines = tuple(_lines(difference, members[0][1]))
    return Entry(first.turn, actions, lines, tuple(sorted(also)), len(known), len(changes) - len(known), first)


def _is_unknown(axes: tuple[Axis, ...], box: Box) -> bool:
    return any(mask == axis.missing for axis, mask in zip(axes, box, strict=True))


def _lines(difference: Difference, changes: list[Change]) -> Iterator[str]:
    """Yield what the boxes with known facts come to on the axes that a table shows."""
    axes = difference.after.axes
    places = [place for place, axis in enumerate(axes) if axis.attribute in ASKED_BY]
    shown = tuple(axes[place] for place in places)
    attributes = difference.before.terms.vocabulary.attributes | difference.after.terms.vocabulary.attributes
    known = [change.box for change in changes if not _is_unknown(axes, change.box)]
    for box in merge(unite(dict.fromkeys(project(box, places) for box in known))):
        yield say_box(shown, tuple(_forget(axis, mask) for axis, mask in zip(shown, box, strict=True)), attributes)


def _forget(axis: Axis, mask: int) -> int:
    """Leave out of a line that a fact may also not be known; the count beside it says that there are such uses."""
    known = mask & ~axis.missing
    return axis.full if known == axis.full & ~axis.missing else known or mask


def standings(difference: Difference) -> list[str]:
    """Return which instruments came, went or changed their standing, each as one line."""
    before, after = difference.before, difference.after
    names = dict.fromkeys(item.id for side in (before, after) for item in side.terms.instruments)
    lines = []
    for name in names:
        states = _states(before, name), _states(after, name)
        if states[0] != states[1]:
            lines.append(f"{name}: {states[0]} → {states[1]}")
    return lines


def _states(moment: Moment, name: str) -> str:
    instrument: Instrument | None = moment.terms.instrument(name)
    if instrument is None:
        return "not there"
    singled = sorted(instrument.standing.covered_parties())
    found = {"": instrument.standing.entry_at(moment.at, moment.known, None)}
    found |= {party: instrument.standing.entry_at(moment.at, moment.known, party) for party in singled}
    states = {party: "without effect" if entry is None else entry.state.value for party, entry in found.items()}
    contested = any(entry is not None and entry.contested_by for entry in found.values())
    others = [f"{state} for {party}" for party, state in states.items() if party and state != states[""]]
    return ", ".join([states[""] + (", contested" if contested else ""), *others])


def headline(difference: Difference) -> str:
    """Say what is compared."""
    before, after = difference.before, difference.after
    return f"from {_name(before)} to {_name(after)}"


def _name(moment: Moment) -> str:
    return f"{write_instant(moment.at)} (terms {moment.terms.digest[:19]})"
