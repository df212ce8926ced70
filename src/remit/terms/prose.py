"""Terms said in sentences: conditions, clauses and whole instruments, for a reader who writes no YAML."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, assert_never

from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.condition import Is, Leaf, OneOf, Within
from remit.terms.hold import Oversight
from remit.terms.instant import write_instant, write_length
from remit.terms.instrument import Kind
from remit.terms.rule import Light
from remit.terms.standing import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from remit.terms.attribute import Attribute
    from remit.terms.clause import Clause
    from remit.terms.condition import Condition
    from remit.terms.hold import Approval, Attention, Envelope, Hold
    from remit.terms.rule import Rule
    from remit.terms.standing import Entry
    from remit.terms.terms import Terms

_ACTIONS = {
    Action.INVOKE: "call a model",
    Action.ACT: "carry out a tool call that a model proposes",
    Action.INTEGRATE: "make a model part of a system",
}
_LISTED = 12
"""Names of a condition that are written out; a glob can stand for hundreds."""


def join_words(words: Iterable[str], last: str = "or") -> str:
    """Join words as a sentence does: a, b or c."""
    listed = list(words)
    if len(listed) < 2:  # noqa: PLR2004  # one word needs no joining
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"


def say_leaf(leaf: Leaf, attributes: Mapping[str, Attribute]) -> str:
    """Say one test of an attribute."""
    what = attributes[leaf.attribute].says
    match leaf.test:
        case OneOf(names=names, patterns=patterns):
            single = (name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns))
            shown = [*patterns, *sorted(single)]
            more = [f"{len(shown) - _LISTED} others"] if len(shown) > _LISTED else []
            return f"{what} is {'not ' if leaf.negated else ''}{join_words([*shown[:_LISTED], *more])}"
        case Within() as bounds:
            return f"{what} {'is not' if leaf.negated else 'is'} {_say_bounds(bounds)}"
        case Is(value=value):
            return f"{what} is {'not ' if leaf.negated else ''}{'true' if value else 'false'}"
        case _:
            assert_never(leaf.test)


def _say_bounds(bounds: Within) -> str:
    if bounds.low is not None and bounds.low == bounds.high:
        return str(bounds.low)
    parts = []
    if bounds.low is not None:
        parts.append(f"{'at least' if bounds.low_included else 'above'} {bounds.low}")
    if bounds.high is not None:
        parts.append(f"{'at most' if bounds.high_included else 'below'} {bounds.high}")
    return " and ".join(parts)


def say_condition(condition: Condition, attributes: Mapping[str, Attribute]) -> str:
    """Say a condition as one clause of a sentence; the empty text for one that always holds.

    Alternatives that stand beside something else are put in brackets, or the last would seem to take it in.
    """
    parts = [say_leaf(leaf, attributes) for leaf in condition.leaves]
    alone = len(parts) + len(condition.alternatives) == 1
    for group in condition.alternatives:
        inner = [say_condition(alternative, attributes) or "always" for alternative in group]
        either = f"either {'; or '.join(inner)}"
        parts.append(either if alone else f"({either})")
    return join_words(parts, "and")


def say_actions(actions: Iterable[Action]) -> str:
    """Say what is done with a model."""
    given = set(actions)
    return join_words([_ACTIONS[action] for action in Action if action in given])


def say_hold(hold: Hold) -> str:
    """Say what a held use waits for."""
    who = join_words((_say_approval(approval) for approval in hold.approvals), "and") or "somebody"
    shown = f", who must be shown {join_words(sorted(hold.shown), 'and')}" if hold.shown else ""
    wait = f"; after {write_length(hold.expires_in)} it is denied" if hold.expires_in is not None else ""
    return f"{who}{shown}{_say_oversight(hold)}{wait}"


def _say_oversight(hold: Hold) -> str:
    """Say the kind of oversight; nothing where each act is approved, which is what a hold means anyway."""
    match hold.oversight:
        case Oversight.EACH:
            return ""
        case Oversight.TWO_PERSONS:
            return "; two people at least, apart from each other"
        case Oversight.VETO:
            return f"; it goes on after {_length(hold.window)} unless one of them refuses it"
        case Oversight.AFTER:
            return "; it goes on at once and they review it afterwards, in that time"
        case Oversight.ENVELOPE:
            return _say_envelope(hold.envelope)
        case _:
            assert_never(hold.oversight)


def _say_envelope(envelope: Envelope | None) -> str:
    if envelope is None:
        return ""
    same = f" with the same {join_words(sorted(envelope.same), 'and')}" if envelope.same else ""
    reach = f"{envelope.at_most} calls of the kind{same} for {write_length(envelope.lasts)}"
    return f"; one approval covers {reach}, below the effect {envelope.below}"


def _length(length: timedelta | None) -> str:
    return "" if length is None else write_length(length)


def _say_approval(approval: Approval) -> str:
    people = "one person" if approval.at_least == 1 else f"{approval.at_least} people"
    apart = ", each apart from the others" if approval.separately else ""
    barred = f", never the {join_words(sorted(approval.excluded))}" if approval.excluded else ""
    units = ", of different units" if approval.different_units else ""
    able = f", qualified for {join_words(sorted(approval.qualified), 'and')}" if approval.qualified else ""
    return f"{people} in the role {approval.of}{able}{apart}{units}{barred}{_say_attention(approval.attention)}"


def _say_attention(attention: Attention) -> str:
    asked = []
    if attention.catch_rate is not None:
        asked.append(f"surely catch a share of {attention.catch_rate} of seeded checks")
    if attention.items_per_hour is not None:
        asked.append(f"answer at most {attention.items_per_hour} an hour")
    if attention.pace is not None:
        asked.append(f"read at most {attention.pace} characters a second")
    return f", who {join_words(asked, 'and')}" if asked else ""


def say_clause(clause: Clause, attributes: Mapping[str, Attribute], condition: Condition | None = None) -> str:
    """Say what a clause does, as one sentence; in another reading where its condition is given."""
    said = say_condition(clause.when if condition is None else condition, attributes)
    where = f" where {said}" if said else ""
    sentence = f"{_say_verb(clause)}{where}"
    if clause.verb is Verb.HOLD:
        sentence += f", it waits for {say_hold(clause.until)}"
    if clause.phase_out is not None:
        sentence += f"; what is in use already must be gone by {write_instant(clause.phase_out)}"
    if clause.lifts and clause.verb is Verb.PERMIT:
        sentence += f"; this lifts {join_words(clause.lifts, 'and')}"
    if clause.duties:
        duties = (f"{duty} ({says})" if says not in {"true", duty} else duty.value for duty, says in clause.duties)
        sentence += f"; the duties are: {join_words(duties, 'and')}"
    return sentence[0].upper() + sentence[1:] + "."


def _say_verb(clause: Clause) -> str:
    actions = say_actions(clause.actions)
    match clause.verb:
        case Verb.FORBID:
            return f"it is forbidden to {actions}"
        case Verb.HOLD:
            return f"before anyone may {actions}"
        case Verb.PERMIT:
            return f"it is permitted to {actions}"
        case Verb.OBLIGE:
            return f"whoever may {actions} has duties"
        case Verb.COMPEL:
            return f"it is demanded to {actions}"
        case Verb.AUTHORISE:
            return f"a model is authorised, so that one may {actions} if something else permits it,"
        case Verb.LIFT:
            return f"the following is lifted: {join_words(clause.lifts, 'and')},"
        case _:
            assert_never(clause.verb)


def say_entry(entry: Entry) -> str:
    """Say one entry of a standing: state, since when, till when, by whom, for whom, and when it was learned of."""
    parts = [f"{entry.state.value.replace('-', ' ')} since {write_instant(entry.from_)}"]
    if entry.until is not None:
        parts.append(f"until {write_instant(entry.until)}")
    if entry.by:
        parts.append(f"by {entry.by}")
    if entry.covers:
        parts.append(f"for {join_words(sorted(entry.covers), 'and')}")
    if entry.contested_by:
        parts.append(f"contested by {entry.contested_by}")
    if entry.known != entry.from_:
        parts.append(f"known since {write_instant(entry.known)}")
    return ", ".join(parts)


def explain_terms(terms: Terms, at: datetime, known: datetime) -> Iterator[str]:
    """Yield the lines of a Markdown page on what counts at an instant, each sentence with its clause."""
    yield f"# What is in force on {write_instant(at)}"
    yield ""
    yield f"By what was known on {write_instant(known)}. The terms have the digest `{terms.digest}`."
    force = terms.force(at, known)
    lights = {
        Light.LIVE: "## In force",
        Light.ASSERTED: "## Asserted only: it binds nobody, and is shown beside each verdict it would change",
        Light.STAYED: "## Stayed: it does not count now, and is shown beside each verdict it would change",
    }
    for light, title in lights.items():
        rules = [rule for rule in force.rules if rule.light is light]
        if rules:
            yield ""
            yield title
            yield from _explain_rules(terms, rules)
    if silent := [item for item in terms.instruments if not any(r.instrument is item for r in force.rules)]:
        yield ""
        yield "## Without effect on that day"
        yield ""
        for instrument in silent:
            entry = instrument.standing.entry_at(at, known, None)
            state = "not begun, ended, or not known of" if entry is None else say_entry(entry)
            yield f"- `{instrument.id}`: {state}."


def _explain_rules(terms: Terms, rules: list[Rule]) -> Iterator[str]:
    attributes = terms.vocabulary.attributes
    last = None
    for rule in rules:
        if (rule.instrument.id, rule.entry) != last:
            last = (rule.instrument.id, rule.entry)
            yield ""
            yield from _explain_head(rule)
        yield from _explain_clause(rule, attributes)


def _explain_head(rule: Rule) -> Iterator[str]:
    instrument, entry = rule.instrument, rule.entry
    yield f"### {instrument.title[0].upper()}{instrument.title[1:]}"
    yield ""
    reach = "given to" if instrument.kind in {Kind.GRANT, Kind.WAIVER} else "binding"
    if entry.state is State.ASSERTED:
        reach = "said of"
    article = "An" if instrument.kind[0] in "aeiou" else "A"
    yield f"{article} {instrument.kind} by {instrument.by}, {reach} {_say_parties(rule)}, {say_entry(entry)}."
    if instrument.source:
        yield f"Source: {instrument.source}"
    if instrument.notice:
        yield f"Notice: {instrument.notice}"
    yield ""


def _say_parties(rule: Rule) -> str:
    """Say whom a rule is about: those the instrument binds, without those whom another entry singles out."""
    named = [(leaf.test.names, leaf.negated) for leaf in rule.parties if isinstance(leaf.test, OneOf)]
    spared = frozenset[str]().union(*(names for names, negated in named if negated))
    meant: frozenset[str] | None = None
    for names, negated in named:
        if not negated:
            meant = names if meant is None else meant & names
    if meant is None:
        return f"everyone but {join_words(sorted(spared), 'and')}" if spared else "everyone"
    return join_words(sorted(meant - spared), "and") or "nobody"


def _explain_clause(rule: Rule, attributes: Mapping[str, Attribute]) -> Iterator[str]:
    clause = rule.clause
    kind = " A boundary: no grant lifts it." if clause.boundary else ""
    if rule.instrument.kind is Kind.GRANT and clause.verb is Verb.PERMIT and not clause.lifts:
        kind = f" It lifts every other clause of a policy by {rule.instrument.by} that is no boundary."
    words = f" In its own words: “{clause.says}”" if clause.says else ""
    yield f"- {say_clause(clause, attributes)}{kind}{words} [`{rule.reference}`, {clause.where}]"
    for reading in clause.readings:
        since = f" since {write_instant(reading.on)}" if reading.on is not None else ""
        memo = f" ({reading.memo})" if reading.memo else ""
        yield f"  - “{reading.term}” is read by {reading.by}{since} as: {reading.means}{memo}"
    if clause.rival is not None:
        yield f"  - {clause.rival.by} reads it otherwise: {clause.rival.means}"
