"""What goes wrong is refused or carried, and is on record: real sockets, and the gateway in a process of its own."""

from __future__ import annotations

import json
import resource
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

import pytest

from remit.ledger.kind import Effect, Kind
from tests.gateway.live import COUNTED, ENDS, Live, is_deep, live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MEMORY = 160


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.mark.parametrize(
    "fault", ["#hang", "#reset", "#no-json", "#no-text", "#brotli", "#bomb", "#two-lengths", "#huge"]
)
def test_an_upstream_that_fails_is_an_error_and_an_outcome(gateway: Live, fault: str) -> None:
    status, headers, body = gateway.ask(fault)
    assert status in {500, 502, 503, 504}
    assert "error" in json.loads(body)
    assert headers["remit-decision"].isdigit()
    assert not gateway.without_end()
    assert gateway.memory() < MOST_MEMORY
    assert gateway.ask()[0] == 200


@pytest.mark.parametrize("fault", ["#half", "#no-event"])
def test_a_stream_that_breaks_does_not_end_as_if_it_were_whole(gateway: Live, fault: str) -> None:
    status, _, body = gateway.ask(fault, stream=True)
    assert status == -1 or b"[DONE]" not in body
    assert not gateway.without_end()


def test_a_client_that_reads_nothing_fills_no_memory(gateway: Live) -> None:
    body = json.dumps(
        {"model": "heron-2", "stream": True, "messages": [{"role": "user", "content": "#flood"}]}
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as sock:
        sock.sendall(head.encode() + b"content-length: %d\r\n\r\n%b" % (len(body), body))
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        for _ in range(20):
            assert gateway.ask()[0] == 200
        assert gateway.memory() < MOST_MEMORY
    assert not gateway.without_end()


def head_of(gateway: Live, more: bytes) -> bytes:
    own = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n"
    return own.encode() + more + b"\r\n"


BODY = b'{"model":"heron-2","messages":[{"role":"user","content":"?"}]}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(LENGTH + b"x-a: " + b"a" * 65_536 + b"\r\n", BODY, id="a header of 64 kB"),
        pytest.param(LENGTH + b"content-length: 3\r\n", BODY, id="two lengths"),
        pytest.param(LENGTH + LENGTH, BODY, id="one length twice"),
        pytest.param(LENGTH + CHUNKED, b"0\r\n\r\n", id="a length and chunks"),
        pytest.param(CHUNKED, b"+3e\r\n" + BODY + b"\r\n0\r\n\r\n", id="a chunk's size with a sign"),
        pytest.param(CHUNKED, b"0x3e\r\n" + BODY + b"\r\n0\r\n\r\n", id="a chunk's size with 0x"),
        pytest.param(CHUNKED, b"3\r\n" + BODY + b"\r\n0\r\n\r\n", id="a chunk longer than its size"),
        pytest.param(b"transfer-encoding: xchunked\r\n" + LENGTH, BODY, id="a coding like chunked"),
        pytest.param(b"content-length: +62\r\n", BODY, id="a length with a sign"),
        pytest.param(LENGTH + b"x-a: b\r\n c: d\r\n", BODY, id="a folded header"),
        pytest.param(LENGTH + b"x-a: b\0c\r\n", BODY, id="NUL in a header"),
        pytest.param(LENGTH.replace(b":", b" :"), BODY, id="a space before the colon"),
    ],
)
def test_a_request_that_could_be_read_in_two_ways_is_not_passed_on(gateway: Live, head: bytes, body: bytes) -> None:
    before = len(gateway.peer.requests)
    found = gateway.send(head_of(gateway, head) + body)
    assert not found or found.startswith(b"HTTP/1.1 4")
    assert len(gateway.peer.requests) == before
    assert gateway.ask()[0] == 200


@pytest.mark.deep
def test_many_open_streams_come_whole_and_in_order(gateway: Live) -> None:
    number = 2_000 if is_deep() else 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4 * number:
        pytest.skip(f"{4 * number} open files are needed, and {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * number), hard))
    with ThreadPoolExecutor(number) as pool:
        found = list(pool.map(lambda _: gateway.ask("#paced", stream=True), range(number)))
    expected = b"".join((*COUNTED, *ENDS))
    assert sum(status == 200 and body == expected for status, _, body in found) == number
    assert gateway.memory() < MOST_MEMORY + number // 10
    assert not gateway.without_end()


def ask_on(gateway: Live, words: str, ended: Event, acknowledged: set[int]) -> None:
    """Ask again and again, and keep the decisions that came back."""
    while not ended.is_set():
        _, headers, _ = gateway.ask(words, stream="#" in words)
        if "remit-decision" in headers:
            acknowledged.add(int(headers["remit-decision"]))


def kill_under_load(gateway: Live, acknowledged: set[int], after: float) -> None:
    """Start the gateway, load it, and kill it."""
    gateway.start()
    ended = Event()
    with ThreadPoolExecutor(6) as pool:
        for each in range(6):
            pool.submit(ask_on, gateway, "#paced" if each % 2 else "?", ended, acknowledged)
        Event().wait(after)
        gateway.stop(signal.SIGKILL)
        ended.set()


@pytest.mark.deep
def test_what_was_acknowledged_is_on_record_however_often_the_gateway_is_killed(tmp_path: Path) -> None:
    rounds = 25 if is_deep() else 2
    with live(tmp_path, start=False) as gateway:
        acknowledged: set[int] = set()
        for number in range(rounds):
            kill_under_load(gateway, acknowledged, 0.3 + 0.1 * (number % 4))
        gateway.start()
        assert gateway.ask()[0] == 200
        gateway.stop()
        decided = {entry.n for entry in gateway.entries() if entry.kind == Kind.DECISION}
        assert acknowledged
        assert acknowledged <= decided
        assert not gateway.without_end()
        assert any(entry.kind == Kind.LOST for entry in gateway.entries())


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_300_000, 1_300_000))


def test_on_a_full_disk_calls_are_refused_and_none_goes_round_the_log(tmp_path: Path) -> None:
    with live(tmp_path, limit_files) as gateway:
        statuses = []
        for _ in range(3_000):
            statuses.append(gateway.ask()[0])
            if statuses[-8:] == [503] * 8:
                break
        assert statuses[0] == 200
        assert statuses[-1] == 503
        allowed = sum(e.kind == Kind.DECISION and e.fields["o"] == Effect.ALLOW for e in gateway.entries())
        assert len(gateway.peer.requests) <= allowed
        assert "ledger" in gateway.ask()[2].decode()
        with suppress(TimeoutError):
            gateway.stop()
        gateway.before = None
        gateway.start()
        assert gateway.ask()[0] == 200
        assert not gateway.without_end()
