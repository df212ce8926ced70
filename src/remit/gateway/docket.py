"""What one call has on record: it asks for the entries to be written, and keeps what is still owed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from remit.errors import NotRecorded, RowChanged
from remit.gateway.choice import Choice, choose, rule_on
from remit.gateway.counting import begin_counting, may_go_on
from remit.gateway.ground import CONTENT
from remit.gateway.meter import ATTRIBUTES, Meter
from remit.gateway.meter import ROWS as METERS
from remit.gateway.record import (
    Opened,
    Outcome,
    act_draft,
    close_rows,
    conversation_row,
    demand_active,
    deny_draft,
    invoke_drafts,
    offered_drafts,
    open_mark,
    outcome_drafts,
    reserve,
    row_of,
    settle_meter,
)
from remit.gateway.step import REFRESH, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from remit.gateway.admission import Admission
    from remit.gateway.choice import Bearer, ToolRuling
    from remit.gateway.counting import Counting
    from remit.gateway.dialects.dialect import ProposedCall
    from remit.gateway.gate import Gate
    from remit.gateway.holding import Holding
    from remit.gateway.meter import Amount
    from remit.gateway.record import Paper
    from remit.gateway.routing import Found, Target
    from remit.gateway.step import Step
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk
    from remit.terms.decision import Decision

_TRIES = 3
_UNKNOWN = "it goes on with a conversation that did not begin here under this use case"


class Docket:
    """The decisions of one call and their outcome."""

    def __init__(self, gate: Gate, paper: Paper, began: float) -> None:
        self._gate = gate
        self.paper = paper
        self._began = began
        self._added = 0.0
        self._opened: Opened | None = None
        self.name = ""
        """What the decision is known by in the log."""
        self.admission: Admission | None = None
        """By what the use waits for people, where it does."""
        self.missing: tuple[str, ...] = ()
        """What keeps people from approving it, since it cannot be shown."""

    @property
    def added(self) -> float:
        """Return the seconds that the gateway itself has taken so far."""
        return self._added

    def decide(
        self,
        found: Found,
        amounts: Sequence[Amount],
        at: datetime,
        admission: Admission | None = None,
        *,
        redirected: bool,
    ) -> Generator[Step, Any, Choice]:
        """Choose a target and have the decision on record; raises `RowChanged` where other terms are active.

        A use that waits for people is opened with its decision, where there is anything to wait by.
        """
        book, who = self.paper.book, self.paper.who
        use, seconds = who.credential.use, int(at.timestamp())
        # Without counts the judge need not wait for the group; with them it must see what every call before it took.
        mark = open_mark(self.paper)
        counting = begin_counting(self._gate, who, at, who.ask.texts, whole=True)
        early = None if book.metered or counting.asked else choose(book, who, found, (), at)
        taken: list[Choice] = []

        def settle(desk: Desk) -> Sequence[Draft]:
            demand_active(desk, book)
            choice = _unknown_conversation(desk, who) or early
            if choice is None:
                meter = Meter(desk.row(METERS + use), seconds)
                seen = counting.facts(desk)
                choice = choose(book, who, found, [{**meter.with_call(amount), **seen} for amount in amounts], at)
            choice = counting.within_budget(choice)
            taken.append(choice)
            if admission is not None and admission.holds(choice):
                opened = admission.open(desk, choice, self.paper, at)
                if opened is not None:
                    return opened + counting.keep(desk, goes_on=True)
            first = choice.target is not None and choice.target.model == found.asked
            drafts = invoke_drafts(self.paper, choice, redirected=redirected or not first)
            if choice.target is not None:
                amount = amounts[found.targets.index(choice.target)]
                reserve(desk, use, amount, seconds)
                places = list(range(desk.first, desk.first + len(drafts)))
                for n in places:
                    desk.put(row_of(n), mark)
                self._opened = Opened(places[0], places[1:], amount, seconds)
            return drafts + counting.keep(desk, goes_on=choice.target is not None)

        receipt = yield Record(settle)
        self.name = str(receipt.first)
        if admission is not None and admission.model:
            self.admission, self.name = admission, str(admission.of)
        elif admission is not None:
            self.missing = admission.missing
        counting.warn(self._gate, taken[-1].decision)
        if self._gate.detectors is not None and taken[-1].target is not None:
            self._gate.detectors.offer(use, receipt.first, who.ask.texts)
        self._added = self._gate.tick() - self._began
        return taken[-1]

    def admit(self, found: Found, amounts: Sequence[Amount], admission: Admission) -> Generator[Step, Any, Choice]:
        """Let a use go out that people approved, judged anew with what is counted now, and have both on record.

        The choice has no target where it does not go out. Raises `RowChanged` where other terms are active.
        """
        book, who, at = self.paper.book, self.paper.who, self._gate.now()
        use, seconds = who.credential.use, int(at.timestamp())
        mark = open_mark(self.paper)
        counting = begin_counting(self._gate, who, at, who.ask.texts, whole=True)
        taken: list[Choice] = []

        def settle(desk: Desk) -> Sequence[Draft]:
            demand_active(desk, book)
            meter, seen = Meter(desk.row(METERS + use), seconds), counting.facts(desk)
            choice = choose(book, who, found, [{**meter.with_call(amount), **seen} for amount in amounts], at)
            choice = counting.within_budget(choice)
            taken.append(choice)
            target = choice.wanted or choice.target
            if target is None:
                return invoke_drafts(self.paper, choice, redirected=False)
            drafts = admission.admit(desk, book.terms.digest, at)
            if drafts is None:
                taken.append(choice._replace(target=None))
                return []
            taken.append(choice._replace(target=target))
            amount = amounts[found.targets.index(target)]
            places = list(range(desk.first + len(drafts), desk.first + len(drafts) + len(choice.acts)))
            for n in (admission.of, *places):
                desk.put(row_of(n), mark)
            reserve(desk, use, amount, seconds)
            self._opened = Opened(admission.of, places, amount, seconds)
            return drafts + offered_drafts(self.paper, choice) + counting.keep(desk, goes_on=True)

        receipt = yield Record(settle)
        if taken[-1].target is None and not admission.refused:
            self.name = str(receipt.first)
        self._added = 0.0
        return taken[-1]

    def judge(
        self, invoked: Decision, target: Target, calls: Sequence[ProposedCall], holding: Holding | None
    ) -> Generator[Step, Any, list[ToolRuling]]:
        """Judge proposed calls by the terms that are in force now, and have it on record before any is released.

        A call that waits for people is opened with its decision, where there is anything to wait by.
        """
        began, mark = self._gate.tick(), open_mark(self.paper)
        for _ in range(_TRIES):
            book, at = self._gate.book, self._gate.now()
            use = invoked.use
            if book is not self.paper.book:
                counted = {name: fact for name, fact in use.facts.items() if name in ATTRIBUTES or name == CONTENT}
                use = book.sheet.invoke(self.paper.who.credential.use, target, counted, self.paper.who.declared)
                self.paper = self.paper._replace(book=book)
            rulings = [rule_on(book, self.paper.who, use, call, at) for call in calls]
            counting = begin_counting(self._gate, self.paper.who, at, lambda: [call.arguments for call in calls])
            judge_anew = partial(counting.judge_anew, use=use, rulings=rulings)

            places: list[int] = []
            if holding is not None:
                holding.begin(book, rulings, at)

            def settle(
                desk: Desk,
                rulings: list[ToolRuling] = rulings,
                places: list[int] = places,
                counting: Counting = counting,
                judge_anew: Callable[[Desk], None] = judge_anew,
            ) -> Sequence[Draft]:
                demand_active(desk, self.paper.book)
                judge_anew(desk)
                places.clear()
                drafts: list[Draft] = []
                for number, ruling in enumerate(rulings):
                    places.append(desk.first + len(drafts))
                    if holding is not None and holding.holds(ruling):
                        held = act_draft(self.paper, ruling, holding.hidden(number))
                        drafts += holding.open(desk, number, held, places[-1])
                        continue
                    if ruling.passes:
                        desk.put(row_of(places[-1]), mark)
                    drafts.append(act_draft(self.paper, ruling))
                return drafts + counting.keep(desk, goes_on=may_go_on(rulings))

            try:
                yield Record(settle)
            except RowChanged:
                yield REFRESH
                continue
            if self._opened is not None:
                passed = [place for place, ruling in zip(places, rulings, strict=True) if ruling.passes]
                self._opened.acts.extend(passed)
            self._added += self._gate.tick() - began
            return [ruling._replace(n=place) for place, ruling in zip(places, rulings, strict=True)]
        raise NotRecorded("the terms changed again and again while it was judged")

    def refuse_served(self, decision: Decision, rule: str) -> Generator[Step, Any, None]:
        """Have on record that what was served is not what was decided on."""
        yield Record(lambda _: [deny_draft(self.paper, decision, rule)])

    def close(self, outcome: Outcome, keeps: str = "") -> Generator[Step, Any, None]:
        """Have the outcome on record, once; what cannot be recorded stays open and is found at the next start."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        use, seconds = self.paper.who.credential.use, int(self._gate.now().timestamp())
        outcome = outcome._replace(added_ms=round(self._added * 1000))

        def settle(desk: Desk) -> Sequence[Draft]:
            close_rows(desk, opened)
            settle_meter(desk, use, opened, outcome.took, seconds)
            if keeps:
                desk.put(conversation_row(use, keeps), str(seconds).encode())
            return outcome_drafts(opened, use, outcome)

        # Nobody waits for it any more, so that there is time to ask a ledger again that others keep.
        for left in reversed(range(_TRIES)):
            try:
                yield Record(settle, later=True)
            except NotRecorded as error:
                if not left or isinstance(error, RowChanged):
                    self._gate.notes(f"outcome of {opened.n} not recorded: {error.because}")
                    return
            else:
                return


def _unknown_conversation(desk: Desk, who: Bearer) -> Choice | None:
    if not who.ask.continues or desk.row(conversation_row(who.credential.use, who.ask.continues)) is not None:
        return None
    return Choice(None, rule="remit#unknown-conversation", says=_UNKNOWN)
