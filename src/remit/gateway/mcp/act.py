"""One tool call at the point of execution: judged, waited for where people must, and on record before and after.

1. A release of exactly this act, given where the model proposed it, is used up, once; then nobody is asked again.
2. Otherwise the judge is asked; its decision is durable before anything leaves.
3. What waits for people waits here, with signs of life that a client of MCP takes for such.
4. What was carried out is on record as executed, which no gateway before it can say.
5. What comes back may name people: it is judged with them before the client gets it.
6. What people stop, or terms no longer permit, is not waited for any longer while the server has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.errors import EvidenceRefused, NotRecorded, RowChanged
from remit.gateway.choice import NOT_NAMED, rule_on
from remit.gateway.counting import begin_counting, may_go_on
from remit.gateway.dialects.dialect import Reply
from remit.gateway.headers import is_stream, own_headers, reply_headers
from remit.gateway.holding import Holding
from remit.gateway.mcp.message import write_refusal
from remit.gateway.oversight.call import act_digest
from remit.gateway.oversight.release import Using, prefix_of
from remit.gateway.people.headcount import BUDGET
from remit.gateway.record import (
    Opened,
    Outcome,
    act_draft,
    close_rows,
    could_not_judge,
    demand_active,
    open_mark,
    outcome_drafts,
    row_of,
)
from remit.gateway.saying import say_refusal
from remit.gateway.step import CUT, FINISH, REFRESH, Flow, Give, Look, Record, Start, Stopped, Take
from remit.ledger.entry import make_draft
from remit.ledger.kind import Kind
from remit.terms.decision import Effect
from remit.terms.use import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from remit.gateway.choice import ToolRuling
    from remit.gateway.counting import Counting
    from remit.gateway.dialects.dialect import ProposedCall
    from remit.gateway.gate import Gate
    from remit.gateway.ground import Rulebook
    from remit.gateway.record import Paper
    from remit.gateway.step import Answered, Step
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk
    from remit.terms.decision import Decision

    Steps = Generator[Step, Any, None]

_TRIES = 3
_OK, _ERRORS = 200, 300
_JSON, _STREAM = b"application/json", b"text/event-stream"
_SPELLINGS = ("{1}", "mcp__{0}__{1}", "{0}__{1}", "{0}_{1}", "{0}.{1}", "{0}/{1}")
"""How clients name a server's tool to a model."""
_STOPPED = "kill/use/"
_BETWEEN = b"\n\n", b"\r\n\r\n", b"\r\r"
_USED = "Remit refused the tool call: what people released was carried out by somebody else meanwhile."


def _event(body: bytes) -> bytes:
    return b"event: message\ndata: " + body.replace(b"\r", b"").replace(b"\n", b" ") + b"\n\n"


def _line(body: bytes) -> bytes:
    return body.strip().replace(b"\r", b"").replace(b"\n", b" ") + b"\n"


class Framing(NamedTuple):
    """How messages reach a client: what stands around one, and what keeps a silent wait alive."""

    kind: bytes
    frame: Callable[[bytes], bytes]
    idle: bytes
    tells: bool
    """Whether several messages may come, so that progress can be told."""

    @property
    def in_events(self) -> bool:
        """Tell whether messages are events."""
        return self.kind == _STREAM


WHOLE = Framing(_JSON, bytes, b" ", tells=False)
EVENTS = Framing(_STREAM, _event, b": waiting\n\n", tells=True)
LINES = Framing(_JSON, _line, b"", tells=True)


class Weighed(NamedTuple):
    """What became of an answer: the decision, what is on record where it is withheld, and what is said then."""

    decision: Decision
    draft: Draft | None
    says: Callable[[int], str]
    """By the number of its entry."""


@dataclass(slots=True)
class Act:
    """A tool call on its way to a server."""

    gate: Gate
    paper: Paper
    server: str
    call: ProposedCall
    ident: int | str | None = None
    """What its request is known by."""
    progress: object = None
    """The token under which the client wants to hear of progress; None where it does not."""
    framing: Framing = WHOLE
    started: bool = False
    ended: str = ""
    """What has ended it while the server had it, if anything has."""
    n: int | None = None
    """Where the decision stands in the log."""
    _opened: Opened | None = None
    _told: int = 0
    _between: bool = True
    """Whether what has flowed to the client ends where a message ends."""
    _decided: Decision | None = None
    """By what the call goes on."""
    _holding: Holding | None = field(default=None)

    def give(self, body: bytes) -> Steps:
        """Give the client a message, whether its reply has begun or not."""
        if not self.started:
            headers = [(b"content-type", _JSON), *self._own()]
            texts = tuple((name.decode(), value.decode()) for name, value in headers)
            yield Give(Reply(_OK, texts, body))
            return
        yield Flow(self.framing.frame(body))
        yield FINISH

    def start(self, answered: Answered) -> Steps:
        """Begin the reply as the server's own begins, where it has not begun."""
        if not self.started:
            self.started, self._between = True, is_stream(answered.headers)
            yield Start(answered.status, reply_headers(answered.headers, self._name(), self.paper.book.terms.digest))

    def answer(self, answered: Answered) -> Steps:
        """Let the server's reply flow as it came; where ours has begun already, as a part of it."""
        if not self.started:
            yield from self.start(answered)
            streamed = is_stream(answered.headers)
            while (piece := (yield from self.take())) is not None:
                yield Flow(piece)
                self._between = streamed and piece.endswith(_BETWEEN)
            yield FINISH
            return
        kinds = (value.lower() for name, value in answered.headers if name == b"content-type")
        streamed = any(kind.startswith(_STREAM) for kind in kinds)
        if streamed and self.framing is not EVENTS:
            yield CUT
            return
        pieces, held = [], 0
        while (piece := (yield from self.take())) is not None:
            if streamed:
                yield Flow(piece)
                self._between = piece.endswith(_BETWEEN)
                continue
            pieces.append(piece)
            held += len(piece)
            if held > self.gate.bounds.held:
                yield CUT
                return
        if not streamed:
            body = b"".join(pieces)
            yield Flow(self.framing.frame(body))
        yield FINISH

    def take(self) -> Generator[Step, Any, bytes | None]:
        """Take the next piece of what the server answers; raise `Stopped` where it is waited for no longer (6)."""
        piece: bytes | None = yield Take(self.is_stopped)
        if piece == b"" and self.ended:
            raise Stopped
        return piece

    def is_stopped(self) -> bool:
        """Tell whether something has ended the call that the server has; what has is kept."""
        self.ended = self.ended or self.stopped()
        return bool(self.ended)

    def stopped(self) -> str:
        """Say what ends the call that the server has; nothing where nothing does (6)."""
        if self._holding is not None and (says := self._holding.taken_back()):
            return f"{self._what}: {says}."
        if self._decided is None:
            return ""
        book, at = self.gate.book, self.gate.now()
        ruling = self._rule(book, self._use(book), at)
        if ruling.rule.startswith(_STOPPED):
            return f"{self._what}: people stopped its use case ({ruling.rule})."
        if ruling.rule == NOT_NAMED:
            return f"{self._what}: the use case or its key does not name this tool any more."
        # What was counted when it was decided on stands as it was counted then.
        facts = {**self._decided.use.facts, **ruling.decision.use.facts}
        decision = book.decide(Use(ruling.decision.use.action, facts), at)
        if decision.effect is not Effect.DENY:
            return ""
        return say_refusal(book.terms, decision, f"to wait for the tool call {self.call.name[:80]}")

    def end(self) -> Steps:
        """End a call that was stopped: in a message of its own where that can be, else so that the client sees it."""
        if self.started and not self._between:
            yield CUT
            return
        known = "It had gone to the server, which was told; whether it was carried out is not known"
        yield from self.give(write_refusal(self.ident, f"{self.ended} {known} (decision {self.n})."))

    @property
    def _what(self) -> str:
        return f"Remit no longer waits for the tool call {self.call.name[:80]}"

    def close(self, status: int, fault: str) -> Steps:
        """Have on record what became of it (4)."""
        opened, self._opened = self._opened, None
        stream = self.paper.who.credential.use
        hidden = {"fault": fault} if fault else {"provider_request": ""}
        outcome = Outcome(status, hidden=hidden)

        def settle(desk: Desk) -> Sequence[Draft]:
            drafts: list[Draft] = []
            if opened is not None:
                close_rows(desk, opened)
                drafts += outcome_drafts(opened, stream, outcome)
            # A release that is used up says by itself that its act is carried out.
            if opened is not None and _OK <= status < _ERRORS and not fault:
                fields = {"digest": act_digest(self.call.name, self.call.arguments), "type": "executed"}
                more = {"of": self.n, "server": self.server, "tool": self.call.name}
                drafts.append(make_draft(Kind.MESSAGE, stream, fields, more))
            return drafts

        try:
            yield Record(settle, later=True)
        except NotRecorded as error:
            self.gate.notes(f"outcome of {self.n} not recorded: {error.because}")

    def judge(self) -> Generator[Step, Any, ToolRuling]:
        """Ask the judge and have the decision on record, opened for people where it waits for them (2)."""
        gate, mark = self.gate, open_mark(self.paper)
        for _ in range(_TRIES):
            book, at = gate.book, gate.now()
            self.paper = self.paper._replace(book=book)
            use = self._use(book)
            counting = begin_counting(gate, self.paper.who, at, lambda: [self.call.arguments])
            rulings = [self._rule(book, use, at)]
            holding = None if gate.holds is None else Holding(gate.holds, self.paper.who, "", gate.bounds.inline)
            if holding is not None:
                holding.begin(book, rulings, at)

            def settle(
                desk: Desk,
                use: Use = use,
                rulings: list[ToolRuling] = rulings,
                holding: Holding | None = holding,
                counting: Counting = counting,
            ) -> Sequence[Draft]:
                demand_active(desk, self.paper.book)
                if not rulings[0].rule.startswith(_STOPPED):
                    counting.judge_anew(desk, use, rulings)
                ruling = rulings[0]
                if holding is not None and holding.holds(ruling):
                    drafts = holding.open(desk, 0, act_draft(self.paper, ruling, holding.hidden(0)), desk.first)
                else:
                    drafts = [act_draft(self.paper, ruling)]
                    if ruling.passes:
                        desk.put(row_of(desk.first), mark)
                return drafts + counting.keep(desk, goes_on=may_go_on(rulings))

            try:
                receipt = yield Record(settle)
            except RowChanged:
                yield REFRESH
                continue
            self.n, ruling = receipt.first, rulings[0]
            self._decided = ruling.decision
            if ruling.passes:
                self._opened = Opened(receipt.first)
            self._holding = holding if holding is not None and holding.waiting else None
            return ruling._replace(n=receipt.first)
        raise NotRecorded("the terms changed again and again while it was judged")

    @property
    def counts(self) -> bool:
        """Tell whether anybody asks for the people of what comes back."""
        return begin_counting(self.gate, self.paper.who, self.gate.now(), list).heads is not None

    def look_at(self, texts: Callable[[], Iterator[str]]) -> Generator[Step, Any, str]:
        """Count the people in what came back; return why it may not reach the client, nothing where it may (5)."""
        gate = self.gate
        for _ in range(_TRIES):
            book, at = gate.book, gate.now()
            self.paper = self.paper._replace(book=book)
            counting = begin_counting(gate, self.paper.who, at, texts)
            if counting.heads is None or not counting.heads.sighting.call.upper:
                return ""
            weighed: list[Weighed] = []
            weigh = self.weigh(counting)

            def settle(
                desk: Desk,
                weigh: Callable[[Desk], Weighed] = weigh,
                weighed: list[Weighed] = weighed,
                counting: Counting = counting,
            ) -> Sequence[Draft]:
                demand_active(desk, self.paper.book)
                weighed[:] = [weigh(desk)]
                draft = weighed[0].draft
                return counting.keep(desk, goes_on=True) if draft is None else [draft]

            try:
                receipt = yield Record(settle)
            except RowChanged:
                yield REFRESH
                continue
            counting.warn(gate, weighed[0].decision)
            return "" if weighed[0].draft is None else weighed[0].says(receipt.first)
        raise NotRecorded("the terms changed again and again while it was judged")

    def weigh(self, counting: Counting) -> Callable[[Desk], Weighed]:
        """Return what judges, with what is counted, whether an answer may reach the client."""
        book, at = counting.book, counting.at
        use = self._use(book)
        ruled = self._rule(book, use, at)

        def judge(desk: Desk) -> Weighed:
            rulings = [ruled]
            counting.judge_anew(desk, use, rulings)
            draft = None if may_go_on(rulings) else act_draft(self.paper, rulings[0], {"result_of": self.n})
            return Weighed(rulings[0].decision, draft, lambda n: self._say_withheld(rulings[0]._replace(n=n)))

        return judge

    def _say_withheld(self, ruling: ToolRuling) -> str:
        return f"{self.say(ruling, f'the result of the tool call {self.call.name[:80]}')} The call was carried out."

    def withheld(self, why: str) -> bytes:
        """Return what the client gets in place of an answer."""
        return write_refusal(self.ident, why)

    def say(self, ruling: ToolRuling, what: str) -> str:
        """Say why something is refused."""
        if ruling.rule.startswith(_STOPPED):
            return f"Remit refused {what}: its use case was switched off (decision {ruling.n})."
        if ruling.rule == BUDGET:
            return f"Remit refused {what}: its use case is above its own budget of people."
        if ruling.rule == NOT_NAMED:
            return f"Remit refused {what}: the use case or its key does not name this tool."
        return f"{say_refusal(self.paper.book.terms, ruling.decision, what)} (decision {ruling.n})"

    def note_unjudged(self) -> Steps:
        """Have on record that it could not be judged, where no decision on it is on record yet."""
        if self.n is None:
            try:
                yield Record(lambda _: [could_not_judge(self.paper)])
            except NotRecorded as error:
                self.gate.notes(f"nor could that be recorded: {error.because}")

    def wait(self) -> Generator[Step, Any, str]:
        """Wait for people; return why it was not released, nothing where it was (3)."""
        if self._holding is None:
            return ""
        yield from self._holding.wait(self.gate, self._alive, self._put)
        return self._holding.verdict(0).text

    def would_wait(self) -> bool:
        """Tell whether the call waits for people, as the terms stand."""
        book = self.gate.book
        ruling = self._rule(book, self._use(book), self.gate.now())
        self._decided = ruling.decision
        return Holding.holds(ruling)

    def use_release(self) -> Generator[Step, Any, bool]:
        """Use up what people released where the model proposed the act; tell whether there was such a release (1)."""
        if self.gate.holds is None:
            return False
        spelt = [form.format(self.server, self.call.name) for form in _SPELLINGS]
        found = yield Look([prefix_of(name, self.call.arguments) for name in spelt])
        for name, rows in zip(spelt, found, strict=True):
            using = Using(name, self.call.arguments, rows, self.gate.now())

            def settle(desk: Desk, using: Using = using) -> Sequence[Draft]:
                try:
                    return using.settle(desk)
                except EvidenceRefused:  # None of them serves any more.
                    return ()

            if rows:
                yield Record(settle)
            if using.used is not None:
                self.n = using.used.of
                return True
        return False

    def _use(self, book: Rulebook) -> Use:
        who = self.paper.who
        models = (book.names.resolve(name) for name in book.routes.models(who.credential))
        reached = frozenset(model.id for model in models if model is not None)
        return book.sheet.before_model(who.credential.use, reached, who.declared)

    def _rule(self, book: Rulebook, use: Use, at: datetime) -> ToolRuling:
        who = self.paper.who
        ruling = rule_on(book, who, use, self._named(book), at)
        stopped = who.credential.use in self.gate.switches.cuts.uses
        return ruling._replace(rule=_STOPPED + who.credential.use) if stopped else ruling

    @property
    def waits(self) -> bool:
        """Tell whether people are to be waited for."""
        return self._holding is not None

    def _alive(self, text: str) -> bytes:
        """Return a sign of life: progress where it was asked for and there are words, else what is passed over."""
        if not self.framing.tells or not text or type(self.progress) not in {int, str}:
            return self.framing.idle
        self._told += 1
        params = {"progressToken": self.progress, "progress": self._told, "message": text.strip()}
        record = {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
        return self.framing.frame(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())

    def _put(self, data: bytes) -> Steps:
        if not self.started:
            self.started = True
            yield Start(_OK, [(b"content-type", self.framing.kind), (b"cache-control", b"no-cache"), *self._own()])
        if data:
            yield Flow(data)

    def _named(self, book: Rulebook) -> ProposedCall:
        """Return the call by the name the register has for the tool of this server, where it has one of its own."""
        own = f"{self.server}/{self.call.name}"
        registered = {tool.id for tool in book.terms.register.tools}
        return self.call._replace(name=own) if book.sheet.tools(own) <= registered else self.call

    def _own(self) -> list[tuple[bytes, bytes]]:
        return list(own_headers(self._name(), self.paper.book.terms.digest))

    def _name(self) -> str:
        return "" if self.n is None else str(self.n)


def carry_out(act: Act) -> Generator[Step, Any, str]:
    """Let a call go on, by a release or by the judge; return why it may not, nothing where it may."""
    if act.would_wait() and (yield from act.use_release()):
        return ""
    ruling = yield from act.judge()
    if ruling.passes:
        return ""
    if act.waits:
        why = yield from act.wait()
        # What people let go here is carried out here, so that nobody else carries it out by their word.
        return why or ("" if (yield from act.use_release()) else _USED)
    return act.say(ruling, f"the tool call {act.call.name[:80]}")
