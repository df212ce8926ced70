"""The witness over HTTP: add-checkpoint, and the latest checkpoint of each log (C2SP tlog-witness).

1. A body is read only with its length said, up to a bound; no connection may be silent for longer than a few seconds,
   nor last longer than a minute, so that a byte now and then keeps no place.
2. No more connections are served at once than a bound; one that comes on top is closed.
3. A memory that fails is answered with 500, and nothing is signed.
4. It speaks plain HTTP, for a loopback address or behind what ends TLS.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from threading import BoundedSemaphore, Timer
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.witness import LARGEST_REQUEST, WitnessAnswer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from remit.ledger.witness import Witness

MOST_CONNECTIONS = 64
SILENCE_SECONDS = 10.0
LONGEST_SECONDS = 60.0
_ADD = "/add-checkpoint"
_CHECKPOINT = "/checkpoint"


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; `clock` gives the time in seconds since 1970 that cosignatures bear."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        witness: Witness,
        clock: Callable[[], int],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(address, _Connection)
        self.witness = witness
        self.clock = clock
        self.tell = tell
        self._places = BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, D102  # as socketserver has it
        if self._places.acquire(blocking=False):  # (2)
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, D102  # as above
        end = Timer(LONGEST_SECONDS, _end, [request])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._places.release()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:  # noqa: ANN401, ARG002, D102  # as above
        # What breaks here is nearly always the client's connection; nothing was cosigned that is not stored.
        self.tell(f"{client_address[0]} the connection ended in an error")


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # It has ended by itself.
        connection.shutdown(SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    """One connection, which may carry several requests ("HTTP Interface")."""

    protocol_version = "HTTP/1.1"
    server_version = "remit-witness"
    sys_version = ""
    timeout = SILENCE_SECONDS  # (1)
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != _ADD:
            self._close_with(HTTPStatus.NOT_FOUND)
        elif "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):  # (1)
            self._close_with(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > len(str(LARGEST_REQUEST)) or int(length) > LARGEST_REQUEST:
            self._close_with(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(self._add(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        origin_hash = self.path.removeprefix("/").removesuffix(_CHECKPOINT)
        found = self.server.witness.latest(origin_hash) if self.path.endswith(_CHECKPOINT) else None
        if found is None:
            self._answer(WitnessAnswer(HTTPStatus.NOT_FOUND, b"there is no such checkpoint\n"))
        else:
            self._answer(WitnessAnswer(HTTPStatus.OK, found))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server names it
        self.server.tell(f"{self.client_address[0]} {format % args}")

    def _add(self, body: bytes) -> WitnessAnswer:
        try:
            return self.server.witness.add_checkpoint(body, self.server.clock())
        except (EvidenceRefused, OSError) as fault:
            # The memory failed, not the request, and a witness that cannot remember does not sign (3).
            self.server.tell(f"nothing was cosigned: {fault}")
            return WitnessAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, b"the witness cannot remember, so it did not sign\n")

    def _close_with(self, status: HTTPStatus) -> None:
        # The body is not read, so what follows on this connection could not be told from it.
        self.close_connection = True
        self._answer(WitnessAnswer(status, f"{status.phrase}\n".encode()))

    def _answer(self, answer: WitnessAnswer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
