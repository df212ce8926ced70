"""What an exchange asks of whoever carries it out, one thing at a time, and what may come back.

An exchange does no input or output and never waits: it yields a step and is sent what came of it, or has thrown in
what went wrong. Steps are made by the dozen in every call and are not frozen, since freezing costs more than most of
them. New kinds of waiting are new steps here; nothing else of the exchange's surroundings changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from remit.gateway.dialects.dialect import Reply
    from remit.gateway.oversight.held import State
    from remit.gateway.routing import Target
    from remit.ledger.writer import Settle
    from remit.terms.tool_server import ToolServer

Header = tuple[bytes, bytes]


class Asked(NamedTuple):
    """A request as it came in, whole; header names are in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[Header]
    body: bytes


class Answered(NamedTuple):
    """The head of an upstream's reply."""

    status: int
    headers: Sequence[Header]


class Stopped(Exception):
    """People have ended what was waited for; it is thrown in at a `Send`."""


class ClientGone(Exception):
    """Whoever asked has gone, or takes nothing any more; it is thrown in at whichever step the exchange is."""


@dataclass(slots=True)
class Record:
    """Write to the ledger; sent back is the receipt, thrown in is `NotRecorded`."""

    settle: Settle
    later: bool = False
    """Whether nothing waits for it, so that it may wait for something that does."""


@dataclass(slots=True)
class Refresh:
    """Look which terms are active, since others are than those at hand; sent back is nothing."""


@dataclass(slots=True)
class Wait:
    """Wait for people, until a held call stands otherwise than known, or for so many seconds.

    The calls are named by their digests; sent back is how those stand that were found.
    """

    known: Mapping[str, State]
    seconds: float


@dataclass(slots=True)
class Send:
    """Send the call on; sent back is `Answered`, thrown in is `UpstreamFailed`, or `Stopped`."""

    target: Target
    dialect: str
    path: str
    query: bytes
    headers: Sequence[Header]
    body: bytes
    ends: Callable[[], object] | None = None
    """Tells whether people have ended it meanwhile; then it is waited for no longer."""


@dataclass(slots=True)
class Look:
    """Look which rows of the store begin with one of some prefixes; sent back are their names, for each prefix."""

    prefixes: Sequence[str]


@dataclass(slots=True)
class Relay:
    """Send a request on to a tool server; sent back is `Answered`, thrown in is `UpstreamFailed`, or `Stopped`."""

    server: ToolServer
    method: str
    headers: Sequence[Header]
    body: bytes
    ends: Callable[[], object] | None = None
    """Tells whether it is to be waited for no longer."""
    only_tells: bool = False
    """Whether the server is told something that it does not answer."""


@dataclass(slots=True)
class Take:
    """Take the next piece of the upstream's reply; sent back are bytes, or None at its clean end.

    Where `ends` tells that people have ended it meanwhile, no bytes are sent back at once, and the reply is let go.
    """

    ends: Callable[[], object] | None = None


@dataclass(slots=True)
class Let:
    """Let the upstream's reply go unread; sent back is nothing."""


@dataclass(slots=True)
class Start:
    """Begin the reply to the client; pieces follow."""

    status: int
    headers: Sequence[Header]


@dataclass(slots=True)
class Flow:
    """Send the client a piece of the reply."""

    data: bytes


@dataclass(slots=True)
class Finish:
    """End the reply as a reply ends."""


@dataclass(slots=True)
class Cut:
    """End the reply so that the client sees that it is not whole."""


@dataclass(slots=True)
class Give:
    """Give the client a whole reply."""

    reply: Reply


Step = Record | Refresh | Wait | Look | Send | Relay | Take | Let | Start | Flow | Finish | Cut | Give
TAKE, LET, FINISH, CUT, REFRESH = Take(), Let(), Finish(), Cut(), Refresh()
