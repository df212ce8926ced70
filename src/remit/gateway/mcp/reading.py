"""What is read of a tool server and calls no tool: resources, prompts, and what it sends on a line of its own.

1. Nobody judges whether it may be read. The people in it are counted for the use case before the client gets it, as
   those in the result of a tool are.
2. It goes on to a model, or is used beside one: it is withheld where a clause about people, or the budget of the use
   case, surely denies a use of a model or an act with so many.
3. What is withheld is an entry, and is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.errors import NotRecorded
from remit.gateway.dialects.dialect import ProposedCall
from remit.gateway.mcp.act import Act, Weighed
from remit.gateway.mcp.message import MessageRefused, write_error
from remit.gateway.mcp.result import answer_counted
from remit.gateway.people.headcount import BUDGET
from remit.gateway.people.interval import ATTRIBUTES
from remit.gateway.record import deny_draft
from remit.gateway.saying import say_refusal
from remit.gateway.step import CUT, ClientGone
from remit.gateway.upstream.client import UpstreamFailed
from remit.terms.decision import Effect
from remit.terms.use import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from remit.gateway.counting import Counting
    from remit.gateway.gate import Gate
    from remit.gateway.mcp.message import Message
    from remit.gateway.record import Paper
    from remit.gateway.step import Answered, Relay, Step
    from remit.ledger.writer import Desk
    from remit.terms.decision import Decision

    Steps = Generator[Step, Any, None]

READS = frozenset(
    {
        "completion/complete",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "tasks/get",
        "tasks/list",
        "tasks/result",
    }
)
"""Methods whose answers bring what somebody wrote."""
_FAILED = -32603
_LINE = "what the server sent"


@dataclass(slots=True)
class Reading(Act):
    """Something that is read of a server."""

    def stopped(self) -> str:
        """Say nothing: whether it may be read is not judged, and a stop is about acts."""
        return ""

    def withheld(self, why: str) -> bytes:
        """Return the error that the client gets in place of an answer."""
        return write_error(MessageRefused(_FAILED, why.rstrip("."), self.ident))

    def weigh(self, counting: Counting) -> Callable[[Desk], Weighed]:
        """Return what judges, with what is counted, a use of a model and an act that it goes on to (2)."""
        book, at, heads = counting.book, counting.at, counting.heads
        invoke = self._use(book)
        uses = invoke, book.sheet.act(self._named(book).name, invoke)

        def judge(desk: Desk) -> Weighed:
            facts = counting.facts(desk)
            rule = BUDGET if heads is not None and heads.over else ""
            decisions = [book.decide(Use(use.action, {**use.facts, **facts}), at) for use in uses]
            found = decisions if rule else [decision for decision in decisions if _denies_people(decision)]
            draft = deny_draft(self.paper, found[0], rule) if found else None  # (3)
            decision = found[0] if found else decisions[0]
            return Weighed(decision, draft, lambda n: self._say(decision, rule, n))

        return judge

    def _say(self, decision: Decision, rule: str, n: int) -> str:
        what = f"the answer to {self.call.name[:80]}"
        if rule:
            return f"Remit refused {what}: its use case is above its own budget of people."
        return f"{say_refusal(self.paper.book.terms, decision, what)} (decision {n})"


def read_of(gate: Gate, paper: Paper, server: str, message: Message | None) -> Reading:
    """Return what is read of a server, by the message that asks for it or on a line of the server's own."""
    name, ident = (_LINE, None) if message is None else (message.method, message.ident)
    return Reading(gate, paper, server, ProposedCall(str(ident), name, "{}", "mcp"), ident)


def read_exchange(reading: Reading, relay: Relay) -> Steps:
    """Send what asks for it on, and let the answer flow once its people were counted."""
    try:
        answered: Answered = yield relay
        yield from answer_counted(reading, answered)
    except ClientGone:
        return
    except UpstreamFailed as error:
        yield from _end(reading, f"the server gave no answer: {error}")
    except NotRecorded as error:
        yield from _end(reading, f"it could not be recorded ({error.because})")
    except Exception as error:  # noqa: BLE001 - what could not be counted does not pass.
        reading.gate.notes(f"could not count what was read: {type(error).__name__}: {error}")
        yield from _end(reading, "the people in it could not be counted")


def _end(reading: Reading, why: str) -> Steps:
    if reading.started:
        yield CUT
    else:
        yield from reading.give(reading.withheld(why))


def _denies_people(decision: Decision) -> bool:
    """Tell whether a clause about people surely denies (2)."""
    if decision.effect is not Effect.DENY:
        return False
    return any(ATTRIBUTES.keys() & reason.rule.clause.when.attributes() for reason in decision.because)
