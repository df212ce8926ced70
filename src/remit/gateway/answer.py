"""The upstream's reply on its way to the client: read, held where it proposes a tool call, refused where it must be.

1. A reply that is an error of the upstream's passes as it is: no client takes a tool call out of one.
2. What the reply says of its model is looked at before anything of it flows. Another model than was decided on is on
   record, and judged; where the terms or the use case do not reach it, the reply ends there.
3. Proposed calls wait until each is judged and on record; then they pass or a text stands in their place.
4. Where all that it proposed was refused, the model is told and asked once more, and what it then says goes on in the
   same reply; where that cannot be, the reply ends with the texts that stand for what was refused.
5. What cannot be read does not flow: before the first byte it is an error of the client's own kind, after it a cut.
6. What the upstream cut is cut for the client too, so that it never takes a part for the whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remit.errors import NotRecorded
from remit.gateway.call import Refused
from remit.gateway.choice import NOT_NAMED
from remit.gateway.dialects.dialect import Refusal, Verdict
from remit.gateway.front import sign_of_life
from remit.gateway.headers import is_stream, reply_headers
from remit.gateway.holding import Holding
from remit.gateway.meter import Amount, cost
from remit.gateway.people.headcount import BUDGET
from remit.gateway.record import Outcome
from remit.gateway.regeneration import goes_on, times
from remit.gateway.saying import say_refusal
from remit.gateway.step import CUT, FINISH, LET, TAKE, ClientGone, Flow, Start, Take
from remit.gateway.unoffered import look_at_ran
from remit.gateway.unreadable import Unreadable
from remit.gateway.upstream.client import UpstreamFailed
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from remit.gateway.call import Call
    from remit.gateway.choice import ToolRuling
    from remit.gateway.dialects.dialect import ReplyFilter, Retold
    from remit.gateway.docket import Docket
    from remit.gateway.front import Front
    from remit.gateway.gate import Gate
    from remit.gateway.regeneration import Begun
    from remit.gateway.routing import Target
    from remit.gateway.step import Answered, Step
    from remit.terms.decision import Decision

    Steps = Generator[Step, Any, None]
    Again = Callable[[Call, Target, Retold], Generator[Step, Any, Begun | None]]

_OK, _REDIRECTS, _ERRORS = 200, 300, 400
_REQUEST_IDS = frozenset({b"x-request-id", b"request-id", b"x-amzn-requestid"})
_COUNTED = "content.", "requests.", "tokens.", "money.", "people.", "signal."


class Answer:
    """One reply on its way."""

    def __init__(
        self,
        call: Call,
        gate: Gate,
        docket: Docket,
        chosen: tuple[Target, Decision],
        answered: Answered,
        again: Again,
    ) -> None:
        self._call = call
        self._gate = gate
        self._docket = docket
        self._target, self._decision = chosen
        self._answered = answered
        self._streamed = is_stream(answered.headers)
        front = call.front if call.front is not None and call.front.started else None
        self._front = front
        self._filter: ReplyFilter = (
            call.dialect.filter(call.ask, streamed=self._streamed) if front is None else front.filter
        )
        self._started = front is not None
        self._looked_at = 0
        """How many of the names that the reply gave its model were looked at."""
        self._ran = 0
        """How many of the tools that the provider ran were looked at."""
        self._unoffered: list[str] = []
        self._held = 0
        self._deviation = ""
        self._switches = gate.switches
        self._holding = (
            None if gate.holds is None else Holding(gate.holds, call.who, self._target.model, gate.bounds.inline)
        )
        if self._holding is not None and call.front is not None:
            self._holding.released |= call.front.released
        self._again = again
        self._left = times(call, gate)
        """How often the model may still be asked once more."""

    def run(self) -> Steps:
        """Take the reply through, and have the outcome on record whatever becomes of it; raise where it is refused."""
        fault, refused = "", None
        try:
            yield from self._pass()
        except ClientGone:
            fault = "client-gone"
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in a refusal and on record.
            fault = type(error).__name__
            self._tell(error)
            refused = yield from self._end(error)
        yield from self._close(fault)
        if refused is not None:
            raise Refused(refused)

    def _pass(self) -> Steps:
        if self._front is not None:
            self._demand_same_form(self._front)
        if self._answered.status >= _ERRORS:
            yield from self._pass_error()
        elif self._answered.status >= _REDIRECTS or self._answered.status < _OK:
            raise Unreadable("status", "a reply and not a redirection")
        else:
            yield from self._pass_reply()

    def _demand_same_form(self, front: Front) -> None:
        """Refuse, in the reply that has begun already, what cannot go on from there."""
        status = self._answered.status
        if status >= _ERRORS or self._streamed is not front.streamed:
            what = f"answered {status}" if status >= _ERRORS else "answered in another form than was asked for"
            says = f"People approved the call, and {self._target.upstream.id} {what}."
            raise Refused(Refusal(502, "upstream_failed", says, self._docket.name))

    def _pass_error(self) -> Steps:
        yield self._start(None)
        while (piece := (yield TAKE)) is not None:
            yield Flow(piece)
        yield FINISH

    def _pass_reply(self) -> Steps:
        yield from self._pass_pieces()
        while (told := self._filter.retold) is not None:
            if (yield from self._ask_again(told)):
                yield from self._pass_pieces()
            else:
                data = self._filter.conclude()
                if not self._started:
                    yield self._start(None if self._streamed else len(data))
                yield from self._put(data)
        if not self._started:
            yield self._start(0)
        yield FINISH

    def _ask_again(self, told: Retold) -> Generator[Step, Any, bool]:
        """Ask the model once more, with the outcome of what it said on record before that (4)."""
        self._demand_not_stopped()
        self._left -= 1
        yield LET
        yield from self._close("")
        call = replace(self._call, after=self._docket.name)
        begun = None if self._deviation else (yield from self._again(call, self._target, told))
        if begun is None or not (yield from goes_on(begun, streamed=self._streamed)):
            return False
        self._call, self._docket, self._decision, self._answered = begun
        self._filter.go_on()
        self._looked_at = self._ran = self._held = 0
        self._unoffered = []
        return True

    def _pass_pieces(self) -> Steps:
        # Were it kept, it would keep this in turn, and with it the request, until the collector comes.
        take, ended = Take(self._stopped), False
        while not ended:
            piece: bytes | None = yield take
            self._demand_not_stopped()
            ended, came = piece is None, len(piece or b"")
            data = self._filter.end() if piece is None else self._filter.feed(piece)
            # What waits for people may wait for long, and is kept once.
            piece = None
            if len(self._filter.seen.models) > self._looked_at:
                yield from self._look_at_models()
            if len(self._filter.seen.ran) > self._ran:
                yield from self._look_at_ran()
            while calls := self._filter.calls:
                rulings = yield from self._docket.judge(self._decision, self._target, calls, self._holding)
                if self._holding is not None and self._holding.waiting:
                    data = yield from self._wait_for_people(self._holding, data)
                data += self._filter.settle([self._verdict(number, ruling) for number, ruling in enumerate(rulings)])
            self._held += 0 if ended else came - len(data)
            if self._held > self._gate.bounds.held:
                raise Unreadable("reply", f"at most {self._gate.bounds.held} bytes of it to be held")
            if data:
                if not self._started:
                    yield self._start(len(data) if ended and not self._streamed else None)
                yield Flow(data)

    def _wait_for_people(self, holding: Holding, data: bytes) -> Generator[Step, Any, bytes]:
        """Let flow what comes before the calls that wait, and wait; return what is still to flow."""
        yield from self._put(data)
        yield from holding.wait(self._gate, self._alive, self._put)
        return b""

    def _alive(self, text: str) -> bytes:
        return sign_of_life(self._filter, text, streamed=self._streamed)

    def _put(self, data: bytes) -> Steps:
        if data:
            if not self._started:
                yield self._start(None)
            yield Flow(data)

    def _demand_not_stopped(self) -> None:
        """End a reply that people stopped while it was under way, or a call of which they took back."""
        if says := self._stopped():
            raise Refused(Refusal(403, "stopped", f"The reply ends here: {says}.", self._docket.name))

    def _stopped(self) -> str:
        """Say what people stopped or took back; nothing where they did not."""
        if self._holding is not None and (says := self._holding.taken_back()):
            return says
        if self._gate.switches is self._switches:
            return ""
        stopped = self._gate.stopped(self._call.who.credential.use, self._target.model)
        if not stopped:
            self._switches = self._gate.switches
        return f"people stopped it ({stopped})" if stopped else ""

    def _look_at_ran(self) -> Steps:
        """Look at every tool that the provider has run since."""
        new = self._filter.seen.ran[self._ran :]
        self._ran += len(new)
        self._unoffered += yield from look_at_ran(new, self._call, self._gate, self._docket, self._decision)

    def _look_at_models(self) -> Steps:
        """Look at every name that the reply has given its model since; one of them may differ from the first."""
        new = self._filter.seen.models[self._looked_at :]
        self._looked_at += len(new)
        for name in new:
            yield from self._look_at_model(name)

    def _look_at_model(self, seen: str) -> Steps:
        """Compare a model that serves with the one that was decided on (2)."""
        target = self._target
        book = self._gate.book
        model = book.names.served(seen, target.model, target.wire, target.upstream.models)
        if model is not None and model.id == target.model:
            return
        self._deviation = seen
        served = target._replace(model=seen if model is None else model.id)
        reach = book.routes.reaches(self._call.who.credential, served.model)
        who = self._call.who
        use = book.sheet.invoke(who.credential.use, served, self._counted(), who.declared)
        decision = book.decide(use, self._gate.now())
        if reach and model is not None and decision.effect is Effect.PERMIT:
            return
        yield from self._docket.refuse_served(decision, "remit#other-model")
        says = f"The reply was not passed on: {seen[:80]!r} answered in place of {target.model}"
        if model is None:
            says += ", and no row of the catalogue or the register has it"
        elif not reach:
            says += ", which this use case does not name"
        else:
            says += f". {say_refusal(book.terms, decision, 'it')}"
        raise Refused(Refusal(502, "other_model", says, self._docket.name))

    def _counted(self) -> dict[str, Any]:
        facts = self._decision.use.facts
        return {name: fact for name, fact in facts.items() if name.startswith(_COUNTED)}

    def _verdict(self, number: int, ruling: ToolRuling) -> Verdict:
        if ruling.passes:
            return Verdict(passes=True)
        if self._holding is not None and number in self._holding.waiting:
            verdict = self._holding.verdict(number)
            return verdict._replace(again=verdict.again and self._left > 0)
        name = ruling.call.name[:80]
        if ruling.rule == NOT_NAMED:
            text = f"Remit refused the tool call {name}: the use case or its key does not name this tool."
        elif ruling.rule == BUDGET:
            text = f"Remit refused the tool call {name}: the use case is above its budget of people."
        else:
            text = say_refusal(self._docket.paper.book.terms, ruling.decision, f"the tool call {name}")
        return Verdict(passes=False, text=f"{text} (decision {ruling.n})", again=self._left > 0)

    def _end(self, error: Exception) -> Generator[Step, Any, Refusal | None]:
        """End a reply that cannot go on; before its first byte the call does, with the refusal returned (5)."""
        refusal = self._refusal(error)
        try:
            yield LET
            if not self._started:
                return refusal
            if isinstance(error, (Refused, NotRecorded)):
                yield Flow(self._filter.refuse(refusal.message))
                yield FINISH
            else:
                yield CUT
        except ClientGone:
            pass
        return None

    def _refusal(self, error: Exception) -> Refusal:
        name = self._docket.name
        match error:
            case Refused():
                return error.refusal
            case NotRecorded():
                says = f"The reply was not passed on: a tool call in it could not be recorded ({error.because})."
                return Refusal(503, "ledger_unavailable", says, name, 1)
            case Unreadable():
                says = f"{error.where}: expected {error.expected}"
                return Refusal(502, "reply_unreadable", f"The reply was not passed on: {says}.", name)
            case UpstreamFailed():
                return Refusal(502, "upstream_failed", f"The reply was not passed on: {error}", name)
            case _:
                return Refusal(500, "could_not_judge", "The reply was not passed on: it could not be judged.", name)

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, (Refused, Unreadable, UpstreamFailed, NotRecorded)):
            self._gate.notes(f"reply of {self._docket.name}: {type(error).__name__}: {error}")

    def _start(self, length: int | None) -> Start:
        self._started = True
        headers = reply_headers(self._answered.headers, self._docket.name, self._docket.paper.book.terms.digest)
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return Start(self._answered.status, headers)

    def _close(self, fault: str) -> Steps:
        seen, target = self._filter.seen, self._target
        took = None
        if seen.input_tokens or seen.output_tokens:
            price = self._gate.book.prices.get(target.model)
            tokens = seen.input_tokens + seen.output_tokens
            took = Amount(1, tokens, cost(price, seen.input_tokens, seen.output_tokens))
        elif self._answered.status >= _ERRORS:
            took = Amount(1, 0, 0)
        request_id = next((value for name, value in self._answered.headers if name in _REQUEST_IDS), b"")
        hidden = {"provider_request": request_id.decode("latin-1") or seen.reply_id}
        if fault:
            hidden["fault"] = fault
        if self._deviation:
            hidden["served_instead"] = self._deviation
        if self._unoffered:
            hidden["ran_unoffered"] = ", ".join(self._unoffered)
        outcome = Outcome(
            self._answered.status,
            seen.model,
            seen.variant,
            seen.refused,
            took=took,
            hidden=hidden,
        )
        keeps = seen.reply_id if self._call.ask.keeps and not fault else ""
        yield from self._docket.close(outcome, keeps)
