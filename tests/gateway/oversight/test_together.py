"""Several calls of one reply are before people at once, are answered in any order, and go out in theirs."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection

import pytest

from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    chat,
    chunk,
    filter_at,
    function_item,
    item_events,
    message,
    permit,
    piece,
    read_through,
    responses,
    text_block,
    text_item,
    tool_block,
)
from tests.gateway.oversight.scene import AMADI, BAKER
from tests.gateway.oversight.served import Harbour, Model, answering

BERTHS = ['{"berth": 1}', '{"berth": 2}', '{"berth": 3}']
_ITEMS = [text_item("I will."), *(function_item("crane", berth, at) for at, berth in enumerate(BERTHS, 1))]
REPLIES = {
    CHAT: chat(
        chunk({"content": "I will."}), *(chunk({"tool_calls": [piece(n, "crane", b)]}) for n, b in enumerate(BERTHS))
    ),
    MESSAGES: message(text_block(0, "I will."), *(tool_block(n, "crane", b) for n, b in enumerate(BERTHS, 1))),
    RESPONSES: responses(*(item_events(at, item) for at, item in enumerate(_ITEMS)), final=_ITEMS),
}


class ManyCranes(Model):
    """Proposes three calls in one reply."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))
            await reader.readexactly(length)
            content = REPLIES[head.split()[1].decode()].replace(b"heron-2", b"heron-1")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + content)
            await writer.drain()
        writer.close()


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    model = ManyCranes()
    with answering(model):
        found = Harbour(tmp_path_factory.mktemp("many"), model, "approvals: {of: officer}, expires_in: 10m")
        try:
            yield found
        finally:
            found.stop()


def ask(harbour: Harbour, path: str) -> bytes:
    said = [{"role": "user", "content": f"Unload at {path}."}]
    body = {"model": "heron-1", "stream": True, "max_tokens": 9}
    body |= {"input": said} if path == RESPONSES else {"messages": said}
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=20)
    headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    try:
        response = connection.getresponse()
        assert response.status == 200
        return response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", REPLIES)
def test_calls_of_one_reply_are_before_people_at_once_and_go_out_in_their_order(harbour: Harbour, path: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, path)
        harbour.until_held(3)
        open_now = {held.call.arguments: held for held in harbour.held() if held.state.live}
        assert sorted(open_now) == BERTHS
        harbour.answer(open_now[BERTHS[2]], AMADI, "amadi")
        harbour.answer(open_now[BERTHS[0]], BAKER, "baker")
        harbour.answer(open_now[BERTHS[1]], BAKER, "baker", "refused", reason="the wrong berth")
        reply = asked.result(20)
    again, calls = read_through(filter_at(path, streamed=True), [reply], permit)
    assert again == reply
    assert [json.loads(call.arguments) for call in calls] == [{"berth": 1}, {"berth": 3}]
    assert b"the wrong berth" in reply
    outcomes = harbour.said()
    assert outcomes[-1].startswith("outcome")
