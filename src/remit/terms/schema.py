"""JSON Schemas of the files of a terms folder, so that editors complete and check them while one types.

They are looser than the reader where a schema cannot be as strict: names that must exist elsewhere, one verb per kind.
A file that the schema refuses, the reader refuses too; only a register that adds names to what the scan alone gives,
a relation or a strength, is read although an editor does not know those names.
"""

from __future__ import annotations

from typing import Any, assert_never

from remit.terms.action import Action
from remit.terms.attribute import ATTRIBUTES, EFFECTS, Attribute, AttributeType
from remit.terms.clause import Duty, Verb
from remit.terms.clock import Meaning
from remit.terms.decision import Basis, Verdict
from remit.terms.hold import Oversight
from remit.terms.instrument import Kind
from remit.terms.register import MOST_ASKED_AGAIN
from remit.terms.standing import State
from remit.terms.use import VouchedBy

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# A bare number or truth value is read as the text it is written with: a level may be called 3.
_TEXT: Schema = {"type": ["string", "number", "boolean"], "minLength": 1}
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"((Z|[+-][0-9]{2}:[0-9]{2})(\[.+\])?|\[.+\])"
_INSTANT: Schema = {"type": "string", "pattern": rf"^\s*[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_TIME}\s?{_ZONE})?\s*$"}
_LENGTH: Schema = {"type": "string", "pattern": r"^\s*[1-9][0-9]{0,5}[smhdw]\s*$"}
_NAMES: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_MEASURED = frozenset({"model.relation", "model.strength"})
"""What the scan alone gives, so that its names are all there are."""
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 10**9}


def schemas() -> dict[str, Schema]:
    """Return the schema of each kind of file by its name: register, instrument, cases."""
    return {"register": register_schema(), "instrument": instrument_schema(), "cases": cases_schema()}


def instrument_schema() -> Schema:
    """Return the schema of `instruments/*.yaml`."""
    return {
        "$schema": DRAFT,
        "title": "Remit: an instrument",
        **_record(
            {
                "instrument": _TEXT,
                "kind": _among(Kind),
                "by": _TEXT,
                "title": _TEXT,
                "to": _NAMES,
                "binds": _NAMES,
                "waivable_by": _NAMES,
                "source": _TEXT,
                "notice": _TEXT,
                "standing": _some(_record(_ENTRY, ["state", "from", "known"])),
                "clauses": _some(_clause()),
            },
            ["instrument", "kind", "by", "standing", "clauses"],
        ),
        "$defs": {"condition": _condition()},
    }


def register_schema() -> Schema:
    """Return the schema of `remit.yaml`."""
    facts = {"type": "object", "additionalProperties": {"anyOf": [_NAMES, {"type": "number"}, _FLAG]}}
    key = _record({"key": _TEXT, "from": _INSTANT, "until": _INSTANT}, ["key"])
    scope = {
        **dict.fromkeys(("id", "says", "kind", "organisation", "customer", "level", "environment"), _TEXT),
        "serves": _NAMES,
        "spares": _NAMES,
        "facts": facts,
    }
    case = {**dict.fromkeys(("id", "scope", "says"), _TEXT), **dict.fromkeys(("serves", "models", "tools"), _NAMES)}
    budget = _record(
        {"kinds": _NAMES, "window": _LENGTH, **dict.fromkeys(("at_most", "declared"), _COUNT), "unseen": _FLAG},
        ["kinds", "window", "at_most"],
    )
    return {
        "$schema": DRAFT,
        "title": "Remit: the register",
        **_record(
            {
                "organisation": _TEXT,
                "parties": _rows({"id": _TEXT, "name": _TEXT, "role": _TEXT, "keys": _list(key)}),
                "levels": _rows({"id": _TEXT, "authorisation": {"enum": ["none", "required"]}}),
                "environments": _NAMES,
                "roles": _NAMES,
                "people": _rows(
                    {
                        **dict.fromkeys(("id", "name", "unit", "key"), _TEXT),
                        "roles": _NAMES,
                        "passkeys": _rows({"id": _TEXT, "key": _TEXT}, "key"),
                        "qualifications": _rows({"id": _TEXT, "from": _INSTANT, "until": _INSTANT}),
                        "from": _INSTANT,
                        "until": _INSTANT,
                    },
                    "roles",
                ),
                "emergency": _record(
                    {"of": _TEXT, "second": _TEXT, "told": _NAMES, "lasts": _LENGTH, "confirmed_within": _LENGTH},
                    ["of", "second", "told", "lasts", "confirmed_within"],
                ),
                "scopes": _rows(scope, "serves"),
                "use_cases": _rows(
                    {
                        **case,
                        "facts": facts,
                        "people": _record({"budget": budget}, ["budget"]),
                        "asks_again": {"type": "integer", "minimum": 0, "maximum": MOST_ASKED_AGAIN},
                    }
                ),
                "tools": _rows({"id": _TEXT, "effect": _NAMES, "says": _TEXT, "people": _NAMES}, "effect"),
                "upstreams": _rows(_UPSTREAM, "base_url"),
                "tool_servers": _rows(
                    {"id": _TEXT, "url": _UPSTREAM["base_url"], "command": _NAMES, "key": _UPSTREAM["key"]}
                ),
                "detectors": _rows(
                    {
                        **dict.fromkeys(("id", "model", "policy"), _TEXT),
                        "key": _record({"env": _TEXT}, ["env"]),
                        "labels": {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
                        "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                        "use_cases": _NAMES,
                        "lasts": _LENGTH,
                    },
                    "model",
                    "policy",
                    "key",
                    "labels",
                ),
                "clocks": _rows(_clock(), "says", "starts"),
                "events": _list(
                    _record(
                        {"event": _TEXT, "about": _TEXT, "at": _INSTANT, "known": _INSTANT}, ["event", "at", "known"]
                    )
                ),
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "prices": _list(
                    _record({"model": _TEXT, "input": _PRICE, "output": _PRICE}, ["model", "input", "output"])
                ),
                "attributes": _rows({"id": _TEXT, "says": _TEXT, "type": _among(AttributeType), "names": _NAMES}),
                "names": {
                    "type": "object",
                    "properties": {a.ident: _NAMES for a in ATTRIBUTES if a.type is AttributeType.NAME},
                    "additionalProperties": _NAMES,
                },
                "makers": _rows(dict.fromkeys(("id", "name", "parent", "domicile"), _TEXT)),
                "models": _rows(
                    {
                        **dict.fromkeys(("id", "maker", "family", "licence", "base", "weights"), _TEXT),
                        "aliases": _NAMES,
                    }
                ),
                "standing": _list(_record(_ENTRY | {"instrument": _TEXT}, ["instrument", "state", "from", "known"])),
            },
            [],
        ),
    }


def cases_schema() -> Schema:
    """Return the schema of `cases/*.yaml`."""
    values = {"anyOf": [_NAMES, {"type": "number"}, _FLAG]}
    use = _record(
        {
            "action": _among(Action),
            "facts": {"type": "object", "additionalProperties": values},
            "vouched_by": {"type": "object", "additionalProperties": {"enum": [v.word for v in VouchedBy]}},
        },
        ["action"],
    )
    expect = {
        "effect": {"enum": ["permit", "hold", "deny"]},
        "verdict": _among(Verdict),
        "basis": _among(Basis),
        "clause": _TEXT,
    }
    case = _record(
        {
            "case": _TEXT,
            "at": _INSTANT,
            "known": _INSTANT,
            "use": use,
            "expect": {**_record(expect, []), "minProperties": 1},
        },
        ["case", "at", "use", "expect"],
    )
    return {"$schema": DRAFT, "title": "Remit: example uses", **_record({"cases": _some(case)}, ["cases"])}


_VARIABLE: Schema = {
    "type": "object",
    "properties": {"env": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"}},
    "additionalProperties": False,
    "required": ["env"],
}
_UPSTREAM: Schema = {
    **dict.fromkeys(("id", "maker", "channel", "level", "environment", "service", "region", "project"), _TEXT),
    "base_url": {"type": "string", "pattern": "^https?://"},
    "dialects": _NAMES,
    "key": _VARIABLE,
    "models": {"type": "object", "additionalProperties": _TEXT},
    "tls": {
        "type": "object",
        "properties": dict.fromkeys(("authorities", "certificate", "key"), _VARIABLE),
        "additionalProperties": False,
    },
}
_PRICE: Schema = {"type": "number", "minimum": 0}

_ENTRY: Schema = {
    "state": {"enum": [state.value for state in State]},
    "from": _INSTANT,
    "known": _INSTANT,
    "until": _INSTANT,
    "by": _TEXT,
    "covers": _NAMES,
    "contested_by": _TEXT,
    "source": _TEXT,
    "note": _TEXT,
}


_ATTENTION: Schema = {
    "catch_rate": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "items_per_hour": {"type": "integer", "minimum": 1, "maximum": 100_000},
    "pace": {"type": "integer", "minimum": 1, "maximum": 100_000},
}


def _clause() -> Schema:
    actions = _list_or_one(_among(Action))
    approval = _record(
        {
            "of": _TEXT,
            "at_least": _whole(20),
            "separately": _FLAG,
            "different_units": _FLAG,
            "qualified": _NAMES,
            "not": _NAMES,
            "attention": {**_record(_ATTENTION, []), "minProperties": 1},
        },
        ["of"],
    )
    envelope = _record(
        {"at_most": _whole(10_000), "lasts": _LENGTH, "same": _NAMES, "below": {"enum": list(EFFECTS)}},
        ["at_most", "lasts"],
    )
    rival = _record({"means": _TEXT, "by": _TEXT, "when": _CONDITION}, ["means", "by", "when"])
    reading = _record(
        {**dict.fromkeys(("term", "means", "by", "memo"), _TEXT), "on": _INSTANT, "rival": rival},
        ["term", "means", "by", "on"],
    )
    return _record(
        {
            "id": _TEXT,
            **{verb.value: _NAMES if verb is Verb.LIFT else actions for verb in Verb},
            "lifts": _NAMES,
            "boundary": _FLAG,
            "when": _CONDITION,
            "says": _TEXT,
            "until": _record(
                {
                    "approvals": _list_or_one(approval),
                    "oversight": _among(Oversight),
                    "shown": _NAMES,
                    "expires_in": _LENGTH,
                    "window": _LENGTH,
                    "envelope": envelope,
                },
                ["approvals", "expires_in"],
            ),
            "duties": _record({duty.value: _TEXT for duty in Duty}, []),
            "phase_out": _INSTANT,
            "reading": {"anyOf": [reading, _list(reading)]},
        },
        ["id"],
    )


_CONDITION: Schema = {"$ref": "#/$defs/condition"}


def _condition() -> Schema:
    tests = {attribute.ident: _test(attribute) for attribute in ATTRIBUTES}
    return {
        "type": "object",
        "properties": {**tests, "any": {"type": "array", "items": _CONDITION, "minItems": 1}},
        "additionalProperties": {"anyOf": [_NAMES, {"type": ["number", "boolean", "object"]}]},
    }


def _test(attribute: Attribute) -> Schema:
    plain: Schema
    match attribute.type:
        case AttributeType.NAME:
            known = {"anyOf": [{"enum": list(attribute.names)}, {"type": "string", "pattern": "\\*"}]}
            plain = _list_or_one(known) if attribute.ident in _MEASURED else _NAMES
        case AttributeType.NUMBER:
            bounds = {key: {"type": "number"} for key in ("above", "at_least", "below", "at_most")}
            plain = {"anyOf": [{"type": "number"}, {**_record(bounds, []), "minProperties": 1}]}
        case AttributeType.FLAG:
            plain = _FLAG
        case _:
            assert_never(attribute.type)
    return {"description": attribute.says, "anyOf": [plain, _record({"not": plain}, ["not"])]}


def _whole(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


def _clock() -> Schema:
    words = (
        "id",
        "says",
        "within",
        "every",
        "ahead",
        "stops",
        "ends",
        "under",
        "zone",
        "until",
        "calendar",
        "source",
        "note",
    )
    starts = _record({"event": _TEXT, "instrument": _TEXT, "kind": _among(Kind), "state": _among(State)}, [])
    return {**dict.fromkeys(words, _TEXT), "starts": starts, "rolls": _FLAG, "means": _among(Meaning)}


def _record(properties: Schema, required: list[str]) -> Schema:
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | {"required": required} if required else made


def _rows(properties: Schema, *required: str) -> Schema:
    return _list(_record(properties, ["id", *required]))


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _some(items: Schema) -> Schema:
    return {**_list(items), "minItems": 1}


def _list_or_one(items: Schema) -> Schema:
    return {"anyOf": [items, _some(items)]}


def _among(words: Any) -> Schema:  # noqa: ANN401  # any enumeration of words
    return {"enum": [word.value for word in words]}
