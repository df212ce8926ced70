"""What one wire form of a model's interface is to the gateway: what is asked, what comes back, and how to say no.

A dialect reads and writes bytes; it judges nothing and does no input or output. The rules all of them keep:

1. What it does not know passes untouched and in order; what reaches the client is, byte for byte, what the upstream
   sent, unless a verdict changed it.
2. Whatever could be a tool call is a tool call, in any spelling the wire allows; what cannot be read is `Unreadable`
   and never passed on.
3. Nothing flows past a proposed call until it is settled; text before it flows at once.
4. A refusal inside a reply is a well-formed ending, never a transport error: agents answer errors by asking again
   another way.
5. What the upstream cut is cut: an incomplete call is never released and the reply is not ended for it.
6. Where the model is asked once more, what it then says goes on in the same reply: one beginning, one end, one count
   of tokens over all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Ask",
    "Dialect",
    "Offer",
    "ProposedCall",
    "Refusal",
    "Reply",
    "ReplyFilter",
    "Retold",
    "Runs",
    "Seen",
    "Unreadable",
    "Verdict",
]


class Runs(StrEnum):
    """Who carries a tool out."""

    CLIENT = "client"
    """The client does, after the gateway has let the call through."""
    PROVIDER = "provider"
    """The provider does, in the middle of its answer, where no gateway can hold it: it is judged in the request."""


class Offer(NamedTuple):
    """A tool that a request offers the model: its name, its kind on the wire, who runs it, the digest of its schema."""

    name: str
    kind: str
    runs: Runs
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks for, as far as a judgement needs it."""

    model: str
    """As the wire names it; the catalogue resolves it."""
    streamed: bool = False
    offers: tuple[Offer, ...] = ()
    continues: str = ""
    """The conversation held by the server that this goes on with, which the gateway must know or refuse."""
    keeps: bool = False
    """Whether the server is asked to keep the conversation, or its answer, for later."""
    choices: int = 1
    most_tokens: int | None = None
    """The most tokens the answer may have, for what is reserved before the call."""
    turn: int = 0
    """How many messages or items came before: repeats of one turn join what was decided for it."""
    session: str = ""
    """The session, as a header or a field of the request names it."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """What the caller says of itself in the body's metadata."""
    texts: Callable[[], Iterator[str]] = lambda: iter(())
    """Yields every text that the request carries to the model: prompts, results of tools, files."""
    unseen: Callable[[], Iterator[str]] = lambda: iter(())
    """Yields a few words for each part that it carries and that cannot be read."""
    again: bool = False
    """Whether the model can be asked once more within one reply, after what it proposed was refused."""


class ProposedCall(NamedTuple):
    """A tool call that a model proposes, whole: nothing of it has reached the client."""

    id: str
    name: str
    arguments: str
    """As the wire has them: JSON for functions, free text for custom tools."""
    kind: str = "function"


@dataclass(slots=True)
class Seen:
    """What a reply said of itself, as far as it has come."""

    reply_id: str = ""
    model: str = ""
    variant: str = ""
    """A service tier, fingerprint or other mark of what really served."""
    refused: bool = False
    """Whether the model, or a filter of its provider, declined to answer."""
    finish: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    models: list[str] = field(default_factory=list)
    """Every name that it gave itself, in their order."""
    ran: list[str] = field(default_factory=list)
    """Every tool that the provider ran itself, in their order."""

    def take_model(self, name: object) -> None:
        """Take note of the model that it says serves, which may change on the way."""
        if isinstance(name, str) and name and name != self.model:
            self.model = name
            if name not in self.models:
                self.models.append(name)


class Verdict(NamedTuple):
    """What becomes of a proposed call: it passes, or the text stands in its place."""

    passes: bool
    text: str = ""
    again: bool = False
    """Whether the model may be told of the refusal, and answer otherwise."""


class Refusal(NamedTuple):
    """Why a request is refused, in the words a dialect puts into its own error form."""

    status: int
    code: str
    """A short name, such as `terms_denied` or `ledger_unavailable`."""
    message: str
    decision: str = ""
    """What the decision is known by in the log."""
    retry_after: int | None = None
    """Seconds after which asking again may help; None where it does not."""


class Reply(NamedTuple):
    """A whole reply of the gateway's own."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Retold = Sequence[Mapping[str, Any]]
"""What a model said and the refusal of what it proposed, as a request of its wire has them: messages or items."""


class ReplyFilter(Protocol):
    """Reads one reply as it comes in, lets flow what may, and keeps proposed calls until they are settled."""

    seen: Seen

    def feed(self, data: bytes) -> bytes:
        """Take what the upstream sent; return what may flow now. Raises `Unreadable`."""

    def end(self) -> bytes:
        """Take the clean end of the upstream's reply; return what may flow now. Raises `Unreadable`."""

    @property
    def calls(self) -> Sequence[ProposedCall]:
        """The whole calls that wait to be settled, in their order; while there are any, nothing more flows."""

    def settle(self, verdicts: Sequence[Verdict]) -> bytes:
        """Take a verdict for each waiting call, in their order; return what may flow now."""

    def keep_alive(self, text: str) -> bytes:
        """Return a piece of real content that keeps a client waiting; empty where the reply cannot bear one."""

    def refuse(self, text: str) -> bytes:
        """End the reply here, well formed, with this text; whatever still waits is dropped."""

    @property
    def retold(self) -> Retold | None:
        """What the model is to be told, once its reply has come to its end and all that it proposed was refused.

        The end of such a reply is kept back, until another reply of the model goes on with it or it is concluded.
        None where the reply goes out as it is, and where what was said cannot be told again exactly.
        """

    def go_on(self) -> None:
        """Take another reply of the model as the rest of this one, to be fed from its first byte."""

    def conclude(self) -> bytes:
        """Return the end that was kept back; no other reply follows."""


class Dialect(Protocol):
    """One wire form."""

    name: str

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Ask:
        """Read a request; raise `Unreadable` where any of it could mean two things, or nothing."""

    def with_model(self, body: bytes, model: str) -> bytes:
        """Return the request for another model, everything else as it was."""

    def with_more(self, body: bytes, more: Retold) -> bytes:
        """Return the request with more at the end of its conversation, everything else as it was."""

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:
        """Return what reads the reply; `streamed` says how the upstream answers, whatever was asked."""

    def refuse(self, refusal: Refusal, ask: Ask | None) -> Reply:
        """Write a refusal as this wire's own error, with the headers that make its clients do the right thing."""
