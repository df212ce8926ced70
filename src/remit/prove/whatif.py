"""What one more instrument would change: for each use case whether it is affected, and which models it has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.prove.box import meet
from remit.prove.dead import models_left
from remit.prove.difference import differing
from remit.prove.moment import make_moments
from remit.prove.search import ALLOWED, Budget, find
from remit.prove.spoofing import widen
from remit.prove.witness import actuality, make_use, replay
from remit.terms.action import Action
from remit.terms.instant import write_instant
from remit.terms.instrument import Kind
from remit.terms.terms import Terms, make_terms

if TYPE_CHECKING:
    from datetime import datetime

    from remit.prove.box import Box
    from remit.prove.circumstance import Circumstance
    from remit.prove.moment import Moment
    from remit.prove.search import Region
    from remit.prove.witness import Actuality
    from remit.terms.decision import Decision
    from remit.terms.instrument import Instrument


class Touch(StrEnum):
    """What an instrument does to a use case, worst first."""

    AFFECTED = "affected"
    UNKNOWN = "unknown"
    """It depends on facts that only the caller declares, or that nobody knows."""
    NOT_AFFECTED = "not affected"


@dataclass(frozen=True, slots=True)
class Prospect:
    """One use case under one more instrument."""

    caller: str
    touch: Touch
    turns_on: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    witness: tuple[Decision, Decision] | None = None

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the models that it could go on with, and could no longer."""
        return tuple(name for name in self.before if name not in self.after)

    @property
    def loses_its_last(self) -> bool:
        """Tell whether it is left without a model by this."""
        return bool(self.before) and not self.after


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an instrument would do to everybody, what would lift it, and which dates it sets."""

    instrument: Instrument
    at: datetime
    prospects: tuple[Prospect, ...]
    waivers: tuple[str, ...]
    dates: tuple[tuple[datetime, str], ...]


def add_instrument(terms: Terms, instrument: Instrument, digest: str) -> Terms:
    """Return the terms with one more instrument, in the place of one by its name, as the register knows it to stand."""
    learned = [entry for ident, entry, _ in terms.register.standing if ident == instrument.id]
    instrument = instrument.with_standing(learned)
    others = tuple(item for item in terms.instruments if item.id != instrument.id)
    return make_terms(terms.register, (*others, instrument), terms.catalogue, terms.vocabulary, digest)


def look_ahead(terms: Terms, changed: Terms, instrument: Instrument, at: datetime, known: datetime) -> Outlook:
    """Compare the terms with those that hold one more instrument, for each use case."""
    old, new = make_moments([(terms, at, known), (changed, at, max(known, *changed.learned[-1:]))])
    actual = actuality(new)
    budget = Budget()
    found = {a: list(differing(old.layout(a), new.layout(a), budget)) for a in Action}
    prospects = tuple(_prospect(old, new, actual, caller, found, budget) for caller in actual.callers)
    return Outlook(instrument, at, prospects, tuple(_waivers(changed, instrument)), tuple(_dates(instrument, at)))


def _prospect(  # both sides, and where the question is asked
    old: Moment,
    new: Moment,
    actual: Actuality,
    caller: Circumstance,
    found: dict[Action, list[tuple[Box, Region, Region]]],
    budget: Budget,
) -> Prospect:
    before, after = models_left(old, actual, caller, budget), models_left(new, actual, caller, budget)
    own = replace(actual, callers=(caller,), models=tuple(model for model in actual.models if model.says))
    declared = tuple(place for place, axis in enumerate(new.axes) if caller.is_declared(axis.attribute))
    touch, turns_on, witness = Touch.NOT_AFFECTED, set[str](), None
    for action, boxes in found.items():
        for box, first, second in ((b, f, s) for b, f, s in boxes if s.effect > f.effect):
            setting = next(own.settings(box, caller, action), None)
            if setting is None:
                continue
            part, model, tool = setting
            names = _turns_on(new, action, part, (caller, model), declared, budget)
            turns_on.update(names)
            if witness is None or (touch is Touch.UNKNOWN and not names):
                use = make_use(new, action, part, (caller, model, tool))
                witness = replay(old, use, first.effect), replay(new, use, second.effect)
                touch = Touch.UNKNOWN if names else Touch.AFFECTED
    return Prospect(caller.says or "anybody", touch, tuple(sorted(turns_on)), before, after, witness)


def _turns_on(  # a box, and all that bounds it
    new: Moment,
    action: Action,
    part: Box,
    within: tuple[Circumstance, Circumstance],
    declared: tuple[int, ...],
    budget: Budget,
) -> tuple[str, ...]:
    """Return the facts that nobody knows here, or by whose declaring a caller would not be touched."""
    unknown = tuple(a.attribute for a, mask in zip(new.axes, part, strict=True) if mask == a.missing)
    bound = tuple(name for name in unknown if not any(name in circumstance.facts for circumstance in within))
    turning = tuple(place for place in declared if part[place] != new.axes[place].full)
    wide: Box | None = widen(part, new.axes, turning)
    for circumstance in within:
        wide = meet(wide, circumstance.box) if wide is not None and circumstance.box else wide
    if wide is not None and turning and find(new.layout(action), [wide], ALLOWED, budget) is not None:
        return tuple(new.axes[place].attribute for place in turning)
    return bound


def _waivers(terms: Terms, instrument: Instrument) -> list[str]:
    """Return who may waive the instrument, and the waivers on file that lift it or a clause of it."""
    if instrument.kind is not Kind.ORDER:
        return []
    said = [f"{party} may waive it" for party in sorted(instrument.waivable_by or {instrument.by})]
    for item in terms.instruments:
        lifted = {name for clause in item.clauses for name in clause.lifts if name.partition("/")[0] == instrument.id}
        if item.kind is Kind.WAIVER and lifted:
            said.append(f"{item.id} lifts {', '.join(sorted(lifted))} for {', '.join(sorted(item.binds))}")
    return said


def _dates(instrument: Instrument, at: datetime) -> list[tuple[datetime, str]]:
    """Return the days that the instrument sets, from an instant on."""
    found = [(c.phase_out, f"{c.id}: what is in use must be gone") for c in instrument.clauses if c.phase_out]
    found += [(entry.from_, f"{entry.state} begins") for entry in instrument.standing.entries]
    found += [(entry.until, f"{entry.state} ends") for entry in instrument.standing.entries if entry.until]
    return sorted((moment, says) for moment, says in found if moment >= at)


def prospect_line(prospect: Prospect) -> str:
    """Say in one line what becomes of a use case."""
    if prospect.loses_its_last:
        return f"loses its last model: {', '.join(prospect.lost)}"
    lost = f"; loses {', '.join(prospect.lost)}" if prospect.lost else ""
    turns = f"; it turns on {', '.join(prospect.turns_on)}" if prospect.turns_on else ""
    left = f"{len(prospect.after)} of {len(prospect.before)} kinds of listed models are left"
    return f"{left}{lost}{turns}"


def date_line(moment: datetime, says: str) -> str:
    """Say one date."""
    return f"{write_instant(moment)}  {says}"
