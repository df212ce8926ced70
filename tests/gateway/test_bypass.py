"""Ways round the terms that people try at gateways: none reaches the upstream, or reaches it unjudged."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from remit.ledger.kind import Effect, Kind
from tests.gateway.live import PATH, Live, live

if TYPE_CHECKING:
    from collections.abc import Iterator

DENIED = "osprey-1"
ASKS: dict[str, Any] = {"model": "heron-2", "messages": [{"role": "user", "content": "?"}]}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("bypass")) as running:
        yield running


def refuses(gateway: Live, found: tuple[int, dict[str, str], bytes], before: int) -> None:
    """Hold that nothing went on: an error, and no request at the upstream."""
    assert found[0] >= 400
    assert len(gateway.peer.requests) == before


def test_what_is_permitted_goes_on(gateway: Live) -> None:
    before = len(gateway.peer.requests)
    assert gateway.ask()[0] == 200
    assert len(gateway.peer.requests) == before + 1


@pytest.mark.parametrize(
    "name",
    [
        DENIED,
        "OSPREY-1",
        "Osprey-1 ",
        " osprey-1",
        "orrin/osprey-1",
        "openrouter/orrin/osprey-1",
        "osprey\u20111",
        "\uff4f\uff53\uff50\uff52\uff45\uff59-1",
        "\u03bfsprey-1",
        "osprey-1\u200b",
        "osprey-1\x00",
        "osprey-1:free",
        "heron-2,osprey-1",
        "heron-2/../osprey-1",
        "",
    ],
)
def test_no_spelling_of_a_model_reaches_one_that_is_not_named(gateway: Live, name: str) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(model=name), before)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model":"heron-2","model":"osprey-1","messages":[]}',
        b'{"model":"osprey-1","model":"heron-2","messages":[]}',
        b'{"model":"heron-2","mod\\u0065l":"osprey-1","messages":[]}',
        b'{"model":"heron-2","Model":"osprey-1","messages":[]}',
        b'{"model":["osprey-1"],"messages":[]}',
        b'{"model":null,"messages":[]}',
        b'[{"model":"osprey-1","messages":[]}]',
        b'\xef\xbb\xbf{"model":"osprey-1","messages":[]}',
        b'{"model":"heron-2","messages":[]}{"model":"osprey-1","messages":[]}',
        b'{"model":"heron-2","models":["osprey-1"],"messages":[]}',
        b'{"model":"heron-2","messages":[],"x":NaN}',
        b"",
        b"not json",
    ],
)
def test_a_body_that_two_readers_could_read_otherwise_is_not_passed_on(gateway: Live, raw: bytes) -> None:
    before = len(gateway.peer.requests)
    found = gateway.ask(raw=raw or b" ")
    if found[0] == 200:
        # What it may name beside the model is of no account to this wire; the model it went to is the permitted one.
        assert b'"model":"heron-2"' in gateway.peer.requests[-1]
        assert b"Model" not in gateway.peer.requests[-1]
    else:
        refuses(gateway, found, before)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "identity, gzip"])
def test_a_compressed_body_is_read_or_refused(gateway: Live, encoding: str) -> None:
    before = len(gateway.peer.requests)
    body = gzip.compress(json.dumps({**ASKS, "model": DENIED}).encode())
    refuses(gateway, gateway.ask(raw=body, headers={"content-encoding": encoding}), before)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/completions",
        "/v1/batches",
        "/v1/files",
        "/v1/fine_tuning/jobs",
        "/v1/audio/speech",
        "/v1/images/generations",
        "/v1/assistants",
        "/v1/threads/runs",
        "/v1/realtime",
        "/v1/moderations",
        "/v1/messages/batches",
        "/v1/complete",
        "/chat/completions/../../v1/batches",
        "/v1//chat/completions",
        "/v1/chat/completions/",
        "/v1/chat%2fcompletions",
        "/v1/chat/completions;x=y",
        "/V1/Chat/Completions",
        "/v1/./chat/completions",
        "/openai/v1/chat/completions",
        "/anthropic/v1/messages",
        "/bedrock/model/osprey-1/invoke",
        "/",
        "/metrics/../v1/files",
    ],
)
def test_an_endpoint_that_is_not_known_is_refused(gateway: Live, path: str) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(path=path), before)


@pytest.mark.parametrize(
    "query", ["?model=osprey-1", "?beta=true&model=osprey-1", "?%6dodel=osprey-1", "?api-version=1"]
)
def test_a_query_changes_nothing_of_what_was_judged(gateway: Live, query: str) -> None:
    before = len(gateway.peer.requests)
    found = gateway.ask(path=PATH + query)
    if found[0] == 200:
        assert b"osprey" not in gateway.peer.requests[-1]
    else:
        refuses(gateway, found, before)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-http-method-override": "DELETE", "x-original-url": "/v1/files"},
        {"x-rewrite-url": "/v1/batches", "x-forwarded-host": "other.example"},
        {"openai-project": "other", "x-model": DENIED},
        {"connection": "x-api-key, authorization"},
        {"upgrade": "h2c", "connection": "upgrade, http2-settings", "http2-settings": "AAMAAABkAAQAAP__"},
        {"expect": "100-continue"},
        {"te": "trailers", "trailer": "authorization"},
    ],
)
def test_headers_change_neither_the_target_nor_the_key(gateway: Live, headers: dict[str, str]) -> None:
    before = len(gateway.peer.requests)
    found = gateway.ask(headers=headers)
    if found[0] != 200:
        refuses(gateway, found, before)
        return
    sent = gateway.peer.requests[-1].lower()
    assert sent.startswith(b"post /v1/chat/completions http/1.1")
    assert gateway.key.lower().encode() not in sent
    assert not any(f"\r\n{name}:".encode() in sent for name in headers if name not in {"openai-project", "x-model"})


@pytest.mark.parametrize(
    "tools",
    [
        [{"type": "web_search"}],
        [{"type": "web_search_preview"}],
        [{"type": "code_interpreter", "container": {"type": "auto"}}],
        [{"type": "mcp", "server_label": "x", "server_url": "https://other.example"}],
        [{"type": "something_new_2027"}],
    ],
)
def test_a_tool_that_the_provider_would_run_is_judged_before_it_is_offered(gateway: Live, tools: list[Any]) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(tools=tools), before)


@pytest.mark.parametrize(
    "more",
    [
        {"provider": {"order": ["orrin"], "allow_fallbacks": True}},
        {"models": ["heron-2", DENIED]},
        {"route": "fallback"},
        {"fallbacks": [DENIED]},
        {"plugins": [{"id": "web"}]},
        {"web_search_options": {}},
        {"extra_body": {"model": DENIED}},
        {"extra_body": {"plugins": [{"id": "web"}]}},
        {"api_base": "https://other.example", "api_key": "x"},
        {"custom_llm_provider": "orrin"},
        {"mock_response": "as if"},
    ],
    ids=json.dumps,
)
def test_no_field_that_a_router_knows_reaches_another_model_place_or_tool(gateway: Live, more: dict[str, Any]) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(**more), before)


@pytest.mark.parametrize(
    "headers",
    [
        {"remit-use-case": "another"},
        {"remit-scope-contract": "another"},
        {"remit-model-maker": "halden", "remit-model-id": "heron-1"},
        {"remit-tool-effect": "read"},
        {"remit-organisation": "another"},
        {"remit-no-such-fact": "x"},
    ],
)
def test_what_is_declared_against_what_is_known_is_refused(gateway: Live, headers: dict[str, str]) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(headers=headers), before)


@pytest.mark.parametrize("bearer", ["", "remit_" + "A" * 43, "sk-live", "null", "undefined"])
def test_a_key_that_does_not_count_reaches_nothing(gateway: Live, bearer: str) -> None:
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(headers={"authorization": f"Bearer {bearer}"}), before)


def test_a_key_that_was_revoked_reaches_nothing_when_it_is_replayed(gateway: Live) -> None:
    remit = [sys.executable, "-m", "remit"]
    state = ["--state", str(gateway.state)]
    new = [*remit, "key", "new", "--terms", str(gateway.folder / "terms"), *state, "--use", "answer-the-harbour"]
    words = subprocess.run(new, capture_output=True, text=True, check=True).stdout.split()
    headers = {"authorization": f"Bearer {words[0]}"}
    subprocess.run([*remit, "key", "revoke", words[2].rstrip(";"), *state], capture_output=True, check=True)
    gateway.stop()
    gateway.start()
    before = len(gateway.peer.requests)
    refuses(gateway, gateway.ask(headers=headers), before)


def test_nothing_of_a_call_or_a_key_stands_in_what_is_told(gateway: Live) -> None:
    gateway.ask("a secret word: xylophone")
    told = (gateway.folder / "stderr").read_text(encoding="utf-8")
    assert "xylophone" not in told
    assert gateway.key not in told


def test_every_request_at_the_upstream_has_a_decision_that_let_it_go_on(gateway: Live) -> None:
    went_on = {Effect.ALLOW, Effect.REDIRECT}
    allowed = [e for e in gateway.entries() if e.kind == Kind.DECISION and e.fields["o"] in went_on]
    assert len(gateway.peer.requests) <= len(allowed)
    assert not gateway.without_end()
