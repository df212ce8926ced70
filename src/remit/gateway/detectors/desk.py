"""Has a share of the calls labelled, beside them and never before them, and puts up signals for what is found.

1. A call that goes on is offered; a draw with a key of this process says whether it is taken. What does not fit into a
   short queue is dropped: a signal is no evidence, and a call never waits for one.
2. A model is asked through the gateway itself, with the key of a use case of its own: judged, counted and on record as
   any other call. Calls of such use cases are never labelled themselves.
3. A label that stands for an effect puts up a signal in the ledger's store, for as long as the register says.
4. The built-in detector labels the same texts, and tells the operator when a use case looks like another.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.errors import RemitError
from remit.gateway.credential import CredentialRefused
from remit.gateway.detectors.drift import DriftWatch, watch_for
from remit.gateway.detectors.linear import LinearDetector, built_in
from remit.gateway.detectors.question import AnswerUnreadable, ask_body, is_drawn, join_texts, read_answer
from remit.gateway.detectors.signal import raise_signal, row_of
from remit.terms.use import names_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from remit.gateway.gate import Gate
    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk, Writer
    from remit.terms.detector import DetectorRow

    App = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]

_PATH = b"/v1/chat/completions"
_MOST_WAITING = 64
_EFFECT = "use.effect"


class Offered(NamedTuple):
    """A text that was taken, of which use case, and by which detector."""

    row: DetectorRow
    case: str
    text: str


class SignalDesk:
    """Labels what one worker's calls say."""

    def __init__(self, gate: Gate, writer: Writer, app: App, keys: Mapping[str, str]) -> None:
        self._gate = gate
        self._writer = writer
        self._app = app
        self._keys = keys
        self._draw = secrets.token_bytes(32)
        self._waiting: asyncio.Queue[Offered] = asyncio.Queue(_MOST_WAITING)
        self._drift: dict[str, DriftWatch] = {}
        self._built_in: LinearDetector | None = None

    def offer(self, case: str, decision: int, texts: Callable[[], Iterable[str]]) -> None:  # (1)
        """Offer a call that goes on, by the number of its decision."""
        rows = self._gate.book.terms.register.detectors
        if not rows or case in self._own_cases():
            return
        for row in rows:
            meant = not row.use_cases or case in row.use_cases
            if meant and is_drawn(f"{case}/{row.id}", decision.to_bytes(8), row.share, self._draw):
                with suppress(asyncio.QueueFull):
                    self._waiting.put_nowait(Offered(row, case, join_texts(texts())))

    async def run(self) -> None:
        """Label what was taken, one after the other, for as long as the worker lives."""
        while True:
            offered = await self._waiting.get()
            try:
                await self.label(offered)
            except (AnswerUnreadable, RemitError) as error:
                self._gate.notes(f"a text of use case {offered.case} was not labelled: {error}")

    async def label(self, offered: Offered) -> None:
        """Label one text, and put up a signal where it stands for an effect (2), (3)."""
        self._watch_drift(offered.case, offered.text)
        row = offered.row
        key = self._keys.get(row.key_from, "")
        if not key:
            raise AnswerUnreadable(f"the key of detector {row.id} does not stand in the variable {row.key_from}")
        label = read_answer(row, *await ask_app(self._app, ask_body(row, offered.text), key))
        effect = row.labels.get(label)
        if effect is not None:
            await self._writer.commit_async(settle=partial(self._raise, row=row, case=offered.case, effect=effect))
            self._gate.notes(f"detector {row.id} signals {effect} for use case {offered.case}")

    def _raise(self, desk: Desk, row: DetectorRow, case: str, effect: str) -> list[Draft]:
        name = row_of(case)
        desk.put(name, raise_signal(desk.row(name), row.id, effect, self._gate.now(), row.lasts))
        return []

    def _own_cases(self) -> set[str]:
        """Return the use cases that detectors ask under."""
        own = set()
        for row in self._gate.book.terms.register.detectors:
            headers = [(b"authorization", b"Bearer " + self._keys.get(row.key_from, "").encode())]
            with suppress(CredentialRefused):
                own.add(self._gate.switches.keyring.find(headers, self._gate.now()).use)
        return own

    def _watch_drift(self, case: str, text: str) -> None:
        """Label a text by its words, and tell where a use case looks like another (4)."""
        if self._built_in is None:
            self._built_in = built_in()
        watch = self._drift.get(case)
        if watch is None:
            known = self._gate.book.terms.register.use_case(case)
            effects = None if known is None else names_in(known.facts.get(_EFFECT))
            watch = self._drift[case] = watch_for(effects or ())
        if (share := watch.add(self._built_in.label(text))) is not None:
            self._gate.notes(f"use case {case} looks like another: {share} of its last texts by their words")


async def ask_app(app: App, body: bytes, key: str) -> tuple[int, bytes]:
    """Ask the gateway from within, as a client would from without; return the status and the body."""
    headers = [
        (b"authorization", f"Bearer {key}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": _PATH.decode(),
        "raw_path": _PATH,
        "query_string": b"",
        "headers": headers,
        "client": None,
    }
    asked, status, pieces = [body], 0, []

    async def receive() -> Mapping[str, Any]:
        if not asked:
            # The client stays until it has its answer.
            await asyncio.Event().wait()
        return {"type": "http.request", "body": asked.pop(), "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(pieces)
