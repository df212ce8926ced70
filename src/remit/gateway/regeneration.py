"""A model that is asked once more, within the same reply, after all that it proposed was refused.

1. Only where nothing has gone out that the client is to carry out, and nobody is waited for any more.
2. It is a call of its own: of the same caller, to the same model at the same place, over a conversation with more at
   its end; judged, counted and on record before it leaves, and with an outcome of its own.
3. At most three times in one reply, or as often as the use case says.
4. Where that cannot be done, or done exactly, the reply ends with the text that stands for what was refused.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.gateway.choice import Bearer
from remit.gateway.headers import is_stream
from remit.gateway.meter import Amount
from remit.gateway.record import NOTHING_TAKEN, Outcome
from remit.gateway.step import LET
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Generator

    from remit.gateway.call import Call
    from remit.gateway.dialects.dialect import Retold
    from remit.gateway.docket import Docket
    from remit.gateway.gate import Gate
    from remit.gateway.routing import Found, Target
    from remit.gateway.step import Answered, Step
    from remit.terms.decision import Decision

_OK = 200
UNAVAILABLE = frozenset({503, 529})
"""With these an upstream says that it did nothing, so that another may be asked."""


class Begun(NamedTuple):
    """A call that goes on with another one's reply, as far as the head of its own."""

    call: Call
    docket: Docket
    decision: Decision
    answered: Answered


def times(call: Call, gate: Gate) -> int:
    """Return how often the model may be asked once more (3)."""
    if not call.ask.again:
        return 0
    case = gate.book.terms.register.use_case(call.who.credential.use)
    return 0 if case is None else case.asks_again


def lengthen(call: Call, told: Retold, gate: Gate) -> Call | None:
    """Return the call with more in its conversation (2); nothing where that cannot be read, or is too long."""
    try:
        body = call.dialect.with_more(call.body, told)
        if len(body) > gate.bounds.body:
            return None
        ask = call.dialect.read(body, call.headers, call.asked.query.decode("latin-1"))
    except (Unreadable, UnicodeEncodeError):
        return None
    who = Bearer(call.who.credential, ask, call.who.declared)
    prompt = f"sha256:{sha256(body).hexdigest()}"
    return replace(call, ask=ask, who=who, body=body, prompt=prompt, began=gate.tick(), tried=set())


def same_place(found: Found, target: Target) -> Found:
    """Return what was found without any other place than that where the model said what it is told of (2)."""
    place = target.upstream.id, target.model
    return found._replace(targets=tuple(t for t in found.targets if (t.upstream.id, t.model) == place))


def goes_on(begun: Begun, *, streamed: bool) -> Generator[Step, Any, bool]:
    """Tell whether a reply can go on with another; one that cannot is left, with its outcome on record (4)."""
    answered = begun.answered
    if answered.status == _OK and is_stream(answered.headers) is streamed:
        return True
    yield LET
    took = NOTHING_TAKEN if answered.status in UNAVAILABLE else Amount(1, 0, 0) if answered.status != _OK else None
    yield from begun.docket.close(Outcome(answered.status, took=took))
    return False
