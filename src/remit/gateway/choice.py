"""Chooses where a call goes: the first target at which the judge permits it, and everything its provider would run.

Whatever is not chosen leaves a reason: the decision on the model that was asked for, or a rule of the gateway's own
where there was nothing to judge. There is no third way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.dialects.dialect import Runs
from remit.gateway.facts import FactsRefused
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from remit.gateway.credential import Credential
    from remit.gateway.dialects.dialect import Ask, ProposedCall
    from remit.gateway.facts import Declared
    from remit.gateway.ground import Rulebook
    from remit.gateway.routing import Found, Target
    from remit.terms.decision import Decision
    from remit.terms.use import Fact, Use

NOT_NAMED = "remit#tool-not-named"
DECLARED_OTHERWISE = "remit#declared-otherwise"


class Choice(NamedTuple):
    """What was chosen, and the decisions that it rests on; a rule of the gateway's own stands in `rule`."""

    target: Target | None
    decision: Decision | None = None
    acts: tuple[Decision, ...] = ()
    rule: str = ""
    says: str = ""
    wanted: Target | None = None
    """Where it would go if people released it."""

    @property
    def deciding(self) -> Decision | None:
        """Return the decision that stopped it, or the one that let it go on."""
        stopped = [act for act in self.acts if act.effect is not Effect.PERMIT]
        return stopped[0] if stopped else self.decision


class ToolRuling(NamedTuple):
    """What becomes of one proposed call: the judge's decision, or a rule of the gateway's own before it."""

    call: ProposedCall
    decision: Decision
    rule: str = ""
    n: int = 0
    """Where its entry stands in the log, once it is there."""

    @property
    def passes(self) -> bool:
        """Tell whether the call may reach the client."""
        return not self.rule and self.decision.effect is Effect.PERMIT


class Bearer(NamedTuple):
    """Who asks, for what, and what is said of it."""

    credential: Credential
    ask: Ask
    declared: Declared


def choose(book: Rulebook, who: Bearer, found: Found, more: Sequence[Mapping[str, Fact]], at: datetime) -> Choice:
    """Return the first target that may be taken; `more` are facts counted for each of them, or nothing."""
    first: Choice | None = None
    for number, target in enumerate(found.targets):
        choice = _judge(book, who, target, more[number] if more else {}, at)
        # What contradicts ends the call: it must not pick, by what it declares, the target that it agrees with.
        if choice.target is not None or choice.rule == DECLARED_OTHERWISE:
            return choice
        first = first or choice
    if first is not None:
        return first
    rule = found.rules[0] if found.rules else "remit#no-target"
    return Choice(None, rule=rule, says="; ".join(found.why_not) or "there is nowhere it could go")


def _judge(book: Rulebook, who: Bearer, target: Target, more: Mapping[str, Fact], at: datetime) -> Choice:
    try:
        use = book.sheet.invoke(who.credential.use, target, more, who.declared)
    except FactsRefused as error:
        return Choice(None, rule=DECLARED_OTHERWISE, says=str(error))
    decision = book.decide(use, at)
    if decision.effect is Effect.DENY:
        return Choice(None, decision)
    acts: list[Decision] = []
    for offer in who.ask.offers:
        if offer.runs is Runs.PROVIDER:
            if says := not_named(book, who.credential, offer.name):
                return Choice(None, decision, tuple(acts), NOT_NAMED, says)
            acts.append(book.decide(book.sheet.act(offer.name, use), at))
            if acts[-1].effect is not Effect.PERMIT:
                return Choice(None, decision, tuple(acts))
    if decision.effect is Effect.HOLD:
        return Choice(None, decision, tuple(acts), wanted=target)
    return Choice(target, decision, tuple(acts))


def rule_on(book: Rulebook, who: Bearer, use: Use, call: ProposedCall, at: datetime) -> ToolRuling:
    """Judge one tool call that a model proposed within a use that went on."""
    decision = book.decide(book.sheet.act(call.name, use), at)
    return ToolRuling(call, decision, NOT_NAMED if not_named(book, who.credential, call.name) else "")


def not_named(book: Rulebook, credential: Credential, tool: str) -> str:
    """Say why a use case or a key that names tools does not reach one; nothing where it does."""
    case = book.terms.register.use_case(credential.use)
    names = book.sheet.tools(tool)
    for holder, named in (
        (f"the use case {credential.use}", () if case is None else case.tools),
        (f"the key {credential.id}", credential.tools),
    ):
        if named and not names <= set(named):
            return f"{holder} does not name the tool {tool}"
    return ""
