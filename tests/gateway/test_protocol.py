"""The server's own part of HTTP: what a reply may not say, how it ends, and what becomes of a connection after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from remit.gateway.protocol import BoundedProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    App = Callable[[Any, Any, Any], Awaitable[None]]

GET = b"GET /a%20b?c=d HTTP/1.1\r\nhost: x\r\n\r\n"


def replies(*messages: dict[str, Any]) -> App:
    """Make an application that sends what it is told to."""

    async def app(_: Any, __: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def talk(app: App, *said: bytes, keep: float = 75, patience: float = 0.3) -> tuple[bytes, bool]:
    """Say something on one connection; return what came, and whether the server then closed it."""

    async def run() -> tuple[bytes, bool]:
        config = uvicorn.Config(
            app, http=BoundedProtocol, port=0, lifespan="off", log_level="critical", ws="none", interface="asgi3",
            timeout_keep_alive=keep,  # type: ignore[arg-type]  # it takes parts of a second too.
            server_header=False, date_header=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - it tells nobody when it has.
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        came, closed = b"", False
        for each in said:
            writer.write(each)
            try:
                while piece := await asyncio.wait_for(reader.read(65_536), patience):
                    came += piece
                closed = True
            except TimeoutError:
                pass
        writer.close()
        server.should_exit = True
        await task
        return came, closed

    return asyncio.run(run())


def test_a_reply_of_a_known_length_leaves_the_connection_open() -> None:
    app = replies(start((b"content-length", b"2")), body(b"ok"))
    came, closed = talk(app, GET, GET)
    assert came == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" * 2
    assert not closed


def test_a_reply_without_a_length_goes_in_chunks() -> None:
    app = replies(start(), body(b"one", more=True), body(b"", more=True), body(b"three", more=True), body(b""))
    came, _ = talk(app, GET)
    assert came == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [(b"x", b"a\r\nset-cookie: b"), (b"x", b"a\nb"), (b"x", b"a\rb"), (b"x\r\ny", b"a"), (b"x", b"a\0")],
)
def test_no_header_ends_its_own_line(name: bytes, value: bytes) -> None:
    came, closed = talk(replies(start((name, value)), body(b"ok")), GET)
    assert b"set-cookie" not in came
    assert b"\r\n\r\nok" not in came
    assert closed


@pytest.mark.parametrize("data", [b"longer", b"s"])
def test_a_body_of_another_length_than_was_said_is_cut(data: bytes) -> None:
    came, closed = talk(replies(start((b"content-length", b"3")), body(data)), GET)
    assert (b"longer" not in came, closed) == (True, True)


@pytest.mark.parametrize("messages", [[body(b"first")], [start(), start()], [start(), body(b"x"), body(b"y")]])
def test_what_is_sent_out_of_turn_ends_the_connection_or_is_an_error(messages: list[dict[str, Any]]) -> None:
    came, closed = talk(replies(*messages), GET)
    assert b"first" not in came
    assert b"1\r\ny" not in came
    assert closed or came.endswith(b"0\r\n\r\n")


def test_to_head_and_to_nothing_there_is_no_body() -> None:
    head = GET.replace(b"GET", b"HEAD")
    assert talk(replies(start((b"content-length", b"2")), body(b"ok")), head)[0].endswith(b"content-length: 2\r\n\r\n")
    assert talk(replies(start(status=204), body(b"")), GET)[0] == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_who_asks_to_close_is_closed() -> None:
    app = replies(start((b"content-length", b"2")), body(b"ok"))
    closing = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert talk(app, closing) == (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", True)
    old = b"GET / HTTP/1.0\r\nhost: x\r\n\r\n"
    assert talk(app, old)[1]
    says = replies(start((b"content-length", b"2"), (b"connection", b"close")), body(b"ok"))
    came, closed = talk(says, GET)
    assert (came.count(b"connection: close"), closed) == (1, True)


def test_a_connection_that_idles_is_closed_in_time_and_one_that_does_not_stays() -> None:
    app = replies(start((b"content-length", b"2")), body(b"ok"))
    assert talk(app, GET, keep=0.2, patience=1.0)[1]
    came, closed = talk(app, *[GET] * 6, keep=0.4, patience=0.15)
    assert (came.count(b"ok"), closed) == (6, False)


def test_requests_that_come_together_are_answered_in_their_order() -> None:
    seen = []

    async def app(scope: Any, _: Any, send: Any) -> None:
        seen.append((scope["method"], scope["path"], scope["raw_path"], scope["query_string"], scope["http_version"]))
        await asyncio.sleep(0.05 if len(seen) == 1 else 0)
        text = b"%d" % len(seen)
        await send(start((b"content-length", b"1")))
        await send(body(text))

    came, _ = talk(app, GET * 3)
    assert [part[-1:] for part in came.split(b"HTTP/1.1 ")[1:]] == [b"1", b"2", b"3"]
    assert seen == [("GET", "/a b", b"/a%20b", b"c=d", "1.1")] * 3


def test_who_waits_to_be_told_to_go_on_is_told() -> None:
    async def app(_: Any, receive: Any, send: Any) -> None:
        got = (await receive())["body"]
        await send(start((b"content-length", b"%d" % len(got))))
        await send(body(got))

    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n"
    came, _ = talk(app, head, b"body")
    assert came == b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"
