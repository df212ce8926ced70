"""What the pages show, read from the store and the terms: plain values, with nothing decided on the way.

Where people must answer apart from each other, nobody is shown what another has answered before it is settled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.errors import NotRecorded, RemitError
from remit.gateway.meter import ROWS as METERS
from remit.gateway.meter import Amount, Meter
from remit.gateway.oversight.breakglass import openings
from remit.gateway.oversight.held import State
from remit.gateway.oversight.stop import stops
from remit.gateway.oversight.waiting import attention_records, find_held, held_calls
from remit.ledger.entry import read_entry
from remit.ledger.kind import Kind
from remit.ledger.writer import write_time
from remit.terms.instant import write_instant
from remit.terms.prose import say_clause, say_hold
from remit.terms.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from remit.gateway.oversight.held import HeldCall
    from remit.gateway.people.census import Interval
    from remit.gateway.people.headcount import Headcount
    from remit.ledger.folder import LogFolder
    from remit.ledger.store import Store
    from remit.terms.register import Person, UseCase
    from remit.terms.terms import Terms

_RECENT = 100
_LOOKED_AT = 2000
"""Entries, the newest, in which recent decisions are looked for."""
_NOTHING = Amount(0, 0, 0)
_NEAR = 80
"""Per cent of a budget from which on it is told."""


class Seen(NamedTuple):
    """What a page is made from: the store, the terms in force, the time, and who looks."""

    store: Store
    log: LogFolder
    terms: Terms
    at: datetime
    person: Person
    people: Headcount | None = None
    """By what people are counted; without it nobody counts them."""


def view_queue(seen: Seen) -> dict[str, Any]:
    """Show what waits, what is up soonest first, and what stands still."""
    calls = [held.at_time(seen.at) for held in held_calls(seen.store)]
    waiting = sorted((held for held in calls if held.state is State.OPEN or held.reviewing), key=lambda h: h.expires)
    return {
        "calls": [_card(held, seen) for held in waiting],
        "emergencies": [
            {
                "by": opening.statement.person,
                "reason": opening.statement.reason,
                "use_case": opening.statement.use_case,
                "ends": write_time(opening.ends),
                "confirmed_by": opening.confirmed_by,
            }
            for opening in openings(seen.store)
            if opening.is_open(seen.at)
        ],
        "stops": [stop.record() for stop in stops(seen.store)],
    }


def view_call(seen: Seen, name: str) -> dict[str, Any]:
    """Show one call with everything that must be seen of it."""
    held = find_held(seen.store, name).at_time(seen.at)
    return {"call": _card(held, seen) | {"parts": held.sheet.parts, "missing": held.sheet.missing}}


def view_history(seen: Seen) -> dict[str, Any]:
    """Show what became of calls, the newest first."""
    ended = [
        held for held in (held.at_time(seen.at) for held in held_calls(seen.store)) if held.state is not State.OPEN
    ]
    ended.sort(key=lambda held: held.ended or held.begun, reverse=True)
    return {"calls": [_card(held, seen) for held in ended[:_RECENT]]}


def view_attention(seen: Seen) -> dict[str, Any]:
    """Show how well each reviewer looks, whoever is least sure first."""
    records = sorted(attention_records(seen.store), key=lambda record: (record.catch_rate_low, record.person))
    return {
        "reviewers": [
            {
                "person": record.person,
                "answers": len(record.looks),
                "caught": record.caught,
                "seeded": record.seeded,
                "low": _percent(record.catch_rate_low),
                "approved": _percent(record.approval_rate),
                "busiest": record.busiest_hour,
                "pace": record.pace,
                "agreed": record.agreed,
                "together": record.together,
                "seconds": [round(look.ms / 1000) for look in record.looks[-24:]],
            }
            for record in records
        ]
    }


def view_use_cases(seen: Seen) -> dict[str, Any]:
    """Show each use case with what it has used, and its budget of people."""
    meters = dict(seen.store.rows(METERS))
    stopped = {stop.name for stop in stops(seen.store) if stop.reach.value == "use"}
    cases = []
    for case in seen.terms.register.use_cases:
        facts = Meter(meters.get(METERS + case.id), int(seen.at.timestamp())).with_call(_NOTHING)
        cases.append(
            {
                "id": case.id,
                "says": case.says,
                "scope": case.scope,
                "stopped": case.id in stopped,
                "counts": {name: str(fact.value) for name, fact in facts.items()},
                **_people(case, seen),
            }
        )
    return {"cases": cases, "currency": seen.terms.register.currency}


def _people(case: UseCase, seen: Seen) -> dict[str, Any]:
    """Return the measured interval of a use case's people, and its budget with what is used of it."""
    budget = case.people
    limit = None if budget is None else f"{budget.at_most} people in {budget.window.days} days"
    found: dict[str, Any] = {"people": {"1d": "", "30d": ""}, "budget": limit, "used": None, "tone": "", "lost": ""}
    if seen.people is None:
        return found
    try:
        counts = seen.people.look(seen.terms, case.id, seen.at, seen.store)
    except NotRecorded as error:
        return found | {"lost": error.because}
    if counts is None:
        return found
    found["people"] = {"1d": _between(counts.window_1d), "30d": _between(counts.window_30d)}
    if budget is not None:
        used = counts.budget
        near = used.lower * 100 >= budget.at_most * _NEAR
        tone = "bad" if used.upper > budget.at_most else "warn" if near else ""
        found |= {"used": _between(used), "tone": tone}
    return found


def _between(interval: Interval) -> str:
    return f"{interval.lower} to {interval.upper}" if interval.upper > interval.lower else str(interval.lower)


def view_terms(seen: Seen) -> dict[str, Any]:
    """Show the terms in force, clause by clause, and what came and comes when."""
    force = seen.terms.force(seen.at, max((*seen.terms.learned[-1:], seen.at)))
    attributes = seen.terms.vocabulary.attributes
    rules = [
        {
            "reference": rule.reference,
            "by": rule.instrument.by,
            "kind": "boundary" if rule.clause.boundary else rule.instrument.kind.value,
            "light": rule.light.value,
            "says": rule.clause.says,
            "sentence": say_clause(rule.clause, attributes),
        }
        for rule in force.rules
    ]
    order = {"boundary": 0, "order": 1, "waiver": 2, "grant": 3, "authorisation": 4, "policy": 5, "statement": 6}
    rules.sort(key=lambda rule: (order[rule["kind"]], rule["reference"]))
    turns = [
        {
            "at": write_instant(turn.at),
            "ahead": turn.at > seen.at,
            "instrument": turn.instrument.id,
            "what": f"{turn.turning.value}: {turn.before} → {turn.after}",
            "authority": turn.authority,
        }
        for turn in timeline(seen.terms, seen.at)
    ]
    return {"digest": seen.terms.digest, "rules": rules, "turns": turns[::-1]}


def view_decisions(seen: Seen) -> dict[str, Any]:
    """Show the newest decisions with the rules that decided."""
    size = seen.store.head().size
    found = []
    for raw in seen.store.entries(max(0, size - _LOOKED_AT), size):
        entry = read_entry(raw)
        if entry.kind == Kind.DECISION:
            boundaries = entry.fields.get("b", {})
            found.append(
                {
                    "n": entry.n,
                    "at": entry.at,
                    "stream": entry.stream,
                    "effect": entry.fields["o"],
                    "rules": entry.fields.get("r", []),
                    "boundaries": {name: word for name, word in boundaries.items() if word != "ok"},
                }
            )
    return {"decisions": found[: -_RECENT - 1 : -1]}


def view_log(seen: Seen) -> dict[str, Any]:
    """Show how far the log has come, what is published of it, and who has cosigned that."""
    head = seen.store.head()
    published: dict[str, Any] = {"text": "", "size": None, "cosigned": [], "says": ""}
    try:
        newest = seen.log.newest()
    except RemitError as error:
        published["says"] = str(error).splitlines()[0]
    else:
        published |= {"size": newest.size, "root": newest.checkpoint.root.hex()}
        published["cosigned"] = sorted(newest.verified.cosigned_by)
        published["text"] = newest.note.decode("utf-8", "replace")
    return {
        "origin": seen.log.origin,
        "size": head.size,
        "root": head.root().hex() if head.size else "",
        "last": head.at,
        "published": published,
        "witnesses": sorted(key.name for key in seen.log.policy.witnesses.values()),
    }


def marks(store: Store) -> str:
    """Return what changes when the queue does."""
    return json.dumps([[held.id, held.state.value, len(held.answers)] for held in held_calls(store)])


VIEWS: dict[str, Callable[[Seen], dict[str, Any]]] = {
    "queue": view_queue,
    "history": view_history,
    "attention": view_attention,
    "use-cases": view_use_cases,
    "terms": view_terms,
    "decisions": view_decisions,
    "log": view_log,
}


def _card(held: HeldCall, seen: Seen) -> dict[str, Any]:
    hidden = held.hold.apart and held.state is State.OPEN
    asked = {approval.of for approval in held.hold.approvals}
    mine = [answer for answer in held.answers if answer.person == seen.person.id]
    return {
        "id": held.id,
        "tool": held.call.title,
        "effects": list(held.effects) or ["not known"],
        "model": held.call.model,
        "use_case": held.call.use_case,
        "requester": held.call.requester,
        "state": "to review" if held.reviewing else held.state.value,
        "open": held.state is State.OPEN or held.reviewing,
        "serious": bool({"force", "operate-infrastructure", "act-on-people"} & set(held.effects)) or not held.effects,
        "begun": write_time(held.begun),
        "ended": None if held.ended is None else write_time(held.ended),
        "expires": write_time(held.expires),
        "oversight": held.oversight.value,
        "asks": say_hold(held.hold),
        "why": held.why,
        "answers": [_answer(answer) for answer in (mine if hidden else held.answers)],
        "hidden": hidden,
        "answered": bool(mine),
        "roles": [role for role in seen.person.roles if role in asked],
        "parked": held.parked,
        "approvable": not held.sheet.missing,
    }


def _answer(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer of a held call.
    return {
        "person": answer.person,
        "role": answer.role,
        "answer": answer.answer,
        "at": write_time(answer.at),
        "seconds": round(answer.ms / 1000),
    }


def _percent(share: Any) -> str:  # noqa: ANN401 - a decimal number.
    return f"{share * 100:.1f} %"
