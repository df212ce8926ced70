"""What a request brings and nobody here can read is told apart from what is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.gateway.dialects.unseen import KINDS
from remit.terms.attribute import ATTRIBUTES
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES, ask_at


def unseen(path: str, *parts: dict[str, Any]) -> set[str]:
    messages = [{"role": "user", "content": [*parts]}]
    return set(ask_at(path, **({"input": messages} if path == RESPONSES else {"messages": messages})).unseen())


def from_source(**source: str) -> dict[str, Any]:
    return {"type": "document", "source": source}


@pytest.mark.parametrize(
    ("path", "part", "says"),
    [
        (CHAT, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}, "a picture"),
        (CHAT, {"type": "file", "file": {"file_id": "file-1"}}, "a file that the provider keeps"),
        (CHAT, {"type": "video_url", "video_url": {"url": "https://e.example/a.mp4"}}, "a film"),
        (RESPONSES, {"type": "input_image", "image_url": "https://e.example/a.png"}, "a picture"),
        (RESPONSES, {"type": "input_image", "file_id": "file-1"}, "a file that the provider keeps"),
        (RESPONSES, {"type": "input_file", "file_url": "https://e.example/a.pdf"}, "a file at an address"),
        (RESPONSES, {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE"}, "a file that is no text"),
        (MESSAGES, from_source(type="url", url="https://e.example/a.pdf"), "a file at an address"),
        (MESSAGES, from_source(type="file", file_id="file_1"), "a file that the provider keeps"),
        (MESSAGES, from_source(type="base64", media_type="application/pdf", data="JV"), "a file that is no text"),
        (MESSAGES, {"type": "image", "source": {"type": "url", "url": "https://e.example/a"}}, "a picture"),
        (MESSAGES, {"type": "container_upload", "file_id": "file_1"}, "a file that the provider keeps"),
        (MESSAGES, {"type": "tool_result", "content": [{"type": "image", "source": {"type": "base64"}}]}, "a picture"),
        (MESSAGES, {"type": "brand_new", "source": {"type": "brand_new"}}, "a file that the provider keeps"),
        (MESSAGES, {"type": "redacted_thinking", "data": "AAAA"}, "reasoning that is sealed"),
        (MESSAGES, {"type": "compaction", "encrypted_content": "AAAA"}, "a history that was sealed"),
        (
            MESSAGES,
            {"type": "web_search_tool_result", "content": [{"type": "web_search_result", "encrypted_content": "AA"}]},
            "what the provider sealed",
        ),
        (RESPONSES, {"type": "reasoning", "encrypted_content": "AAAA", "summary": []}, "reasoning that is sealed"),
        (RESPONSES, {"type": "compaction", "encrypted_content": "AAAA"}, "a history that was sealed"),
        (RESPONSES, {"type": "compaction_summary", "encrypted_content": "AAAA"}, "a history that was sealed"),
        (CHAT, {"type": "reasoning.encrypted", "data": "AAAA"}, "reasoning that is sealed"),
    ],
    ids=json.dumps,
)
def test_what_cannot_be_read_is_named(path: str, part: dict[str, Any], says: str) -> None:
    assert unseen(path, {"type": "text", "text": "hello"}, part) == {says}


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (CHAT, {"type": "text", "text": "image_url"}),
        (CHAT, {"type": "file", "file": {"file_data": "data:text/plain;base64,aGVsbG8="}}),
        (MESSAGES, from_source(type="text", data="hello")),
        (MESSAGES, from_source(type="base64", media_type="text/plain", data="aGVsbG8=")),
        (MESSAGES, {"type": "tool_use", "id": "t", "name": "open", "input": {"file_id": "7", "image_url": "x"}}),
        (RESPONSES, {"type": "input_text", "text": "hello"}),
        (RESPONSES, {"type": "reasoning", "encrypted_content": None, "summary": [{"type": "summary_text"}]}),
        (MESSAGES, {"type": "thinking", "thinking": "hm", "signature": "AAAA"}),
        (MESSAGES, {"type": "compaction", "content": "We spoke of berths."}),
    ],
    ids=json.dumps,
)
def test_what_is_read_is_not_named(path: str, part: dict[str, Any]) -> None:
    assert unseen(path, part) == set()


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        (RESPONSES, {"previous_response_id": "resp_1"}, "a conversation that the provider keeps"),
        (RESPONSES, {"conversation": "conv_1"}, "a conversation that the provider keeps"),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "msg_1"}]}, "a conversation that the provider keeps"),
        (
            MESSAGES,
            {"thread": {"type": "continue", "previous_message_id": "msg_1"}},
            "a conversation that the provider keeps",
        ),
        (MESSAGES, {"container": "container_1"}, "a file that the provider keeps"),
        (MESSAGES, {"container": {"id": "container_1"}}, "a file that the provider keeps"),
        (
            RESPONSES,
            {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
            "a file that the provider keeps",
        ),
        (
            RESPONSES,
            {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]},
            "a file that the provider keeps",
        ),
        (
            RESPONSES,
            {"tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
            "a file that the provider keeps",
        ),
    ],
    ids=json.dumps,
)
def test_what_lies_with_the_provider_is_named_wherever_a_request_names_it(
    path: str, fields: dict[str, Any], says: str
) -> None:
    said = {"input" if path == RESPONSES else "messages": [{"role": "user", "content": "hello"}]}
    assert set(ask_at(path, **said | fields).unseen()) == {says}


def test_a_container_that_begins_anew_holds_nothing() -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    assert set(ask_at(RESPONSES, input="hello", tools=tools).unseen()) == set()


def test_every_kind_has_a_name_that_terms_know() -> None:
    attribute = next(each for each in ATTRIBUTES if each.ident == "content.unseen")
    assert {*KINDS.values(), "none"} == {*attribute.names}
