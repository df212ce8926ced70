"""Holds that the people in the register cannot release: too few in the role, or once the one who asks is out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of
from remit.prove.finding import Finding, Question
from remit.prove.story import cite, sentence
from remit.prove.witness import find_witness
from remit.terms.clause import Verb
from remit.terms.decision import Effect
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality
    from remit.terms.hold import Approval
    from remit.terms.register import Person
    from remit.terms.rule import Rule

REQUESTER = "requester"
HELD = frozenset({Effect.HOLD})


def find_rosters(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each hold that happens and that its roster cannot release, now or from a later instant on."""
    for rule in moment.rules():
        if rule.clause.verb is not Verb.HOLD:
            continue
        short = next(filter(None, (_short(moment, approval) for approval in rule.clause.until.approvals)), None)
        if short is not None:
            yield from _tell(moment, actual, budget, rule, short)


def _short(moment: Moment, approval: Approval) -> tuple[datetime, str] | None:
    """Return from when on a roster falls short, and how; nothing where it does not."""
    people = [person for person in moment.terms.register.people if approval.of in person.roles]
    instants = {moment.at} | {p.until for p in people if p.until is not None and p.until > moment.at}
    for instant in sorted(instants):
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
