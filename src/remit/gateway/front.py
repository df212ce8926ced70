"""What a client gets of a reply that waits for people before there is one: a beginning of the gateway's own.

1. As long as nothing was put, the reply is the upstream's own, byte for byte, with its own status.
2. Once something was put, the status is 200 and the form is what was asked for; whatever comes after it goes on from
   there, and what cannot is said in the reply, which ends as a reply ends.
3. Where a reply cannot bear words, nothing is put: the client waits in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.plain import PlainReply
from remit.gateway.headers import own_headers
from remit.gateway.step import FINISH, Flow, Start

if TYPE_CHECKING:
    from collections.abc import Generator

    from remit.gateway.dialects.dialect import Ask, Dialect, Refusal, ReplyFilter
    from remit.gateway.step import Step

    Steps = Generator[Step, Any, None]

PENDING, REFUSED = "approval_pending", "approval_refused"
ANSWERED = frozenset({PENDING, REFUSED})
"""What people said or did not say yet, which a client is told in a reply and not by an error."""
_COMMENT = b": waiting\n\n"
_OK = 200
_KINDS = {True: b"text/event-stream; charset=utf-8", False: b"application/json"}


class Front:
    """The beginning of one reply."""

    def __init__(self, dialect: Dialect, ask: Ask, terms: str) -> None:
        self.filter = dialect.filter(ask, streamed=ask.streamed)
        self.streamed = ask.streamed
        self.bears_words = not isinstance(self.filter, PlainReply)
        self.started = False
        self.decision = ""
        """What the decision is known by that it waits for."""
        self.released: set[str] = set()
        """What people released for it, so that it ends where they take it back."""
        self._terms = terms

    def tells(self, refusal: Refusal) -> bool:
        """Tell whether a refusal is said in the reply: it has begun, or it is what people said (2)."""
        return self.started or (self.bears_words and refusal.code in ANSWERED)

    def alive(self, text: str) -> bytes:
        """Return a sign of life, where the reply can bear one."""
        if not self.bears_words:  # (3)
            return b""
        return sign_of_life(self.filter, text, streamed=self.streamed)

    def put(self, data: bytes) -> Steps:
        """Let something flow, and begin the reply with it where nothing has."""
        if not data:
            return
        if not self.started:
            self.started = True
            headers = [(b"content-type", _KINDS[self.streamed]), (b"cache-control", b"no-cache")]
            yield Start(_OK, [*headers, *own_headers(self.decision, self._terms)])
        yield Flow(data)

    def conclude(self, text: str) -> Steps:
        """End the reply, well formed, with a text."""
        yield from self.put(self.filter.refuse(text))
        yield FINISH


def sign_of_life(reply: ReplyFilter, text: str, *, streamed: bool) -> bytes:
    """Return a sign of life, with words where there are any; a stream without words gets a comment."""
    said = reply.keep_alive(text) if text or not streamed else b""
    return said or (_COMMENT if streamed else b"")
