"""A decision as a short argument: what was asked, what decided, which facts it rests on, and what would change it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from remit.terms.change import fact_changes, next_change
from remit.terms.decision import Basis, Effect, ShadowKind
from remit.terms.instant import write_instant, write_length
from remit.terms.prose import join_words, say_actions, say_clause, say_entry, say_hold, say_leaf
from remit.terms.rule import Light, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.decision import Decision, Shadow
    from remit.terms.hold import Approval, Hold
    from remit.terms.rule import Rule
    from remit.terms.terms import Terms

_EFFECTS = {Effect.PERMIT: "Permitted", Effect.HOLD: "Held", Effect.DENY: "Denied"}
_WOULD = {Effect.PERMIT: "permitted", Effect.HOLD: "held", Effect.DENY: "denied"}
_HOW = {
    Basis.BOUNDARY: "at a boundary, which no grant lifts",
    Basis.ORDER: "by an order",
    Basis.AUTHORISATION: "because the level asks for an authorisation, and none surely covers this",
    Basis.GRANT: "by a grant",
    Basis.POLICY: "by a policy",
    Basis.NOTHING: "because nothing surely permits it",
}
_BASES = {
    Tier.BOUNDARY: Basis.BOUNDARY,
    Tier.ORDER: Basis.ORDER,
    Tier.GRANT: Basis.GRANT,
    Tier.POLICY: Basis.POLICY,
}
_SHOWN_CHANGES = 6


def argue(terms: Terms, decision: Decision) -> Iterator[str]:
    """Yield the lines of the argument."""
    yield headline(decision)
    yield ""
    yield f"Asked: may one {say_actions([decision.use.action])}?"
    yield from _facts(terms, decision)
    yield ""
    yield f"In force at {write_instant(decision.at)}, by what was known at {write_instant(decision.known)}:"
    yield from _because(terms, decision)
    if decision.hold is not None:
        yield f"  It waits for {say_hold(decision.hold)}."
    for owed in decision.duties:
        said = f": {owed.says}" if owed.says not in {"true", owed.duty.value} else ""
        yield f"  Duty to {owed.duty.value}{said} [{owed.rule.reference}]"
    for conflict in decision.conflicts:
        yield (
            f"  Conflict: {conflict.demands.reference} demands what {conflict.denies.reference} denies; "
            "this is denied, and for people to settle."
        )
    for shadow in decision.shadow:
        yield f"  Beside it: {say_shadow(shadow)}."
    yield ""
    yield "What would change it:"
    yield from _changes(terms, decision)


def headline(decision: Decision) -> str:
    """Say the result and what gave it, in one line."""
    unsettled = "" if decision.settled else "; facts that are missing could change this"
    return f"{_EFFECTS[decision.effect]} ({decision.verdict}) {_how(decision)}{unsettled}."


def _how(decision: Decision) -> str:
    """Say what gave the effect: of a hold, the strongest clause that holds, whatever permits what comes after it."""
    compelled = "because an order demands it; that is not a grant"
    if decision.effect is Effect.HOLD:
        basis = _BASES[max(reason.rule.tier for reason in decision.because)]
        return f"{_HOW[basis]}{f', and then goes on {compelled}' if decision.compelled else ''}"
    return compelled if decision.compelled else _HOW[decision.basis]


def say_shadow(shadow: Shadow) -> str:
    """Say what an asserted, stayed or contested instrument would change."""
    clauses = join_words((rule.reference for rule in shadow.because), "and") or "that"
    condition = {
        ShadowKind.ASSERTED: f"if {clauses}, only asserted, were binding",
        ShadowKind.STAYED: f"if {clauses}, now stayed, were in force",
        ShadowKind.CONTESTED: f"if the contest over {clauses} succeeded",
    }[shadow.kind]
    return f"{condition}, it would be {_WOULD[shadow.effect]}"


def _facts(terms: Terms, decision: Decision) -> Iterator[str]:
    facts = sorted(decision.use.facts.items())
    width = max((len(name) for name in (*decision.use.facts, *decision.lacks)), default=0)
    for name, fact in facts:
        values = ", ".join(decision.use.words(name))
        source = f", {fact.source}" if fact.source else ""
        foreign = _unknown_among(terms, name, decision.use.words(name))
        yield f"  {name:<{width}}  {values}  ({fact.vouched_by.word}{source}){foreign}"
    for name in decision.lacks:
        yield f"  {name:<{width}}  not known"


def _unknown_among(terms: Terms, attribute: str, words: tuple[str, ...]) -> str:
    """Say which names the terms and the catalogue do not know: they may be real, or misspelt."""
    known = terms.vocabulary.names.get(attribute)
    unknown = [] if known is None else [word for word in words if not terms.vocabulary.knows(attribute, word)]
    if known is None or not unknown:
        return ""
    near = get_close_matches(unknown[0], known, n=1, cutoff=0.75)
    meant = f"; did you mean {near[0]}?" if near else ""
    noun = terms.vocabulary.noun(attribute.removesuffix(".id"))
    return f" - no {noun} {join_words(unknown, 'or')} is known here{meant}"


def _because(terms: Terms, decision: Decision) -> Iterator[str]:
    attributes = terms.vocabulary.attributes
    if not decision.because:
        yield f"  {_nothing(decision)}"
    for reason in decision.because:
        rule = reason.rule
        condition = rule.condition if rule.light is Light.RIVAL else None
        yield f"  {say_clause(rule.clause, attributes, condition)}"
        yield f"    [{rule.reference}, {rule.clause.where}; {rule.instrument.kind} by {rule.instrument.by}]"
        yield f"    {say_entry(rule.entry)}"
        if reason.lacks:
            yield f"    applies because it cannot be ruled out: {join_words(reason.lacks, 'and')} not known"
        for reading in rule.clause.readings:
            yield f"    rests on a reading by {reading.by}: “{reading.term}” means {reading.means}"
    vouched = {fact.vouched_by for fact in decision.use.facts.values()}
    if decision.rests_on in vouched:  # Where no fact decides, there is none to be named as the weakest.
        yield f"  The weakest fact it rests on is {decision.rests_on.word}."


def _nothing(decision: Decision) -> str:
    if decision.basis is Basis.AUTHORISATION:
        level = ", ".join(decision.use.words("scope.level")) or "not known"
        return f"No authorisation in force surely covers this model at the level ({level})."
    maker = ", ".join(decision.use.words("model.maker")) or "this maker"
    return f"No clause in force surely permits this for {maker}; what nothing permits is denied."


def _changes(terms: Terms, decision: Decision) -> Iterator[str]:
    said = False
    if decision.lacks:
        said = True
        yield f"  Knowing {join_words(decision.lacks, 'and')}."
    if decision.phase_out is not None and decision.effect is Effect.DENY:
        said = True
        over = decision.at >= decision.phase_out
        when = write_instant(decision.phase_out)
        yield f"  What is in use already {'had' if over else 'has'} until {when} to be phased out."
    later = next_change(terms, decision)
    if later is not None:
        said = True
        clauses = join_words((reason.rule.reference for reason in later.because), "and")
        by = f" by {clauses}" if clauses else ""
        yield f"  Time: from {write_instant(later.at)} it is {_WOULD[later.effect]}{by}."
    changes = fact_changes(terms, decision)
    for change in changes[:_SHOWN_CHANGES]:
        said = True
        leaf = say_leaf(change.leaf, terms.vocabulary.attributes)
        yield f"  If {leaf}, it would be {_WOULD[change.effect]} [{change.rule.reference}]."
    if len(changes) > _SHOWN_CHANGES:
        yield f"  And {len(changes) - _SHOWN_CHANGES} other single facts."
    if not said:
        yield "  No single fact and no instant on file; only other terms."


def decision_record(decision: Decision) -> dict[str, Any]:
    """Return a decision as a JSON record."""
    return {
        "action": decision.use.action.value,
        "facts": {
            name: {"value": _plain(fact.value), "vouched_by": fact.vouched_by.word, "source": fact.source or None}
            for name, fact in sorted(decision.use.facts.items())
        },
        "effect": decision.effect.word,
        "verdict": decision.verdict.value,
        "basis": decision.basis.value,
        "settled": decision.settled,
        "compelled": decision.compelled,
        "because": [
            {**rule_record(reason.rule), "surely": reason.surely, "lacks": list(reason.lacks)}
            for reason in decision.because
        ],
        "lacks": list(decision.lacks),
        "rests_on": None if decision.rests_on is None else decision.rests_on.word,
        "hold": None if decision.hold is None else _hold_record(decision.hold),
        "duties": [{"duty": o.duty.value, "says": o.says, "clause": o.rule.reference} for o in decision.duties],
        "phase_out": None if decision.phase_out is None else write_instant(decision.phase_out),
        "conflicts": [{"demands": c.demands.reference, "denies": c.denies.reference} for c in decision.conflicts],
        "shadow": [
            {"kind": s.kind.value, "effect": s.effect.word, "because": [rule_record(rule) for rule in s.because]}
            for s in decision.shadow
        ],
        "at": write_instant(decision.at),
        "known": write_instant(decision.known),
        "terms": decision.terms,
    }


def rule_record(rule: Rule) -> dict[str, Any]:
    """Return a clause with its instrument and standing as a JSON record."""
    entry = rule.entry
    return {
        "clause": rule.reference,
        "instrument": rule.instrument.id,
        "kind": rule.instrument.kind.value,
        "by": rule.instrument.by,
        "boundary": rule.clause.boundary,
        "says": rule.clause.says or None,
        "where": rule.clause.where,
        "readings": [
            {"term": r.term, "means": r.means, "by": r.by, "on": None if r.on is None else write_instant(r.on)}
            for r in rule.clause.readings
        ],
        "standing": {
            "state": entry.state.value,
            "from": write_instant(entry.from_),
            "known": write_instant(entry.known),
            "until": None if entry.until is None else write_instant(entry.until),
            "by": entry.by or None,
            "covers": sorted(entry.covers),
            "contested_by": entry.contested_by or None,
        },
    }


def _hold_record(hold: Hold) -> dict[str, Any]:
    return {
        "approvals": [_approval_record(approval) for approval in hold.approvals],
        "oversight": hold.oversight.value,
        "shown": sorted(hold.shown),
        "expires_in": None if hold.expires_in is None else write_length(hold.expires_in),
        "window": None if hold.window is None else write_length(hold.window),
        "envelope": None
        if hold.envelope is None
        else {
            "at_most": hold.envelope.at_most,
            "lasts": write_length(hold.envelope.lasts),
            "same": sorted(hold.envelope.same),
            "below": hold.envelope.below,
        },
    }


def _approval_record(approval: Approval) -> dict[str, Any]:
    attention = approval.attention
    return {
        "of": approval.of,
        "at_least": approval.at_least,
        "separately": approval.separately,
        "different_units": approval.different_units,
        "qualified": sorted(approval.qualified),
        "not": sorted(approval.excluded),
        "attention": {
            "catch_rate": None if attention.catch_rate is None else str(attention.catch_rate),
            "items_per_hour": attention.items_per_hour,
            "pace": attention.pace,
        },
    }


def _plain(value: object) -> Any:  # noqa: ANN401  # whatever JSON can hold
    if isinstance(value, frozenset):
        return sorted(value)
    return value if isinstance(value, (str, bool, int)) else str(value)
