"""The model that serves is the one that was judged, at whatever point of a reply it says so."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import live as stage
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES, chunk, events, message_start, response, text_block
from tests.gateway.live import Live, live, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.upstream.peers import Talk

OTHER, LATE = "osprey-1", "LATEWORDS"
STREAM = b"text/event-stream"
_TEXT = text_block(1, LATE)
_FALLBACK: dict[str, Any] = {"type": "fallback", "from": {"model": "heron-2"}, "to": {"model": OTHER}}
SHAPES: dict[str, tuple[str, bytes]] = {
    "a later chunk": (CHAT, events(chunk({"content": "a"}), chunk({"content": LATE}, model=OTHER))),
    "a chunk between": (
        CHAT,
        events(chunk({"content": "a"}), chunk({"content": LATE}, model=OTHER), chunk({"content": "b"}), done=True),
    ),
    "the first chunk": (CHAT, events(chunk({"content": LATE}, model=OTHER), done=True)),
    "the start of a message": (MESSAGES, events(message_start(model=OTHER), *text_block(0, LATE), named=True)),
    "a block that says so": (
        MESSAGES,
        events(
            message_start(),
            {"type": "content_block_start", "index": 0, "content_block": _FALLBACK},
            {"type": "content_block_stop", "index": 0},
            *_TEXT,
            named=True,
        ),
    ),
    "the end of a response": (
        RESPONSES,
        events(
            {"type": "response.created", "response": response(status="in_progress")},
            {"type": "response.completed", "response": response(model=OTHER, x=LATE)},
            named=True,
        ),
    ),
}


async def _turn(talk: Talk) -> None:
    await talk.say(stage.STREAM, stage.chunk(events(chunk({"content": "a"}))))
    await asyncio.sleep(0.2)
    await talk.say(stage.chunk(events(chunk({"content": LATE}, model=OTHER))), b"0\r\n\r\n")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("served")
    shapes = {f"#{number}.".encode(): data for number, (_, data) in enumerate(SHAPES.values())}
    with live(folder, start=False) as running:
        register = folder / "terms/remit.yaml"
        text = register.read_text(encoding="utf-8")
        register.write_text(text.replace("dialects: [openai]", "dialects: [openai, anthropic]"), encoding="utf-8")
        kept = dict(stage.REPLIES)
        stage.REPLIES.update({word: reply(data, STREAM) for word, data in shapes.items()})
        stage.DEEDS[b"#turn"] = _turn
        running.start()
        try:
            yield running
        finally:
            del stage.DEEDS[b"#turn"]
            stage.REPLIES.clear()
            stage.REPLIES.update(kept)


@pytest.mark.parametrize("name", SHAPES)
def test_another_model_that_serves_is_refused_and_on_record(gateway: Live, name: str) -> None:
    path, _ = SHAPES[name]
    text = f"#{list(SHAPES).index(name)}."
    asked = {"model": "heron-2", "max_tokens": 9, "stream": True}
    words = {"input": text} if path == RESPONSES else {"messages": [{"role": "user", "content": text}]}
    status, _, body = gateway.ask(path=path, raw=json.dumps(asked | words).encode())
    assert LATE.encode() not in body
    assert status in {200, 502}
    assert OTHER.encode() in body
    assert not gateway.without_end()


def test_a_model_that_changes_on_the_way_is_refused_where_it_does(gateway: Live) -> None:
    status, _, body = gateway.ask("#turn", stream=True)
    assert status == 200
    assert b'"a"' in body
    assert LATE.encode() not in body
    assert OTHER.encode() in body
