"""The use of a model that waits for people: held with its decision, waited for, and released once.

1. The decision belongs to the call: the key, the use case, the model, all that is asked, the session and the terms. A
   repetition joins it, streamed or not, and has the same answer.
2. It is judged anew when it is released, with what is counted by then; what is denied by then does not go out.
3. The client gets its first sign of life after some seconds, and the reply is the upstream's own where people were
   quicker. After that the reply has begun, and everything is said in it.
4. Past a limit the client is told that it is pending; the same request collects the answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from remit.errors import EvidenceRefused
from remit.gateway.call import Refused
from remit.gateway.dialects.dialect import Refusal
from remit.gateway.front import PENDING, REFUSED, Front
from remit.gateway.holding import TEXT_SHOWN, Holding, Waiting, name_session
from remit.gateway.oversight.call import INVOKE, Call, digest_without
from remit.gateway.oversight.shown import make_sheet
from remit.gateway.oversight.waiting import Proposal, admit_call, hold_within, look_up
from remit.gateway.record import held_draft
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from remit.gateway import call as gateway_call
    from remit.gateway.choice import Choice
    from remit.gateway.gate import Gate
    from remit.gateway.record import Paper
    from remit.gateway.routing import Target
    from remit.gateway.step import Step
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk

    Steps = Generator[Step, Any, None]

QUIET = 1.0
"""Seconds after which a client gets a sign of life, at the next look."""
_HOW = frozenset({"max_completion_tokens", "max_output_tokens", "max_tokens", "stream", "stream_options"})
"""How an answer comes, and how long it may be: agents ask again with other such values, and limits judge them."""


class Admission:
    """One use of a model on its way past people."""

    def __init__(self, call: gateway_call.Call, gate: Gate) -> None:
        self._call = call
        self._gate = gate
        self.model = ""
        """The model that is used once people release it; empty where nothing is held."""
        self.missing: tuple[str, ...] = ()
        """What the terms ask to show and nobody can, so that nobody could approve it and nobody is waited for."""
        self.refused = ""
        """Why it does not go out though it is not denied."""
        self._holding = Holding(gate.holds, call.who, call.ask.model, gate.bounds.inline, QUIET)

    def holds(self, choice: Choice) -> bool:
        """Tell whether a choice waits for people who could release it."""
        self._holding.waiting = {}
        self.model, self.missing = "", ()
        deciding = choice.deciding
        if choice.rule or choice.wanted is None or deciding is None or deciding is not choice.decision:
            return False
        return deciding.effect is Effect.HOLD and deciding.hold is not None and bool(deciding.hold.expires_in)

    def open(self, desk: Desk, choice: Choice, paper: Paper, at: datetime) -> list[Draft] | None:
        """Hold the use, or join it (1); nothing where nobody could approve what cannot be shown."""
        decision = choice.decision
        if decision is None or decision.hold is None or choice.wanted is None:
            raise EvidenceRefused("hold-form", "the decision holds nothing")
        call = self._named(choice.wanted, paper)
        text = _last(self._call)[0]
        given = {"alternatives": _offered(self._call), "conversation": text, "the-question": text}
        sheet = make_sheet(call, decision, paper.book.terms.register, decision.hold.shown, given)
        self.missing = sheet.missing
        if sheet.missing:
            return None
        draft = held_draft(paper, decision, {"held": call.digest, "session": call.session})
        held, drafts = hold_within(desk, Proposal(call, decision.hold, sheet, (), draft), desk.first, at)
        self.model = choice.wanted.model
        self._holding.waiting = {0: Waiting(call, held)}
        return drafts

    @property
    def of(self) -> int:
        """Return where the decision stands that holds it."""
        return self._holding.waiting[0].held.of

    def wait(self) -> Steps:
        """Wait until people have answered; raise where the use does not go on."""
        call, gate = self._call, self._gate
        if call.front is None:
            call.front = Front(call.dialect, call.ask, gate.book.terms.digest)
        front = call.front
        front.decision = str(self.of)
        yield from self._holding.attend(gate, front.alive, front.put)
        if 0 in self._holding.refused:
            says = (
                f"Remit holds this {self._name()}: it still waits for approval. "
                "It is pending and not refused: send the same request again to collect the answer."
            )
            raise Refused(Refusal(403, PENDING, says, front.decision))

    @property
    def refusal(self) -> Refusal:
        """Return what a client is told where people did not release it."""
        return Refusal(403, REFUSED, self.refused, str(self.of))

    def admit(self, desk: Desk, terms: str, at: datetime) -> list[Draft] | None:
        """Use the approval up, once; nothing where there is none, and `refused` says why."""
        self.refused = ""
        waiting = self._holding.waiting[0]
        step = admit_call(waiting.call, waiting.held.call.digest, terms, at)
        try:
            drafts = step(desk)
        except EvidenceRefused as refused:
            waiting.held = look_up(desk, waiting.held.call.digest)
            self.refused = f"Remit refused this {self._name()}: {self._holding.why_not(waiting.held, refused)}."
            return None
        waiting.held = step.call
        if self._call.front is not None:
            self._call.front.released.add(waiting.held.call.digest)
        return drafts

    def _name(self) -> str:
        waiting = self._holding.waiting[0]
        return f"{waiting.call.title} ({waiting.held.id})"

    def _named(self, target: Target, paper: Paper) -> Call:
        who = self._call.who
        session, _ = name_session(who)
        text, texts, characters = _last(self._call)
        asked = {
            "asked": text,
            "characters": characters,
            "key": who.credential.id,
            "prompt": digest_without(self._call.body.decode(), _HOW),
            "texts": texts,
            "wire": self._call.dialect.name,
        }
        return Call(
            tool="",
            arguments=json.dumps(asked),
            model=target.model,
            use_case=who.credential.use,
            requester=who.credential.holder,
            session=session,
            turn=who.ask.turn,
            terms=paper.book.terms.digest,
            kind=INVOKE,
        )


def _last(call: gateway_call.Call) -> tuple[str, int, int]:
    """Return the end of what was said last, how many texts there are, and how long they are together."""
    texts = [text for text in call.ask.texts() if text.strip()]
    return (texts[-1][-TEXT_SHOWN:] if texts else ""), len(texts), sum(map(len, texts))


def _offered(call: gateway_call.Call) -> str:
    return ", ".join(offer.name for offer in call.ask.offers) or "none"
