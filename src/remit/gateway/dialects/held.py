"""What every streamed reply does alike: events flow until a call begins, are held until it is settled, then flow on.

1. Everything that may flow is put out in the order in which it came.
2. While calls wait for their verdicts nothing is read, so that what waits does not change under whoever judges it.
3. An error does not lose what was put out before it: `refuse` gives that first.
4. Whoever asks for a sign of life waits for people: from then on what is held takes little space.
5. The end of a reply in which nothing but refusals came of what was proposed is kept back, where the model may be asked
   once more; another reply goes on from there, or the end flows after all.
6. An event that flowed as it came, and said a word alone, is followed by others like it, which are known by it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from remit.gateway.dialects.dialect import ProposedCall, Seen
from remit.gateway.dialects.likeness import Likeness, Word, learn
from remit.gateway.dialects.retelling import MOST_TOLD, all_again
from remit.gateway.dialects.shelf import EventShelf
from remit.gateway.event_stream import Event, EventStream
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, Retold, Verdict

MOST_HELD = 64 * 1024 * 1024
"""The most bytes of events that are held for calls that have not come to their end."""
_MOST_UNLIKE = 8
"""How often one after another may be unlike the one before it until nothing is learnt any more."""


class HeldStream(ABC):
    """The way of one streamed reply; what an event means is each wire's own."""

    def __init__(self, ask: Ask) -> None:
        self.seen = Seen()
        self._ask = ask
        self.most_held = MOST_HELD
        self._reader = EventStream()
        self._out: list[bytes] = []
        self._waiting: list[ProposedCall] = []
        self._held: EventShelf[Any] = EventShelf()
        self._held_bytes = 0
        self._upstream_ended = False
        self._over = False
        self._refused: list[str] = []
        """What was said of each call, in their order, as long as all of them were refused and may be told of (5)."""
        self._tells = ask.again
        """Whether what the model says may still have to be told again."""
        self._fed = 0
        self._retold: Retold | None = None
        self._word: Word | None = None
        """What the last event said, if it said a word alone."""
        self._like: Likeness | None = None
        self._unlike = 0

    def feed(self, data: bytes) -> bytes:  # noqa: D102 - the interface says it
        if self._over:
            return b""
        if self._tells:
            self._fed += len(data)
            self._tells = self._fed <= MOST_TOLD
        if self._like is not None and (known := self._like.words(data)) is not None:
            self._unlike = 0
            self._hear(self._like.said, *known)
            return data
        return self._read_on(data)

    def _hear(self, said: list[str] | None, words: list[str], number: int) -> None:  # noqa: ARG002 - some wires count
        """Take the words of events that are known by the one before them, and the number of the last."""
        if said is not None and self._tells:
            said += words

    def _read_on(self, data: bytes) -> bytes:
        """Read what came, and learn from it how the next may look (6)."""
        alone = self._reader.is_empty and self._unlike < _MOST_UNLIKE
        self._unlike += self._like is not None
        self._like = self._word = None
        self._reader.push(data)
        out = self._flow()
        if alone and out == data:
            self._learn()
        return out

    def _learn(self) -> None:
        if self._word is not None:
            self._like = learn(self._word)

    def end(self) -> bytes:  # noqa: D102 - the interface says it
        self._like = None
        self._upstream_ended = True
        return b"" if self._over else self._flow()

    @property
    def calls(self) -> Sequence[ProposedCall]:  # noqa: D102 - the interface says it
        return tuple(self._waiting)

    def settle(self, verdicts: Sequence[Verdict]) -> bytes:  # noqa: D102 - the interface says it
        self._like = None
        if len(verdicts) != len(self._waiting):
            raise ValueError(f"a verdict for each of {len(self._waiting)} calls, found {len(verdicts)}")
        if verdicts:
            self._tells = self._tells and all_again(verdicts)
            self._refused += [verdict.text for verdict in verdicts]
            self._waiting = []
            self._held_bytes = 0
            self._release(verdicts)
        return self._flow()

    def refuse(self, text: str) -> bytes:  # noqa: D102 - the interface says it
        self._like = None
        if not self._over:
            self._waiting = []
            self._conclude(text)
            self._over = True
        return self._take_out()

    @property
    def retold(self) -> Retold | None:  # noqa: D102 - the interface says it
        return self._retold if self._upstream_ended and not self._waiting else None

    def go_on(self) -> None:  # noqa: D102 - the interface says it
        self._like = None
        self._join()
        self.seen = Seen()
        self._reader = EventStream()
        self._held_bytes = self._fed = 0
        self._upstream_ended = False
        self._refused, self._tells, self._retold = [], True, None

    def conclude(self) -> bytes:  # noqa: D102 - the interface says it
        self._like = None
        self._let_end()
        self._over = True
        return self._take_out()

    def keep_alive(self, text: str) -> bytes:  # noqa: D102 - the interface says it
        self._like = None
        self._held.pack()  # (4)
        self._reader.pack()
        return b"" if self._over else self._wait(text)

    @abstractmethod
    def _wait(self, text: str) -> bytes:
        """Return real content that says the text; empty where there is no place for it."""

    @abstractmethod
    def _take(self, event: Event) -> None:
        """Put an event out, or hold it; when every call that is held is whole, let them wait."""

    @abstractmethod
    def _release(self, verdicts: Sequence[Verdict]) -> None:
        """Put out what is held, by the verdicts."""

    @abstractmethod
    def _join(self) -> None:
        """Make ready for another reply that goes on with this one, whose end was kept back."""

    @abstractmethod
    def _let_end(self) -> None:
        """Put out the end that was kept back, after which nothing is kept any more."""

    @abstractmethod
    def _finish(self) -> None:
        """Take the clean end of the upstream; raise `Unreadable` for a call that has none."""

    @abstractmethod
    def _conclude(self, text: str) -> None:
        """Put out a well-formed end that says the text."""

    def _flow(self) -> bytes:
        while not self._waiting and (event := self._reader.next()):
            self._word = None
            self._take(event)
        if self._upstream_ended and not self._waiting:
            if last := self._reader.rest():
                self._take(last)
            if not self._waiting:
                self._finish()
        return self._take_out()

    def _count_held(self, event: Event) -> None:
        self._held_bytes += len(event.raw)
        if self._held_bytes > self.most_held:
            raise Unreadable("events", f"at most {self.most_held} bytes held for one call")

    def _take_out(self) -> bytes:
        out = b"".join(self._out)
        self._out.clear()
        return out
