"""What flows after a refusal is read by the makers' own clients as a reply like any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import openai
import pytest

from remit.gateway.dialects import models
from remit.gateway.dialects.dialect import Refusal, Reply
from tests.gateway.dialects.serving import serving
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    Judge,
    chat,
    chunk,
    deny,
    denying,
    dialect_at,
    dump,
    filter_at,
    function_item,
    item_events,
    message,
    permit,
    piece,
    read_through,
    response,
    responses,
    text_block,
    text_item,
    tool_block,
)

EVENTS = (("content-type", "text/event-stream"),)
JSON = (("content-type", "application/json"),)
ARGUMENTS = '{"table":"a"}'
TOOL: Any = {"type": "function", "function": {"name": "drop", "parameters": {"type": "object"}}}
HELLO: Any = [{"role": "user", "content": "hello"}]

TWO_CALLS = {
    CHAT: chat(
        chunk({"content": "I will"}),
        chunk({"tool_calls": [piece(0, "drop", ARGUMENTS[:5])]}),
        chunk({"tool_calls": [piece(0, None, ARGUMENTS[5:])]}),
        chunk({"tool_calls": [piece(1, "find", "{}")]}),
    ),
    MESSAGES: message(text_block(0, "I will"), tool_block(1, "drop", ARGUMENTS), tool_block(2, "find", "{}")),
    RESPONSES: responses(
        item_events(0, text_item("I will")),
        item_events(1, function_item("drop", ARGUMENTS, 1)),
        item_events(2, function_item("find", "{}", 2)),
        final=[text_item("I will"), function_item("drop", ARGUMENTS, 1), function_item("find", "{}", 2)],
    ),
}
PATHS = list(TWO_CALLS)


@contextmanager
def openai_at(reply: Reply) -> Iterator[openai.OpenAI]:
    with serving(reply) as (address, _), openai.OpenAI(base_url=f"{address}/v1", api_key="k", max_retries=0) as client:
        yield client


@contextmanager
def anthropic_at(reply: Reply) -> Iterator[anthropic.Anthropic]:
    with serving(reply) as (address, _), anthropic.Anthropic(base_url=address, api_key="k", max_retries=0) as client:
        yield client


def read_by_client(path: str, flowed: bytes) -> tuple[str, list[str], str | None]:
    """Return the text, the names of the tools and the reason of the end, as the maker's client knows them."""
    reply = Reply(200, EVENTS, flowed)
    if path == MESSAGES:
        with anthropic_at(reply) as client, client.messages.stream(model="m", max_tokens=9, messages=HELLO) as stream:
            told = stream.get_final_message()
        texts = [part.text for part in told.content if part.type == "text"]
        return "|".join(texts), [part.name for part in told.content if part.type == "tool_use"], told.stop_reason
    if path == CHAT:
        with (
            openai_at(reply) as other,
            other.chat.completions.stream(model="m", messages=HELLO, tools=[TOOL]) as chunks,
        ):
            done = chunks.get_final_completion()
        choice = done.choices[0]
        names = [call.function.name for call in choice.message.tool_calls or []]
        return choice.message.content or "", names, choice.finish_reason
    with openai_at(reply) as other, other.responses.stream(model="m", input="hello") as told_of:
        heard = "".join(event.delta for event in told_of if event.type == "response.output_text.delta")
        final = told_of.get_final_response()
    assert heard == final.output_text
    return heard, [item.name for item in final.output if item.type == "function_call"], final.status


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("waiting", ["", "Waiting for approval. "])
@pytest.mark.parametrize(
    ("judge", "names", "ends"),
    [
        (permit, ["drop", "find"], ("tool_calls", "tool_use", "completed")),
        (denying("drop"), ["find"], ("tool_calls", "tool_use", "completed")),
        (denying("find"), ["drop"], ("tool_calls", "tool_use", "completed")),
        (deny, [], ("stop", "end_turn", "completed")),
    ],
    ids=["permit", "deny the first", "deny the second", "deny both"],
)
def test_the_makers_client_reads_what_a_verdict_left(
    path: str, judge: Judge, names: list[str], ends: tuple[str, str, str], waiting: str
) -> None:
    flowed, calls = read_through(filter_at(path, streamed=True), [TWO_CALLS[path]], judge, waiting)
    text, found, end = read_by_client(path, flowed)
    assert [call.name for call in calls] == ["drop", "find"]
    assert found == names
    assert end == ends[PATHS.index(path)]
    assert text.startswith("I will")
    assert text.count(REFUSED) == 2 - len(names)
    assert not waiting or waiting in text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("size", [0, 60, 300, 700, 1100, 1500, 2000, 3000])
def test_the_makers_client_reads_a_reply_that_is_refused_anywhere(path: str, size: int) -> None:
    reply = filter_at(path, streamed=True)
    flowed = reply.feed(TWO_CALLS[path][:size]) if size else b""
    if reply.calls:
        flowed += reply.keep_alive("Waiting. ")
    flowed += reply.refuse(REFUSED)
    text, found, end = read_by_client(path, flowed)
    assert text.endswith(REFUSED)
    assert found == []
    assert end in {"stop", "end_turn", "completed"}
    assert reply.refuse(REFUSED) == reply.feed(b"data: {}\n\n") == reply.keep_alive("more") == b""


WHOLE = {
    CHAT: {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "heron-2",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [piece(0, "drop", ARGUMENTS), piece(1, "find", "{}")],
                },
                "finish_reason": "tool_calls",
            }
        ],
    },
    MESSAGES: {
        "id": "msg",
        "type": "message",
        "role": "assistant",
        "model": "heron-2",
        "content": [
            {"type": "tool_use", "id": "a", "name": "drop", "input": {"table": "a"}},
            {"type": "tool_use", "id": "b", "name": "find", "input": {}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    RESPONSES: response(function_item("drop", ARGUMENTS, 0), function_item("find", "{}", 1)),
}


def read_whole(path: str, flowed: bytes) -> tuple[str, list[str], str | None]:
    reply = Reply(200, JSON, flowed)
    if path == MESSAGES:
        with anthropic_at(reply) as client:
            told = client.messages.create(model="m", max_tokens=9, messages=HELLO)
        texts = "".join(part.text for part in told.content if part.type == "text")
        return texts, [part.name for part in told.content if part.type == "tool_use"], told.stop_reason
    with openai_at(reply) as other:
        if path == CHAT:
            choice = other.chat.completions.create(model="m", messages=HELLO).choices[0]
            calls: Any = choice.message.tool_calls or []
            return choice.message.content or "", [call.function.name for call in calls], choice.finish_reason
        final = other.responses.create(model="m", input="hello")
        return final.output_text, [item.name for item in final.output if item.type == "function_call"], final.status


@pytest.mark.parametrize("path", PATHS)
def test_the_makers_client_reads_a_whole_reply_after_a_refusal(path: str) -> None:
    flowed, _ = read_through(filter_at(path, streamed=False), [dump(WHOLE[path])], denying("drop"), "Waiting.")
    assert read_whole(path, flowed)[:2] == (REFUSED, ["find"])
    flowed, _ = read_through(filter_at(path, streamed=False), [dump(WHOLE[path])], deny)
    text, names, end = read_whole(path, flowed)
    assert (text.count(REFUSED), names) == (2 if path != CHAT else 1, [])
    assert end in {"stop", "end_turn", "completed"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("waited", [False, True])
def test_the_makers_client_reads_a_whole_reply_that_is_refused(path: str, waited: bool) -> None:  # noqa: FBT001
    reply = filter_at(path, streamed=False)
    flowed = reply.keep_alive("Waiting.") if waited else b""
    flowed += reply.feed(dump(WHOLE[path])) + reply.refuse(REFUSED)
    assert read_whole(path, flowed)[:2] == (REFUSED, [])


OPENAI_ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    429: openai.RateLimitError,
    503: openai.InternalServerError,
}
ANTHROPIC_ERRORS = {
    400: ("invalid_request_error", anthropic.BadRequestError),
    401: ("authentication_error", anthropic.AuthenticationError),
    403: ("permission_error", anthropic.PermissionDeniedError),
    404: ("not_found_error", anthropic.NotFoundError),
    413: ("request_too_large", anthropic.APIStatusError),
    429: ("rate_limit_error", anthropic.RateLimitError),
    503: ("api_error", anthropic.InternalServerError),
    529: ("overloaded_error", anthropic.APIStatusError),
}


@pytest.mark.parametrize("status", OPENAI_ERRORS)
def test_a_refusal_raises_the_error_of_openais_client(status: int) -> None:
    refusal = Refusal(status, "terms_denied", "Halden's policy does not permit it.", "d-7")
    with openai_at(dialect_at(CHAT).refuse(refusal, None)) as client, pytest.raises(OPENAI_ERRORS[status]) as caught:
        client.chat.completions.create(model="m", messages=HELLO)
    assert caught.value.code == "terms_denied"
    assert caught.value.request_id == "d-7"
    assert "Halden's policy does not permit it. (decision d-7)" in str(caught.value)


@pytest.mark.parametrize("status", ANTHROPIC_ERRORS)
def test_a_refusal_raises_the_error_of_anthropics_client(status: int) -> None:
    kind, error = ANTHROPIC_ERRORS[status]
    refusal = Refusal(status, "terms_denied", "Halden's policy does not permit it.", "d-7")
    with anthropic_at(dialect_at(MESSAGES).refuse(refusal, None)) as client, pytest.raises(error) as caught:
        client.messages.create(model="m", max_tokens=1, messages=HELLO)
    assert caught.value.request_id == "d-7"
    body: Any = caught.value.body
    assert (body["type"], body["error"]["type"], body["request_id"]) == ("error", kind, "d-7")


CLIENT_ERRORS = (openai.APIStatusError, anthropic.APIStatusError)


def ask_with_one_retry(path: str, address: str) -> None:
    if path == CHAT:
        with openai.OpenAI(base_url=f"{address}/v1", api_key="k", max_retries=1) as client:
            client.chat.completions.create(model="m", messages=HELLO)
    else:
        with anthropic.Anthropic(base_url=address, api_key="k", max_retries=1) as other:
            other.messages.create(model="m", max_tokens=1, messages=HELLO)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_refusal_is_not_asked_again_unless_waiting_helps(path: str) -> None:
    refusal = Refusal(503, "ledger_unavailable", "The ledger did not take the entry.")
    for refused, times in (
        (refusal, 1),
        (refusal._replace(retry_after=0), 2),
        # Longer than a library waits; it would ask again at once.
        (refusal._replace(status=429, retry_after=3600), 1),
        (refusal._replace(status=500, code="could_not_judge"), 1),
        (refusal._replace(status=502, code="reply_unreadable"), 1),
        (refusal._replace(status=403, code="terms_denied"), 1),
    ):
        reply = dialect_at(path).refuse(refused, None)
        with serving(reply) as (address, asked), pytest.raises(CLIENT_ERRORS):
            ask_with_one_retry(path, address)
        assert len(asked) == times


def test_the_models_are_listed_for_either_client() -> None:
    known = ["heron-2", "osprey-1"]
    with openai_at(models.list_models(known, {})) as client:
        assert [model.id for model in client.models.list()] == known
    with openai_at(models.show_model("heron-2", known, {})) as client:
        assert client.models.retrieve("heron-2").id == "heron-2"
    with openai_at(models.show_model("heron-3", known, {})) as client, pytest.raises(openai.NotFoundError):
        client.models.retrieve("heron-3")
    version = {"anthropic-version": "2023-06-01"}
    with anthropic_at(models.list_models(known, version)) as other:
        assert [model.id for model in other.models.list()] == known
    with anthropic_at(models.list_models([], version)) as other:
        assert list(other.models.list()) == []
    with anthropic_at(models.show_model("osprey-1", known, version)) as other:
        assert other.models.retrieve("osprey-1").id == "osprey-1"
    with anthropic_at(models.show_model("none", known, version)) as other, pytest.raises(anthropic.NotFoundError):
        other.models.retrieve("none")
