"""The rules at an instant as bit masks: one bit for each conjunction, so that a thousand are asked at once.

A use is held against a thousand clauses by a dozen `&` of whole masks instead of a thousand comparisons. For each use
there are two masks: the rows that are not surely false (`possible`) and those that are surely true (`sure`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.column import Column, make_columns
from remit.terms.decision import Reason, ShadowKind
from remit.terms.instrument import Kind
from remit.terms.rule import Light, Rule, Tier, rules_at
from remit.terms.use import VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from remit.terms.condition import Leaf
    from remit.terms.instrument import Instrument
    from remit.terms.use import Fact


@dataclass(slots=True, eq=False)
class World:
    """The rows that count together, by what they do: those that are live, or those as some shadow would have them."""

    boundary_forbid: int = 0
    order_forbid: int = 0
    grant_forbid: int = 0
    policy_forbid: int = 0
    beneath: int = 0
    """What a demand sets aside: restrictions of policies and grants that are no boundaries."""
    hold: int = 0
    oblige: int = 0
    compel: int = 0
    grant_permit: int = 0
    policy_permit: int = 0
    permits: int = 0
    """Demands, grants and policies' permissions together: without one of these nothing goes on."""
    authorise: int = 0
    waive: int = 0
    """Waivers as what they take from an order: a permission, which every value of a fact must meet."""
    end: int = 0
    """The same waivers as what they take from a demand: a restriction, which any value meets."""


@dataclass(frozen=True, slots=True)
class ShadowWorld:
    """A world that does not count, and the rows that begin or cease to count in it."""

    kind: ShadowKind
    changed: int
    world: World


@dataclass(slots=True, eq=False)
class Table:
    """The rows of one action, the columns that tell them apart, and the worlds they make up."""

    rows: list[Rule]
    leaves: list[tuple[Leaf, ...]]
    reasons: list[Reason]
    columns: list[Column]
    everything: int = 0
    permitting: int = 0
    counted: int = 0
    """The rows of the live world."""
    live: World = field(default_factory=World)
    shadows: list[ShadowWorld] = field(default_factory=list)
    dutiful: int = 0
    lifts: dict[int, int] = field(default_factory=dict)

    def rules_in(self, mask: int) -> list[Rule]:
        """Return the rules that have a row in a mask, each once, in the order of the terms."""
        return list(dict.fromkeys(self.rows[row] for row in bits(mask)))

    def reasons_in(self, mask: int) -> tuple[Reason, ...]:
        """Return a sure reason for each of those rules; most often there is one."""
        if mask and not mask & (mask - 1):
            return (self.reasons[mask.bit_length() - 1],)
        return tuple({id(reason): reason for reason in (self.reasons[row] for row in bits(mask))}.values())

    def lifted_by(self, mask: int) -> int:
        """Return the rows that the given waivers or grants take away."""
        lifted = 0
        for row in bits(mask):
            lifted |= self.lifts.get(row, 0)
        return lifted


@dataclass(slots=True, eq=False)
class Force:
    """What is in force, or casts a shadow, between two instants at which something changes."""

    rules: tuple[Rule, ...]
    tables: Mapping[Action, Table]


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def make_force(instruments: Iterable[Instrument], at: datetime, known: datetime) -> Force:
    """Lay out the rules of all instruments at an instant, by what was known at another."""
    rules = tuple(rule for instrument in instruments for rule in rules_at(instrument, at, known))
    return Force(rules, {action: make_table(rules, action) for action in Action})


def make_table(rules: Iterable[Rule], action: Action) -> Table:
    """Lay out the rules that speak of one action."""
    rows: list[Rule] = []
    leaves: list[tuple[Leaf, ...]] = []
    reasons: list[Reason] = []
    ending = 0
    for rule in rules:
        if action not in rule.clause.actions:
            continue
        reason = Reason(rule)
        for row in rule.condition.rows():
            # A waiver has two rows: it takes an order's prohibition away as a permission, its demand as a restriction.
            for ends in (False, True) if rule.clause.verb is Verb.LIFT else (False,):
                ending |= ends << len(rows)
                rows.append(rule)
                leaves.append((*row, *rule.parties))
                reasons.append(reason)
    table = Table(rows, leaves, reasons, list(make_columns(leaves)), everything=(1 << len(rows)) - 1)
    kinds = _sort_rows(table, ending)
    _make_worlds(table, kinds)
    _find_lifts(table, kinds)
    return table


def _sort_rows(table: Table, ending: int) -> World:
    """Return the rows of each tier and verb, whether they count or not."""
    kinds = World(end=ending)
    for row, rule in enumerate(table.rows):
        bit = 1 << row
        table.dutiful |= bit if rule.clause.duties else 0
        if ending & bit:
            continue
        kind = _KINDS.get((rule.tier, rule.clause.verb)) or _KINDS[None, rule.clause.verb]
        setattr(kinds, kind, getattr(kinds, kind) | bit)
        if rule.restricting and rule.tier in {Tier.GRANT, Tier.POLICY}:
            kinds.beneath |= bit
        if rule.clause.verb in {Verb.PERMIT, Verb.COMPEL}:
            kinds.permits |= bit
        table.permitting |= 0 if rule.restricting else bit
    return kinds


_KINDS: dict[tuple[Tier | None, Verb], str] = {
    (Tier.BOUNDARY, Verb.FORBID): "boundary_forbid",
    (Tier.ORDER, Verb.FORBID): "order_forbid",
    (Tier.GRANT, Verb.FORBID): "grant_forbid",
    (Tier.POLICY, Verb.FORBID): "policy_forbid",
    (Tier.GRANT, Verb.PERMIT): "grant_permit",
    (Tier.ORDER, Verb.PERMIT): "grant_permit",
    (None, Verb.PERMIT): "policy_permit",
    (None, Verb.HOLD): "hold",
    (None, Verb.OBLIGE): "oblige",
    (None, Verb.COMPEL): "compel",
    (None, Verb.AUTHORISE): "authorise",
    (None, Verb.LIFT): "waive",
}
"""The mask of a world that a row belongs to, by its tier and verb, or by its verb alone."""


def _make_worlds(table: Table, kinds: World) -> None:
    """Make the world that counts, and for each kind of shadow that some row casts the world it asks about."""
    lights: dict[Light, int] = dict.fromkeys(Light, 0)
    contested = rivalled = 0
    for row, rule in enumerate(table.rows):
        lights[rule.light] |= 1 << row
        if rule.light is Light.LIVE:
            contested |= (1 << row) if rule.entry.contested_by else 0
            rivalled |= (1 << row) if rule.clause.rival is not None else 0
    live, rival = lights[Light.LIVE], lights[Light.RIVAL]
    asked = (
        (ShadowKind.ASSERTED, lights[Light.ASSERTED]),
        (ShadowKind.STAYED, lights[Light.STAYED]),
        (ShadowKind.CONTESTED, contested),
        (ShadowKind.CONTESTED, rivalled | rival),
    )
    table.counted, table.live = live, _part(kinds, live)
    # A row that counts and is changed ceases to count, and one that does not begins to: both are one `^`.
    table.shadows = [ShadowWorld(kind, changed, _part(kinds, live ^ changed)) for kind, changed in asked if changed]


def _part(kinds: World, counted: int) -> World:
    return World(**{name: getattr(kinds, name) & counted for name in World.__slots__})


def _find_lifts(table: Table, kinds: World) -> None:
    """Note for each waiver and each grant which rows it takes away; a boundary is never among them."""
    by_reference: dict[str, int] = defaultdict(int)
    by_issuer: dict[str, int] = defaultdict(int)
    for row, rule in enumerate(table.rows):
        if rule.tier is Tier.BOUNDARY or not (rule.restricting or rule.clause.verb is Verb.COMPEL):
            continue
        by_reference[rule.reference] |= 1 << row
        by_reference[rule.instrument.id] |= 1 << row
        if rule.tier is Tier.POLICY:
            by_issuer[rule.instrument.by] |= 1 << row
    for row in bits(kinds.waive | kinds.end | kinds.grant_permit):
        rule = table.rows[row]
        if rule.clause.lifts:
            for name in rule.clause.lifts:
                table.lifts[row] = table.lifts.get(row, 0) | by_reference[name]
        elif rule.instrument.kind is Kind.GRANT:
            table.lifts[row] = by_issuer[rule.instrument.by]


@dataclass(slots=True, eq=False)
class Match:
    """What a use leaves of the rows; `seen` has for each fact held against a column what it leaves possible."""

    possible: int
    sure: int
    seen: list[tuple[VouchedBy, Column, int]]
    weakest: VouchedBy


def match_use(table: Table, facts: Mapping[str, Fact]) -> Match:
    """Hold the facts of a use against every row."""
    possible = certain = table.everything
    permitting = table.permitting
    seen: list[tuple[VouchedBy, Column, int]] = []
    weakest = VouchedBy.ATTESTED
    for column in table.columns:
        fact = facts.get(column.attribute)
        pair = None if fact is None else column.masks(fact.value, permitting)
        if fact is None or pair is None:
            certain &= column.without
            continue
        left, surely = pair
        possible &= left
        if surely is not left:
            certain &= surely
        vouched_by = fact.vouched_by
        if vouched_by < weakest:  # noqa: PLR1730  # min() costs more than all the rest of the line's work
            weakest = vouched_by
        seen.append((vouched_by, column, left))
    # What is sure is possible, so a column that leaves no row unknown need not be asked twice.
    return Match(possible, possible & certain, seen, weakest)
