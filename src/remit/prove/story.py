"""Findings told in the words of the terms: who, with which model, does what, by which clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.box import bits
from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.decision import Effect
from remit.terms.instant import write_instant
from remit.terms.prose import join_words, say_actions
from remit.terms.use import Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from remit.prove.box import Box
    from remit.prove.circumstance import Circumstance
    from remit.prove.domain import Axis
    from remit.prove.witness import Witness
    from remit.terms.attribute import Attribute
    from remit.terms.decision import Decision
    from remit.terms.rule import Rule
    from remit.terms.terms import Terms

DONE = {Effect.PERMIT: "permitted", Effect.HOLD: "held", Effect.DENY: "denied"}
LISTED = 6
"""Names that are written out before the rest is counted."""

_NAMING = ("use.case", "scope.id", "model.id", "tool.name")
"""Facts from which others follow."""

_FIRST = ("organisation", "customer", "scope.id", "use.case", "model.maker", "model.id", "use.purpose", "use.effect")


def say_box(axes: Sequence[Axis], box: Box, attributes: Mapping[str, Attribute]) -> str:
    """Say which uses a box holds, whom and which model first; the empty text for all of them."""
    told = {
        axis.attribute: f"{attributes[axis.attribute].says} is {say_mask(axis, mask)}"
        for axis, mask in zip(axes, box, strict=True)
        if mask != axis.full
    }
    names = [*(name for name in _FIRST if name in told), *(name for name in told if name not in _FIRST)]
    return "; ".join(told[name] for name in names)


def say_mask(axis: Axis, mask: int) -> str:
    """Say some elements of an axis; more than half of its names are said by what is left out."""
    if axis.cuts:
        return _say_spans(axis, mask)
    known = mask & ~axis.missing
    out = axis.full & ~axis.missing & ~known
    if out and known.bit_count() > max(LISTED, out.bit_count()):
        said = f"anything but {_say_names(axis, out)}"
    else:
        said = _say_names(axis, known) if out else "anything that is known"
    if mask & axis.missing:
        return f"{said}, or not known" if known else "not known"
    return said


def _say_names(axis: Axis, mask: int) -> str:
    names = [axis.elements[place].says for place in bits(mask)]
    more = [f"{len(names) - LISTED} others"] if len(names) > LISTED + 1 else []
    return join_words([*names[:LISTED], *more] if more else names)


def _say_spans(axis: Axis, mask: int) -> str:
    """Say runs of intervals as bounds: elements with even places are intervals, with odd places constants."""
    said: list[str] = []
    last = 2 * len(axis.cuts)
    place = 0
    while place <= last:
        if not mask >> place & 1:
            place += 1
            continue
        first = place
        while place < last and mask >> (place + 1) & 1:
            place += 1
        said.append(_say_span(axis, first, place))
        place += 1
    if mask & axis.missing:
        said.append("not known")
    return " or ".join(said)


def _say_span(axis: Axis, first: int, last: int) -> str:
    if first == last and first % 2:
        return str(axis.cuts[first // 2])
    low = f"{'at least' if first % 2 else 'above'} {axis.cuts[(first - 1) // 2]}" if first else ""
    top = last < 2 * len(axis.cuts)
    high = f"{'at most' if last % 2 else 'below'} {axis.cuts[last // 2]}" if top else ""
    return " and ".join(filter(None, (low, high))) or "any number"


def say_caller(caller: Circumstance) -> str:
    """Say who asks."""
    kind, _, name = caller.says.rpartition(" ")
    return f"a caller of {kind} *{name}*" if name else "a caller"


def say_deed(witness: Witness) -> str:
    """Say what is done with which model and tool."""
    words = witness.use.words
    model = witness.model or join_words(words("model.id")) or _of_maker(words("model.maker"))
    match witness.use.action:
        case Action.INVOKE:
            return f"call {model}"
        case Action.INTEGRATE:
            return f"make {model} part of a system"
        case Action.ACT:
            tool = join_words(words("tool.name"))
            effect = join_words(words("tool.effect"))
            what = f"the tool {tool}" if tool else f"a tool that does {effect}" if effect else "a tool call"
            return f"have {model} carry out {what}"


def _of_maker(makers: tuple[str, ...]) -> str:
    return f"a model of {join_words(makers)}" if makers else "a model"


def cite(rule: Rule) -> str:
    """Cite a clause with who issued it and since when it counts."""
    since = write_instant(rule.entry.from_)
    verb = {"grant": "granted", "order": "ordered"}.get(rule.instrument.kind, "issued")
    return f"clause {rule.reference}, {verb} by {rule.instrument.by}, in force since {since}"


def cite_all(rules: Iterable[Rule]) -> str:
    """Cite several clauses, the first few in full."""
    listed = list(rules)
    said = [cite(rule) for rule in listed[:2]]
    more = [f"{len(listed) - 2} more"] if len(listed) > 2 else []  # noqa: PLR2004  # a sentence's worth
    return "; ".join([*said, *more])


def few(said: Iterable[str], most: int = 3) -> str:
    """Join words, and count those beyond the first few."""
    listed = list(said)
    more = [f"{len(listed) - most} more"] if len(listed) > most else []
    return join_words([*listed[:most], *more], "and")


def references(*decisions: Decision) -> tuple[str, ...]:
    """Return the clauses that decided, each once."""
    found = (reason.rule.reference for decision in decisions for reason in decision.because)
    return tuple(dict.fromkeys(found))


def say_done(effect: Effect, actions: Iterable[Action]) -> str:
    """Say what becomes of some actions: it is permitted to call a model."""
    return f"it is {DONE[effect]} to {say_actions(actions)}"


def say_use(terms: Terms, use: Use) -> str:
    """Say a use as `remit why` takes it, without the facts that follow from others."""
    facts = dict(use.facts)
    for name in sorted(use.facts, key=lambda name: name in _NAMING):
        rest = {other: fact for other, fact in facts.items() if other != name}
        following = complete_use(terms, Use(use.action, rest)).facts.get(name)
        if following is not None and following.value == facts[name].value:
            facts = rest
    shown = sorted(facts, key=lambda name: (name not in _NAMING, name))
    return " ".join([use.action.value, *(f"{name}={','.join(use.words(name))}" for name in shown)])


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
