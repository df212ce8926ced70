"""The traces we export, held against AgentAck: ours are clean, and it finds each seeded fault."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remit.gateway.oversight.trace import OpenedEntry, sessions, trace_lines
from remit.gateway.oversight.waiting import pass_time, release_call
from remit.ledger.entry import read_entry
from tests.gateway.oversight.scene import AMADI, BAKER, Quay

POLICY = """\
version = 1

[approval]
max_age_seconds = 3600
single_use = true
exact_action_binding = true
stop_is_terminal = true
require_for = ["*:*"]
"""
Event = dict[str, Any]


def opened(quay: Quay) -> list[OpenedEntry]:
    entries = map(read_entry, quay.disk.entries)
    return [OpenedEntry(entry, quay.hidden(entry.n) if entry.n in quay.disk.contents else {}) for entry in entries]


def a_trace() -> list[Event]:
    """One session with a call that was released, one refused, one expired and one that went on by itself."""
    quay = Quay()
    first, second, third = (quay.hold(turn=turn) for turn in (1, 3, 5))
    quay.vote(first, AMADI, "amadi")
    quay.vote(first, BAKER, "baker")
    quay.writer.commit(settle=release_call(first.call, first.call.digest, quay.terms.digest, quay.clock.at))
    quay.vote(second, BAKER, "baker", "refused")
    quay.vote(third, AMADI, "amadi")
    quay.writer.commit(settle=pass_time([third.call.digest], quay.pass_on(minutes=11)))
    found = sessions(opened(quay))
    assert list(found) == ["s1"]
    return [json.loads(line) for line in trace_lines("s1", found["s1"])]


def test_a_call_becomes_proposal_request_decision_and_what_came_of_it() -> None:
    events = [(event["type"], event.get("action_id"), event.get("decision")) for event in a_trace()]
    assert events == [
        ("action_proposed", "a1", None),
        ("approval_requested", "a1", None),
        ("action_proposed", "a2", None),
        ("approval_requested", "a2", None),
        ("action_proposed", "a3", None),
        ("approval_requested", "a3", None),
        ("approval_decision", "a1", "allow"),
        ("action_executed", "a1", None),
        ("approval_decision", "a2", "deny"),
        ("action_blocked", "a2", None),
        ("approval_decision", "a3", "deny"),
        ("action_blocked", "a3", None),
        ("session_end", None, None),
    ]


def at(events: list[Event], kind: str, action: str = "a1") -> int:
    return next(n for n, event in enumerate(events) if (event["type"], event.get("action_id")) == (kind, action))


def swap(events: list[Event], one: int, other: int) -> None:
    events[one], events[other] = events[other], events[one]


def other_action(event: Event) -> Event:
    return {**event, "action": {**event["action"], "parameters": {"act": "sha256:" + "0" * 64}}}


def unapproved(events: list[Event]) -> None:
    del events[at(events, "action_executed")]["approval_id"]


def denied(events: list[Event]) -> None:
    events[at(events, "approval_decision")]["decision"] = "deny"


def changed(events: list[Event]) -> None:
    events[at(events, "action_executed")] = other_action(events[at(events, "action_executed")])


def replayed(events: list[Event]) -> None:
    events.insert(at(events, "action_executed"), events[at(events, "action_executed")])


def expired(events: list[Event]) -> None:
    events[at(events, "approval_decision")]["expires_at"] = "2026-06-01T11:59:00Z"


def too_early(events: list[Event]) -> None:
    swap(events, at(events, "approval_decision"), at(events, "action_executed"))


def route_around(events: list[Event]) -> None:
    for event in events:
        if event.get("action_id") in {"a1", "a2"}:
            event["intent_id"] = "the same"
    refused = [events.pop(at(events, kind, "a2")) for kind in ("approval_decision", "action_blocked")]
    where = at(events, "action_executed")
    events[where:where] = refused


def interrupted(events: list[Event]) -> None:
    head = {name: events[0][name] for name in ("schema_version", "session_id", "timestamp")}
    events.insert(at(events, "action_executed"), {**head, "type": "interrupt"})


def without_end(events: list[Event]) -> None:
    events.pop()


FAULTS: dict[str, Callable[[list[Event]], None]] = {
    "ACK001": unapproved,
    "ACK002": denied,
    "ACK003": changed,
    "ACK004": replayed,
    "ACK005": expired,
    "ACK006": too_early,
    "ACK007": route_around,
    "ACK008": interrupted,
    "ACK009": without_end,
}


def found_by_agentack(events: list[Event], folder: Path) -> dict[str, int]:
    """Return the rules that AgentAck finds broken."""
    trace, policy, report = folder / "trace.jsonl", folder / "policy.toml", folder / "report.json"
    trace.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    policy.write_text(POLICY)
    words = ["agentack", "check", str(trace), "--policy", str(policy), "--json", str(report)]
    subprocess.run([sys.executable, "-m", *words], check=False, capture_output=True)
    found: dict[str, int] = json.loads(report.read_text())["result"]["rule_counts"]
    return found


def test_agentack_finds_nothing_in_our_traces(tmp_path: Path) -> None:
    assert found_by_agentack(a_trace(), tmp_path) == {}


@pytest.mark.parametrize("rule", FAULTS)
def test_agentack_finds_a_fault_that_is_seeded_into_our_traces(rule: str, tmp_path: Path) -> None:
    events = a_trace()
    FAULTS[rule](events)
    assert rule in found_by_agentack(events, tmp_path)
