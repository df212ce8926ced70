"""A small harbour to call models in: terms, a ledger in memory, upstreams that are scripts, and calls through them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remit.errors import NotRecorded
from remit.gateway.activation import activate
from remit.gateway.credential import Credential, Keyring, make_credential
from remit.gateway.exchange import exchange
from remit.gateway.gate import Gate
from remit.gateway.ground import Switches, make_rulebook
from remit.gateway.routing import NO_CUTS, Cuts
from remit.gateway.step import (
    Answered,
    Asked,
    ClientGone,
    Cut,
    Finish,
    Flow,
    Give,
    Record,
    Refresh,
    Send,
    Start,
    Stopped,
    Take,
)
from remit.gateway.upstream.client import UpstreamFailed
from remit.ledger.invariants import Invariants
from remit.ledger.writer import Writer
from remit.terms.folder import Files, read_terms
from tests.fakes import Disk, MemoryKeyring, MemoryStore, SteppingClock

if TYPE_CHECKING:
    from remit.ledger.entry import Entry
    from remit.terms.terms import Terms

TOKEN = "remit_test"  # noqa: S105 - it opens nothing.
REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}, {id: orrin}]
levels: [{id: open, authorisation: none}, {id: secret, authorisation: required}]
scopes:
  - {id: harbour, says: ships, kind: civil, level: open, serves: ["**"], facts: {use.sector: harbours}}
  - {id: watch, says: the watch, kind: defence, level: secret, serves: ["w/**"]}
names: {use.sector: [harbours], use.purpose: [answer, search]}
use_cases:
  - {id: ask, scope: harbour, says: asking, serves: ["**"]}
  - {id: prefer, scope: harbour, says: by preference, serves: ["p/**"], models: [heron-2, osprey-1], tools: [read-log]}
  - {id: secret, scope: watch, says: the watch asks, serves: ["w/**"]}
tools: [{id: read-log, effect: read}, {id: close-berth, effect: operate-infrastructure}, {id: web_search, effect: read}]
upstreams:
  - {id: h, maker: halden, channel: direct, base_url: "http://h.example/v1", models: {heron-2: eu.h2}}
  - {id: o, maker: orrin, channel: direct, base_url: "http://o.example"}
makers: [{id: halden, domicile: DE}, {id: orrin, domicile: FR}]
models:
  - {id: heron-2, maker: halden, family: heron, aliases: [heron]}
  - {id: heron-1, maker: halden, family: heron}
  - {id: osprey-1, maker: orrin, family: osprey}
currency: EUR
prices: [{model: heron-2, input: 2, output: 10}, {model: osprey-1, input: 1, output: 1}]
"""
FROM_JANUARY = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]"
NO_BERTHS = "{id: no-berths, boundary: true, forbid: [act], when: {tool.effect: [operate-infrastructure, force]}}"
MAY = "{id: may, permit: [invoke, act], when: {model.maker: [halden, orrin]}}"
Script = Callable[[Send], "list[Any]"]
Headers = Sequence[tuple[bytes, bytes]]


def harbour_terms(*clauses: str, register: str = REGISTER) -> Terms:
    """Read the harbour's terms: what may be done, and the clauses given."""
    rows = "".join(f"\n  - {clause}" for clause in (*clauses, MAY))
    text = f"instrument: house\nkind: policy\nby: quayside\n{FROM_JANUARY}\nclauses:{rows}\n"
    return read_terms(Files(register.encode(), {"instruments/house.yaml": text.encode()}, {}))


def answer(content: object, *, model: str = "eu.h2", status: int = 200) -> list[Any]:
    """Script a whole reply of chat completions."""
    message = {"role": "assistant", "content": content} if isinstance(content, str) else content
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }
    return [Answered(status, [(b"content-type", b"application/json"), (b"x-request-id", b"req-1")]), json.dumps(body)]


def proposes(*tools: str) -> dict[str, Any]:
    """Write a message that proposes tool calls."""
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        for n, tool in enumerate(tools)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


@dataclass
class Got:
    """What a client got."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = False
    sent: list[Send] = field(default_factory=list)

    def take(self, step: Any) -> None:
        match step:
            case Flow():
                self.body += step.data
            case Finish() | Cut():
                self.whole = isinstance(step, Finish)
            case Give():
                self.status, self.headers = step.reply.status, dict(step.reply.headers)
                self.body, self.whole = step.reply.body, True

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


class Harbour:
    """A gateway whose outside is scripted."""

    def __init__(self, terms: Terms | None = None, *, use: str = "ask", disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.clock = SteppingClock()
        keyring = MemoryKeyring()
        keyring.begin()
        self.writer = Writer(lambda: MemoryStore(self.disk), keyring, self.clock)
        self.terms = terms or harbour_terms(NO_BERTHS)
        activate(self.writer, self.terms, self.clock.now)
        self.gate = Gate(make_rulebook(self.terms), self.clock, lambda: 0.0, "worker-1")
        self.key_for(use)
        self.script: Script = lambda _: answer("Aye.")
        self.notes: list[str] = []
        self.gate.notes = self.notes.append
        self.later: Callable[[], None] = lambda: None
        """Done when the exchange asks which terms are active."""

    def key_for(self, use: str, *, cuts: Cuts = NO_CUTS, **narrow: Any) -> Credential:
        given = {"models": (), "tools": (), "until": None} | narrow
        credential = make_credential(TOKEN, use, self.clock.now, **given)
        self.gate.switches = Switches(Keyring([credential]), cuts)
        return credential

    def ask(
        self, body: object = None, *, headers: Headers = (), path: str = "/v1/chat/completions", **more: Any
    ) -> Got:
        """Make a call as a client would, by default an ordinary one for heron-2; `more` are fields of its body."""
        fields = {"model": "heron-2", "messages": [{"role": "user", "content": "Which ship?"}]} | more
        raw = body if isinstance(body, bytes) else json.dumps(fields if body is None else body).encode()
        given = headers if any(name == b"authorization" for name, _ in headers) else [*headers, BEARER]
        return self.carry(exchange(Asked("POST", path.encode(), b"", given, raw), self.gate))

    def carry(self, steps: Generator[Any, Any, None]) -> Got:
        """Carry out the steps of an exchange with what is scripted."""
        got, value, error = Got(), None, None
        pieces: list[Any] = []
        try:
            while True:
                step = steps.send(value) if error is None else steps.throw(error)
                value = error = None
                try:
                    value = self._do(step, got, pieces)
                except (NotRecorded, UpstreamFailed, ClientGone, Stopped) as failed:
                    error = failed
        except StopIteration:
            return got

    def entries(self) -> list[Entry]:
        """Read the log, all of which must hold."""
        check = Invariants()
        return [check.take(raw) for raw in self.disk.entries]

    def kinds(self) -> list[str]:
        """Name the entries after the first, which puts the terms in force: the kind, and what a decision was."""
        return [str(entry.fields.get("o", entry.kind)) for entry in self.entries()[1:]]

    def open_rows(self) -> list[str]:
        return [name for name in self.disk.rows if name.startswith("open/")]

    def _do(self, step: Any, got: Got, pieces: list[Any]) -> Any:
        match step:
            case Record():
                return self.writer.commit(settle=step.settle)
            case Refresh():
                self.later()
            case Send():
                got.sent.append(step)
                head, *rest = self.script(step)
                pieces[:] = rest
                if isinstance(head, Exception):
                    raise head
                return head
            case Take():
                piece = pieces.pop(0) if pieces else None
                if isinstance(piece, Exception):
                    raise piece
                return piece.encode() if isinstance(piece, str) else piece
            case Start():
                got.status, got.headers = step.status, {n.decode(): v.decode() for n, v in step.headers}
            case _:
                got.take(step)
        return None


BEARER = (b"authorization", b"Bearer " + TOKEN.encode())
