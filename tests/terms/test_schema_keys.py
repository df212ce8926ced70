"""The schemas and the reader know the same keys, and refuse the same mistakes."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from remit.errors import TermsUnusable
from remit.terms import schema
from remit.terms.attribute import ATTRIBUTES, Attribute, AttributeType
from remit.terms.cases import read_cases
from remit.terms.document import read_document
from remit.terms.fields import Fields
from remit.terms.folder import Files, read_terms
from tests.terms.editor import SCHEMAS, as_an_editor_reads, refusals
from tests.terms.world import REGISTER

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio"
WHOLE = (
    REGISTER.replace("{id: court}]", f"{{id: court}}, {{id: board, keys: [{{key: '{KEY}'}}]}}]").replace(
        "roles: [officer]}]",
        "roles: [officer]}, {id: boro, roles: [owner], passkeys: [{id: a, key: b}], qualifications: [{id: cranes}]}]",
    )
    + """\
  - {id: find, scope: watch, says: finding, serves: [x], facts: {drill: true}, models: [heron-1], tools: [letter],
     people: {budget: {kinds: [email], window: 30d, at_most: 5, declared: 3, unseen: true}}, asks_again: 2}
upstreams:
  - {id: up, maker: halden, channel: direct, base_url: "https://up.example", level: open, environment: office,
     service: direct, dialects: [openai-chat], key: {env: UP_KEY}, region: north, project: p, models: {heron-1: h},
     tls: {authorities: {env: UP_CA}, certificate: {env: UP_CERTIFICATE}, key: {env: UP_CERTIFICATE_KEY}}}
tool_servers:
  - {id: files, url: "https://files.example/mcp", key: {env: FILES_KEY}}
  - {id: local, command: [python3, server.py]}
detectors:
  - {id: guard, model: heron-1, policy: Say violence or none., key: {env: GUARD}, labels: {violence: force}, share: 0.1,
     use_cases: [find], lasts: 1d}
clocks:
  - {id: find-out, says: Say so., starts: {event: found}, stops: told, within: 3 business days, calendar: US, zone: UTC,
     until: "17:01", rolls: true, means: deadline, under: it, source: a page, note: a note}
  - {id: again, says: Look., starts: {instrument: it, state: stayed}, every: 3 months}
  - {id: before, says: Tell., starts: {kind: order}, ahead: 60 days, ends: done}
events: [{event: found, about: router-7, at: 2026-03-06T10:00Z, known: 2026-03-06}]
currency: EUR
prices: [{model: heron-1, input: 1.5, output: 6}]
standing: [{instrument: it, state: stayed, from: 2026-03-01, known: 2026-03-01}]
emergency: {of: officer, second: owner, told: [quayside], lasts: 1h, confirmed_within: 1d}
"""
)
FULL = """\
instrument: it
kind: policy
by: halden
title: A title
binds: [quayside]
source: a page
notice: Ask a lawyer.
standing:
  - {state: in-force, from: 2026-01-01, known: 2026-01-01T10:00Z, until: 2027-01-01, by: court, covers: [quayside],
     contested_by: orrin, source: a page, note: a note}
clauses:
  - id: no
    boundary: true
    forbid: [invoke]
    when: {model.maker: halden, people.call: {above: 5}, drill: true, any: [{model.id: heron-*}]}
    says: Never.
    phase_out: 2026-06-01T17:01[America/New_York]
    reading: {term: a, means: b, by: halden, on: 2026-01-01, memo: c, rival: {means: d, by: court, when: {drill: true}}}
  - id: wait
    hold: [act]
    until: {approvals: {of: owner, at_least: 2, separately: true, not: [requester]}, shown: [card], expires_in: 10m}
    duties: {log: true, retain: a year, disclose: yes, cap: 5, report: monthly, review: once}
  - id: watch
    hold: [act]
    until:
      {approvals: {of: owner, different_units: true, qualified: [cranes], attention: {catch_rate: 0.8, pace: 40}},
       oversight: veto, window: 5m, expires_in: 1h}
  - id: many
    hold: [act]
    until:
      {approvals: {of: owner, attention: {items_per_hour: 30}}, oversight: envelope, expires_in: 1h,
       envelope: {at_most: 20, lasts: 2h, same: [berth], below: spend}}
  - {id: may, permit: [act]}
  - {id: must, oblige: [act], duties: {log: true}}
"""
STANDING = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2027-01-01}]\n"
MORE = {
    "grant": "by: halden\nto: [quayside]\nclauses: [{id: g, permit: [act], lifts: [it/wait]}]\n",
    "order": "by: ministry\nwaivable_by: [court]\nclauses: [{id: c, compel: [act]}]\n",
    "authorisation": "by: ministry\nclauses: [{id: a, authorise: [act]}]\n",
    "waiver": "by: court\nto: [quayside]\nclauses: [{id: w, lift: [order]}]\n",
}
CASES = """\
cases:
  - case: a
    at: 2026-06-01
    known: 2026-06-02
    use: {action: act, facts: {drill: true}, vouched_by: {drill: measured}}
    expect: {effect: deny, verdict: outside, basis: nothing, clause: it/no}
"""


Asked = dict[str, dict[str, set[str]]]
OPEN = {
    "register": {"names", "scopes[].facts", "use_cases[].facts", "upstreams[].models"},
    "instrument": {"clauses[].when.people.call"},
    "cases": set[str](),
}
"""Mappings whose keys are attributes, which a register can add to, or bounds, which stand beside plain values."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the reader has asked for once it has read something, by the kind of file and the place of the mapping."""
    found: Asked = defaultdict(lambda: defaultdict(set))
    done = Fields.done

    def noting(fields: Fields) -> None:
        kind = {"remit.yaml": "register", "cases/it.yaml": "cases"}.get(fields.document.path, "instrument")
        found[kind][place_of(fields.path)].update(fields.asked)
        done(fields)

    monkeypatch.setattr(Fields, "done", noting)
    return found


def place_of(path: str) -> str:
    """Return a place without its numbers; a reading and an approval may stand alone or in a list."""
    return re.sub(r"(reading|approvals)\[\]", r"\1", re.sub(r"\[\d+\]", "[]", path))


def faults_of(register: str = WHOLE, instrument: str = FULL, cases: str = CASES) -> list[str]:
    """Every fault of a folder with one of each kind of file and of instrument."""
    instruments = {
        f"instruments/{kind}.yaml": f"instrument: {kind}\nkind: {kind}\n{STANDING}{text}".encode()
        for kind, text in MORE.items()
    }
    try:
        terms = read_terms(Files(register.encode(), {"instruments/it.yaml": instrument.encode(), **instruments}, {}))
    except TermsUnusable as error:
        return [str(fault) for fault in error.faults]
    document = read_document("cases/it.yaml", cases.encode())
    read_cases(document, terms)
    return [str(fault) for fault in document.faults]


def records_in(part: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield the keys of each mapping in a schema whose keys are all known, by its place as the reader names it."""
    for either in part.get("anyOf", ()):
        yield from records_in(either, path)
    if "items" in part:
        yield from records_in(part["items"], f"{path}[]")
    if part.get("additionalProperties") is False:
        yield path, set(part["properties"])
    for key, inner in part.get("properties", {}).items():
        yield from records_in(inner, f"{path}.{key}" if path else key)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_knows_every_key_that_the_reader_asks_for_and_no_other(kind: str, asked: Asked) -> None:
    assert faults_of() == []
    known: dict[str, set[str]] = defaultdict(set)
    for path, keys in records_in(SCHEMAS[kind]):
        known[place_of(path)] |= keys
    assert known == {place: keys for place, keys in asked[kind].items() if place not in OPEN[kind]}
    assert OPEN[kind] <= set(asked[kind])


def test_a_schema_knows_every_attribute_and_every_bound(asked: Asked) -> None:
    assert faults_of() == []
    condition = SCHEMAS["instrument"]["$defs"]["condition"]["properties"]
    assert set(condition) == {attribute.ident for attribute in ATTRIBUTES} | {"any"}
    bounds = dict(records_in(condition["people.call"]["anyOf"][0]))
    assert bounds == {"": asked["instrument"]["clauses[].when.people.call"]}
    names = {attribute.ident for attribute in ATTRIBUTES if attribute.type is AttributeType.NAME}
    assert set(SCHEMAS["register"]["properties"]["names"]["properties"]) == names == asked["register"]["names"]


def test_an_attribute_that_is_a_truth_value_takes_one_and_its_negation() -> None:
    check = Draft202012Validator(schema._test(Attribute("drill", "a drill", AttributeType.FLAG)))
    assert [check.is_valid(value) for value in (True, {"not": False}, "true", 1, {})] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(("kind", "text"), [("register", WHOLE), ("instrument", FULL), ("cases", CASES)])
def test_a_file_with_every_key_is_accepted(kind: str, text: str) -> None:
    assert refusals(kind, as_an_editor_reads(text)) == []


MISTAKES = {
    "an unknown key": [
        ("register", "organisation: quayside", "organization: quayside"),  # misspelt on purpose
        ("register", "{id: halden}", "{id: halden, names: Halden}"),
        ("register", "kind: defence", "kinds: defence"),
        ("instrument", "title: A title", "titles: A title"),
        ("instrument", "boundary: true", "bound: true"),
        ("instrument", "state: in-force, from", "since: 2026-01-01, state: in-force, from"),
        ("instrument", "of: owner, at_least: 2", "of: owner, least: 2"),
        ("instrument", "duties: {log: true, retain", "duties: {logs: true, retain"),
        ("instrument", "{at_most: 20, lasts: 2h", "{at_least: 20, at_most: 20, lasts: 2h"),
        ("instrument", "{above: 5}", "{over: 5}"),
        ("cases", "action: act, facts", "actions: act, facts"),
        ("cases", "effect: deny", "effects: deny"),
    ],
    "a wrong kind of value": [
        ("register", "parties: [", "parties: {id: quayside}\nother: ["),
        ("register", "roles: [officer, owner]", "roles: [[officer], owner]"),
        ("register", "facts: {use.sector: harbours}", "facts: [use.sector]"),
        ("register", "facts: {use.purpose: answer}", "facts: {use.purpose: {a: b}}"),
        ("register", "{id: gate, effect: [force]}", "{id: gate, effect: []}"),
        ("instrument", "title: A title", "title: [A title]"),
        ("instrument", "boundary: true", "boundary: maybe"),
        ("instrument", "boundary: true", "boundary: 1"),
        ("instrument", "forbid: [invoke]", "forbid: {invoke: true}"),
        ("instrument", "forbid: [invoke]", "forbid: [invokes]"),
        ("instrument", "forbid: [invoke]", "forbid: []"),
        ("instrument", "when: {drill: true}", "when: [{drill: true}]"),
        ("instrument", "at_least: 2", "at_least: two"),
        ("instrument", "at_least: 2", "at_least: 21"),
        ("instrument", "catch_rate: 0.8", "catch_rate: 1.5"),
        ("instrument", "window: 5m", "window: soon"),
        ("instrument", "below: spend", "below: spending"),
        ("instrument", "oversight: veto", "oversight: vetos"),
        ("instrument", "expires_in: 10m", "expires_in: ten minutes"),
        ("instrument", "known: 2026-01-01T10:00Z", "known: 2026-01-01T10:00"),
        ("instrument", "from: 2026-01-01", "from: yesterday"),
        ("instrument", "{above: 5}", "{above: many}"),
        ("instrument", "{above: 5}", "{}"),
        ("instrument", "any: [{model.id: heron-*}]", "any: []"),
        ("instrument", "model.maker: halden", "model.strength: strong"),
        ("cases", "at: 2026-06-01", "at: June"),
        ("cases", "facts: {drill: true}", "facts: [drill]"),
        ("cases", "drill: measured", "drill: seen"),
        ("cases", "basis: nothing", "basis: none"),
        ("cases", "expect: {effect: deny, verdict: outside, basis: nothing, clause: it/no}", "expect: {}"),
    ],
    "a wrong word where few are known": [
        ("instrument", "state: in-force", "state: forced"),
        ("instrument", "state: in-force", "state: active"),
        ("instrument", "kind: policy", "kind: rule"),
        ("register", "authorisation: none", "authorisation: no"),
        ("register", "type: flag", "type: boolean"),
        ("cases", "verdict: outside", "verdict: compliant"),
    ],
    "something missing": [
        ("instrument", "instrument: it\n", ""),
        ("instrument", "kind: policy\n", ""),
        ("instrument", "by: halden\ntitle", "title"),
        ("instrument", "standing:\n  - {", "standing: []\nother:\n  - {"),
        ("instrument", "known: 2026-01-01T10:00Z, ", ""),
        ("instrument", "id: wait\n    hold", "hold"),
        ("instrument", "approvals: {of: owner, at_least: 2, separately: true, not: [requester]}, ", ""),
        ("instrument", ", expires_in: 10m", ""),
        ("instrument", "attention: {items_per_hour: 30}", "attention: {}"),
        ("instrument", "at_most: 20, ", ""),
        ("register", ", told: [quayside]", ""),
        ("instrument", "term: a, means: b, by: halden, on: 2026-01-01, ", "term: a, means: b, "),
        ("instrument", "means: d, by: court, when: {drill: true}", "means: d, by: court"),
        ("register", "{id: halden}", "{name: Halden}"),
        ("register", '    serves: ["services/**"]\n', ""),
        ("register", "{id: amadi, roles: [officer]}", "{id: amadi}"),
        ("register", ', base_url: "https://up.example"', ""),
        ("cases", "case: a\n    at", "at"),
        ("cases", "action: act, ", ""),
    ],
}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [mistake for mistakes in MISTAKES.values() for mistake in mistakes],
    ids=[f"{what}: {wrong or right}" for what, mistakes in MISTAKES.items() for _, right, wrong in mistakes],
)
def test_a_mistake_that_the_reader_refuses_is_shown_by_an_editor(kind: str, right: str, wrong: str) -> None:
    text = {"register": WHOLE, "instrument": FULL, "cases": CASES}[kind]
    assert text.count(right) == 1 or right in {"state: in-force", "{id: halden}"}
    spoilt = text.replace(right, wrong, 1)
    assert faults_of(**{kind: spoilt}) != []
    assert refusals(kind, as_an_editor_reads(spoilt)) != []
