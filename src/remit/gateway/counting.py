"""What is counted of a call while it is decided on: its people, and what detectors signal of its use case.

1. Texts are looked through before the group; what is counted is read, judged and added within it.
2. Nothing is added for what is denied. A call that waits for people is counted when it begins to wait, since its
   release is not judged anew.
3. A use case above its own budget is refused, whatever else permits it.
4. So is a request with a budget that brings what cannot be read, unless the register says that it may.
5. Without a budget nobody knows how many people such a request brings, and what terms say of people is judged so. What
   it brings is a fact of its own, which a clause may ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from remit.gateway.choice import Choice, rule_on
from remit.gateway.detectors.signal import ATTRIBUTE, signal_fact
from remit.gateway.dialects.unseen import KINDS, WITHOUT_PEOPLE
from remit.gateway.ground import ALL_READ, CONTENT
from remit.gateway.people.headcount import BUDGET, Headed, Put
from remit.terms.decision import Effect
from remit.terms.use import Use

UNSEEN = "remit#unseen-content"
"""The rule by which a request is refused in which people cannot be counted."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from remit.gateway.choice import Bearer, ToolRuling
    from remit.gateway.gate import Gate
    from remit.gateway.ground import Rulebook
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk
    from remit.terms.decision import Decision
    from remit.terms.use import Fact


@dataclass(frozen=True, slots=True)
class Counting:
    """The counts of one call, or of the tool calls that were proposed together."""

    book: Rulebook
    who: Bearer
    at: datetime
    heads: Headed | None
    unseen: str = ""
    """Why a request cannot be held to its budget; nothing where all of it was read, or need not be."""
    content: Fact | None = None
    """What a request brings that cannot be read, where a clause asks for it."""

    @property
    def asked(self) -> bool:
        """Tell whether anything must be counted before it is judged."""
        return self.heads is not None or self.content is not None or bool(self.book.terms.register.detectors)

    def facts(self, desk: Desk) -> dict[str, Fact]:
        """Return what is counted, with this call, within the group."""
        seen = {} if self.heads is None else self.heads.facts(desk)
        if self.content is not None:
            seen[CONTENT] = self.content
        if self.book.terms.register.detectors:
            seen[ATTRIBUTE] = signal_fact(desk, self.who.credential.use, self.at)
        return seen

    def within_budget(self, choice: Choice) -> Choice:
        """Return a choice, or the refusal of one that would go past the use case's own budget (3)."""
        if self.heads is None or (choice.target or choice.wanted) is None:
            return choice
        if self.unseen:
            return Choice(None, rule=UNSEEN, says=self.unseen)
        return Choice(None, rule=BUDGET, says=self.heads.over) if self.heads.over else choice

    def judge_anew(self, desk: Desk, use: Use, rulings: list[ToolRuling]) -> None:
        """Judge proposed calls again with what is counted, in place: whoever else has the list sees it too."""
        if not self.asked:
            return
        counted = Use(use.action, {**use.facts, **self.facts(desk)})
        over = self.heads is not None and bool(self.heads.over)
        for number, ruling in enumerate(rulings):
            ruled = rule_on(self.book, self.who, counted, ruling.call, self.at)
            rulings[number] = ruled._replace(rule=BUDGET) if over and not ruled.rule else ruled

    def keep(self, desk: Desk, *, goes_on: bool) -> list[Draft]:
        """Add what goes on to the counts (2), and return what must be on record beside it."""
        return self.heads.keep(Put(desk, desk.put)) if self.heads is not None and goes_on else []

    def warn(self, gate: Gate, decision: Decision | None) -> None:
        """Tell the operator where limits are near."""
        if self.heads is None or gate.people is None or decision is None:
            return
        if said := gate.people.warn(self.heads, self.book.terms, decision):
            gate.notes(said)


def begin_counting(
    gate: Gate, who: Bearer, at: datetime, texts: Callable[[], Iterable[str]], *, whole: bool = False
) -> Counting:
    """Look through the texts of a call (1); without anything that counts, what terms say of people is unknown.

    `whole` says that it is the request itself, and not what a model made of it.
    """
    heads = None if gate.people is None else gate.people.begin(gate.book.terms, who.credential.use, at, texts)
    if not whole or (heads is None and not gate.book.asks_for_content):
        return Counting(gate.book, who, at, heads)
    parts = frozenset(who.ask.unseen())
    content = _content(parts) if gate.book.asks_for_content else None
    return Counting(gate.book, who, at, heads, _unseen(heads, sorted(parts - WITHOUT_PEOPLE)), content)


def _content(parts: Iterable[str]) -> Fact:
    """Return what a request brings that cannot be read, as a fact."""
    known = ALL_READ[CONTENT]
    return replace(known, value=frozenset(KINDS[part] for part in parts) or known.value)


def _unseen(heads: Headed | None, parts: list[str]) -> str:
    """Say what a request with a budget of people brings that cannot be read for them (4); without one, note it (5)."""
    if heads is None or not parts:
        return ""
    if heads.budget is None:
        heads.whole = False
        return ""
    if heads.budget.unseen:
        return ""
    return f"the use case has a budget of people, and they cannot be counted in {' and '.join(parts)}"


def may_go_on(rulings: list[ToolRuling]) -> bool:
    """Tell whether any of some tool calls goes on, now or when people have released it."""
    return any(not ruling.rule and ruling.decision.effect is not Effect.DENY for ruling in rulings)
