"""A request names one model, and nothing in it or beside it brings in another, or another place."""

import json
from typing import Any

import pytest

from remit.gateway.dialects.dialect import Runs, Unreadable
from remit.gateway.headers import sent_headers
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES, ask_at, dialect_at, dump

EMBEDDINGS = "/v1/embeddings"
PATHS = [CHAT, MESSAGES, RESPONSES, EMBEDDINGS]
OTHER = "osprey-1"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "more",
    [
        {"models": [OTHER]},
        {"MODELS": [OTHER]},
        {"fallbacks": [{"model": OTHER}]},
        {"fallback_models": [OTHER]},
        {"context_window_fallbacks": [{"heron-2": [OTHER]}]},
        {"route": "fallback"},
        {"routing": {"strategy": "cheap", "model": OTHER}},
        {"extra_body": {"model": OTHER}},
        {"extra_body": {"models": [OTHER]}},
        {"extra_body": {"model": "heron-2"}},
        {"litellm_params": {"Model": OTHER}},
        {"targets": [{"override_params": {"model": OTHER}}]},
        {"modelId": OTHER},
        {"deployment_id": OTHER},
        {"draft_model": OTHER},
        {"api_base": "https://other.example"},
        {"base_url": "https://other.example"},
        {"tools": [{"type": "image_generation", "model": OTHER}]},
        {"provider": {"order": ["elsewhere"]}},
        {"provider": {"data_collection": "deny", "allow_fallbacks": True}},
        {"Provider": {"only": ["elsewhere"]}},
        {"provider": "elsewhere"},
        {"preset": "kept-by-the-router"},
        {"extra_body": {"provider": {"order": ["elsewhere"]}}},
        {"extra_body": {"messages": [{"role": "user", "content": "another prompt"}]}},
        {"extra_body": {"plugins": [{"id": "web"}]}},
        {"extra_body": {"web_search_options": {}}},
        {"custom_llm_provider": "elsewhere"},
        {"litellm_credential_name": "another-key"},
        {"mock_response": "no model was asked"},
        {"mock_tool_calls": [{"id": "1"}]},
        {"use_litellm_proxy": True},
        {"vertex_location": "elsewhere"},
        {"aws_region_name": "elsewhere"},
        {"azure_ad_token": "another-key"},
        {"lora_adapter": "another"},
        {"lora": [{"id": 0, "scale": 1}]},
        {"deferred": True},
        {"transforms": ["something-new"]},
        {"agent_id": "ag_1"},
    ],
    ids=json.dumps,
)
def test_a_request_that_brings_in_another_model_is_refused(path: str, more: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        ask_at(path, **more)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "more",
    [
        {"models": []},
        {"fallbacks": None},
        {"extra_body": {"google": {"thinking": True}}},
        {"metadata": {"model": OTHER, "route": "7"}},
        {"user": OTHER},
        {"brand_new": {"keys": ["model"]}},
        {"provider": {"data_collection": "deny", "zdr": True, "require_parameters": True}},
        {"provider": {}},
        {"transforms": ["middle-out"]},
        {"transforms": []},
        {"deferred": False},
        {"guided_json": {"type": "object", "properties": {"model": {"type": "string"}}}},
        {"guided_choice": ["yes", "no"]},
        {"guided_regex": "[a-z]+"},
        {"top_k": 4, "min_p": 0.1, "repetition_penalty": 1.1},
    ],
    ids=json.dumps,
)
def test_what_brings_in_none_is_read(path: str, more: dict[str, Any]) -> None:
    assert ask_at(path, **more).model == "heron-2"


def test_a_tool_may_have_an_argument_that_is_called_a_model() -> None:
    schema = {"type": "object", "properties": {"model": {"type": "string"}, "models": {"type": "array"}}}
    function = {"name": "find_ship", "parameters": schema}
    assert ask_at(CHAT, tools=[{"type": "function", "function": function}]).offers
    assert ask_at(RESPONSES, tools=[{"type": "function", **function}]).offers
    assert ask_at(MESSAGES, tools=[{"name": "find_ship", "input_schema": schema}]).offers


@pytest.mark.parametrize(
    "name", ["x-portkey-config", "x-portkey-provider", "helicone-target-url", "x-litellm-api-base", "cf-aig-model"]
)
def test_headers_by_which_routers_go_elsewhere_end_here(name: str) -> None:
    kept = [(b"anthropic-beta", b"x"), (b"openai-project", b"p"), (b"x-stainless-lang", b"python")]
    assert sent_headers([(name.encode(), OTHER.encode()), (b"x-model", b"m"), *kept]) == kept


@pytest.mark.parametrize("kind", [b"application/json; charset=utf-7", b"text/plain", b"application/json"])
def test_a_body_goes_on_as_what_it_was_read_as(kind: bytes) -> None:
    assert sent_headers([(b"content-type", kind)]) == [(b"content-type", b"application/json")]


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize(
    "more",
    [
        {"search_parameters": {"mode": "on"}},
        {"enable_search": True},
        {"web_search": {"enable": True}},
        {"web_search_options": {}},
        {"WebSearchOptions": {}},
        {"data_sources": [{"type": "index"}]},
        {"mcp_servers": [{"name": "other", "url": "https://other.example"}]},
        {"plugins": [{"id": "web"}]},
        {"plugins": [{"id": "file-parser"}]},
        {"plugins": ["web"]},
        {"enable_code_interpreter": True},
        {"connectors": [{"id": "web-search"}]},
        {"compound_custom": {"tools": {"enabled_tools": ["web_search"]}}},
    ],
    ids=json.dumps,
)
def test_a_search_that_a_field_asks_for_is_a_tool_that_the_provider_runs(path: str, more: dict[str, Any]) -> None:
    if path == CHAT and "WebSearchOptions" in more:
        with pytest.raises(Unreadable):
            ask_at(path, **more)
    else:
        assert [offer.runs for offer in ask_at(path, **more).offers] == [Runs.PROVIDER]


def test_the_plugin_of_a_router_that_searches_is_the_tool_that_searches() -> None:
    offers = ask_at(CHAT, plugins=[{"id": "web", "max_results": 3}, {"id": "file-parser"}]).offers
    assert [offer.name for offer in offers] == ["web_search", "file-parser"]


def test_a_search_that_a_field_declines_is_none() -> None:
    assert not ask_at(CHAT, enable_search=False, web_search=None, data_sources=[]).offers


def test_an_item_that_is_known_by_its_id_alone_goes_on_with_what_the_provider_keeps() -> None:
    body = {"model": "heron-2", "input": [{"id": "msg_1"}, {"role": "user", "content": "x"}]}
    assert dialect_at(RESPONSES).read(dump(body), {}, "").continues == "msg_1"
