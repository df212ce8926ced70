"""Holds that the people in the register cannot release, now or from a later instant on.

1. Too few have the role that a clause asks for, or too few once the one who asks is out.
2. Each clause could be met by itself, and what they ask for together could not: a person counts once, two names under
   one key are one person, and units may have to differ.
"""

from __future__ import annotations

from itertools import combinations_with_replacement, islice
from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of
from remit.prove.box import meet
from remit.prove.finding import Finding, Question
from remit.prove.story import cite, cite_all, few, sentence
from remit.prove.witness import find_witness
from remit.terms.clause import Verb
from remit.terms.decision import Effect
from remit.terms.instant import write_instant
from remit.terms.prose import say_hold
from remit.terms.quorum import REQUESTER, can_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality, Witness
    from remit.terms.hold import Approval, Hold
    from remit.terms.register import Person
    from remit.terms.rule import Rule

OUTSIDER = "somebody else"
"""Who asks, where that is none of the people who may approve."""
MOST_PAIRS = 400
"""Pairs of holds that are looked at together; with more, some kinds of uses are looked at alone."""
HELD = frozenset({Effect.HOLD})


def find_rosters(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each hold that happens and that its roster cannot release, now or from a later instant on."""
    for rule in moment.rules():
        if rule.clause.verb is not Verb.HOLD:
            continue
        short = next(filter(None, (_short(moment, approval) for approval in rule.clause.until.approvals)), None)
        if short is not None:  # (1)
            yield from _tell(moment, actual, budget, rule, short)
    yield from _short_together(moment, actual, budget)


def _short_together(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each joined hold that happens and that no sharing out among people releases (2)."""
    rules = [rule for rule in moment.rules() if rule.clause.verb is Verb.HOLD]
    alone = {rule for rule in rules if any(_short(moment, approval) for approval in rule.clause.until.approvals)}
    pairs = combinations_with_replacement([rule for rule in rules if rule not in alone], 2)
    seen: set[Hold] = set()
    for one, other in islice(pairs, MOST_PAIRS):
        boxes = [
            both
            for first in moment.boxes(one, generous=True)
            for second in moment.boxes(other, generous=True)
            if (both := meet(first, second)) is not None
        ]
        for action in sorted(one.clause.actions & other.clause.actions) if boxes else ():
            witness = find_witness(moment, action, boxes, HELD, actual, budget)
            hold = None if witness is None else witness.decision.hold
            if witness is None or hold is None or hold in seen:
                continue
            seen.add(hold)
            short = _share_out(moment, hold)
            if short is not None:
                yield _tell_together(witness, short)


def _share_out(moment: Moment, hold: Hold) -> tuple[datetime, str] | None:
    """Return from when on nobody can release a hold, and where it turns on who asks, on whom."""
    register = moment.terms.register
    for instant in _instants(moment, register.people):
        there = [person.id for person in register.people if _is_there(person, instant)]
        askers = (
            [*there, OUTSIDER] if any(REQUESTER in approval.excluded for approval in hold.approvals) else [OUTSIDER]
        )
        failing = [asker for asker in askers if not can_release(hold, register, asker, instant)]
        if failing:
            says = f"it waits for {say_hold(hold)}, and the people of the register cannot release that between them"
            return instant, says if OUTSIDER in failing else f"{says} where {failing[0]} asks"
    return None


def _tell_together(witness: Witness, short: tuple[datetime, str]) -> Finding:
    since, says = short
    decision = witness.decision
    rules = [reason.rule for reason in decision.because]
    when = "" if since == decision.at else f"from {write_instant(since)} on, "
    return Finding(
        Question.ROSTER,
        few(rule.reference for rule in rules),
        tuple(rule.reference for rule in rules),
        sentence(f"{when}{cite_all(rules)}, hold what nobody can release: {says}"),
        since,
        rules[0].clause.where,
        decision,
    )


def _instants(moment: Moment, people: Iterable[Person]) -> list[datetime]:
    return sorted({moment.at} | {p.until for p in people if p.until is not None and p.until > moment.at})


def _short(moment: Moment, approval: Approval) -> tuple[datetime, str] | None:
    """Return from when on a roster falls short, and how; nothing where it does not."""
    people = [person for person in moment.terms.register.people if approval.of in person.roles]
    for instant in _instants(moment, people):
        there = [person for person in people if _is_there(person, instant)]
        needed = f"{approval.at_least} in the role {approval.of}"
        if len(there) < approval.at_least:
            return instant, f"it waits for {needed}, and the register has {len(there)}"
        if REQUESTER in approval.excluded and len(there) == approval.at_least:
            names = ", ".join(person.name for person in there)
            return instant, f"it waits for {needed}, never the one who asks; where one of {names} asks, one is missing"
    return None


def _is_there(person: Person, at: datetime) -> bool:
    return (person.from_ is None or person.from_ <= at) and (person.until is None or at < person.until)


def _tell(
    moment: Moment, actual: Actuality, budget: Budget, rule: Rule, short: tuple[datetime, str]
) -> Iterator[Finding]:
    boxes = moment.boxes(rule, generous=True)
    tried = (find_witness(moment, action, boxes, HELD, actual, budget) for action in actions_of(rule))
    witness = next(filter(None, tried), None)
    since, says = short
    if witness is None:
        return
    when = "" if since == moment.at else f"from {write_instant(since)} on, "
    story = f"{when}{cite(rule)}, holds what nobody can release: {says}"
    yield Finding(
        Question.ROSTER,
        rule.reference,
        (rule.reference,),
        sentence(story),
        since,
        rule.clause.where,
        witness.decision,
    )
