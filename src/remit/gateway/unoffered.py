"""A tool that a provider ran though no request offered it: on record, judged, and refused where it may not be.

1. What was offered was judged with the request, and is not looked at again.
2. What was not is judged as an act of the use that went on, by the terms that are in force now.
3. One that is not permitted, or that the use case does not name, ends the reply before anything of it flows further;
   that is an entry of its own. One that is permitted passes, and the outcome names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.gateway.call import Refused
from remit.gateway.choice import not_named
from remit.gateway.dialects.dialect import Refusal
from remit.gateway.dialects.ran import was_offered
from remit.gateway.saying import say_refusal
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import Any

    from remit.gateway.call import Call
    from remit.gateway.docket import Docket
    from remit.gateway.gate import Gate
    from remit.gateway.step import Step
    from remit.terms.decision import Decision

RULE = "remit#tool-not-offered"


def look_at_ran(
    tools: Iterable[str], call: Call, gate: Gate, docket: Docket, invoked: Decision
) -> Generator[Step, Any, list[str]]:
    """Look at tools that a provider ran; return those that were not offered and pass, or raise at one that does not."""
    passed = []
    for tool in tools:
        if was_offered(tool, call.ask.offers):
            continue
        book = gate.book
        decision = book.decide(book.sheet.act(tool, invoked.use), gate.now())
        unnamed = not_named(book, call.who.credential, tool)
        if decision.effect is Effect.PERMIT and not unnamed:
            passed.append(tool)
            continue
        yield from docket.refuse_served(decision, RULE)
        what = f"the tool {tool[:80]}, which the provider ran though it was not offered"
        says = f"{unnamed[0].upper()}{unnamed[1:]}." if unnamed else say_refusal(book.terms, decision, what)
        text = f"The reply was not passed on: its provider ran {tool[:80]!r}, which was not offered. {says}"
        raise Refused(Refusal(502, "tool_not_offered", text, docket.name))
    return passed
