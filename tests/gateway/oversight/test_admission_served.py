"""Makers' libraries with little patience, before a gateway at which people release each use of a model."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest

from tests.gateway.oversight.scene import AMADI, MAY
from tests.gateway.oversight.served import CRANE, Harbour, Model, answering

PATIENCE, HOLD = 3.0, 4.5
"""Seconds that a client waits between two signs of life, and that people take to answer."""
_POLICY = f"""\
instrument: halden
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
  - {MAY}
  - {{id: ask-first, hold: [invoke], until: {{approvals: {{of: officer}}, expires_in: 10m}}}}
"""
TOOLS: Any = [{"type": "function", "function": {"name": "crane", "parameters": {"type": "object"}}}]


class Gatehouse(Harbour):
    """A harbour whose terms hold the use of its model."""

    def start(self) -> None:
        (self.terms_folder / "instruments/halden.yaml").write_text(_POLICY)
        super().start()


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    model = Model()
    with answering(model):
        found = Gatehouse(tmp_path_factory.mktemp("gatehouse"), model, "approvals: {of: officer}, expires_in: 10m")
        try:
            yield found
        finally:
            found.stop()


def by_openai(harbour: Harbour) -> Any:
    return openai.OpenAI(base_url=f"{harbour.address}/v1", api_key=harbour.key, timeout=PATIENCE, max_retries=0)


def by_anthropic(harbour: Harbour) -> Any:
    return anthropic.Anthropic(base_url=harbour.address, api_key=harbour.key, timeout=PATIENCE, max_retries=0)


def chat(harbour: Harbour, said: Any) -> str:
    reply = by_openai(harbour).chat.completions.create(model="heron-1", messages=said, tools=TOOLS)
    return str(reply.choices[0].message.tool_calls[0].function.arguments)


def chat_streamed(harbour: Harbour, said: Any) -> str:
    with by_openai(harbour).chat.completions.stream(model="heron-1", messages=said, tools=TOOLS) as stream:
        reply = stream.get_final_completion()
    assert "Waiting for approval" in reply.choices[0].message.content
    return str(reply.choices[0].message.tool_calls[0].function.arguments)


def responses(harbour: Harbour, said: Any) -> str:
    reply = by_openai(harbour).responses.create(model="heron-1", input=said)
    return str(reply.output[-1].arguments)


def responses_streamed(harbour: Harbour, said: Any) -> str:
    with by_openai(harbour).responses.stream(model="heron-1", input=said, store=False) as stream:
        reply = stream.get_final_response()
    assert "Waiting for approval" in reply.output_text
    return str(reply.output[-1].arguments)


def responses_kept(harbour: Harbour, said: Any) -> str:
    with by_openai(harbour).responses.stream(model="heron-1", input=said) as stream:
        reply = stream.get_final_response()
    assert (reply.id, reply.output_text) == ("resp_1", "")
    return str(reply.output[-1].arguments)


def messages(harbour: Harbour, said: Any) -> str:
    reply = by_anthropic(harbour).messages.create(model="heron-1", max_tokens=9, messages=said)
    return json.dumps(reply.content[-1].input)


def messages_streamed(harbour: Harbour, said: Any) -> str:
    with by_anthropic(harbour).messages.stream(model="heron-1", max_tokens=9, messages=said) as stream:
        reply = stream.get_final_message()
    assert "Waiting for approval" in reply.content[0].text
    assert reply.usage.input_tokens == 9
    return json.dumps(reply.content[-1].input)


WAYS = [chat, chat_streamed, responses, responses_streamed, responses_kept, messages, messages_streamed]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_unmodified_library_gets_the_reply_that_people_released(
    gatehouse: Gatehouse, way: Callable[[Harbour, Any], str]
) -> None:
    before = len(gatehouse.model.asked)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(way, gatehouse, [{"role": "user", "content": f"Unload, by {way.__name__}."}])
        held = gatehouse.until_held()
        time.sleep(HOLD)
        assert len(gatehouse.model.asked) == before, "nothing leaves before it is released"
        gatehouse.answer(held, AMADI, "amadi")
        assert json.loads(asked.result(20)) == json.loads(CRANE)
    assert len(gatehouse.model.asked) == before + 1


def test_a_client_that_goes_is_noted_and_people_see_what_it_asked_for(gatehouse: Gatehouse) -> None:
    client = openai.OpenAI(base_url=f"{gatehouse.address}/v1", api_key=gatehouse.key, timeout=0.5, max_retries=0)
    said: Any = [{"role": "user", "content": "Gone."}]
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="heron-1", messages=said)
    held = gatehouse.until_held()
    assert f"{held.id}" in (shown := gatehouse._remit("approvals"))
    assert "use of heron-1" in shown
    for _ in range(100):
        if next(each for each in gatehouse.held() if each.id == held.id).left is not None:
            return
        time.sleep(0.1)
    raise AssertionError("nobody noted that the client went")
