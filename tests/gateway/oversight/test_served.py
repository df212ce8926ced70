"""Held calls through a gateway that serves: asked for again, refused, left, stopped, and over the death of it."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from remit.gateway.oversight.held import State
from tests.gateway.oversight.scene import AMADI, BAKER
from tests.gateway.oversight.sdks import CHAT_TOOLS
from tests.gateway.oversight.served import Harbour, a_harbour


def ask(harbour: Harbour, text: str, *, stream: bool = False, turns: int = 1) -> str:
    """Ask over a plain connection, and return all that comes."""
    history = [{"role": "user", "content": text}, *({"role": "user", "content": "go on"} for _ in range(turns - 1))]
    body = {"model": "heron-1", "messages": history, "tools": CHAT_TOOLS, "stream": stream}
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=20)
    try:
        headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        return connection.getresponse().read().decode()
    except (HTTPException, OSError) as error:
        return f"broken: {type(error).__name__}"
    finally:
        connection.close()


def may_run(reply: str) -> bool:
    return re.search(r'"tool_calls":\s*\[', reply) is not None


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with a_harbour(tmp_path_factory.mktemp("harbour")) as found:
        yield found


def approve(harbour: Harbour, count: int = 1) -> None:
    harbour.until_held(count)
    for held in harbour.held():
        if held.state is State.OPEN:
            harbour.answer(held, AMADI, "amadi")
            harbour.answer(held, BAKER, "baker")


def test_a_repeated_request_streamed_or_not_joins_the_call_and_it_goes_out_once(harbour: Harbour) -> None:
    before = harbour.said().count("decision hold")
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, harbour, "Twice.", stream=stream) for stream in (True, False, True)]
        harbour.until_held()
        time.sleep(1)
        approve(harbour)
        replies = [waiting.result(20) for waiting in asked]
    assert harbour.said().count("decision hold") == before + 1
    assert [may_run(reply) for reply in replies].count(True) == 1
    assert sum("serves once" in reply for reply in replies) == 2


def test_a_refusal_ends_the_reply_well_with_the_reason(harbour: Harbour) -> None:
    for stream in (True, False):
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, harbour, f"Refuse {stream}.", stream=stream)
            harbour.answer(harbour.until_held(), BAKER, "baker", "refused", reason="the wrong berth")
            reply = asked.result(20)
        assert not may_run(reply)
        assert "the wrong berth" in reply
        assert '"finish_reason":"stop"' in reply.replace('": "', '":"')


def test_a_client_that_goes_is_noted_so_that_its_call_is_void_soon(harbour: Harbour) -> None:
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=20)
    body = {"model": "heron-1", "messages": [{"role": "user", "content": "Gone."}], "tools": CHAT_TOOLS, "stream": True}
    headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    held = harbour.until_held()
    connection.close()
    for _ in range(100):
        if next(each for each in harbour.held() if each.id == held.id).left is not None:
            return
        time.sleep(0.1)
    raise AssertionError("nobody noted that the client went")


def test_a_stop_ends_what_waits_with_a_text(harbour: Harbour) -> None:
    words = ["--maker", "halden", "--reason", "enough", "--by", "deeds", "--state", str(harbour.state)]
    command = [sys.executable, "-m", "remit", "revoke", *words]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Stop me.", stream=True)
        harbour.until_held()
        subprocess.run(command, check=True, capture_output=True)
        reply = asked.result(20)
    assert not may_run(reply)
    assert "deeds took it back: enough" in reply
    subprocess.run([*command, "--lift"], check=True, capture_output=True)
    time.sleep(1)  # The gateway looks twice a second.


def test_a_stop_ends_a_reply_that_is_under_way_and_ends_it_well(harbour: Harbour) -> None:
    words = ["--model", "heron-1", "--reason", "enough", "--state", str(harbour.state)]
    command = [sys.executable, "-m", "remit", "revoke", *words]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Please talk for long.", stream=True)
        time.sleep(1)
        subprocess.run(command, check=True, capture_output=True)
        reply = asked.result(20)
    assert "word 1 " in reply
    assert "people stopped it (kill/model/heron-1)" in reply
    assert reply.rstrip().endswith("data: [DONE]")
    subprocess.run([*command, "--lift"], check=True, capture_output=True)
    time.sleep(1)  # The gateway looks twice a second.


def test_past_the_limit_the_client_is_told_and_collects_the_call_in_a_later_turn(tmp_path: Path) -> None:
    with a_harbour(tmp_path, "approvals: {of: officer}, expires_in: 10m", "--wait", "1") as harbour:
        reply = ask(harbour, "Slowly.", stream=True)
        assert not may_run(reply)
        assert "propose the same call again" in reply
        harbour.answer(harbour.until_held(), AMADI, "amadi")
        assert may_run(ask(harbour, "Slowly.", turns=3))
        assert not may_run(ask(harbour, "Slowly.", turns=3))
