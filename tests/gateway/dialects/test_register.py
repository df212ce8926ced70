"""Exact paths only; whatever else is asked for is refused, and the reason said."""

import pytest

from remit.gateway.dialects.register import Serves, route


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/chat/completions", "openai-chat"),
        ("/responses", "openai-responses"),
        ("/embeddings", "openai-embeddings"),
        ("/messages", "anthropic-messages"),
        ("/messages/count_tokens", "anthropic-count"),
    ],
)
def test_an_endpoint_is_found_with_its_prefix_and_without(prefix: str, path: str, name: str) -> None:
    found = route("POST", (prefix + path).encode())
    assert (found.serves, found.path) == (Serves.CALL, f"/v1{path}")
    assert found.dialect is not None
    assert found.dialect.name == name
    wrong = route("GET", prefix + path)
    assert wrong.refused is not None
    assert (wrong.serves, wrong.refused.status) == (Serves.NOTHING, 405)


def test_models_are_listed_and_shown() -> None:
    assert route("GET", "/v1/models").serves is route("GET", "/models").serves is Serves.MODELS
    assert route("GET", "/v1/models/heron-2").model == "heron-2"
    assert route("GET", "/v1/models/halden/heron-2:1").model == "halden/heron-2:1"
    assert route("GET", "/v1/models/halden%2Fheron-2").model == "halden/heron-2"
    for method, path in (("DELETE", "/v1/models/heron-2"), ("POST", "/v1/models")):
        assert route(method, path).serves is Serves.NOTHING


def test_somebody_answers_at_the_door() -> None:
    assert route("HEAD", "/").serves is route("GET", b"/").serves is Serves.ALIVE
    assert route("POST", "/").serves is Serves.NOTHING


@pytest.mark.parametrize(
    "path",
    [
        "//v1/messages",
        "/v1//messages",
        "/v1/messages/",
        "/v1/./messages",
        "/v1/../v1/messages",
        "/v1/x/../messages",
        "/v1/%6dessages",
        "/v1%2fmessages",
        "/v1/messages%00",
        "/v1/messages;a=b",
        "/V1/messages",
        "/v1/Messages",
        "/v1/messages?",
        "/v1/messages#a",
        "/v1/messages ",
        "\\v1\\messages",
        "/v1\\messages",
        "/v1/v1/messages",
        "/v2/messages",
        "http://elsewhere/v1/messages",
        "*",
        "",
        "/v1/models/../messages",
        "/v1/models/%2e%2e/messages",
        "/v1/models/a%2f..%2f..%2fmessages",
        "/v1/messagesé",
    ],
)
def test_a_path_with_a_trick_in_it_is_refused(path: str) -> None:
    found = route("POST", path.encode())
    assert (found.serves, found.dialect) == (Serves.NOTHING, None)
    assert route("GET", path).serves is Serves.NOTHING


@pytest.mark.parametrize(
    "path",
    [
        "/v1/batches",
        "/v1/files",
        "/v1/files/f-1/content",
        "/v1/uploads",
        "/v1/fine_tuning/jobs",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/images/generations",
        "/v1/realtime",
        "/v1/realtime/sessions",
        "/v1/assistants",
        "/v1/threads",
        "/v1/threads/t/runs",
        "/v1/vector_stores",
        "/v1/completions",
        "/v1/moderations",
        "/v1/messages/batches",
        "/v1/organizations/me",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/cancel",
        "/v1/chat/completions/c",
        "/v1/conversations",
        "/v1/complete",
        "/v1/Files",
        "/files",
        "/batches",
        "/v1/skills",
        "/v1/videos",
        "/v1/evals",
        "/v1/containers",
    ],
)
def test_an_endpoint_that_goes_past_the_gateway_is_refused_for_its_own_reason(path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refused = route(method, path).refused
        assert refused is not None
        assert (refused.status, refused.code) == (403, "endpoint_refused")
        assert refused.message.startswith("The request was not passed on")


def test_an_endpoint_that_is_not_known_is_refused() -> None:
    refused = route("POST", "/v1/telepathy").refused
    assert refused is not None
    assert (refused.status, refused.code) == (404, "endpoint_unknown")
