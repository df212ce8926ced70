"""Whoever observes the gateway is told what is on record, and nothing else."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from remit.gateway.journal import Journal
from remit.gateway.metrics import may_read
from remit.gateway.observer import Came, Decided
from remit.gateway.spans import Spans, make_spans

NOW = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)
ALLOWED = Decided(7, "translate", "allow", ["policy/may"])
DENIED = Decided(8, "translate", "deny", ["policy/not-that"])
ANSWERED = Came(7, "translate", "heron-2", 200, declined=False, added_ms=3, took=0.5)
CUT_OFF = Came(7, "translate", "", 0, declined=False, added_ms=3, took=0.5)
TOOL = Came(9, "translate", "", 0, declined=False, added_ms=None, took=None)


def test_the_journal_is_a_line_of_json_for_each_thing() -> None:
    out = io.StringIO()
    journal = Journal(lambda: NOW, out)
    journal.decided(DENIED)
    journal.came(ANSWERED)
    journal.not_recorded("the disk is full")
    journal.note("terms are in force")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line.pop("at") for line in lines] == ["2026-11-23T18:31:00.000+00:00"] * 4
    assert lines[0] == {"event": "decision", "n": 8, "use": "translate", "effect": "deny", "rules": ["policy/not-that"]}
    assert lines[1]["event"] == "outcome"
    assert lines[1]["of"] == 7
    assert lines[2:] == [
        {"event": "not-recorded", "because": "the disk is full"},
        {"event": "note", "says": "terms are in force"},
    ]


def test_a_journal_that_nobody_reads_any_more_stops_nothing() -> None:
    out = io.StringIO()
    out.close()
    Journal(lambda: NOW, out).decided(ALLOWED)


def test_a_span_is_made_of_each_call_and_each_refusal_by_the_names_for_generative_models() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(memory))
    spans = Spans(provider, lambda: NOW)
    for decided in (ALLOWED, DENIED):
        spans.decided(decided)
    for came in (ANSWERED, CUT_OFF, TOOL):
        spans.came(came)
    refusal, call, cut = memory.get_finished_spans()
    assert refusal.name == "remit deny"
    assert refusal.attributes["remit.rule"] == "policy/not-that"
    assert call.name == "chat heron-2"
    assert call.attributes["gen_ai.operation.name"] == "chat"
    assert call.attributes["gen_ai.response.model"] == "heron-2"
    assert call.attributes["remit.decision"] == 7
    assert call.end_time - call.start_time == 500_000_000
    assert cut.attributes["error.type"] == "unreached"
    spans.close()


def test_nothing_is_sent_where_the_environment_names_no_address() -> None:
    assert make_spans({}, lambda: NOW) is None


@pytest.mark.parametrize(
    ("client", "headers", "token", "may"),
    [
        ("127.0.0.1", (), "", True),
        ("::1", (), "", True),
        ("10.0.0.1", (), "", False),
        ("127.0.0.1", ((b"x-forwarded-for", b"10.0.0.1"),), "", False),
        ("127.0.0.1", (), "secret", False),
        ("10.0.0.1", ((b"authorization", b"Bearer secret"),), "secret", True),
        ("10.0.0.1", ((b"authorization", b"Bearer other"),), "secret", False),
    ],
)
def test_counts_are_read_on_this_machine_or_with_the_token(
    client: str, headers: tuple[tuple[bytes, bytes], ...], token: str, *, may: bool
) -> None:
    assert may_read(client, headers, {"REMIT_METRICS_TOKEN": token}) is may
