"""What one worker of the gateway knows and shares between its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from remit.gateway.body import BOUNDS, Bounds
from remit.gateway.choice import Bearer, choose
from remit.gateway.dialects.dialect import Ask
from remit.gateway.facts import NOTHING_DECLARED
from remit.gateway.ground import Switches
from remit.gateway.meter import Amount, Meter
from remit.gateway.routing import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from remit.gateway.credential import Credential
    from remit.gateway.ground import Rulebook
    from remit.gateway.oversight.watch import Watch
    from remit.gateway.people.headcount import Headcount

DOWN_FOR = 10.0
"""Seconds for which an upstream that could not be reached is asked last."""
_AS_NOTHING_USED = Meter(None, 0).with_call(Amount(1, 1, 0))


class Labelling(Protocol):
    """Labels a share of the calls beside them."""

    def offer(self, case: str, decision: int, texts: Callable[[], Iterable[str]]) -> None:
        """Offer a call that goes on, by the number of its decision."""


class Gate:
    """Holds what is replaced as a whole: the rulebook and the switches; and tells the time it was given."""

    def __init__(
        self,
        book: Rulebook,
        now: Callable[[], datetime],
        tick: Callable[[], float],
        owner: str = "",
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.book = book
        self.switches = Switches()
        self.now = now
        self.tick = tick
        self.owner = owner
        self.bounds = bounds
        self.notes: Callable[[str], None] = lambda _: None
        """Takes what only the operator needs to know, in one line without contents."""
        self.holds: Watch | None = None
        """By what calls wait for people; without it those that would have to are refused."""
        self.people: Headcount | None = None
        """By what people are counted; without it what terms say of them is unknown."""
        self.detectors: Labelling | None = None
        """By what a share of the calls is labelled beside them."""
        self._down: dict[str, float] = {}

    def is_down(self, upstream: str) -> bool:
        """Tell whether an upstream could not be reached just now."""
        until = self._down.get(upstream)
        return until is not None and self.tick() < until

    def mark_down(self, upstream: str) -> None:
        """Remember that an upstream could not be reached."""
        self._down[upstream] = self.tick() + DOWN_FOR

    def stopped(self, case: str, model: str) -> str:
        """Return which switch has stopped a use case or a model; nothing where none has."""
        cuts = self.switches.cuts
        known = self.book.terms.catalogue.model(model)
        return f"kill/use/{case}" if case in cuts.uses else "" if known is None else cuts.reach(known)

    def permitted(self, credential: Credential, at: datetime) -> list[str]:
        """Return the models that a caller would be permitted now, before anything is counted."""
        book, permitted = self.book, []
        for name in book.routes.models(credential):
            model = book.names.resolve(name)
            if model is None:
                continue
            targets = book.routes.anywhere(model, credential, self.switches.cuts)
            who = Bearer(credential, Ask(model.id), NOTHING_DECLARED)
            more = book.counted(_AS_NOTHING_USED, len(targets))
            if choose(book, who, Found(targets, ()), more, at).target is not None:
                permitted.append(model.id)
        return permitted
