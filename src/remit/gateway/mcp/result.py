"""What a tool server answered, looked through for people before the client gets it.

1. Everything that the answer says is searched as what a request brings to a model is, and counted for the use case.
2. An answer that surely goes past a limit or a budget is withheld, with the reason in its place; the call itself was
   carried out, and that stays on record. Nothing of it is added to the counts.
3. An answer that may go past a limit passes and is counted: the next call of the use case then waits for people.
4. An answer in events passes event by event; what cannot be read does not pass.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.request import texts_in
from remit.gateway.event_stream import EventStream
from remit.gateway.headers import is_stream
from remit.gateway.step import CUT, FINISH, LET, Flow
from remit.gateway.unreadable import Unreadable
from remit.gateway.upstream.client import UpstreamTooLarge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from remit.gateway.mcp.act import Act
    from remit.gateway.step import Answered, Step

    Steps = Generator[Step, Any, None]

_WORDLESS = frozenset({"jsonrpc", "id", "method", "type", "mimeType"})
_TABLE = "structuredContent"


def texts_of(body: bytes) -> Iterator[str]:
    """Yield every text of an answer (1); what is no message is searched as it stands."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        yield body.decode(errors="replace")
        return
    yield from texts_in(record, _WORDLESS)
    result = record.get("result") if isinstance(record, dict) else None
    if isinstance(result, dict) and _TABLE in result:
        # Fields that stand for one person are known by their names, which only the whole has.
        yield json.dumps(result[_TABLE], ensure_ascii=False)


def answer_counted(act: Act, answered: Answered) -> Steps:
    """Let the server's answer flow to the client, once its people were counted."""
    if is_stream(answered.headers):
        yield from _in_events(act, answered)
        return
    pieces, size = [], 0
    while (piece := (yield from act.take())) is not None:
        pieces.append(piece)
        size += len(piece)
        if size > act.gate.bounds.held:
            raise UpstreamTooLarge(f"The reply was not passed on: it is longer than {act.gate.bounds.held} bytes.")
    body = b"".join(pieces)
    if why := (yield from act.look_at(partial(texts_of, body))):  # (2)
        yield from act.give(act.withheld(why))
        return
    begun = act.started
    yield from act.start(answered)
    yield Flow(act.framing.frame(body) if begun else body)
    yield FINISH


def _in_events(act: Act, answered: Answered) -> Steps:
    if act.started and not act.framing.in_events:
        yield CUT
        return
    yield from act.start(answered)
    stream, ended = EventStream(), False
    try:
        while not ended:
            piece = yield from act.take()
            stream.push(piece or b"")
            withheld = yield from _pass_events(act, stream, at_end=piece is None)
            ended = piece is None or withheld
    except Unreadable:  # (4)
        yield CUT
        return
    yield FINISH


def _pass_events(act: Act, stream: EventStream, *, at_end: bool) -> Generator[Step, Any, bool]:
    """Pass the events that have come; tell whether one was withheld, after which nothing more passes."""
    while (event := stream.next() or (stream.rest() if at_end else None)) is not None:
        texts = partial(texts_of, event.data)
        if why := (yield from act.look_at(texts)):
            yield LET
            yield Flow(act.framing.frame(act.withheld(why)))
            return True
        yield Flow(event.raw)
    return False
