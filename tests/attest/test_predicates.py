"""Predicates: each is read with every fault at once, written again as it was, and its published schema agrees."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import remit.attest.predicates
from remit.attest.predicates.register import SHAPES, make_schema, name_of, published_schema, read_predicate, type_of
from remit.attest.statement import PREDICATES
from remit.errors import EvidenceRefused
from tests.attest.signed import PREDICATE, refused, renewed, statement

SHA = {"sha256": "0" * 64}
WHEN = {"validFrom": "2026-09-01T12:00:00Z", "validUntil": "2026-11-30T12:00:00Z"}
FILES = [{"name": "VERIFY.md", "digest": SHA}]
WHO = {"name": "R. Amadi", "role": "system owner", "standard": "reasonable inquiry"}
ORDER = {"id": "ministry-order-12", "version": 3, "digest": SHA}
TARGET = {"provider": "halden", "models": ["heron-*"], "lineage": "including-derived"}
FULL = PREDICATE.as_dict() | {
    "removed": [{"what": "heron-2 in nav", "on": "2026-08-20", "replacedBy": "osprey-1"}],
    "status": "removed",
    "suppliers": [{"id": "S2", "statement": SHA}, {"id": "S5", "missing": "no answer since 2026-04-01"}],
    "none": "we build all of it",
    "terms": {
        "digest": SHA,
        "at": "2026-09-01T12:00:00Z",
        "known": "2026-09-01T12:00:00Z",
        "boundaryCrossed": False,
        "verdicts": [
            {"scope": "s", "maker": "m", "channel": "c", "relation": "r", "verdict": "within", "useCase": ""},
        ],
    },
    "supersedes": SHA,
    "log": {"origin": "quayside.example/log", "index": 9131},
}
RECORDS: dict[str, dict[str, Any]] = {
    "model-integration": FULL,
    "model-usage": {
        "log": {"origin": "quayside.example/log", "first": 0, "stop": 12, "size": 12, "root": "0" * 64},
        "window": {"from": "2026-03-02T08:00:07.130Z", "until": "2026-03-02T08:01:25.560Z"},
        "counts": {"citizen-desk": {"decision:allow": 2}},
        "boundaries": {"halden.no-mass-surveillance": {"clear": 3, "crossed": 1}},
        "holds": {"held": 1, "approved": 1},
        "terms": [{"digest": SHA, "from": "2026-03-01T00:00:00Z"}],
        "witnesses": [{"name": "ministry.example/witness", "at": "2026-03-03T00:00:00Z"}],
        "grade": "E3",
        "delayMs": {"of": 3, "p50": 5, "p90": 48, "p99": 48, "most": 48},
        "request": "n",
        "affirmedBy": WHO,
        "evidence": FILES,
        **WHEN,
    },
    "terms": {
        "digest": SHA,
        "catalogue": SHA,
        "at": "2026-09-01T12:00:00Z",
        "known": "2026-09-01T12:00:00Z",
        "register": {"name": "remit.yaml", "digest": SHA},
        "instruments": [
            {
                "id": "o",
                "kind": "order",
                "by": "ministry",
                "file": {"name": "instruments/o.yaml", "digest": SHA},
                "clauses": 2,
                "boundaries": 1,
                "signedBy": "SHA256:" + "A" * 43,
            }
        ],
        "prover": {
            "tool": "remit 0.1.0",
            "holds": False,
            "faults": ["spoofing: x"],
            "claims": 3,
            "certificate": {"name": "certificate.json", "digest": SHA},
        },
        "request": "n",
        "affirmedBy": WHO,
        "evidence": FILES,
        **WHEN,
    },
    "removal": {
        "order": ORDER,
        "target": TARGET,
        "removed": [{"what": "heron-2 in nav", "on": "2026-08-20"}],
        "left": ["the history, until 2030"],
        "before": SHA,
        "after": SHA,
        "request": "n",
        "affirmedBy": WHO,
        "evidence": FILES,
        **WHEN,
    },
    "reconciliation": {
        "by": "halden",
        "log": {"origin": "quayside.example/log", "size": 12, "root": "0" * 64},
        "window": {"from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
        "records": "request-ids",
        "checked": 3,
        "found": 2,
        "method": "each id of ours was opened in the log",
        "missing": ["req-7"],
        "request": "n",
        "statement": SHA,
        "evidence": FILES,
    },
    "receipt": {
        "receivedFrom": "tidewater",
        "receivedBy": "quayside",
        "received": "2026-09-03T09:00:00Z",
        "statement": SHA,
        "form": "transcribed",
        "request": "n",
        "transcribedBy": "R. Amadi",
        "note": "from paper",
        "evidence": FILES,
    },
    "assessment": {
        "assessor": {"id": "board", "name": "the Board", "independence": "paid by neither side"},
        "statements": [SHA],
        "procedure": ["looked again at the same commit"],
        "result": "upheld with reservations",
        "reservations": ["bills were not shown"],
        "notExamined": ["the suppliers"],
        "request": "n",
        "evidence": FILES,
        **WHEN,
    },
}
PATHS = st.sampled_from(sorted(RECORDS))


def read(name: str, record: dict[str, Any]) -> Any:
    return read_predicate(statement(record, type_of(name)))


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_predicate_with_everything_is_written_as_it_was_read(name: str) -> None:
    again = read(name, RECORDS[name]).as_dict()
    assert json.loads(json.dumps(again).replace(".130000Z", ".130Z").replace(".560000Z", ".560Z")) == RECORDS[name]


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_the_published_schema_is_the_one_that_the_reader_goes_by(kind: str) -> None:
    published = published_schema(name_of(kind))
    assert published == make_schema(kind), "write it anew: make_schema in predicates/register.py gives it"
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(RECORDS[name_of(kind)], published)


def test_each_predicate_has_a_file_and_a_schema_of_its_name() -> None:
    folder = Path(remit.attest.predicates.__file__).parent
    schemas = {path.name.removesuffix(".schema.json") for path in folder.glob("*.schema.json")}
    assert schemas == {name.replace("-", "_") for name in RECORDS}
    assert schemas <= {path.stem for path in folder.glob("*.py")}


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*place, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*place, index))


JUNK = st.sampled_from([None, True, -1, 2**53, 1, "", "x", "\ud800", [], {}, [None], {"": 1}, "a b", "x" * 9000])


@given(PATHS, st.data())
def test_the_reader_refuses_whatever_the_schema_refuses_and_never_breaks(name: str, data: st.DataObject) -> None:
    record = copy.deepcopy(RECORDS[name])
    place = data.draw(st.sampled_from(list(places(record))[1:]))
    inside = record
    for step in place[:-1]:
        inside = inside[step]
    if data.draw(st.booleans()) and isinstance(inside, dict):
        del inside[place[-1]]
    else:
        inside[place[-1]] = data.draw(JUNK)
    fits = jsonschema.Draft202012Validator(published_schema(name)).is_valid(record)
    try:
        read(name, record)
        refused_at = ""
    except EvidenceRefused as error:
        refused_at = error.step
    assert refused_at in ({"", "predicate"} if fits else {"predicate"})


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("model-integration", {"validUntil": "2026-09-01T12:00:00Z"}, "validUntil: is not after validFrom"),
        ("model-integration", {"status": "found"}, "status: says found, and the rest of the record gives removed"),
        ("model-integration", {"status": "compliant"}, "status: expected one of found"),
        ("model-integration", {"validFrom": "2026-02-31T00:00:00Z"}, "day is out of range"),
        ("model-usage", {"witnesses": []}, "grade: says E3, and 0 witnesses are named"),
        ("model-usage", {"log": {**RECORDS["model-usage"]["log"], "stop": 13}}, "log: first comes before stop"),
        ("model-usage", {"delayMs": {"of": 3, "p50": 9, "p90": 4, "p99": 48, "most": 48}}, "percentiles do not rise"),
        ("terms", {"prover": {"tool": "t", "holds": True, "faults": ["x"], "claims": 0}}, "says true, and 1 faults"),
        ("removal", {"removed": []}, "removed: expected 1 to"),
        ("reconciliation", {"found": 4}, "found: is more than were checked"),
        ("reconciliation", {"missing": ["a", "b"]}, "missing: names more than were not found"),
        ("reconciliation", {"window": {"from": WHEN["validUntil"], "until": WHEN["validFrom"]}}, "is not after from"),
        ("assessment", {"result": "upheld"}, "there are some reservations"),
        ("assessment", {"reservations": []}, "there are no reservations"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(name: str, change: dict[str, Any], says: str) -> None:
    with pytest.raises(EvidenceRefused, match=says):
        read(name, RECORDS[name] | change)


def test_not_found_may_be_said_only_where_everything_was_looked_at() -> None:
    method = PREDICATE.method
    whole = renewed(method=type(method)(method.kind, method.tool, method.surfaces[:1]))
    assert whole.gaps == ()
    with refused("predicate"):
        read("model-integration", whole.as_dict())
    read("model-integration", whole.as_dict() | {"status": "not-found"})
    with refused("predicate"):
        read("model-integration", PREDICATE.as_dict() | {"status": "not-found"})
    missing = whole.as_dict() | {"suppliers": [{"id": "S5", "missing": "no answer"}]}
    with refused("predicate"):
        read("model-integration", missing | {"status": "not-found"})
    assert read("model-integration", missing).gaps == ("supplier S5",)
    for word in ("under-review", "not-inquired"):
        assert read("model-integration", missing | {"status": word}).status == word


@pytest.mark.parametrize("sign", ["\n", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800", "\ufeff"])
def test_a_text_that_a_terminal_would_not_show_as_it_is_is_refused(sign: str) -> None:
    record = copy.deepcopy(FULL)
    record["affirmedBy"]["name"] = f"R. Amadi{sign}grade E5"
    with pytest.raises(EvidenceRefused, match=f"affirmedBy.name: holds the character U\\+{ord(sign):04X}"):
        read("model-integration", record)
    with pytest.raises(EvidenceRefused) as raised:
        read("model-integration", FULL | {f"a{sign}b": 1})
    assert sign not in raised.value.says.splitlines()[-1]
    record["affirmedBy"]["name"] = "Ren\N{LATIN SMALL LETTER E WITH ACUTE}\N{NO-BREAK SPACE}D. \N{ZERO WIDTH JOINER}"
    read("model-integration", record)


def test_a_predicate_of_an_unknown_type_is_refused() -> None:
    with refused("predicate"):
        read_predicate(statement({}, f"{PREDICATES}other/v0.1"))


def test_no_more_than_fifty_faults_are_told() -> None:
    with pytest.raises(EvidenceRefused) as raised:
        read("model-integration", {f"k{number}": 1 for number in range(90)})
    assert raised.value.says.splitlines()[-1] == "    and 49 more"
