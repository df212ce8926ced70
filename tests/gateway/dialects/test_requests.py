"""What a request asks for is read whole, or it is refused."""

import json
from typing import Any

import pytest

from remit.gateway.dialects.dialect import Ask, Runs, Unreadable
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES, dialect_at, dump

EMBEDDINGS, COUNT = "/v1/embeddings", "/v1/messages/count_tokens"
HELLO = [{"role": "user", "content": "hello"}]
PLAIN: dict[str, dict[str, Any]] = {
    CHAT: {"model": "heron-2", "messages": HELLO},
    MESSAGES: {"model": "heron-2", "messages": HELLO, "max_tokens": 9},
    COUNT: {"model": "heron-2", "messages": HELLO},
    RESPONSES: {"model": "heron-2", "input": "hello"},
    EMBEDDINGS: {"model": "heron-2", "input": ["hello"]},
}


def read(path: str, headers: dict[str, str] | None = None, **fields: Any) -> Ask:
    return dialect_at(path).read(dump(PLAIN[path] | fields), headers or {}, "beta=true")


def offers(path: str, **fields: Any) -> dict[str, tuple[str, str]]:
    return {offer.name: (offer.kind, offer.runs.value) for offer in read(path, **fields).offers}


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_request_is_read_with_fields_that_nobody_knows(path: str) -> None:
    ask = read(path, some_new_field={"a": [1]}, temperature=0.5)
    assert (ask.model, ask.streamed, ask.offers, ask.continues) == ("heron-2", False, (), "")
    assert list(ask.texts()) == ["hello"]


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize(
    "fields",
    [
        {"model": ""},
        {"model": None},
        {"model": ["heron-2"]},
        {"Model": "osprey-1"},
        {"MODEL": "osprey-1"},
        {"mod_el": "osprey-1"},
        {"ｍodel": "osprey-1"},  # noqa: RUF001 - another reader's model
    ],
)
def test_a_model_that_can_be_taken_otherwise_is_refused(path: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(path, **fields)


@pytest.mark.parametrize("path", PLAIN)
def test_what_is_no_object_or_says_a_key_twice_is_refused(path: str) -> None:
    for body in (b"", b"[]", b'"a"', b'{"model":"a","model":"b"}', dump([PLAIN[path]])):
        with pytest.raises(Unreadable):
            dialect_at(path).read(body, {}, "")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (CHAT, {"models": ["osprey-1"]}),
        (CHAT, {"stream": "yes"}),
        (CHAT, {"stream": 1}),
        (CHAT, {"Stream": True}),
        (CHAT, {"toolChoice": "auto"}),
        (CHAT, {"tools": {}}),
        (CHAT, {"tools": ["drop"]}),
        (CHAT, {"tools": [{"function": {"name": "a"}}]}),
        (CHAT, {"tools": [{"type": "function"}]}),
        (CHAT, {"tools": [{"type": "function", "function": {"name": ""}}]}),
        (CHAT, {"tools": [{"type": "function", "function": {"name": "a", "Name": "b"}}]}),
        (CHAT, {"tools": [{"type": "function", "function": {"name": "a"}, "custom": {"name": "b"}}]}),
        (CHAT, {"functions": [{"name": "a"}], "tools": [{"type": "custom", "custom": {"name": "a"}}]}),
        (CHAT, {"messages": "hello"}),
        (CHAT, {"n": True}),
        (CHAT, {"max_tokens": -1}),
        (MESSAGES, {"fallbacks": [{"model": "osprey-1"}]}),
        (MESSAGES, {"fallbacks": "default"}),
        (MESSAGES, {"thread": "t"}),
        (MESSAGES, {"thread": {"type": "continue"}}),
        (MESSAGES, {"thread": {"type": "other", "previous_message_id": "m"}}),
        (MESSAGES, {"tools": [{"input_schema": {}}]}),
        (MESSAGES, {"tools": [{"name": "a", "Type": "bash_20250124"}]}),
        (MESSAGES, {"mcp_servers": [{"url": "https://mcp.invalid"}]}),
        (RESPONSES, {"background": True}),
        (RESPONSES, {"prompt": {"id": "p"}}),
        (RESPONSES, {"previous_response_id": "a", "conversation": "b"}),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "a"}, {"type": "item_reference", "id": "b"}]}),
        (RESPONSES, {"store": "no"}),
        (RESPONSES, {"input": {"role": "user"}}),
        (EMBEDDINGS, {"input": None}),
    ],
)
def test_what_a_judgement_cannot_see_is_refused(path: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(path, **fields)


def test_chats_tools_of_every_form_are_offered() -> None:
    assert offers(
        CHAT,
        tools=[
            {"type": "function", "function": {"name": "find", "parameters": {}}},
            {"type": "custom", "custom": {"name": "patch"}},
            {"type": "browser_search"},
        ],
        functions=[{"name": "drop"}],
        web_search_options={},
    ) == {
        "find": ("function", "client"),
        "patch": ("custom", "client"),
        "browser_search": ("browser_search", "provider"),
        "drop": ("function", "client"),
        "web_search": ("web_search", "provider"),
    }


def test_messages_tools_of_every_form_are_offered() -> None:
    added = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {"name": "late"}}}
    assert offers(
        MESSAGES,
        tools=[
            {"name": "find", "input_schema": {}},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            {"type": "computer_20251124", "name": "computer"},
            {"type": "web_search_20260318", "name": "web_search"},
            {"type": "code_execution_20260521", "name": "code_execution"},
            {"type": "mcp_toolset", "mcp_server_name": "docs"},
            {"type": "gadget_20270101", "name": "gadget"},
        ],
        messages=[{"role": "user", "content": [added]}],
        container={"id": "c", "skills": [{"skill_id": "xlsx", "type": "anthropic"}]},
    ) == {
        "find": ("function", "client"),
        "bash": ("bash_20250124", "client"),
        "str_replace_based_edit_tool": ("text_editor_20250728", "client"),
        "computer": ("computer_20251124", "client"),
        "web_search": ("web_search_20260318", "provider"),
        "code_execution": ("code_execution_20260521", "provider"),
        "docs": ("mcp_toolset", "provider"),
        "gadget": ("gadget_20270101", "provider"),
        "late": ("function", "client"),
        "xlsx": ("skill", "provider"),
    }


def test_a_server_of_tools_is_known_without_its_credential() -> None:
    server = {"type": "url", "name": "docs", "url": "https://mcp.invalid"}
    one = read(MESSAGES, mcp_servers=[server | {"authorization_token": "a"}]).offers
    other = read(MESSAGES, mcp_servers=[server | {"authorization_token": "b"}]).offers
    elsewhere = read(MESSAGES, mcp_servers=[server | {"url": "https://other.invalid"}]).offers
    assert one == other != elsewhere
    # The set of its tools may be asked for beside it.
    toolset = {"type": "mcp_toolset", "mcp_server_name": "docs"}
    assert [offer.runs for offer in read(MESSAGES, mcp_servers=[server], tools=[toolset]).offers] == [Runs.PROVIDER] * 2


def test_responses_tools_of_every_form_are_offered() -> None:
    assert offers(
        RESPONSES,
        tools=[
            {"type": "function", "name": "find", "parameters": {}},
            {"type": "custom", "name": "patch"},
            {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "lookup"}]},
            {"type": "local_shell"},
            {"type": "shell", "environment": {"type": "container_auto"}},
            {"type": "apply_patch"},
            {"type": "computer_use_preview", "display_width": 1},
            {"type": "tool_search", "execution": "client"},
            {"type": "web_search"},
            {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.invalid"},
            {"type": "gadget"},
        ],
        input=[{"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "late"}]}],
    ) == {
        "find": ("function", "client"),
        "patch": ("custom", "client"),
        "lookup": ("function", "client"),
        "local_shell": ("local_shell", "client"),
        "shell": ("shell", "provider"),
        "apply_patch": ("apply_patch", "client"),
        "computer": ("computer_use_preview", "client"),
        "tool_search": ("tool_search", "client"),
        "web_search": ("web_search", "provider"),
        "docs": ("mcp", "provider"),
        "gadget": ("gadget", "provider"),
        "late": ("function", "client"),
    }
    assert offers(RESPONSES, tools=[{"type": "shell", "environment": {"type": "local"}}]) == {
        "shell": ("shell", "client")
    }


def test_a_name_may_stand_for_a_tool_in_each_namespace_and_for_one_in_each() -> None:
    tools = [{"type": "function", "name": "list"}, {"type": "function", "name": "list", "description": "other"}]
    grouped = [{"type": "namespace", "name": name, "tools": [tool]} for name, tool in zip("ab", tools, strict=True)]
    assert len(read(RESPONSES, tools=grouped).offers) == 2
    with pytest.raises(Unreadable, match="one tool of the name list"):
        read(RESPONSES, tools=[{"type": "namespace", "name": "a", "tools": tools}])


def test_a_tools_digest_tells_its_schema_and_not_its_marks() -> None:
    tool = {"name": "find", "input_schema": {"type": "object"}}
    (one,) = read(MESSAGES, tools=[tool]).offers
    (cached,) = read(MESSAGES, tools=[tool | {"cache_control": {"type": "ephemeral"}}]).offers
    (other,) = read(MESSAGES, tools=[tool | {"input_schema": {"type": "object", "required": ["a"]}}]).offers
    assert one == cached
    assert one.schema != other.schema


def test_what_the_provider_keeps_is_told() -> None:
    assert read(RESPONSES).keeps is True
    assert read(RESPONSES, store=False).keeps is False
    assert read(RESPONSES, previous_response_id="resp_1").continues == "resp_1"
    assert read(RESPONSES, conversation={"id": "conv_1"}).continues == "conv_1"
    assert read(RESPONSES, input=[{"type": "item_reference", "id": "msg_1"}]).continues == "msg_1"
    assert read(CHAT).keeps is False
    assert read(CHAT, store=True).keeps is True
    assert (read(MESSAGES).keeps, read(MESSAGES).continues) == (False, "")
    created = read(MESSAGES, thread={"type": "create"})
    assert (created.keeps, created.continues) == (True, "")
    continued = read(MESSAGES, thread={"type": "continue", "previous_message_id": "msg_1"})
    assert (continued.keeps, continued.continues) == (True, "msg_1")


def test_session_turn_and_what_is_declared_are_read() -> None:
    ask = read(MESSAGES, {"x-claude-code-session-id": "s-1"}, metadata={"user_id": "u"}, messages=HELLO * 3)
    assert (ask.session, ask.turn, ask.declared, ask.most_tokens) == ("s-1", 3, {"user_id": "u"}, 9)
    assert read(MESSAGES, metadata={"user_id": "u"}).session == "u"
    assert read(RESPONSES, prompt_cache_key="k").session == "k"
    chat = read(CHAT, {"x-session-id": "s"}, n=3, max_tokens=5, max_completion_tokens=7, user="anna")
    assert (chat.session, chat.choices, chat.most_tokens, chat.declared) == ("s", 3, 7, {"user": "anna"})


def test_every_text_that_reaches_the_model_is_told() -> None:
    chat = read(
        CHAT,
        messages=[
            {"role": "system", "content": "one"},
            {"role": "user", "name": "two", "content": [{"type": "text", "text": "three"}]},
            {"role": "user", "content": [{"type": "file", "file": {"filename": "four", "file_id": "no"}}]},
            {"role": "assistant", "tool_calls": [{"id": "no", "function": {"name": "five", "arguments": "six"}}]},
            {"role": "tool", "tool_call_id": "no", "content": "seven"},
        ],
    )
    assert list(chat.texts()) == ["one", "two", "three", "four", "five", "six", "seven"]
    message = read(
        MESSAGES,
        system=[{"type": "text", "text": "one"}],
        messages=[
            {"role": "user", "content": "two"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "no", "name": "three", "input": {"a": "four"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "no", "content": "five"}]},
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "no",
                        "content": [
                            {"type": "text", "text": "six"},
                            {"type": "image", "source": {"type": "base64", "data": "no"}},
                        ],
                    },
                    {
                        "type": "document",
                        "title": "seven",
                        "source": {"type": "text", "media_type": "no", "data": "eight"},
                    },
                    {
                        "type": "document",
                        "title": "nine",
                        "source": {"type": "base64", "media_type": "text/plain", "data": "dGVu"},
                    },
                    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "no"}},
                ],
            },
        ],
    )
    told = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    assert list(message.texts()) == told
    asked = read(
        RESPONSES,
        instructions="one",
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "two"}]},
            {"role": "user", "content": [{"type": "input_file", "filename": "three", "file_data": "no"}]},
            {"type": "function_call", "id": "no", "call_id": "no", "name": "four", "arguments": "five"},
            {"type": "function_call_output", "call_id": "no", "output": "six"},
        ],
    )
    assert list(asked.texts()) == ["one", "two", "three", "four", "five", "six"]
    assert list(read(EMBEDDINGS, input="one").texts()) == ["one"]
    assert list(read(EMBEDDINGS, input=[[1, 2], [3]]).texts()) == []


@pytest.mark.parametrize("path", PLAIN)
def test_another_model_changes_the_model_alone(path: str) -> None:
    body = json.dumps(PLAIN[path] | {"metadata": {"model": "heron-2"}, "text": '"model":"heron-2"'}, indent=1).encode()
    changed = dialect_at(path).with_model(body, "osprey-1")
    assert changed == body.replace(b'"model": "heron-2"', b'"model": "osprey-1"', 1)
    assert dialect_at(path).read(changed, {}, "").model == "osprey-1"


@pytest.mark.parametrize(
    ("path", "reply"), [(EMBEDDINGS, {"data": [{"embedding": "AAAA"}]}), (COUNT, {"input_tokens": 7})]
)
def test_a_reply_that_cannot_bear_a_call_passes_as_it_came(path: str, reply: Any) -> None:
    body = json.dumps(reply, indent=2).encode()
    dialect = dialect_at(path)
    through = dialect.filter(read(path), streamed=False)
    assert through.feed(body[:5]) + through.feed(body[5:]) == b""
    assert through.end() == body
    for broken in (b"<html>", b'{"a":1,"a":2}', dump({"tool_calls": [{"name": "drop"}]}), b""):
        through = dialect.filter(read(path), streamed=False)
        through.feed(broken)
        with pytest.raises(Unreadable):
            through.end()
        assert b"error" in through.refuse("Not within the terms.")
