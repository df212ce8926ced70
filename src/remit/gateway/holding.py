"""The calls of one reply that wait for people: opened with their decisions, waited for, and released together.

1. What a hold asks for is opened, or joined, in the transaction that records the decision.
2. While people think, the client gets a sign of life every two seconds and words every twenty: a comment is life to a
   library that reads, words are life to an agent that counts what it is told.
3. When everything is answered, what was approved is released in one transaction, and only then flows. The terms must be
   those it was judged by, and no stop may have come meanwhile.
4. Past a limit the client is told that it is pending and how to come back for it.
5. Where the client goes, and nobody else waits, that is noted, and the call is void soon after.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from remit.errors import EvidenceRefused
from remit.gateway.dialects.dialect import Verdict
from remit.gateway.oversight.call import Call
from remit.gateway.oversight.held import State
from remit.gateway.oversight.shown import make_sheet, visible
from remit.gateway.oversight.waiting import Proposal, hold_within, look_up, move_call, release_call
from remit.gateway.step import ClientGone, Record, Wait
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from remit.gateway.choice import Bearer, ToolRuling
    from remit.gateway.gate import Gate
    from remit.gateway.ground import Rulebook
    from remit.gateway.oversight.held import HeldCall
    from remit.gateway.oversight.watch import Watch
    from remit.gateway.step import Step
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk

    Steps = Generator[Step, Any, None]

SIGN_EVERY, WORDS_EVERY = 2.0, 20.0
_SETTLED = frozenset({State.APPROVED, State.RELEASED, State.REFUSED, State.EXPIRED, State.VOID, State.REVOKED})
TEXT_SHOWN = 2000
_MORE_WORDS = "· "


@dataclass(slots=True)
class Waiting:
    """One call of the reply that waits, as it was proposed now and as it is held."""

    call: Call
    held: HeldCall


@dataclass(slots=True)
class Holding:
    """The calls of one exchange that wait for people."""

    watch: Watch | None
    who: Bearer
    model: str
    inline: float
    """Seconds that a client waits before it is told to come back."""
    quiet: float = 0.0
    """Seconds in which it gets no sign of life, since it is not known yet how the reply begins."""
    waiting: dict[int, Waiting] = field(default_factory=dict)
    """By the number of the call among those that were proposed together."""
    refused: dict[int, str] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    """What this exchange has let out, so that it ends where one of them is taken back."""
    _names: tuple[str, str] | None = None
    _book: Rulebook = field(init=False)
    _rulings: Sequence[ToolRuling] = ()
    _at: datetime = field(init=False)

    def begin(self, book: Rulebook, rulings: Sequence[ToolRuling], at: datetime) -> None:
        """Take calls that were proposed together, as they were judged; what came before them is settled."""
        self._book, self._rulings, self._at = book, rulings, at
        self.waiting, self.refused = {}, {}

    @staticmethod
    def holds(ruling: ToolRuling) -> bool:
        """Tell whether a proposed call waits for people."""
        return not ruling.rule and ruling.decision.effect is Effect.HOLD and ruling.decision.hold is not None

    def open(self, desk: Desk, number: int, draft: Draft, place: int) -> list[Draft]:
        """Hold one of the proposed calls, or join it (1); its decision will stand at a place."""
        decision, hold = self._rulings[number].decision, self._rulings[number].decision.hold
        if hold is None:
            raise EvidenceRefused("hold-form", "the decision holds nothing")
        call = self._call(number)
        sheet = make_sheet(call, decision, self._book.terms.register, hold.shown, self._given())
        proposal = Proposal(call, hold, sheet, decision.use.words("tool.effect"), draft)
        held, drafts = hold_within(desk, proposal, place, self._at)
        self.waiting[number] = Waiting(call, held)
        return drafts

    def hidden(self, number: int) -> dict[str, object]:
        """Return what the decision of a held call is committed to beside what every decision is."""
        call = self._call(number)
        return {"act": call.act, "held": call.digest, "session": call.session, "tool": visible(call.tool)}

    def named(self, number: int) -> str:
        """Return the digest of one of the proposed calls."""
        return self._call(number).digest

    def _call(self, number: int) -> Call:
        proposed, ask = self._rulings[number].call, self.who.ask
        self._names = self._names or name_session(self.who)
        session, conversation = self._names
        same = Counter((ruling.call.name, ruling.call.arguments) for ruling in self._rulings[:number])
        return Call(
            tool=proposed.name,
            arguments=proposed.arguments,
            model=self.model,
            use_case=self.who.credential.use,
            requester=self.who.credential.holder,
            session=session,
            conversation=conversation,
            turn=ask.turn,
            terms=self._book.terms.digest,
            schema=next((offer.schema for offer in ask.offers if offer.name == proposed.name), ""),
            kind=proposed.kind,
            number=same[(proposed.name, proposed.arguments)],
        )

    def _given(self) -> dict[str, str]:
        ask = self.who.ask
        texts = [text for text in ask.texts() if text.strip()]
        return {
            "alternatives": ", ".join(offer.name for offer in ask.offers) or "none",
            "conversation": texts[-1][-TEXT_SHOWN:] if texts else "",
        }

    @property
    def settled(self) -> bool:
        """Tell whether everything that waits was answered."""
        return all(waiting.held.state in _SETTLED for waiting in self.waiting.values())

    def wait(self, gate: Gate, alive: Callable[[str], bytes], put: Callable[[bytes], Steps]) -> Steps:
        """Wait for people, with signs of life, until all is answered or the limit has passed; then release (2)-(5)."""
        yield from self.attend(gate, alive, put)
        yield self._release(gate.book.terms.digest, gate.now())

    def attend(self, gate: Gate, alive: Callable[[str], bytes], put: Callable[[bytes], Steps]) -> Steps:
        """Wait for people, with signs of life, until all is answered or the limit has passed (2), (4), (5)."""
        began = said = gate.tick()
        text = self._words()
        try:
            while not self.settled:
                if gate.tick() - began >= self.inline:
                    yield self._park(gate.now())
                    break
                # A look later it would be too late.
                if gate.tick() - said >= WORDS_EVERY - SIGN_EVERY:
                    text, said = _MORE_WORDS, gate.tick()
                if gate.tick() - began >= self.quiet:
                    yield from put(alive(text))
                    text = ""
                self._take((yield self._next_wait()))
                if (rejoin := self._rejoin(gate.now())) is not None:
                    yield rejoin
        except ClientGone:
            if (leave := self._leave(gate.now())) is not None:
                yield leave
            raise

    def verdict(self, number: int) -> Verdict:
        """Return what becomes of one of the calls, once they were waited for."""
        why = self.refused.get(number)
        if why is None:
            return Verdict(passes=True)
        # What ran out of time, or was taken back, is no answer that the model could do better by.
        return Verdict(passes=False, text=why, again=self.waiting[number].held.state is State.REFUSED)

    def _take(self, found: dict[str, HeldCall]) -> None:
        """Take how the calls stand now."""
        for waiting in self.waiting.values():
            waiting.held = found.get(waiting.held.call.digest, waiting.held)

    def _words(self) -> str:
        """Return what a client is told while it waits."""
        open_now = [waiting for waiting in self.waiting.values() if waiting.held.state not in _SETTLED]
        names = ", ".join(f"{visible(waiting.call.title)[:80]} ({waiting.held.id})" for waiting in open_now)
        return f"Waiting for approval of {names} …\n"

    def _next_wait(self) -> Wait:
        """Return the step that waits for any of them to change."""
        states = {waiting.held.call.digest: waiting.held.state for waiting in self.waiting.values()}
        return Wait(states, SIGN_EVERY)

    def _rejoin(self, at: datetime) -> Record | None:
        """Return what says that somebody waits, where another that went has said that nobody does."""
        left = [w.held.call.digest for w in self.waiting.values() if w.held.left is not None and w.held.state.live]
        return self._move(left, lambda held: held.joined(), at) if left else None

    def _leave(self, at: datetime) -> Record | None:
        """Return what says that nobody waits any more (5)."""
        watch, digests = self.watch, [waiting.held.call.digest for waiting in self.waiting.values()]
        alone = [digest for digest in digests if watch is None or not watch.waited_for(digest)]
        return self._move(alone, lambda held: held.left_at(at), at) if alone else None

    def _park(self, at: datetime) -> Record:
        """Return what says that the client was told to come back (4)."""
        open_now = [w.held.call.digest for w in self.waiting.values() if w.held.state not in _SETTLED]
        for number, waiting in self.waiting.items():
            if waiting.held.state not in _SETTLED:
                self.refused[number] = (
                    f"The tool call {visible(waiting.call.tool)[:80]} still waits for approval ({waiting.held.id}). "
                    "It is pending and not refused: propose the same call again to collect the answer."
                )
        return self._move(open_now, lambda held: held.parked_at(at), at)

    def _release(self, terms: str, at: datetime) -> Record:
        """Return what releases everything that was approved, once (3); what may not be released is refused."""

        def settle(desk: Desk) -> list[Draft]:
            drafts: list[Draft] = []
            for number, waiting in self.waiting.items():
                if number in self.refused:
                    continue
                try:
                    step = release_call(waiting.call, waiting.held.call.digest, terms, at)
                    drafts += step(desk)
                    waiting.held = step.call
                    self.released.add(step.call.call.digest)
                except EvidenceRefused as refused:
                    waiting.held = look_up(desk, waiting.held.call.digest)
                    self.refused[number] = self._why_not(waiting, refused)
            return drafts

        return Record(settle)

    def _why_not(self, waiting: Waiting, refused: EvidenceRefused) -> str:
        says = self.why_not(waiting.held, refused)
        return f"Remit refused the tool call {visible(waiting.call.tool)[:80]} ({waiting.held.id}): {says}."

    @staticmethod
    def why_not(held: HeldCall, refused: EvidenceRefused) -> str:
        """Say why a held call does not go out."""
        if held.state is State.RELEASED:
            anew = "send it again in two minutes" if held.call.is_use else "propose it in another turn"
            return f"it was released already, and serves once; to ask anew, {anew}"
        return held.why if held.state in _SETTLED - {State.APPROVED} else refused.says

    def taken_back(self) -> str:
        """Say which call was taken back after it had gone out; nothing where none was."""
        watch = self.watch
        gone = [digest for digest in self.released if watch is not None and watch.state_of(digest) is State.REVOKED]
        return f"the call {gone[0].removeprefix('sha256:')[:12]} was taken back" if gone else ""

    @staticmethod
    def _move(digests: list[str], change: Callable[[HeldCall], HeldCall], at: datetime) -> Record:
        def settle(desk: Desk) -> list[Draft]:
            return [draft for digest in digests for draft in move_call(digest, change, at)(desk)]

        return Record(settle)


def name_session(who: Bearer) -> tuple[str, str]:
    """Return the session as the client names it; else what the conversation began with, and all of it by its digest.

    A repetition of a request has all of it in common, and a later turn what it began with.
    """
    if who.ask.session:
        return who.ask.session, ""
    texts = list(who.ask.texts())
    first, whole = (_digest(some) for some in (texts[:1], texts))
    return f"begins-{first[:24]}", f"sha256:{whole}"


def _digest(texts: list[str]) -> str:
    return sha256("\x00".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
