"""What every reply in one piece does alike: it is read whole, its calls are settled at once, and then it goes out.

Where the model is asked once more it goes out with what the model then says, as one reply.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import ProposedCall, Seen
from remit.gateway.dialects.retelling import all_again
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, Retold, Verdict

MOST_BYTES = 64 * 1024 * 1024


class WholeReply(ABC):
    """The way of one reply in JSON; where its calls stand is each wire's own."""

    def __init__(self, ask: Ask | None = None) -> None:
        self.seen = Seen()
        self._again = ask is not None and ask.again
        self._raw = bytearray()
        self._reply: dict[str, Any] = {}
        self._waiting: list[ProposedCall] = []
        self._over = False
        self._retold: Retold | None = None
        self._before: dict[str, Any] | None = None
        """What goes out of the replies before this one."""

    def feed(self, data: bytes) -> bytes:  # noqa: D102 - the interface says it
        if not self._over:
            self._raw += data
            if len(self._raw) > MOST_BYTES:
                raise Unreadable("reply", f"at most {MOST_BYTES} bytes")
        return b""

    def end(self) -> bytes:  # noqa: D102 - the interface says it
        if self._over:
            return b""
        self._reply = strict_json.read_object(bytes(self._raw), where="reply", most=MOST_BYTES)
        self._waiting = self._find()
        return b"" if self._waiting else self._pass()

    @property
    def calls(self) -> Sequence[ProposedCall]:  # noqa: D102 - the interface says it
        return tuple(self._waiting)

    def settle(self, verdicts: Sequence[Verdict]) -> bytes:  # noqa: D102 - the interface says it
        if len(verdicts) != len(self._waiting):
            raise ValueError(f"a verdict for each of {len(self._waiting)} calls, found {len(verdicts)}")
        if not verdicts:
            return b""
        self._waiting = []
        if all(verdict.passes for verdict in verdicts):
            return self._pass()
        if self._again and all_again(verdicts):
            self._retold = self._retell(verdicts)
        self._replace(verdicts)
        return b"" if self._retold is not None else self.conclude()

    @property
    def retold(self) -> Retold | None:  # noqa: D102 - the interface says it
        return self._retold

    def go_on(self) -> None:  # noqa: D102 - the interface says it
        self._before, self._retold = self._joined(self._reply), None
        self._raw, self._reply, self.seen = bytearray(), {}, Seen()

    def conclude(self) -> bytes:  # noqa: D102 - the interface says it
        self._over, self._retold = True, None
        return msgspec.json.encode(self._joined(self._reply))

    def keep_alive(self, text: str) -> bytes:  # noqa: D102, ARG002 - words have no place before a value of JSON
        return b"" if self._over else b"\n"

    def refuse(self, text: str) -> bytes:  # noqa: D102 - the interface says it
        if self._over:
            return b""
        if self._retold is not None:
            self.go_on()
        self._over = True
        self._waiting = []
        return msgspec.json.encode(self._joined(self._refusal(text)))

    def _pass(self) -> bytes:
        self._over = True
        return bytes(self._raw) if self._before is None else msgspec.json.encode(self._joined(self._reply))

    def _joined(self, reply: dict[str, Any]) -> dict[str, Any]:
        return reply if self._before is None else self._join(self._before, reply)

    def _retell(self, verdicts: Sequence[Verdict]) -> Retold | None:  # noqa: ARG002 - where there are no calls
        """Return what the model is told of its calls, each of which was refused; None where that is not exact."""
        return None

    def _join(self, before: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - as above
        """Return one reply that says what was said before and what a reply says; neither is used again."""
        return reply

    @abstractmethod
    def _find(self) -> list[ProposedCall]:
        """Return the calls of the reply in their order, and note what it says of itself."""

    @abstractmethod
    def _replace(self, verdicts: Sequence[Verdict]) -> None:
        """Put text in the place of each call that does not pass."""

    @abstractmethod
    def _refusal(self, text: str) -> dict[str, Any]:
        """Return a whole reply that says the text."""
