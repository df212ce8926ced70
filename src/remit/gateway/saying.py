"""What a refusal says: the clause, its instrument and standing, since when, and what would settle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.gateway.people.interval import is_unbounded
from remit.terms.change import next_change
from remit.terms.decision import Basis, Effect
from remit.terms.instant import write_instant
from remit.terms.prose import join_words, say_hold

if TYPE_CHECKING:
    from remit.terms.decision import Decision, Reason
    from remit.terms.terms import Terms

_MOST = 3
HOLDS_LATER = "Nobody is waited for at this point, so it is refused."


def say_refusal(terms: Terms, decision: Decision, what: str) -> str:
    """Say why something was refused, in a few sentences."""
    parts = [f"Remit refused {what}."]
    parts += [_say_reason(reason) for reason in decision.because[:_MOST]]
    if not decision.because:
        parts.append(_say_nothing(decision))
    if decision.effect is Effect.HOLD and is_unbounded(decision.use):
        parts.append("More people may be in what the call brings and cannot be read.")
    if decision.effect is Effect.HOLD and decision.hold is not None:
        parts.append(f"It asks for {say_hold(decision.hold)}. {HOLDS_LATER}")
    parts.append(_say_settling(terms, decision))
    return " ".join(part for part in parts if part)


def _say_reason(reason: Reason) -> str:
    rule = reason.rule
    kind = "boundary" if rule.clause.boundary else rule.instrument.kind.value
    said = f' "{rule.clause.says}"' if rule.clause.says else ""
    unsure = "" if reason.surely else f", which cannot be ruled out without {join_words(reason.lacks, 'and')}"
    since = f"{rule.entry.state.value} from {write_instant(rule.entry.from_)}"
    end = "" if said.endswith('."') and not unsure else "."
    return f"By {rule.reference} ({kind} of {rule.instrument.by}, {since}){said}{unsure}{end}"


def _say_nothing(decision: Decision) -> str:
    model = ", ".join(decision.use.words("model.id")) or "this model"
    at = write_instant(decision.at)
    if decision.basis is Basis.AUTHORISATION:
        level = ", ".join(decision.use.words("scope.level")) or "not known"
        return f"No authorisation in force at {at} surely covers {model} at the level {level}."
    return f"No clause in force at {at} surely permits it for {model}."


def _say_settling(terms: Terms, decision: Decision) -> str:
    if decision.lacks:
        return f"Knowing {join_words(decision.lacks, 'and')} would settle it."
    later = next_change(terms, decision)
    if later is not None and later.effect < decision.effect:
        return f"From {write_instant(later.at)} it would be {later.effect.word}."
    if decision.basis is Basis.BOUNDARY:
        return "No grant lifts a boundary; only other facts, or its issuer, can change this."
    if decision.basis is Basis.ORDER:
        return "A waiver of the order would settle it."
    if decision.basis is Basis.AUTHORISATION:
        return "An authorisation of the model for this level would settle it."
    return "A grant or a clause that permits it would settle it."
