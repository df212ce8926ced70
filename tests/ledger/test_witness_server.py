"""The witness over HTTP: the answers as they are, bounded bodies, and nothing signed that is not remembered."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from threading import Thread

import pytest

from remit.ledger import witness_server
from remit.ledger.witness import LARGEST_REQUEST, Witness, WitnessMemory, write_request
from remit.ledger.witness_server import WitnessServer
from tests.ledger.small_log import AT, LOG_KEY, ORIGIN_HASH, WITNESS, WITNESS_SIGNER, DictMemory, SmallLog

LOG = SmallLog(20)


class FailingMemory(DictMemory):
    """The double of a disk that is full."""

    def replace(self, origin: str, expected: bytes | None, note: bytes) -> bool:  # noqa: ARG002  # it fails before
        raise OSError(28, "No space left on device")


class Served:
    """A server on a loopback port, and what it told."""

    def __init__(self, memory: WitnessMemory) -> None:
        self.told: list[str] = []
        witness = Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], memory)
        self.server = WitnessServer(("127.0.0.1", 0), witness, lambda: AT, self.told.append)
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=10)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served(DictMemory())
    yield running
    running.close()


def send(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[HTTPResponse, bytes]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer, answer.read()


def test_a_log_is_cosigned_over_one_connection_that_stays(served: Served) -> None:
    connection = served.connect()
    body = write_request(0, [], LOG.checkpoint(9).content())
    assert send(connection, "POST", "/add-checkpoint", body)[0].status == 200
    answer, content = send(connection, "POST", "/add-checkpoint", body)
    assert answer.status == 409
    assert (answer.headers["Content-Type"], content) == ("text/x.tlog.size", b"9\n")
    answer, content = send(connection, "GET", f"/{ORIGIN_HASH}/checkpoint")
    assert (answer.status, content.startswith(LOG.checkpoint(9).text)) == (200, True)
    connection.close()
    assert any('"POST /add-checkpoint HTTP/1.1" 200' in line for line in served.told)


@pytest.mark.parametrize("path", ["/", "/checkpoint", f"/{ORIGIN_HASH}", f"/{'0' * 64}/checkpoint"])
def test_what_is_not_there_is_404(served: Served, path: str) -> None:
    connection = served.connect()
    assert send(connection, "GET", path)[0].status == 404
    assert send(connection, "POST", path, b"old 0\n")[0].status == 404
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "٣".encode().decode("latin-1")}, 411),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": str(LARGEST_REQUEST + 1)}, 413),
        ({"Content-Length": "9" * 5000}, 413),
    ],
)
def test_a_body_without_a_length_or_beyond_the_bound_is_not_read(
    served: Served, headers: dict[str, str], status: int
) -> None:
    connection = served.connect()
    connection.putrequest("POST", "/add-checkpoint")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (status, "close")
    connection.close()


def test_a_memory_that_fails_signs_nothing() -> None:
    served = Served(FailingMemory())
    connection = served.connect()
    body = write_request(0, [], LOG.checkpoint(9).content())
    answer, content = send(connection, "POST", "/add-checkpoint", body)
    assert answer.status == 500
    assert "—".encode() not in content
    connection.close()
    served.close()
    assert any("No space left" in line for line in served.told)


def test_a_silent_connection_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server._Connection, "timeout", 0.05)
    served = Served(DictMemory())
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as silent:
        silent.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold")
        assert silent.recv(1) == b""
    served.close()


def test_a_connection_beyond_the_bound_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server, "MOST_CONNECTIONS", 1)
    served = Served(DictMemory())
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as first:
        # An answer shows that the one place is taken; the connection stays open and keeps it.
        first.sendall(b"GET / HTTP/1.1\r\nHost: witness\r\n\r\n")
        assert first.recv(12) == b"HTTP/1.1 404"
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as second:
            assert second.recv(1) == b""
    served.close()


def test_a_connection_that_breaks_is_told_and_no_more(served: Served) -> None:
    with socket.socket() as broken:
        served.server.handle_error(broken, ("127.0.0.1", 1))
    assert served.told == ["127.0.0.1 the connection ended in an error"]


def test_a_server_that_is_told_to_say_nothing_says_nothing() -> None:
    witness = Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], DictMemory())
    with WitnessServer(("127.0.0.1", 0), witness, lambda: AT) as server:
        server.tell("anything")


def test_a_client_that_sends_a_byte_now_and_then_does_not_keep_its_place(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "LONGEST_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        ended = False
        for _ in range(100):
            try:
                slow.sendall(b"o")
                slow.settimeout(0.05)
                ended = slow.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended:
                break
        assert ended
