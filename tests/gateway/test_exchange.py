"""What every call must go through, with everything outside scripted."""

import gc
import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from remit.gateway.activation import activate
from remit.gateway.answer import Answer
from remit.gateway.dialects.dialect import Ask
from remit.gateway.ground import make_rulebook
from remit.gateway.routing import Cuts
from remit.gateway.step import Answered
from remit.gateway.upstream.client import UpstreamCut, UpstreamUnreachable
from tests.gateway.harbour import BEARER, NO_BERTHS, TOKEN, Harbour, answer, harbour_terms, proposes


@pytest.fixture
def harbour() -> Harbour:
    return Harbour()


def test_a_call_within_the_terms_is_on_record_before_it_leaves_and_its_outcome_after(harbour: Harbour) -> None:
    at_send: list[list[str]] = []

    def script(_: object) -> list[object]:
        at_send.append(harbour.kinds())
        return answer("Aye.")

    harbour.script = script
    got = harbour.ask()
    assert (got.status, got.json["choices"][0]["message"]["content"]) == (200, "Aye.")
    assert at_send == [["allow"]]
    assert harbour.kinds() == ["allow", "outcome"]
    assert harbour.open_rows() == []
    assert got.headers["remit-decision"] == "1"
    assert got.headers["remit-terms"] == harbour.terms.digest


def test_what_reaches_the_client_is_what_the_upstream_sent(harbour: Harbour) -> None:
    sent = answer("Aye.")
    harbour.script = lambda _: sent
    assert harbour.ask().body == sent[1].encode()


def test_a_call_that_is_over_leaves_nothing_for_the_collector(harbour: Harbour) -> None:
    harbour.script = lambda _: answer("Aye.")
    harbour.ask()
    gc.collect()
    gc.disable()
    try:
        before = _calls_alive()
        harbour.ask()
        after = _calls_alive()
    finally:
        gc.enable()
    assert after == before


def _calls_alive() -> int:
    return sum(isinstance(each, (Answer, Ask)) for each in gc.get_objects())


def test_the_upstream_is_asked_by_the_name_it_has_for_the_model_and_gets_no_key_of_the_caller(harbour: Harbour) -> None:
    (sent,) = harbour.ask(headers=[(b"x-custom", b"1"), (b"remit-use-purpose", b"answer"), (b"cookie", b"c")]).sent
    assert json.loads(sent.body)["model"] == "eu.h2"
    assert sent.headers == [(b"x-custom", b"1")]
    assert TOKEN.encode() not in sent.body


@pytest.mark.parametrize("name", ["heron", "HERON-2", "halden/heron-2", "openrouter/halden/heron-2", "eu.h2"])
def test_a_model_is_the_same_by_any_of_its_names(harbour: Harbour, name: str) -> None:
    assert harbour.ask(model=name).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "h\u0435ron-2",
        "heron\u20112",
        "\uff48eron-2",
        "heron-2 ",
        "orrin/heron-2",
        "heron-2:online",
        "ft:heron-2:us::1",
        "heron-9",
        "../heron-2",
        "heron-2\u200b",
        "osprey/heron-2",
    ],
)
def test_a_look_alike_or_unknown_name_has_no_authorisation(harbour: Harbour, name: str) -> None:
    got = harbour.ask(model=name)
    assert (got.status, got.sent) == (403, [])
    assert harbour.kinds() == ["deny"]


def test_a_proposed_call_within_the_terms_passes_as_it_was_held(harbour: Harbour) -> None:
    sent = answer(proposes("read-log"))
    harbour.script = lambda _: sent
    assert harbour.ask().body == sent[1].encode()
    assert harbour.kinds() == ["allow", "allow", "outcome", "outcome"]


@pytest.mark.parametrize(
    "tool", ["close-berth", "Close-Berth", "CLOSE-BERTH", "close\u2010berth", "never-heard-of", "mcp.close-berth", ""]
)
def test_a_denied_or_unregistered_tool_never_reaches_the_client(harbour: Harbour, tool: str) -> None:
    harbour.script = lambda _: answer(proposes("read-log", tool))
    got = harbour.ask()
    message = got.json["choices"][0]["message"] if got.status == 200 else {}
    assert tool not in [call["function"]["name"] for call in message.get("tool_calls") or ()]
    if got.status == 200:
        assert "house/no-berths" in json.dumps(message)
        assert harbour.kinds() == ["allow", "allow", "deny", "outcome", "outcome"]


def test_a_tool_that_the_provider_runs_is_judged_in_the_request(harbour: Harbour) -> None:
    got = harbour.ask(tools=[{"type": "shell", "name": "shell"}])
    assert (got.status, got.sent) == (403, [])
    assert "house/no-berths" in got.json["error"]["message"]


def test_a_use_case_that_names_tools_and_models_reaches_no_others(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    assert harbour.ask(model="heron-1").code == "model_not_named"
    harbour.script = lambda _: answer(proposes("web_search"))
    assert "does not name this tool" in harbour.ask().body.decode()


def test_a_key_narrower_than_its_use_case_to_nothing_reaches_nothing(harbour: Harbour) -> None:
    harbour.key_for("prefer", models=("heron-1",))
    assert [harbour.ask(model=name).status for name in ("heron-1", "heron-2", "osprey-1")] == [403, 403, 403]


def test_a_level_without_an_authorisation_is_refused_and_says_so(harbour: Harbour) -> None:
    harbour.key_for("secret")
    assert "No authorisation in force" in harbour.ask().json["error"]["message"]


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        (b"remit-use-purpose", b"answer", 200),
        (b"remit-use-sector", b"harbours", 200),
        (b"remit-use-sector", b"airports", 403),
        (b"remit-model-id", b"osprey-1", 403),
        (b"remit-model-base", b"osprey-1", 403),
        (b"remit-use-case", b"prefer", 403),
        (b"remit-people-call", b"many", 400),
        (b"remit-nothing-like-it", b"1", 400),
    ],
)
def test_what_is_declared_never_takes_the_place_of_what_is_known(
    harbour: Harbour, header: bytes, value: bytes, status: int
) -> None:
    got = harbour.ask(headers=[(header, value)])
    assert got.status == status
    assert harbour.kinds() == {200: ["allow", "outcome"], 403: ["deny"], 400: []}[status]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"Bearer remit_other")],
        [(b"authorization", b"Basic " + TOKEN.encode())],
        [BEARER, (b"x-api-key", b"remit_other")],
        [BEARER, (b"authorization", b"Bearer remit_other")],
        [(b"authorization", b"Bearer ")],
    ],
)
def test_a_key_that_is_wrong_or_not_the_only_one_is_refused(
    harbour: Harbour, headers: list[tuple[bytes, bytes]]
) -> None:
    got = harbour.ask(headers=headers)
    assert (got.status, harbour.kinds()) == (401, [])


def test_one_key_in_both_places_is_one_key(harbour: Harbour) -> None:
    assert harbour.ask(headers=[BEARER, (b"x-api-key", TOKEN.encode())]).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/batches",
        "/v1/files",
        "/v1/audio/speech",
        "/v1/fine_tuning/jobs",
        "/v1/realtime",
        "/v1/nothing",
        "/v2/x",
        "/v1//chat/completions",
        "/v1/./chat/completions",
        "/V1/chat/completions",
        "/v1/chat/completions/",
        "/v1/%63hat",
    ],
)
def test_an_endpoint_that_is_not_judged_is_not_passed_on(harbour: Harbour, path: str) -> None:
    got = harbour.ask(path=path)
    assert got.status in {400, 403, 404}
    assert got.sent == []


def test_a_compressed_body_is_read_and_a_bomb_is_not(harbour: Harbour) -> None:
    plain = {"model": "heron-2", "messages": [{"role": "user", "content": "x"}]}
    (sent,) = harbour.ask(gzip.compress(json.dumps(plain).encode()), headers=[(b"content-encoding", b"gzip")]).sent
    assert json.loads(sent.body)["messages"] == plain["messages"]
    bomb = gzip.compress(b" " * 40_000_000)
    assert harbour.ask(bomb, headers=[(b"content-encoding", b"gzip")]).status == 413
    assert harbour.ask(b"x", headers=[(b"content-encoding", b"br")]).status == 415
    assert harbour.ask(b"x", headers=[(b"content-encoding", b"gzip")]).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"heron-2","model":"osprey-1","messages":[]}',
        b'{"model":"heron-2","messages":[]',
        b"[]",
        b"\xff",
        b'{"messages":[]}',
    ],
)
def test_a_body_that_can_be_read_two_ways_is_refused(harbour: Harbour, body: bytes) -> None:
    got = harbour.ask(body)
    assert (got.status, got.code) == (400, "request_unreadable")


def test_another_model_in_the_reply_is_refused_where_the_use_case_does_not_name_it(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    harbour.script = lambda _: answer("Aye.", model="heron-1")
    got = harbour.ask()
    assert (got.status, got.code) == (502, "other_model")
    assert harbour.kinds() == ["allow", "deny", "outcome"]


def test_another_model_that_the_terms_permit_is_on_record(harbour: Harbour) -> None:
    harbour.script = lambda _: answer("Aye.", model="heron-1")
    assert harbour.ask().status == 200
    assert harbour.entries()[-1].fields["model"] == "heron-1"


def test_a_dated_version_of_the_model_is_the_model(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    harbour.script = lambda _: answer("Aye.", model="heron-2-2026-03-01")
    assert harbour.ask().status == 200


def test_the_next_model_serves_when_the_first_cannot_and_that_is_on_record(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    harbour.script = lambda send: (
        [UpstreamUnreachable("nobody there")] if send.target.upstream.id == "h" else answer("Oui.", model="osprey-1")
    )
    got = harbour.ask()
    assert got.status == 200
    assert [send.target.model for send in got.sent] == ["heron-2", "osprey-1"]
    assert harbour.kinds() == ["allow", "outcome", "redirect", "outcome"]
    assert json.loads(got.sent[1].body)["model"] == "osprey-1"


def test_a_kill_switch_sends_to_the_next_and_with_none_left_is_named(harbour: Harbour) -> None:
    harbour.key_for("prefer", cuts=Cuts(makers=frozenset({"halden"})))
    harbour.script = lambda _: answer("Oui.", model="osprey-1")
    assert [send.target.model for send in harbour.ask().sent] == ["osprey-1"]
    assert harbour.kinds() == ["redirect", "outcome"]
    harbour.key_for("prefer", cuts=Cuts(makers=frozenset({"halden", "orrin"})))
    assert "switched off" in harbour.ask().json["error"]["message"]
    harbour.key_for("prefer", cuts=Cuts(uses=frozenset({"prefer"})))
    assert harbour.ask().status == 403


def test_a_cut_stream_is_cut_and_has_its_outcome(harbour: Harbour) -> None:
    head = Answered(200, [(b"content-type", b"text/event-stream")])
    event = json.dumps({"id": "c", "model": "eu.h2", "choices": [{"index": 0, "delta": {"content": "A"}}]})
    harbour.script = lambda _: [head, f"data: {event}\n\n", UpstreamCut("gone")]
    got = harbour.ask(stream=True)
    assert (got.status, got.whole) == (200, False)
    assert got.body == f"data: {event}\n\n".encode()
    assert harbour.kinds() == ["allow", "outcome"]


@pytest.mark.parametrize("piece", ["{", "not json", '{"choices": [', "data: {}\n\n"])
def test_a_reply_that_cannot_be_read_does_not_flow(harbour: Harbour, piece: str) -> None:
    harbour.script = lambda _: [Answered(200, [(b"content-type", b"application/json")]), piece]
    got = harbour.ask()
    assert got.status == 502
    assert harbour.kinds() == ["allow", "outcome"]


def test_an_error_of_the_upstream_passes_as_it_is(harbour: Harbour) -> None:
    harbour.script = lambda _: [Answered(429, [(b"retry-after", b"7")]), '{"error": {}}']
    got = harbour.ask()
    assert (got.status, got.body, got.headers["retry-after"]) == (429, b'{"error": {}}', "7")


def test_nothing_leaves_while_the_ledger_cannot_be_written(harbour: Harbour) -> None:
    harbour.disk.fault = "the disk is full"
    got = harbour.ask()
    assert (got.status, got.code, got.sent) == (503, "ledger_unavailable", [])
    assert "the disk is full" in got.json["error"]["message"]
    harbour.disk.fault = ""
    assert harbour.ask().status == 200


def test_a_tool_call_is_not_released_when_it_cannot_be_recorded(harbour: Harbour) -> None:
    def script(_: object) -> list[object]:
        harbour.disk.fault = "the disk is full"
        return answer(proposes("read-log"))

    harbour.script = script
    got = harbour.ask()
    assert (got.status, got.code) == (503, "ledger_unavailable")
    assert harbour.notes == ["outcome of 1 not recorded: the disk is full"]
    assert harbour.open_rows() == ["open/0000000000000001"]


def test_a_judge_that_fails_is_a_refusal_and_an_entry(harbour: Harbour) -> None:
    class Broken:
        def find(self, *_: object, **__: object) -> None:
            raise ZeroDivisionError

    object.__setattr__(harbour.gate.book, "routes", Broken())
    got = harbour.ask()
    assert (got.status, got.sent) == (500, [])
    assert harbour.entries()[-1].fields["r"] == ["remit#could-not-judge"]


def test_terms_that_became_active_elsewhere_are_taken_up_before_anything_is_decided(harbour: Harbour) -> None:
    other = harbour_terms("{id: none, forbid: [invoke], when: {model.maker: halden}}")
    activate(harbour.writer, other, harbour.clock.now)
    harbour.later = lambda: setattr(harbour.gate, "book", make_rulebook(other))
    got = harbour.ask()
    assert (got.status, got.headers["remit-terms"]) == (403, other.digest)
    assert harbour.kinds() == ["terms", "deny"]


def test_a_hold_waits_for_people_and_is_on_record_as_that() -> None:
    hold = "{id: wait, hold: [act], when: {tool.name: read-log}, until: {approvals: {of: owner}, expires_in: 10m}}"
    register = "roles: [owner]\npeople: [{id: amadi, roles: [owner]}]\n"
    harbour = Harbour(harbour_terms(NO_BERTHS, hold, register=register + _register()))
    harbour.script = lambda _: answer(proposes("read-log"))
    got = harbour.ask()
    assert "Nobody is waited for" in got.body.decode()
    assert harbour.kinds() == ["allow", "hold", "outcome"]


def _register() -> str:
    from tests.gateway.harbour import REGISTER

    return REGISTER


def test_two_hundred_first_calls_at_once_do_not_pass_a_budget_of_one() -> None:
    limit = "{id: one, forbid: [invoke], when: {requests.window_1d: {above: 1}}}"
    harbour = Harbour(harbour_terms(limit))
    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: harbour.ask().status, range(200)))
    assert (statuses.count(200), statuses.count(429)) == (1, 199)
    assert harbour.kinds().count("allow") == 1


def test_what_a_call_may_take_is_reserved_and_then_settled() -> None:
    limit = "{id: money, forbid: [invoke], when: {money.window_30d: {above: 0.05}}}"
    harbour = Harbour(harbour_terms(limit))
    # 4,096 tokens that nobody named, at 10 a million, are 0.041: one call fits, two at once would not.
    assert [harbour.ask().status for _ in range(3)] == [200, 200, 200]
    refused = harbour.ask(max_tokens=8000)
    assert (refused.status, refused.headers["x-should-retry"]) == (429, "false")
    # The window is counted by the day, so that the first thing it lets go of it lets go of at midnight.
    assert 0 < int(refused.headers["retry-after"]) <= 86_400


def test_money_without_a_price_is_not_known_and_counts_against_the_call() -> None:
    limit = "{id: money, forbid: [invoke], when: {money.window_30d: {above: 1000}}}"
    harbour = Harbour(harbour_terms(limit))
    assert harbour.ask(model="osprey-1").status == 200
    assert harbour.ask(model="heron-1").status in {403, 429}


def test_a_conversation_held_elsewhere_goes_on_only_where_it_began_here(harbour: Harbour) -> None:
    body = {"id": "resp_1", "object": "response", "status": "completed", "model": "eu.h2", "output": []}
    harbour.script = lambda _: [Answered(200, [(b"content-type", b"application/json")]), json.dumps(body)]
    more = {"model": "heron-2", "input": "x"}
    assert harbour.ask(more | {"previous_response_id": "resp_9"}, path="/v1/responses").status == 403
    assert harbour.ask(more | {"store": True}, path="/v1/responses").status == 200
    assert harbour.ask(more | {"previous_response_id": "resp_1"}, path="/v1/responses").status == 200
    harbour.key_for("prefer")
    assert harbour.ask(more | {"previous_response_id": "resp_1"}, path="/v1/responses").status == 403


def test_the_list_of_models_holds_what_the_caller_is_permitted(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    from remit.gateway.exchange import exchange
    from remit.gateway.step import Asked

    got = harbour.carry(exchange(Asked("GET", b"/v1/models", b"", [BEARER], b""), harbour.gate))
    assert [row["id"] for row in got.json["data"]] == ["heron-2", "osprey-1"]
