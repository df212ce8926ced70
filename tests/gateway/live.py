"""The gateway as its users meet it: a process of its own, on real sockets, before an upstream that does as it is told.

What the upstream does stands as a word in what it is asked: `#hang`, `#reset` and so on.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from remit.gateway import demo
from remit.gateway.state import LEDGER
from remit.ledger.entry import read_entry
from remit.ledger.folder import read_folder
from remit.ledger.kind import Effect, Kind
from tests.gateway.upstream.peers import Gone, Peer, Talk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from remit.ledger.entry import Entry

PATH = "/v1/chat/completions"
SCRIPT = Path(__file__).with_name("quick_serve.py")
_EVENT = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "heron-2"}


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return b"data: " + json.dumps({**_EVENT, "choices": [choice]}).encode() + b"\n\n"


def whole(ident: str = "c1", text: str = "Yes.") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    reply = {**_EVENT, "id": ident, "object": "chat.completion", "choices": [choice], "usage": {"total_tokens": 2}}
    return json.dumps(reply).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def reply(body: bytes, kind: bytes = b"application/json", more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%bcontent-length: %d\r\n\r\n" % (kind, more, len(body))
    return head + body


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
COUNTED = [event(f"{number:03d} ") for number in range(12)]
ENDS = [event("", "stop"), b"data: [DONE]\n\n"]
REPLIES: dict[bytes, bytes] = {
    b"#no-json": reply(b'{"id": "c1", "choices": [{"message":'),
    b"#no-text": reply(b"\xff\xfe{\x00}\x00"),
    b"#brotli": reply(whole(), more=b"content-encoding: br\r\n"),
    b"#bomb": reply(gzip.compress(b" " * (64 << 20)), more=b"content-encoding: gzip\r\n"),
    b"#no-event": STREAM + chunk(event("Begun")) + chunk(b"data: {no json\n\n") + b"0\r\n\r\n",
    b"#two-lengths": reply(whole(), more=b"content-length: 3\r\n"),
}


async def act(talk: Talk) -> None:
    """Do what each request says."""
    while True:
        body = await talk.heed()
        sent = next((content for word, content in REPLIES.items() if word in body), None)
        deed = next((deed for word, deed in DEEDS.items() if word in body), None)
        if deed is not None:
            await deed(talk)
        else:
            await talk.say(reply(whole(f"c{len(talk.peer.requests)}")) if sent is None else sent)


async def hang(talk: Talk) -> None:
    await talk.wait_for_end()
    raise Gone


async def reset(talk: Talk) -> None:
    talk.reset()
    raise Gone


async def half(talk: Talk) -> None:
    await talk.say(STREAM + chunk(event("Begun")) + chunk(event("more")[:20]))
    await reset(talk)


async def huge(talk: Talk) -> None:
    await _pour(talk, b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (200 << 20), b" " * (1 << 20), 200)


async def flood(talk: Talk) -> None:
    await _pour(talk, STREAM, chunk(event("a" * 60_000)), 3_000)


async def paced(talk: Talk) -> None:
    await talk.say(STREAM)
    for each in COUNTED:
        await talk.say(chunk(each))
        await asyncio.sleep(0.05)
    await talk.say(*map(chunk, ENDS), b"0\r\n\r\n")


DEEDS: dict[bytes, Callable[[Talk], Awaitable[None]]] = {
    b"#hang": hang,
    b"#reset": reset,
    b"#half": half,
    b"#huge": huge,
    b"#flood": flood,
    b"#paced": paced,
}


async def _pour(talk: Talk, head: bytes, piece: bytes, times: int) -> None:
    await talk.say(head)
    for _ in range(times):
        await talk.say(piece)


@dataclass
class Live:
    """A gateway that runs, its upstream, and a key."""

    folder: Path
    peer: Peer
    port: int = 0
    key: str = ""
    process: subprocess.Popen[str] | None = None
    more: tuple[str, ...] = ()
    """What `remit serve` is told beside where its terms and its state are."""
    environment: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    """Runs in the new process before the gateway does."""

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def start(self) -> None:
        words = [sys.executable, str(SCRIPT), str(self.folder / "terms"), str(self.state), *self.more]
        with (self.folder / "stderr").open("ab") as told:
            self.process = subprocess.Popen(
                words,
                stdout=subprocess.PIPE,
                stderr=told,
                env=os.environ | self.environment,
                text=True,
                preexec_fn=self.before,  # noqa: PLW1509 - it sets a limit, and nothing else.
            )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def memory(self) -> int:
        """Return how many megabytes the gateway has had at most."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def ask(
        self, text: str = "?", *, path: str = PATH, headers: dict[str, str] | None = None, raw: bytes = b"", **body: Any
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask as a client would; what breaks off comes as status -1."""
        content = (
            raw or json.dumps({"model": "heron-2", "messages": [{"role": "user", "content": text}], **body}).encode()
        )
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            own = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
            connection.request("POST", path, content, {**own, **(headers or {})})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read()
        except (HTTPException, OSError):
            return -1, {}, b""
        finally:
            connection.close()

    def send(self, data: bytes, wait: float = 5.0) -> bytes:
        """Send raw bytes, and return what comes until the other side closes or is silent."""
        found = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as sock, suppress(OSError):
            sock.sendall(data)
            while piece := sock.recv(65536):
                found += piece
                if b"\r\n\r\n" in found and found.endswith((b"}", b"\n")):
                    break
        return found

    def entries(self) -> list[Entry]:
        store = read_folder(self.state / LEDGER).open_store()
        try:
            return [read_entry(raw) for raw in store.entries(0, store.head().size)]
        finally:
            store.close()

    def without_end(self) -> set[int]:
        """Return what has no end on record, also after a while: an outcome is written when the reply has gone."""
        found = self._open()
        for _ in range(100):
            if not found:
                break
            Event().wait(0.05)
            found = self._open()
        return found

    def _open(self) -> set[int]:
        """Return the decisions that let something go on and have neither an outcome nor a loss."""
        found: set[int] = set()
        for entry in self.entries():
            if entry.kind == Kind.DECISION and entry.fields["o"] in {Effect.ALLOW, Effect.REDIRECT}:
                found.add(entry.n)
            elif entry.kind in {Kind.OUTCOME, Kind.LOST}:
                assert entry.fields["of"] in found, "an outcome is of a decision before it, and there is one"
                found.discard(entry.fields["of"])
        return found


@contextmanager
def live(folder: Path, before: Callable[[], None] | None = None, *, start: bool = True) -> Iterator[Live]:
    """Run an upstream and a gateway before it."""
    loop = asyncio.new_event_loop()
    peer = Peer(act)
    server = loop.run_until_complete(asyncio.start_server(peer.serve, "127.0.0.1", 0, backlog=4096))
    thread = Thread(target=loop.run_forever)
    thread.start()
    gateway = Live(folder, peer, before=before)
    demo.write_terms(folder / "terms", server.sockets[0].getsockname()[1])
    policy = folder / "terms/instruments/halden-usage-policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("above: 20", "above: 900000"), encoding="utf-8")
    words = ["key", "new", "--terms", str(folder / "terms"), "--state", str(gateway.state), "--use", demo.USE]
    made = subprocess.run([sys.executable, "-m", "remit", *words], capture_output=True, text=True, check=True)
    gateway.key = made.stdout.split()[0]
    try:
        if start:
            gateway.start()
        yield gateway
    finally:
        gateway.stop(signal.SIGKILL)
        server.close()
        asyncio.run_coroutine_threadsafe(peer.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def is_deep() -> bool:
    """Tell whether the long run was asked for."""
    return os.environ.get("HYPOTHESIS_PROFILE") == "deep"
