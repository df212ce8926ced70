"""What a call costs through the gateway, judge and durable ledger on, against a plain relay in front of the same model.

Model, load and gateway share the machine, so compare within one run: CPU a request first, which holds best.
The relay is nginx where it is installed, and else a bare one over asyncio.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CALLS, STREAMS, EVENTS, PACE, AT_ONCE, SERIAL = 4_000, 200, 40, 0.005, 32, 150
PROSE = "The quick brown fox reads the terms of use before it jumps. "
REGISTER = """\
organisation: quayside
parties: [{{id: quayside}}, {{id: halden}}]
scopes: [{{id: harbour, says: ships, kind: civil, serves: ["**"]}}]
use_cases: [{{id: ask, scope: harbour, says: asking, serves: ["**"]}}]
upstreams: [{{id: up, maker: halden, channel: local, base_url: "http://127.0.0.1:{port}"}}]
makers: [{{id: halden, domicile: DE}}]
models: [{{id: heron-2, maker: halden, family: heron}}]
"""
HOUSE = """\
instrument: house
kind: policy
by: quayside
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: no-force, boundary: true, forbid: [act], when: {tool.effect: force}}
  - {id: may, permit: [invoke, act], when: {model.maker: halden}}
"""
NGINX = """\
daemon off; worker_processes 1; pid {place}/pid; error_log {place}/err;
events {{ worker_connections 1024; }}
http {{ access_log off; client_max_body_size 8m; client_body_buffer_size 1m; keepalive_requests 1000000;
client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u;
scgi_temp_path {place}/s;
upstream model {{ server 127.0.0.1:{to}; keepalive 128; keepalive_requests 1000000; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://model; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_buffering off; }} }} }}
"""


class Figures(NamedTuple):
    """What was measured of one way to the model; times in milliseconds, CPU in microseconds."""

    cpu_request: float
    small: float
    large: float
    first: float
    cpu_event: float


def body(prompt: str, *, stream: bool = False) -> bytes:
    """Write a request for the model."""
    fields = {"model": "heron-2", "messages": [{"role": "user", "content": prompt}], "stream": stream}
    return json.dumps(fields).encode()


async def serve_model(port: int) -> None:
    """Answer at once, or with an event every few milliseconds."""
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "heron-2"}
    event = b"data: %b\n\n" % json.dumps(frame | {"choices": [{"index": 0, "delta": {"content": "word "}}]}).encode()
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "heron-2"}
    message = {"role": "assistant", "content": "word " * 16}
    whole |= {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    reply = json.dumps(whole).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(reply)
    begin = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                got = (await reader.readuntil(b"\r\n\r\n")).lower()
                asked = await reader.readexactly(int(got.split(b"content-length:")[1].split(b"\r\n")[0]))
                if b'"stream": true' not in asked[-40:]:
                    writer.write(head + reply)
                    continue
                writer.write(begin)
                for _ in range(EVENTS):
                    writer.write(b"%x\r\n%b\r\n" % (len(event), event))
                    await asyncio.sleep(PACE)
                writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=512, limit=1 << 21)
    await server.serve_forever()


async def relay(port: int, to: int) -> None:
    """Pass bytes on and look at none of them."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(pump(reader, outer), pump(inner, writer), return_exceptions=True)

    server = await asyncio.start_server(both, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


class Line:
    """One connection of a client."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"

    async def open(self) -> Line:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, content: bytes) -> float:
        """Ask, read the whole reply, and return how long its first byte took."""
        began = time.perf_counter()
        self._writer.write(f"{self._head}content-length: {len(content)}\r\n\r\n".encode() + content)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"not answered: {head[:200]!r}")
        if b"content-length:" in head:
            await self._reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            return time.perf_counter() - began
        await self._reader.readuntil(b"data:")
        first = time.perf_counter() - began
        await self._reader.readuntil(b"\r\n0\r\n\r\n")
        return first


async def measure(port: int, key: str, cpu: Callable[[], float], often: int = 1) -> Figures:
    """Measure one way to the model; what is quick is asked more often, since CPU time comes in hundredths."""
    calls = CALLS * often // AT_ONCE
    line = await Line(port, key).open()
    small, large, streamed = body(PROSE * 14), body(PROSE * 1_400), body(PROSE * 14, stream=True)
    for _ in range(20):
        await line.ask(small)
    serial = [await line.ask(small) for _ in range(SERIAL)]
    long = [await line.ask(large) for _ in range(SERIAL // 3)]
    lines = [await Line(port, key).open() for _ in range(AT_ONCE)]
    before = cpu()
    await asyncio.gather(*(_repeat(each, small, calls) for each in lines))
    between = cpu()
    firsts = await asyncio.gather(*(each.ask(streamed) for each in lines[:1] * 1))
    firsts += [await line.ask(streamed) for _ in range(5)]
    paced = cpu()
    await asyncio.gather(*(_repeat(each, streamed, STREAMS // 20) for each in lines[:20]))
    events = cpu() - paced
    return Figures(
        (between - before) / (calls * AT_ONCE) * 1e6,
        median(serial) * 1e3,
        median(long) * 1e3,
        median(firsts) * 1e3,
        events / (STREAMS // 20 * 20 * EVENTS) * 1e6,
    )


async def _repeat(line: Line, content: bytes, times: int) -> None:
    for _ in range(times):
        await line.ask(content)


def cpu_of(pids: list[int]) -> Callable[[], float]:
    """Return a look at the CPU seconds that processes have used."""
    tick = os.sysconf("SC_CLK_TCK")

    def look() -> float:
        rows = (Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids)
        return sum(int(row[11]) + int(row[12]) for row in rows) / tick

    return look


def start_gateway(place: Path, port: int, to: int) -> tuple[subprocess.Popen[bytes], str, float]:
    """Start the gateway; return its process, a key and how long it took to be ready."""
    (place / "terms/instruments").mkdir(parents=True)
    (place / "terms/remit.yaml").write_text(REGISTER.format(port=to), encoding="utf-8")
    (place / "terms/instruments/house.yaml").write_text(HOUSE, encoding="utf-8")
    remit = [sys.executable, "-m", "remit"]
    made = subprocess.run(
        [*remit, "key", "new", "--use", "ask", "--terms", "terms"], cwd=place, capture_output=True, check=True
    )
    began = time.perf_counter()
    process = subprocess.Popen(
        [*remit, "serve", "terms", "--listen", f"127.0.0.1:{port}"], cwd=place, stdout=subprocess.DEVNULL
    )
    wait_for(port)
    return process, made.stdout.split()[0].decode(), time.perf_counter() - began


def wait_for(port: int) -> None:
    """Wait until somebody answers at a port."""

    async def ready() -> None:
        for _ in range(500):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
                await asyncio.wait_for(reader.read(1), 5)
                writer.close()
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return

    asyncio.run(ready())


def main() -> None:
    """Start everything, measure, and print."""
    port = 20_000 + os.getpid() % 20_000
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as made:
        place = Path(made)
        here = [sys.executable, __file__]
        started = [subprocess.Popen([*here, "model", str(port)])]
        try:
            wait_for(port)
            if nginx := shutil.which("nginx"):
                (place / "n.conf").write_text(NGINX.format(place=place, port=port + 1, to=port), encoding="utf-8")
                command = [nginx, "-c", str(place / "n.conf"), "-p", str(place)]
            else:
                command = [*here, "relay", str(port + 1), str(port)]
            started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            wait_for(port + 1)
            gateway, key, ready = start_gateway(place, port + 2, port)
            started.append(gateway)
            report(port, key, (started[1].pid, gateway.pid), ready, "nginx" if nginx else "bare relay")
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(20)


def report(port: int, key: str, pids: tuple[int, int], ready: float, name: str) -> None:
    """Measure the model alone, the reference and the gateway, and print what each adds."""
    direct = asyncio.run(measure(port, key, lambda: 0.0))
    other = asyncio.run(measure(port + 1, key, cpu_of([pids[0], *children(pids[0])]), 10))
    ours = asyncio.run(measure(port + 2, key, cpu_of([pids[1]])))
    print(f"{'':<40}{'ours':>15}{name:>15}{'ratio':>10}")
    print(f"{'CPU a request, us':<40}{ours[0]:>15.0f}{other[0]:>15.0f}{ours[0] / max(other[0], 1):>10.1f}")
    for label, at in (
        ("added to a small call, ms", 1),
        ("added to one of 85 kB, ms", 2),
        ("added to the first token, ms", 3),
    ):
        print(f"{label:<40}{ours[at] - direct[at]:>15.2f}{other[at] - direct[at]:>15.2f}")
    print(f"{'CPU a paced event, us':<40}{ours[4]:>15.0f}{other[4]:>15.0f}")
    rows = Path(f"/proc/{pids[1]}/status").read_text(encoding="ascii").splitlines()
    resident = next(int(row.split()[1]) for row in rows if row.startswith("VmRSS"))
    print(f"{'resident, MB':<40}{resident / 1024:>15.0f}")
    print(f"{'ready after, s':<40}{ready:>15.2f}")


def children(pid: int) -> list[int]:
    """Return the processes that one has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(each) for each in found]


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    work: dict[str, Callable[[], Awaitable[None]]] = {
        "model": lambda: serve_model(int(sys.argv[2])),
        "relay": lambda: relay(int(sys.argv[2]), int(sys.argv[3])),
    }
    if len(sys.argv) > 1:
        with suppress(KeyboardInterrupt):
            asyncio.run(work[sys.argv[1]]())  # type: ignore[arg-type]
    else:
        main()
