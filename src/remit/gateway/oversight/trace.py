"""What the log says of held calls, as the traces that AgentAck checks: version 2 of its form, one session a file.

A call is an action, its hold an approval request, what people said its decision, and its outcome the execution. The
parameters of an action are its digest: the log commits to what was asked for, and does not show it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.ledger.kind import Answer, Effect, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.ledger.entry import Entry

VERSION = 2
OPERATION = "call"


class OpenedEntry(NamedTuple):
    """An entry, and what it is committed to."""

    entry: Entry
    hidden: Mapping[str, Any]


def sessions(entries: Iterable[OpenedEntry]) -> dict[str, list[OpenedEntry]]:
    """Part the entries about held calls by the session they are of."""
    found: dict[str, list[OpenedEntry]] = {}
    session_of: dict[int, str] = {}
    for opened in entries:
        entry = opened.entry
        if entry.kind == Kind.DECISION and entry.fields["o"] == Effect.HOLD and "act" in opened.hidden:
            session_of[entry.n] = str(opened.hidden.get("session") or "no-session")
        of = entry.n if entry.kind == Kind.DECISION else entry.fields.get("of")
        if of in session_of:
            found.setdefault(session_of[of], []).append(opened)
    return found


def trace_lines(session: str, entries: Iterable[OpenedEntry]) -> Iterator[str]:
    """Yield the lines of the trace of one session."""
    for event in trace_events(session, list(entries)):
        yield json.dumps(event, sort_keys=True, separators=(",", ":"))


def trace_events(session: str, entries: list[OpenedEntry]) -> Iterator[dict[str, Any]]:
    """Yield the events of one session in their order, and its end."""
    last = {opened.entry.fields["of"]: opened.entry.n for opened in entries if opened.entry.kind == Kind.RELEASE}
    tools: dict[int, str] = {}
    told: set[int] = set()
    at = ""
    for opened in entries:
        entry, at = opened.entry, opened.entry.at
        if entry.kind == Kind.DECISION:
            tools[entry.n] = str(opened.hidden["tool"])
            yield from _asked(session, opened)
            continue
        of = entry.fields["of"]
        names = {"action_id": f"a{of}", "approval_id": f"p{of}", "intent_id": f"i{of}"}
        head = {"schema_version": VERSION, "session_id": session, "timestamp": at, **names}
        if entry.kind == Kind.RELEASE and entry.fields["o"] == Answer.APPROVED:
            # The last approval is the decision: those before it were not yet enough.
            if entry.n == last[of] and of not in told:
                told.add(of)
                yield {**head, "decision": "allow", "type": "approval_decision"}
        elif entry.kind == Kind.RELEASE:
            if of not in told:
                told.add(of)
                yield {**head, "decision": "deny", "type": "approval_decision"}
            yield {**head, "reason": str(entry.fields["o"]), "type": "action_blocked"}
        else:
            act = str(opened.hidden.get("act", ""))
            yield {**head, "action": _action(tools[of], act), "type": "action_executed"}
    yield {"schema_version": VERSION, "session_id": session, "timestamp": at, "type": "session_end"}


def _asked(session: str, opened: OpenedEntry) -> Iterator[dict[str, Any]]:
    n = opened.entry.n
    head = {
        "action": _action(str(opened.hidden["tool"]), str(opened.hidden["act"])),
        "action_id": f"a{n}",
        "intent_id": f"i{n}",
        "schema_version": VERSION,
        "session_id": session,
        "timestamp": opened.entry.at,
    }
    yield {**head, "type": "action_proposed"}
    yield {**head, "approval_id": f"p{n}", "type": "approval_requested"}


def _action(tool: str, act: str) -> dict[str, Any]:
    return {"operation": OPERATION, "parameters": {"act": act}, "tool": tool}
