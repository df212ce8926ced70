"""A hold: what a held use waits for, under which kind of oversight, and how several holds join to the strictest.

1. The kinds of oversight are a closed list, so that a contract can say which of them it means.
2. What joins is never milder than any of its parts, in any respect.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from remit.terms.attribute import EFFECTS
from remit.terms.fields import Fields, plain_number, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from remit.terms.vocabulary import Vocabulary

Number = TypeVar("Number", int, Decimal)


class Oversight(StrEnum):
    """What people do about a held use, mildest last."""

    TWO_PERSONS = "two-persons"
    """Two people at least approve each act, apart from each other."""
    EACH = "each"
    """People approve each act."""
    ENVELOPE = "envelope"
    """An approval covers more acts of its kind, within a count, an area and a time."""
    VETO = "veto"
    """It goes on when a window has passed, unless somebody refuses it in that time."""
    AFTER = "after"
    """It goes on at once, and people review it afterwards."""


_ORDER = tuple(Oversight)
BELOW = "decide-about-people"
"""The effect from which on no envelope covers a call, unless its clause says another."""


@dataclass(frozen=True, slots=True)
class Attention:
    """How well whoever approves must have been seen to look; None asks for nothing."""

    catch_rate: Decimal | None = None
    """The lower bound on the share of seeded checks that were refused."""
    items_per_hour: int | None = None
    """The most items one person answers in any hour."""
    pace: int | None = None
    """The most characters a second of what was shown."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who must approve: people in a role, how many, how far apart, how qualified, and who may not."""

    of: str
    at_least: int = 1
    separately: bool = False
    excluded: frozenset[str] = frozenset()
    different_units: bool = False
    qualified: frozenset[str] = frozenset()
    attention: Attention = Attention()


@dataclass(frozen=True, slots=True)
class Envelope:
    """How far one approval reaches: so many calls, equal in the named arguments, for so long, below an effect."""

    at_most: int
    lasts: timedelta
    same: frozenset[str] = frozenset()
    below: str = BELOW


@dataclass(frozen=True, slots=True)
class Hold:
    """What a held use waits for: approvals, what the people must be shown, and how long it may wait."""

    approvals: tuple[Approval, ...] = ()
    shown: frozenset[str] = frozenset()
    expires_in: timedelta | None = None
    oversight: Oversight = Oversight.EACH
    window: timedelta | None = None
    envelope: Envelope | None = None

    @property
    def people(self) -> int:
        """Return how many different people it takes at least."""
        asked = sum(approval.at_least for approval in self.approvals)
        return max(asked, 2 if self.oversight is Oversight.TWO_PERSONS else 1)

    @property
    def apart(self) -> bool:
        """Tell whether nobody may see another's answer before giving one."""
        return self.oversight is Oversight.TWO_PERSONS or any(approval.separately for approval in self.approvals)


def join_holds(holds: Iterable[Hold]) -> Hold:
    """Join holds to the strictest: every role, the most people, the shortest wait, the strictest oversight."""
    given = list(holds)
    joined: dict[str, Approval] = {}
    for approval in (approval for hold in given for approval in hold.approvals):
        joined[approval.of] = _join_approvals(joined.get(approval.of, approval), approval)
    oversight = min((hold.oversight for hold in given), key=_ORDER.index, default=Oversight.EACH)
    envelopes = [hold.envelope for hold in given if hold.envelope is not None]
    windows = [hold.window for hold in given if hold.window is not None]
    return Hold(
        tuple(joined[role] for role in sorted(joined)),
        frozenset[str]().union(*(hold.shown for hold in given)),
        min((hold.expires_in for hold in given if hold.expires_in is not None), default=None),
        oversight,
        max(windows) if windows and oversight is Oversight.VETO else None,
        _join_envelopes(envelopes) if envelopes and oversight is Oversight.ENVELOPE else None,
    )


def _join_approvals(one: Approval, other: Approval) -> Approval:
    return Approval(
        one.of,
        max(one.at_least, other.at_least),
        one.separately or other.separately,
        one.excluded | other.excluded,
        one.different_units or other.different_units,
        one.qualified | other.qualified,
        Attention(
            _strictest(max, one.attention.catch_rate, other.attention.catch_rate),
            _strictest(min, one.attention.items_per_hour, other.attention.items_per_hour),
            _strictest(min, one.attention.pace, other.attention.pace),
        ),
    )


def _strictest(choose: Callable[[Iterable[Number]], Number], *given: Number | None) -> Number | None:
    asked = [number for number in given if number is not None]
    return choose(asked) if asked else None


def _join_envelopes(envelopes: list[Envelope]) -> Envelope:
    return Envelope(
        min(envelope.at_most for envelope in envelopes),
        min(envelope.lasts for envelope in envelopes),
        frozenset[str]().union(*(envelope.same for envelope in envelopes)),
        min((envelope.below for envelope in envelopes), key=seriousness),
    )


def seriousness(effect: str) -> int:
    """Return where an effect stands among those that are built in; one that the register adds stands above them all."""
    return EFFECTS.index(effect) if effect in EFFECTS else len(EFFECTS)


def read_hold(inner: Fields, vocabulary: Vocabulary) -> Hold:
    """Read what stands under `until`; faults go to the document."""
    approvals = tuple(_read_approval(row, vocabulary) for row in inner.one_or_each("approvals", "who approves"))
    oversight = inner.choice("oversight", Oversight) or Oversight.EACH
    hold = Hold(
        approvals,
        frozenset(inner.names("shown")),
        inner.length("expires_in", "how long it may wait; when the time is over it is denied"),
        oversight,
        _read_window(inner, oversight),
        _read_envelope(inner, oversight),
    )
    inner.done()
    return hold


def _read_window(inner: Fields, oversight: Oversight) -> timedelta | None:
    if oversight is Oversight.VETO:
        return inner.length("window", "how long there is to refuse it; after that it goes on")
    if inner.has("window"):
        inner.fault("window", f"only for oversight: {Oversight.VETO}")
        inner.take("window")
    return None


def _read_envelope(inner: Fields, oversight: Oversight) -> Envelope | None:
    if oversight is not Oversight.ENVELOPE:
        if inner.has("envelope"):
            inner.fault("envelope", f"only for oversight: {Oversight.ENVELOPE}")
            inner.take("envelope")
        return None
    row = inner.inner("envelope", "how far one approval reaches: envelope: {at_most: 20, lasts: 1h, same: [ARGUMENT]}")
    if row is None:
        return None
    at_most = row.count("at_most", "how many calls one approval covers", least=1, most=10_000)
    lasts = row.length("lasts", "how long an approval covers them")
    below = row.ident("below") or BELOW
    if below not in EFFECTS:
        row.fault("below", unknown("effect", below, EFFECTS))
    envelope = None if lasts is None else Envelope(at_most, lasts, frozenset(row.names("same")), below)
    row.done()
    return envelope


def _read_approval(fields: Fields, vocabulary: Vocabulary) -> Approval:
    role = fields.ident("of", "the role whose people approve")
    if role and not vocabulary.knows("requester.role", role):
        fields.fault("of", unknown("role", role, vocabulary.names_of("requester.role")))
    approval = Approval(
        role,
        fields.count("at_least", least=1, most=20),
        fields.flag("separately"),
        frozenset(fields.names("not")),
        fields.flag("different_units"),
        frozenset(fields.names("qualified")),
        _read_attention(fields),
    )
    fields.done()
    return approval


def _read_attention(fields: Fields) -> Attention:
    row = fields.inner("attention")
    if row is None:
        return Attention()
    rate = None
    scalar = row.scalar("catch_rate")
    if scalar is not None:
        number = plain_number(scalar)
        rate = Decimal(number) if number is not None and 0 < number < 1 else None
        if rate is None:
            row.fault("catch_rate", "expected a number between 0 and 1, such as 0.8")
    attention = Attention(rate, _some(row, "items_per_hour"), _some(row, "pace"))
    if attention == Attention() and scalar is None:
        fields.fault("attention", "asks for nothing: expected catch_rate, items_per_hour or pace")
    row.done()
    return attention


def _some(row: Fields, key: str) -> int | None:
    number = row.count(key, least=1, most=100_000)
    return number if row.has(key) else None
