"""A model that is asked once more after a refusal: what it is told, and what its client reads as one reply."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ProposedCall, Unreadable, Verdict
from tests.gateway.dialects import shapes_of_chat, shapes_of_messages, shapes_of_responses
from tests.gateway.dialects.continued import (
    ALLOWED,
    ARGUMENTS,
    DENIED,
    MARK,
    PATHS,
    TOOLS,
    again,
    ask_for,
    filter_for,
    read_all,
    reply,
)
from tests.gateway.dialects.lenient import names_called
from tests.gateway.dialects.shape import Shape
from tests.gateway.dialects.test_clients import read_by_client, read_whole
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    block,
    chat,
    chunk,
    deny,
    dialect_at,
    dump,
    function_item,
    item_events,
    message,
    piece,
    read_through,
    response,
    responses,
    text_item,
    tool_block,
)

SHAPES = shapes_of_chat.SHAPES + shapes_of_messages.SHAPES + shapes_of_responses.SHAPES


def client_reads(path: str, flowed: bytes, *, streamed: bool) -> tuple[str, list[str], str | None]:
    text, names, end = (read_by_client if streamed else read_whole)(path, flowed)
    return text.replace("|", ""), names, end


both = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
each = pytest.mark.parametrize("path", PATHS)


@each
@both
def test_a_model_is_told_what_it_said_itself_and_what_became_of_each_call(path: str, streamed: bool) -> None:  # noqa: FBT001
    reading = filter_for(path, streamed=streamed)
    read_through(reading, [reply(path, "I will.", DENIED, DENIED, streamed=streamed)], again)
    told = reading.retold
    assert told is not None
    if path == CHAT:
        function = {"name": DENIED, "arguments": ARGUMENTS}
        calls = [{"id": f"1_{n}", "type": "function", "function": function} for n in range(2)]
        answers = [{"role": "tool", "tool_call_id": f"1_{n}", "content": REFUSED} for n in range(2)]
        assert told == [{"role": "assistant", "content": "I will.", "tool_calls": calls}, *answers]
    elif path == MESSAGES:
        used = {"type": "tool_use", "name": DENIED, "input": json.loads(ARGUMENTS)}
        own = [{"type": "text", "text": "I will."}, *(used | {"id": f"1_{n}"} for n in range(2))]
        result = {"type": "tool_result", "content": REFUSED, "is_error": True}
        results = [result | {"tool_use_id": f"1_{n}"} for n in range(2)]
        assert told == [{"role": "assistant", "content": own}, {"role": "user", "content": results}]
    else:
        items = [function_item(DENIED, ARGUMENTS, n + 1, call_id=f"1_{n}") for n in range(2)]
        outputs = [{"type": "function_call_output", "call_id": f"1_{n}", "output": REFUSED} for n in range(2)]
        assert told == [text_item("I will.", 1), *items, *outputs]


@each
@both
@pytest.mark.parametrize("size", [0, 13])
def test_the_makers_client_reads_both_replies_as_one(path: str, streamed: bool, size: int) -> None:  # noqa: FBT001
    first = reply(path, "I will.", DENIED, streamed=streamed)
    then = reply(path, "Otherwise.", ALLOWED, streamed=streamed, name="2")
    flowed = read_all(filter_for(path, streamed=streamed), first, then, size=size)
    text, names, end = client_reads(path, flowed, streamed=streamed)
    assert text.replace("\n\n", "") == f"I will.{REFUSED}Otherwise."
    assert (names, end) == ([ALLOWED], {CHAT: "tool_calls", MESSAGES: "tool_use", RESPONSES: "completed"}[path])
    assert flowed.count(b"[DONE]") == (path == CHAT and streamed)
    assert flowed.count(b'"message_start"') == (path == MESSAGES and streamed)
    assert flowed.count(b'"response.created"') == (path == RESPONSES and streamed)
    assert names_called(flowed) == {ALLOWED}
    assert reading_numbers(path, flowed) if streamed else True


def reading_numbers(path: str, flowed: bytes) -> bool:
    """Hold that what is numbered in a stream is numbered without a gap."""
    told = [json.loads(line[6:]) for line in flowed.split(b"\n") if line.startswith(b"data: {")]
    if path == RESPONSES:
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        added = [event["output_index"] for event in told if event["type"] == "response.output_item.added"]
        assert added == list(range(len(added)))
        assert len({event["response"]["id"] for event in told if "response" in event}) == 1
    elif path == MESSAGES:
        began = [event["index"] for event in told if event["type"] == "content_block_start"]
        assert began == list(range(len(began)))
    else:
        assert len({event["id"] for event in told}) == 1
        roles = [part for event in told for part in event["choices"] if "role" in part["delta"]]
        assert len(roles) == 1
    return True


def tokens(flowed: bytes) -> Any:
    """Return the tokens as the last event that says them has them, or the whole reply."""
    told = [json.loads(line.removeprefix(b"data: ")) for line in flowed.split(b"\n") if b'"usage":{' in line]
    return told[-1]["response"]["usage"] if "response" in told[-1] else told[-1]["usage"]


@each
@both
@pytest.mark.parametrize("times", [2, 3, 4])
def test_tokens_are_counted_over_all_that_was_said(path: str, streamed: bool, times: int) -> None:  # noqa: FBT001
    replies = [reply(path, "I will.", DENIED, streamed=streamed, name=str(n)) for n in range(times)]
    used = tokens(read_all(filter_for(path, streamed=streamed), *replies))
    expected: Any = {
        CHAT: {"prompt_tokens": 3 * times, "completion_tokens": 4 * times},
        MESSAGES: {"input_tokens": 3 * times, "output_tokens": 4 * times, "cache_read_input_tokens": times},
        RESPONSES: {"input_tokens": 3 * times, "output_tokens": 4 * times, "total_tokens": 7 * times},
    }[path]
    assert used | expected == used
    for details in ("prompt_tokens_details", "input_tokens_details"):
        assert used.get(details) in (None, {"cached_tokens": times})


@each
@both
def test_without_another_reply_it_ends_as_a_reply_does_of_which_nobody_is_told(path: str, streamed: bool) -> None:  # noqa: FBT001
    data = reply(path, "I will.", DENIED, streamed=streamed)
    flowed = read_all(filter_for(path, streamed=streamed), data)
    assert flowed == read_through(filter_for(path, streamed=streamed), [data], deny)[0]


@each
@both
def test_where_another_call_of_the_same_reply_passes_the_model_is_not_asked_again(path: str, streamed: bool) -> None:  # noqa: FBT001
    for tools in ([DENIED, ALLOWED], [ALLOWED, DENIED]):
        reading = filter_for(path, streamed=streamed)
        data = reply(path, "I will.", *tools, streamed=streamed)
        flowed, _ = read_through(reading, [data], again)
        assert reading.retold is None
        assert client_reads(path, flowed, streamed=streamed)[1] == [ALLOWED]


@each
@both
def test_a_refusal_of_which_it_may_not_be_told_ends_the_reply(path: str, streamed: bool) -> None:  # noqa: FBT001
    verdicts = iter([Verdict(passes=False, text=REFUSED, again=True), Verdict(passes=False, text=REFUSED)])
    reading = filter_for(path, streamed=streamed)
    read_through(reading, [reply(path, "", DENIED, DENIED, streamed=streamed)], lambda _: next(verdicts))
    assert reading.retold is None


FIELDS: Any = {
    CHAT: [
        {"n": 2},
        {"store": True},
        {"tools": None},
        {"tool_choice": {"type": "function", "function": {"name": DENIED}}},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "I "}]},
    ],
    MESSAGES: [
        {"tools": None},
        {"thread": {"type": "create"}},
        {"tool_choice": {"type": "tool", "name": DENIED}},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "I "}]},
    ],
    RESPONSES: [
        {"previous_response_id": "resp_0"},
        {"conversation": "conv_1"},
        {"store": True, "stream": True},
        {"store": None, "stream": True},
        {"tool_choice": {"type": "function", "name": DENIED}},
        {"input": None},
    ],
}


@pytest.mark.parametrize(("path", "fields"), [(path, fields) for path, rows in FIELDS.items() for fields in rows])
def test_a_request_that_cannot_go_on_exactly_is_not_gone_on_with(path: str, fields: dict[str, Any]) -> None:
    assert ask_for(path).again
    assert not ask_for(path, **fields).again
    for streamed in (True, False):
        reading = filter_for(path, streamed=streamed, **fields)
        data = reply(path, "I will.", DENIED, streamed=streamed)
        flowed, _ = read_through(reading, [data], again)
        assert reading.retold is None
        assert flowed == read_through(filter_for(path, streamed=streamed), [data], deny)[0]


def test_a_response_that_is_kept_can_go_on_where_its_name_comes_at_the_end() -> None:
    assert ask_for(RESPONSES, store=None).again
    first, then = (
        reply(RESPONSES, "Yes.", *names, streamed=False, name=n) for names, n in (([DENIED], "1"), ([], "2"))
    )
    assert json.loads(read_all(filter_for(RESPONSES, streamed=False, store=None), first, then))["id"] == "2"


def test_items_of_a_server_that_names_them_anew_in_each_response_have_names_of_their_own() -> None:
    reading = filter_for(RESPONSES, streamed=True)
    first, then = (reply(RESPONSES, "I will.", name, streamed=True) for name in (DENIED, ALLOWED))
    flowed = read_all(reading, first, then, size=40)
    text, names, _ = client_reads(RESPONSES, flowed, streamed=True)
    assert (text.count("I will."), names) == (2, [ALLOWED])
    told = [json.loads(line[6:]) for line in flowed.split(b"\n") if line.startswith(b"data: {")]
    ids = [item["id"] for item in told[-1]["response"]["output"]]
    assert len(set(ids)) == len(ids) == 4
    assert [event["item"]["id"] for event in told if event["type"] == "response.output_item.done"] == ids


THOUGHT: Any = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "Hm, "},
    {"type": "thinking_delta", "thinking": "yes."},
    {"type": "signature_delta", "signature": "c2ln"},
)


def test_thinking_and_its_signature_are_given_back_as_they_came() -> None:
    hidden = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    reading = filter_for(MESSAGES, streamed=True)
    read_through(reading, [message(THOUGHT, block(1, hidden), tool_block(2, DENIED, ARGUMENTS))], again)
    assert reading.retold is not None
    thought = {"type": "thinking", "thinking": "Hm, yes.", "signature": "c2ln"}
    assert reading.retold[0]["content"][:2] == [thought, hidden]


def test_what_a_model_thought_is_given_back_as_it_came() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b3BhcXVl"}
    items = [thought, function_item(DENIED, ARGUMENTS, 1)]
    told = responses(*(item_events(at, item) for at, item in enumerate(items)), final=items)
    for streamed, data in ((True, told), (False, dump(response(*items)))):
        reading = filter_for(RESPONSES, streamed=streamed)
        read_through(reading, [data], again)
        assert reading.retold is not None
        assert reading.retold[:2] == items


def test_reasoning_beside_the_text_of_a_completion_is_given_back_and_signatures_of_calls_too() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    told = chat(
        chunk({"reasoning_content": "Hm, "}),
        chunk({"reasoning_content": "yes."}),
        chunk({"tool_calls": [piece(0, DENIED, ARGUMENTS[:5], **signed)]}),
        chunk({"tool_calls": [piece(0, None, ARGUMENTS[5:])]}),
    )
    reading = filter_for(CHAT, streamed=True)
    read_through(reading, [told], again)
    assert reading.retold is not None
    assert reading.retold[0]["reasoning_content"] == "Hm, yes."
    assert reading.retold[0]["tool_calls"][0] | signed == reading.retold[0]["tool_calls"][0]


def search_block() -> list[dict[str, Any]]:
    return block(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})


def cited(text: str) -> list[dict[str, Any]]:
    citation = {"type": "citations_delta", "citation": {"type": "char_location", "cited_text": text}}
    return block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": text}, citation)


NOT_EXACT: Any = [
    (CHAT, chat(chunk({"tool_calls": [piece(0, DENIED, ARGUMENTS)]}), finish="length")),
    (CHAT, chat(chunk({"tool_calls": [piece(0, DENIED, ARGUMENTS, id="")]}))),
    (CHAT, chat(chunk({"reasoning_details": [{"a": 1}]}), chunk({"tool_calls": [piece(0, DENIED, ARGUMENTS)]}))),
    (CHAT, chat(chunk({"function_call": {"name": DENIED, "arguments": ARGUMENTS}}), finish="function_call")),
    (CHAT, chat(chunk({"tool_calls": [piece(0, DENIED, ARGUMENTS, unknown={"a": 1})]}))),
    (CHAT, chat(*(chunk({"tool_calls": [piece(n, DENIED, ARGUMENTS, id="same")]}) for n in range(2)))),
    (MESSAGES, message(tool_block(0, DENIED, ARGUMENTS), stop="max_tokens")),
    (MESSAGES, message(search_block(), tool_block(1, DENIED, ARGUMENTS))),
    (MESSAGES, message(cited("I will."), tool_block(1, DENIED, ARGUMENTS))),
    (MESSAGES, message(block(0, {"type": "thinking", "thinking": ""}), tool_block(1, DENIED, ARGUMENTS))),
    (MESSAGES, message(tool_block(0, DENIED, ARGUMENTS, caller={"type": "code_execution_20250825"}))),
    (MESSAGES, message(block(0, {"type": "newer", "a": 1}), tool_block(1, DENIED, ARGUMENTS))),
    *(
        (RESPONSES, responses(item_events(0, item), item_events(1, call), final=[item, call]))
        for item, call in (
            ({"type": "reasoning", "id": "rs", "summary": []}, function_item(DENIED, ARGUMENTS, 1)),
            ({"type": "web_search_call", "id": "ws", "status": "completed"}, function_item(DENIED, ARGUMENTS, 1)),
            (text_item("x"), {"type": "local_shell_call", "id": "l", "call_id": "l", "action": {"command": [DENIED]}}),
        )
    ),
]


@pytest.mark.parametrize(("path", "told"), NOT_EXACT)
def test_what_cannot_be_told_again_exactly_ends_as_a_reply_does_of_which_nobody_is_told(path: str, told: bytes) -> None:
    def judge(_: ProposedCall) -> Verdict:
        return Verdict(passes=False, text=REFUSED, again=True)

    reading = filter_for(path, streamed=True)
    flowed, calls = read_through(reading, [told], judge)
    assert calls
    assert reading.retold is None
    assert flowed == read_through(filter_for(path, streamed=True), [told], deny)[0]


@each
def test_a_reply_of_which_only_a_part_has_come_is_told_to_nobody(path: str) -> None:
    data = reply(path, "I will.", DENIED, streamed=True)
    for size in range(0, len(data), 11):
        reading = filter_for(path, streamed=True)
        reading.feed(data[:size])
        while reading.calls:
            reading.settle([again(call) for call in reading.calls])
        assert reading.retold is None


@each
@both
@pytest.mark.parametrize("text", ["It was stopped.", ""])
def test_a_reply_that_is_refused_between_two_or_within_the_second_is_well_formed(
    path: str,
    streamed: bool,  # noqa: FBT001
    text: str,
) -> None:
    data = reply(path, "I will.", DENIED, streamed=streamed)
    second = reply(path, "Otherwise.", ALLOWED, streamed=streamed, name="2")
    for size in [-1, *range(0, len(second) if streamed else 1, 307)]:
        reading = filter_for(path, streamed=streamed)
        flowed = read_through(reading, [data], again)[0]
        if size >= 0:
            reading.go_on()
            flowed += reading.feed(second[:size])
        flowed += reading.refuse(text or REFUSED)
        said, names, _ = client_reads(path, flowed, streamed=streamed)
        assert said.startswith("I will.")
        assert said.endswith(text or REFUSED)
        assert names == []


@each
def test_words_that_keep_a_client_waiting_stand_in_the_reply_that_goes_on(path: str) -> None:
    reading, flowed = filter_for(path, streamed=True), b""
    for number, name in ((0, DENIED), (1, ALLOWED)):
        if number:
            reading.go_on()
        data = reply(path, "I will.", name, streamed=True, name=str(number))
        flowed += read_through(reading, [data], again, waiting="Waiting. ")[0]
    text, names, _ = client_reads(path, flowed, streamed=True)
    assert (text.count("Waiting. "), names) == (2, [ALLOWED])
    assert reading_numbers(path, flowed)


by_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


@by_shape
@pytest.mark.parametrize("size", [7])
def test_a_tool_that_is_denied_once_more_does_not_reach_the_client_either(shape: Shape, size: int) -> None:
    """In whatever shape the model calls it, after whatever was refused before."""
    shaped = shape.write(DENIED, ARGUMENTS)
    for first in (shaped, reply(shape.path, "I will.", DENIED, streamed=shape.streamed)):
        flowed, rounds = _flow_in_rounds(shape, first, shaped, size)
        assert DENIED.encode() not in flowed
        assert MARK.encode() not in flowed
        assert rounds <= 4


def _flow_in_rounds(shape: Shape, first: bytes, then: bytes, size: int) -> tuple[bytes, int]:
    reading, flowed, data = filter_for(shape.path, streamed=shape.streamed), [b""], first
    for number in range(4):
        try:
            pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
            read_through(reading, pieces, _judge_of(number), flowed=flowed)
        except Unreadable:
            flowed.append(reading.refuse(REFUSED))
            return b"".join(flowed), number + 1
        if reading.retold is None:
            break
        reading.go_on()
        data = then
    return b"".join(flowed), number + 1


def _judge_of(number: int) -> Any:
    return lambda call: Verdict(call.name != DENIED, REFUSED, again=number < 3)


@by_shape
def test_a_tool_that_is_allowed_after_a_refusal_is_called_as_the_model_called_it(shape: Shape) -> None:
    if not shape.read:
        return
    reading = filter_for(shape.path, streamed=shape.streamed)
    first = reply(shape.path, "I will.", DENIED, streamed=shape.streamed)
    flowed = read_all(reading, first, shape.write(ALLOWED, ARGUMENTS))
    assert ALLOWED.encode() in flowed
    assert DENIED.encode() not in flowed


parts = st.lists(st.sampled_from(["I will", "né\u2028e", DENIED, "other"]), min_size=1, max_size=4)


@given(path=st.sampled_from(PATHS), drawn=parts, size=st.integers(1, 400))
def test_however_a_reply_is_cut_it_is_told_again_as_it_is_whole(path: str, drawn: list[str], size: int) -> None:
    text = "".join(part for part in drawn if part not in {DENIED, "other"})
    tools = [part for part in drawn if part in {DENIED, "other"}]
    told = []
    for pieces in (size, 0):
        reading = filter_for(path, streamed=True)
        data = reply(path, text, *tools, streamed=True)
        read_through(reading, _cut(data, pieces), lambda _: Verdict(passes=False, text=REFUSED, again=True))
        told.append(reading.retold)
    assert told[0] == told[1]
    assert (told[0] is not None) == bool(tools)


def _cut(data: bytes, size: int) -> Iterable[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)] if size else [data]


@each
def test_the_request_that_goes_on_is_the_first_one_with_more_at_its_end(path: str) -> None:
    key = "input" if path == RESPONSES else "messages"
    said = [{"role": "user", "content": "Wh\u00e9re?"}]
    body = json.dumps({"model": "heron-2", "max_tokens": 5, key: said, "tools": TOOLS[path], "x": [1.0]}, indent=1)
    reading = filter_for(path, streamed=False)
    read_through(reading, [reply(path, "I will.", DENIED, streamed=False)], again)
    more = reading.retold
    assert more is not None
    longer = dialect_at(path).with_more(body.encode(), more)
    assert json.loads(longer) == json.loads(body) | {key: [*said, *more]}
    start = body[: body.index("Wh")].encode()
    assert longer.startswith(start)
    assert longer.endswith(body[body.index('"tools"') :].encode())


def test_a_conversation_that_is_one_text_goes_on_as_a_list() -> None:
    longer = dialect_at(RESPONSES).with_more(b'{"model":"m","input":"hi"}', [{"type": "message"}])
    assert json.loads(longer)["input"] == [{"role": "user", "content": "hi"}, {"type": "message"}]
    with pytest.raises(Unreadable):
        dialect_at(RESPONSES).with_more(b'{"model":"m"}', [])


@each
def test_of_a_reply_that_is_too_long_to_be_kept_nobody_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.gateway.dialects.held.MOST_TOLD", 500)
    reading = filter_for(path, streamed=True)
    data = reply(path, "I will. " * 100, DENIED, streamed=True)
    assert read_through(reading, _cut(data, 100), again)[0]
    assert reading.retold is None
