"""A decision: what the terms say of one use, which clauses say so, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.clause import Duty, Reading
    from remit.terms.hold import Hold
    from remit.terms.rule import Rule
    from remit.terms.use import Use, VouchedBy


class Effect(IntEnum):
    """The result of a decision, strictest last."""

    PERMIT = 0
    HOLD = 1
    DENY = 2

    @property
    def word(self) -> str:
        """Return the word that files and reports use."""
        return self.name.lower()


class Basis(StrEnum):
    """What decided: a tier of the order of precedence, a missing authorisation, or that nothing permits."""

    BOUNDARY = "boundary"
    ORDER = "order"
    AUTHORISATION = "authorisation"
    GRANT = "grant"
    POLICY = "policy"
    NOTHING = "nothing"


class Verdict(StrEnum):
    """One word for a use in a scope; the last three come from the shadow beside a use that is within."""

    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    HELD = "held"
    CONTESTED = "contested"
    STAYED = "stayed"
    ASSERTED_ONLY = "asserted-only"
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Reason:
    """A clause that decides, whether it surely applies, and the facts it lacked if not."""

    rule: Rule
    surely: bool = True
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that comes with the decision, and the clause that it is owed to."""

    duty: Duty
    says: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Conflict:
    """An order that demands the use, against a clause that denies it; it is reported and never settled silently."""

    demands: Rule
    denies: Rule


class ShadowKind(StrEnum):
    """Why an instrument or a reading does not count now."""

    ASSERTED = "asserted"
    STAYED = "stayed"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Shadow:
    """What the result would be if asserted or stayed instruments counted, or contested ones fell."""

    kind: ShadowKind
    effect: Effect
    because: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The judgement of one use at one instant, by what was known at another.

    `settled` is false where facts that are missing could change the effect; `lacks` names them.
    `rests_on` is the weakest vouching without which the effect could have been another.
    """

    use: Use
    effect: Effect
    basis: Basis
    because: tuple[Reason, ...]
    at: datetime
    known: datetime
    terms: str
    settled: bool = True
    lacks: tuple[str, ...] = ()
    rests_on: VouchedBy | None = None
    hold: Hold | None = None
    duties: tuple[Owed, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    shadow: tuple[Shadow, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return the word for a scope."""
        if not self.settled:
            return Verdict.UNKNOWN
        if self.effect is Effect.DENY:
            return Verdict.OUTSIDE
        if self.effect is Effect.HOLD:
            return Verdict.HELD
        worse = {shadow.kind for shadow in self.shadow if shadow.effect > self.effect}
        if ShadowKind.CONTESTED in worse:
            return Verdict.CONTESTED
        if ShadowKind.STAYED in worse:
            return Verdict.STAYED
        if ShadowKind.ASSERTED in worse:
            return Verdict.ASSERTED_ONLY
        return Verdict.WITHIN

    @property
    def crosses_boundary(self) -> bool:
        """Tell whether a boundary surely forbids the use."""
        return self.basis is Basis.BOUNDARY and any(reason.surely for reason in self.because)

    @property
    def compelled(self) -> bool:
        """Tell whether the use may go on only because an order demands it; that is never a grant."""
        return self.basis is Basis.ORDER and self.effect is not Effect.DENY

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Return every reading of an open word that the deciding clauses rest on."""
        return tuple(reading for reason in self.because for reading in reason.rule.clause.readings)

    @property
    def phase_out(self) -> datetime | None:
        """Return the instant by which a forbidden use must be gone; the earliest where deciding clauses differ."""
        instants = (reason.rule.clause.phase_out for reason in self.because)
        return min((instant for instant in instants if instant is not None), default=None)
