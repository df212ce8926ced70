"""The one judge: terms and a use in, a decision out, with time as a parameter.

Precedence: boundary > order (as lifted by a waiver) > grant > a policy's other clauses > default deny.
What is unknown counts against the use: a restriction applies unless it surely does not, a permission only if it
surely does. What cannot be decided is denied, and the decision says which facts would have settled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.terms.clause import Approval, Hold
from remit.terms.decision import Basis, Conflict, Decision, Effect, Owed, Reason, Shadow, ShadowKind
from remit.terms.force import Match, Table, bits, match_use
from remit.terms.rule import Light
from remit.terms.use import VouchedBy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from remit.terms.clause import Duty
    from remit.terms.rule import Rule
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
    level = _needs_authorisation(terms, use.facts)
    ruling = _rule(table, match.possible, match.sure, table.live, needs=level is not False)  # (2)-(5)
    settled = True
    if match.possible != match.sure or level is None:  # (7)
        kinder = _rule(table, match.sure, match.possible, table.live, needs=level is True)
        settled = kinder.effect is ruling.effect
    because = tuple(_reason(table, rule, match, use) for rule in table.rules_in(ruling.rows))
    return Decision(
        use,
        ruling.effect,
        ruling.basis,
        because,
        at,
        known,
        terms.digest,
        settled,
        () if settled and all(r.surely for r in because) else _lacks(table, match, use, because, level),
        _rests_on(table, match, use, ruling),
        _join_holds(table.rules_in(ruling.held)) if ruling.held else None,  # (6)
        _owed(table, ruling) if ruling.owed else (),
        _conflicts(table, match, ruling) if table.compel and ruling.effect is Effect.DENY else (),
        _shadow(table, match, ruling, needs=level is not False),
    )


def _rule(table: Table, applies: int, surely: int, counted: int, *, needs: bool) -> Ruling:
    """Apply the order of precedence to the counted rows: restrictions that apply, permissions that surely do."""
    applies &= counted
    surely &= counted
    if crossed := applies & table.boundary_forbid:  # (2) Before any grant is read: no exception reaches a boundary.
        return Ruling(Effect.DENY, Basis.BOUNDARY, crossed)
    if waived := surely & table.waive:  # (3)
        applies &= ~table.lifted_by(waived)
    if ordered := applies & table.order_forbid:
        return Ruling(Effect.DENY, Basis.ORDER, ordered)
    if needs and not surely & table.authorise:  # (4)
        return Ruling(Effect.DENY, Basis.AUTHORISATION)
    if permitted := surely & table.compel:  # (5) A demand beats what a provider's other clauses say.
        applies &= ~table.provider_restrict
        basis = Basis.ORDER
    else:
        granted = surely & table.grant_permit
        if granted:
            applies &= ~table.lifted_by(granted)
        if refused := applies & table.grant_forbid:
            return Ruling(Effect.DENY, Basis.GRANT, refused)
        if refused := applies & table.policy_forbid:
            return Ruling(Effect.DENY, Basis.POLICY, refused)
        permitted = granted or surely & table.policy_permit
        if not permitted:
            return Ruling(Effect.DENY, Basis.NOTHING)
        basis = Basis.GRANT if granted else Basis.POLICY
    held = applies & table.hold  # (6)
    owed = (applies & table.oblige) | permitted | held
    return Ruling(Effect.HOLD if held else Effect.PERMIT, basis, held or permitted, held, owed)


def _needs_authorisation(terms: Terms, facts: Mapping[str, Fact]) -> bool | None:
    """Tell whether the level of a use asks for an authorisation; nothing when the level is not known."""
    levels = terms.free_levels
    if levels is None:
        return False
    fact = facts.get(LEVEL)
    if fact is None:
        return None
    if isinstance(fact.value, str):
        return fact.value not in levels
    if isinstance(fact.value, frozenset) and fact.value:
        return not fact.value <= levels
    return None


def _reason(table: Table, rule: Rule, match: Match, use: Use) -> Reason:
    """Say whether a rule surely applies, and which facts it lacked."""
    if not match.possible & ~match.sure:
        return Reason(rule)
    rows = [row for row in bits(match.possible) if table.rows[row] is rule]
    if any(match.sure >> row & 1 for row in rows):
        return Reason(rule)
    return Reason(rule, surely=False, lacks=_missing(table, rows, use))


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
        unsure = match.possible & ~match.sure & table.live
        lacking.update(_missing(table, list(bits(unsure)), use))
    if level is None:
        lacking.add(LEVEL)
    return tuple(sorted(lacking))


def _rests_on(table: Table, match: Match, use: Use, ruling: Ruling) -> VouchedBy | None:
    """Return the weakest vouching the effect rests on.

    A denial or a hold rests on the strongest clause that gives it, and a clause on its weakest fact. A permission
    rests also on every fact without which some restriction could not have been ruled out.
    """
    weakest = max((_vouching(table, row, use) for row in bits(ruling.rows)), default=None)
    if ruling.effect is Effect.DENY or weakest is None:
        return weakest
    restricting = table.live & ~table.permitting
    final = match.possible & restricting
    left = restricting
    for vouched_by in (VouchedBy.ATTESTED, VouchedBy.MEASURED, VouchedBy.CONFIGURED, VouchedBy.DECLARED):
        left &= match.by_vouching[vouched_by]
        if left == final:
            return min(weakest, vouched_by)
    return weakest


def _vouching(table: Table, row: int, use: Use) -> VouchedBy:
    facts = (use.facts.get(leaf.attribute) for leaf in table.leaves[row])
    return min((fact.vouched_by for fact in facts if fact is not None), default=VouchedBy.ATTESTED)


def _join_holds(rules: list[Rule]) -> Hold:
    """Join holds to the strictest: every role, the most people, apart if any says so, the shortest wait."""
    joined: dict[str, Approval] = {}
    shown: frozenset[str] = frozenset()
    expires_in: timedelta | None = None
    for rule in rules:
        hold = rule.clause.until
        shown |= hold.shown
        if hold.expires_in is not None and (expires_in is None or hold.expires_in < expires_in):
            expires_in = hold.expires_in
        for approval in hold.approvals:
            other = joined.get(approval.of, approval)
            joined[approval.of] = Approval(
                approval.of,
                max(approval.at_least, other.at_least),
                approval.separately or other.separately,
                approval.excluded | other.excluded,
            )
    return Hold(tuple(joined[role] for role in sorted(joined)), shown, expires_in)


def _owed(table: Table, ruling: Ruling) -> tuple[Owed, ...]:
    found: dict[tuple[Duty, str, str], Owed] = {}
    for rule in table.rules_in(ruling.owed):
        for duty, says in rule.clause.duties:
            found.setdefault((duty, says, rule.reference), Owed(duty, says, rule))
    return tuple(found.values())


def _conflicts(table: Table, match: Match, ruling: Ruling) -> tuple[Conflict, ...]:
    """Pair each demand that may apply with each clause that denies it."""
    demands = table.rules_in(match.possible & table.live & table.compel)
    denials = table.rules_in(ruling.rows)
    return tuple(Conflict(demand, denial) for demand in demands for denial in denials)


def _shadow(table: Table, match: Match, ruling: Ruling, *, needs: bool) -> tuple[Shadow, ...]:
    """Ask for each kind of shadow whether it would change the effect."""
    applied = match.possible | match.sure
    found = []
    for kind, counted in _shadow_masks(table, applied):
        other = _rule(table, match.possible, match.sure, counted, needs=needs)
        if other.effect is not ruling.effect:
            changed = (counted ^ table.live) & (applied if other.effect > ruling.effect else counted | applied)
            rules = table.rules_in(other.rows & changed or changed & applied)
            found.append(Shadow(kind, other.effect, tuple(rules)))
    return tuple(found)


def _shadow_masks(table: Table, applied: int) -> list[tuple[ShadowKind, int]]:
    """Return for each kind of shadow that touches the use the rows that would count then."""
    lights = table.lights
    masks = []
    if lights.get(Light.ASSERTED, 0) & applied:
        masks.append((ShadowKind.ASSERTED, table.live | lights[Light.ASSERTED]))
    if lights.get(Light.STAYED, 0) & applied:
        masks.append((ShadowKind.STAYED, table.live | lights[Light.STAYED]))
    if table.contested & applied:
        masks.append((ShadowKind.CONTESTED, table.live & ~table.contested))
    if (table.rivalled | lights.get(Light.RIVAL, 0)) & applied:
        masks.append((ShadowKind.CONTESTED, (table.live & ~table.rivalled) | lights.get(Light.RIVAL, 0)))
    return masks
