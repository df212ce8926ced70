"""The one judge: terms and a use in, a decision out, with time as a parameter.

Precedence: boundary > order (as lifted by a waiver) > grant > a policy's other clauses > default deny.
What is unknown counts against the use: a restriction applies unless it surely does not, a permission only if it
surely does. What cannot be decided is denied, and the decision says which facts would have settled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.terms.decision import Basis, Conflict, Decision, Effect, Owed, Reason, Shadow
from remit.terms.force import bits, match_use
from remit.terms.hold import join_holds
from remit.terms.use import VouchedBy, names_in

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.force import Match, Table, World
    from remit.terms.terms import Terms
    from remit.terms.use import Fact, Use

LEVEL = "scope.level"


@dataclass(slots=True)
class Ruling:
    """The effect of some masks: what decided, the rows that did, and what is owed or held beside it."""

    effect: Effect
    basis: Basis
    rows: int = 0
    held: int = 0
    owed: int = 0


def decide(terms: Terms, use: Use, *, at: datetime, known: datetime | None = None) -> Decision:
    """Judge one use of a model by the terms in force at an instant, as known at another (by default the same).

    1. Take the rules that count at the instant, and apart from them those that only cast a shadow.
    2. Hold the use against every boundary; one that is not surely missed ends it.
    3. Then orders, as lifted by a waiver that surely applies.
    4. Where the level asks for it, look for an authorisation that surely covers the model.
    5. Look for a demand, a grant or a policy's clause that surely permits; none means deny.
    6. Join what remains to be done before the use may go on: the strictest hold, all duties.
    7. Ask whether missing facts could change the effect, and what the shadow would change.
    """
    known = at if known is None else known
    table = terms.force(at, known).tables[use.action]  # (1)
    match = match_use(table, use.facts)
    level = _needs_authorisation(terms, use.facts.get(LEVEL))
    ruling = _rule(table, table.live, match.possible, match.sure, needs=level is not False)  # (2)-(5)
    because, settled = table.reasons_in(ruling.rows), True
    lacks: tuple[str, ...] = ()
    if match.possible != match.sure or level is None:  # (7)
        kinder = _rule(table, table.live, match.sure, match.possible, needs=level is True)
        settled = kinder.effect is ruling.effect
        because = tuple(_reason(table, reason, match, use) for reason in because)
        if not settled or not all(reason.surely for reason in because):
            lacks = _lacks(table, match, use, because, level)
    return Decision(
        use,
        ruling.effect,
        ruling.basis,
        because,
        at,
        known,
        terms.digest,
        settled,
        lacks,
        _rests_on(terms, table, match, use, ruling),
        join_holds(rule.clause.until for rule in table.rules_in(ruling.held)) if ruling.held else None,  # (6)
        _owed(table, ruling.owed) if ruling.owed & table.dutiful else (),
        _conflicts(table, match, ruling) if table.live.compel and ruling.effect is Effect.DENY else (),
        _shadow(table, match, ruling, needs=level is not False) if table.shadows else (),
    )


def _rule(table: Table, world: World, applies: int, surely: int, *, needs: bool) -> Ruling:
    """Apply the order of precedence in a world: to restrictions that apply and permissions that surely do."""
    if crossed := applies & world.boundary_forbid:  # (2) Before any grant is read: no exception reaches a boundary.
        return Ruling(Effect.DENY, Basis.BOUNDARY, crossed)
    if waived := surely & world.waive:  # (3)
        applies &= ~table.lifted_by(waived)
    if ordered := applies & world.order_forbid:
        return Ruling(Effect.DENY, Basis.ORDER, ordered)
    if needs and not surely & world.authorise:  # (4)
        return Ruling(Effect.DENY, Basis.AUTHORISATION)
    demanded = surely & world.compel  # (5) A demand beats what a provider's other clauses say.
    if demanded and (ended := applies & world.end):  # It permits, so that a waiver which may apply ends it.
        demanded &= ~table.lifted_by(ended)
    if demanded:
        return _go_on(world, Basis.ORDER, demanded, applies & ~world.beneath)
    return _ask_providers(table, world, applies, surely)


def _ask_providers(table: Table, world: World, applies: int, surely: int) -> Ruling:
    """Look for a grant, which lifts its issuer's own rules, or for a policy's clause; no permission means deny."""
    granted = surely & world.grant_permit
    if granted and applies & world.beneath:
        applies &= ~table.lifted_by(granted)
    if refused := applies & world.grant_forbid:
        return Ruling(Effect.DENY, Basis.GRANT, refused)
    if refused := applies & world.policy_forbid:
        return Ruling(Effect.DENY, Basis.POLICY, refused)
    if granted:
        return _go_on(world, Basis.GRANT, granted, applies)
    if permitted := surely & world.policy_permit:
        return _go_on(world, Basis.POLICY, permitted, applies)
    return Ruling(Effect.DENY, Basis.NOTHING)


def _go_on(world: World, basis: Basis, permitted: int, applies: int) -> Ruling:
    """Let a use go on when its holds are released, with all duties that come with it."""
    held = applies & world.hold  # (6)
    owed = (applies & world.oblige) | permitted | held
    if held:
        return Ruling(Effect.HOLD, basis, held, held, owed)
    return Ruling(Effect.PERMIT, basis, permitted, 0, owed)


def _needs_authorisation(terms: Terms, level: Fact | None) -> bool | None:
    """Tell whether the level of a use asks for an authorisation; nothing when the level is not known."""
    free = terms.free_levels
    if free is None:
        return False
    names = None if level is None else names_in(level.value)
    return None if names is None else not names <= free


def _reason(table: Table, reason: Reason, match: Match, use: Use) -> Reason:
    """Say whether a rule surely applies, and which facts it lacked if not."""
    rows = [row for row in bits(match.possible) if table.reasons[row] is reason]
    if any(match.sure >> row & 1 for row in rows):
        return reason
    return Reason(reason.rule, surely=False, lacks=_missing(table, rows, use))


def _missing(table: Table, rows: list[int], use: Use) -> tuple[str, ...]:
    """Return the attributes on which rows are neither surely true nor surely false."""
    lacking = set()
    for column in table.columns:
        fact = use.facts.get(column.attribute)
        pair = None if fact is None else column.masks(fact.value, table.permitting)
        unknown = ~column.without if pair is None else pair[0] & ~pair[1]
        if any(unknown >> row & 1 for row in rows):
            lacking.add(column.attribute)
    return tuple(sorted(lacking))


def _lacks(
    table: Table,
    match: Match,
    use: Use,
    because: tuple[Reason, ...],
    level: bool | None,  # noqa: FBT001
) -> tuple[str, ...]:
    """Return the facts that would settle it: those of unsure reasons, else those of what might have permitted."""
    lacking = {name for reason in because for name in reason.lacks}
    if not lacking:
        unsure = match.possible & ~match.sure & table.counted
        lacking.update(_missing(table, list(bits(unsure)), use))
    if level is None:
        lacking.add(LEVEL)
    return tuple(sorted(lacking))


def _rests_on(terms: Terms, table: Table, match: Match, use: Use, ruling: Ruling) -> VouchedBy | None:
    """Return the weakest vouching the effect rests on.

    A denial rests on the strongest clause that gives it, and a clause on its weakest fact. Any other effect rests on
    the strongest facts that give it even when all that is less well vouched for is taken for unknown.
    """
    if ruling.effect is Effect.DENY:
        return max([_vouching(table, row, use) for row in bits(ruling.rows)], default=None)
    trusted, sure, weakest = match.seen, match.sure, match.weakest
    level = use.facts.get(LEVEL) if terms.free_levels is not None else None
    if level is not None and level.vouched_by < weakest:
        weakest = level.vouched_by
    while trusted or level is not None:
        for strength, column, _ in trusted:
            if strength == weakest:
                sure &= column.without
        if not sure & table.live.permits:
            return weakest
        trusted = [seen for seen in trusted if seen[0] > weakest]
        level = level if level is not None and level.vouched_by > weakest else None
        possible = table.everything
        for _, _, left in trusted:
            possible &= left
        needs = _needs_authorisation(terms, level) is not False
        if _rule(table, table.live, possible, sure, needs=needs).effect is not ruling.effect:
            return weakest
        left_over = [strength for strength, _, _ in trusted] + ([] if level is None else [level.vouched_by])
        weakest = min(left_over, default=VouchedBy.ATTESTED)
    return VouchedBy.ATTESTED


def _vouching(table: Table, row: int, use: Use) -> VouchedBy:
    facts = (use.facts.get(leaf.attribute) for leaf in table.leaves[row])
    return min((fact.vouched_by for fact in facts if fact is not None), default=VouchedBy.ATTESTED)


def _owed(table: Table, rows: int) -> tuple[Owed, ...]:
    return tuple(
        Owed(duty, says, rule) for rule in table.rules_in(rows & table.dutiful) for duty, says in rule.clause.duties
    )


def _conflicts(table: Table, match: Match, ruling: Ruling) -> tuple[Conflict, ...]:
    """Pair each demand that may apply, and is not surely waived, with each clause that denies it."""
    demanded = match.possible & table.live.compel & ~table.lifted_by(match.sure & table.live.waive)
    denials = table.rules_in(ruling.rows)
    return tuple(Conflict(demand, denial) for demand in table.rules_in(demanded) for denial in denials)


def _shadow(table: Table, match: Match, ruling: Ruling, *, needs: bool) -> tuple[Shadow, ...]:
    """Ask for each kind of shadow that touches the use whether it would change the effect."""
    found = []
    for shadow in table.shadows:
        touched = shadow.changed & match.possible
        if not touched:
            continue
        other = _rule(table, shadow.world, match.possible, match.sure, needs=needs)
        if other.effect is not ruling.effect:
            rules = table.rules_in(other.rows & shadow.changed or touched)
            found.append(Shadow(shadow.kind, other.effect, tuple(rules)))
    return tuple(found)
