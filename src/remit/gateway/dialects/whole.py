"""What every reply in one piece does alike: it is read whole, its calls are settled at once, and then it goes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects.dialect import ProposedCall, Seen
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Verdict

MOST_BYTES = 64 * 1024 * 1024


class WholeReply(ABC):
    """The way of one reply in JSON; where its calls stand is each wire's own."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._raw = bytearray()
        self._reply: dict[str, Any] = {}
        self._waiting: list[ProposedCall] = []
        self._over = False

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
        self._over = True
        self._replace(verdicts)
        return msgspec.json.encode(self._reply)

    def keep_alive(self, text: str) -> bytes:  # noqa: D102, ARG002 - words have no place before a value of JSON
        return b"" if self._over else b"\n"

    def refuse(self, text: str) -> bytes:  # noqa: D102 - the interface says it
        if self._over:
            return b""
        self._over = True
        self._waiting = []
        return msgspec.json.encode(self._refusal(text))

    def _pass(self) -> bytes:
        self._over = True
        return bytes(self._raw)

    @abstractmethod
    def _find(self) -> list[ProposedCall]:
        """Return the calls of the reply in their order, and note what it says of itself."""

    @abstractmethod
    def _replace(self, verdicts: Sequence[Verdict]) -> None:
        """Put text in the place of each call that does not pass."""

    @abstractmethod
    def _refusal(self, text: str) -> dict[str, Any]:
        """Return a whole reply that says the text."""
