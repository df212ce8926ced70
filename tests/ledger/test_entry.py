"""Entries: what is written is read again, and what is not to be believed is refused with its step."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused, RecordUnusable
from remit.ledger import kind
from remit.ledger.commitment import commit
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.kind import FORMS, Kind
from tests.ledger.written import BEGINS, TERMS

AT = "2026-11-23T09:48:24.123Z"
ARMOUR = "U1NIU0lH"
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+#*~=-]{0,20}", fullmatch=True)
NUMBERS = st.integers(0, 2**53 - 1)

VALUES: dict[str, Any] = {
    "b": {"b.surv": "ok", "b.weap": "ok"},
    "by": ["harbour-office"],
    "by_new": ARMOUR,
    "by_old": ARMOUR,
    "change": "begun",
    "cosigned": TERMS,
    "every": 300,
    "counts": {"uc-07": {"decision:allow": 3}},
    "digest": TERMS,
    "epoch": 1,
    "from": BEGINS,
    "i": 0,
    "j": 3,
    "model": "heron-2",
    "ms": 12,
    "new": "a+b+c",
    "of": 3,
    "old": "a+b+c",
    "old_origin": "quayside.example/one",
    "old_root": TERMS,
    "old_size": 7,
    "order": "order-12",
    "r": ["t.agency#4"],
    "refused": True,
    "sig": ARMOUR,
    "size": 3,
    "state": "in-force",
    "status": 200,
    "tm": TERMS,
    "to": "halden",
    "type": "notice",
    "variant": "heron-2-0301",
    "version": 3,
    "why": "upgrade",
}
PLACED = {"k", "n", "s", "sn", "t", "v", "_sd", "ep"}
SHOWN = {
    kind: {
        name: {"o": {Kind.DECISION: "hold", Kind.RELEASE: "approved"}.get(Kind(kind))}.get(name)
        or VALUES[name if (kind, name) not in {("message", "by"), ("breakglass", "by")} else "to"]
        for name in form.checks
        if name not in PLACED
    }
    for kind, form in FORMS.items()
}
"""Every kind with every field it may have."""


def decision(**changed: object) -> dict[str, Any]:
    record = {"k": "decision", "n": 3, "o": "hold", "s": "uc-07", "sn": 1, "t": AT, "tm": TERMS, "v": 1}
    return {name: value for name, value in (record | changed).items() if value is not None}


def refused_at(raw: bytes) -> str:
    with pytest.raises(EvidenceRefused) as caught:
        read_entry(raw)
    return caught.value.step


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_written_and_read_again_with_every_field_it_may_have(kind: Kind) -> None:
    fields = SHOWN[kind]
    digests = commit(bytes(32), 7, make_draft(Kind.BEAT, "log", {}, {"a": 1, "b": "x"}).hidden)
    raw = make_draft(kind, "uc-07", fields, {"a": 1, "b": "x"}).write(7, 2, AT, 1, digests)
    placed = {"_sd": digests, "ep": 1, "k": kind, "n": 7, "s": "uc-07", "sn": 2, "t": AT, "v": 1}
    assert read_entry(raw).fields == fields | placed
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode()


@given(NAMES, NUMBERS, NUMBERS, NAMES, st.dictionaries(NAMES, NAMES, min_size=1, max_size=5))
def test_a_draft_is_read_as_it_was_meant(stream: str, n: int, sn: int, rule: str, verdicts: dict[str, str]) -> None:
    fields = {"b": verdicts, "o": "allow", "r": [rule], "tm": TERMS}
    entry = read_entry(make_draft(Kind.DECISION, stream, fields).write(n, sn, AT))
    assert (entry.n, entry.kind, entry.stream, entry.sn, entry.at) == (n, "decision", stream, sn, AT)
    assert {name: entry.fields[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("kind", "stream", "fields", "place"),
    [
        (Kind.LOST, "uc 07", {"of": 3}, "$.s"),
        (Kind.LOST, "uc-07", {}, "$ lacks of"),
        (Kind.LOST, "uc-07", {"of": -1}, "$.of is -1"),
        (Kind.LOST, "uc-07", {"of": 3, "n": 4}, "$.n is not for the writer"),
        (Kind.LOST, "uc-07", {"of": 3, "k": "lost"}, "$.k is not for the writer"),
        (Kind.LOST, "uc-07", {"of": 3, "why": "x"}, "$.why is not for the writer"),
        (Kind.LOST, "uc-07", {"of": None}, "$.of is None"),
    ],
    ids=str,
)
def test_a_draft_that_no_reader_would_take_is_not_made(
    kind: Kind, stream: str, fields: dict[str, object], place: str
) -> None:
    with pytest.raises(RecordUnusable) as caught:
        make_draft(kind, stream, fields)
    assert str(caught.value).startswith(f"The record was not written: {place}")


def test_an_entry_too_long_is_refused_before_it_has_a_place() -> None:
    counts = {f"stream-{n}": {"entries": n} for n in range(2000)}
    fits = {"counts": counts, "i": 0, "j": 3}
    raw = make_draft(Kind.SUMMARY, "log", fits).write(2**53 - 1, 2**53 - 1, AT)
    assert len(raw) <= 65_535
    with pytest.raises(RecordUnusable, match="more than 65535"):
        make_draft(Kind.SUMMARY, "log", {**fits, "counts": counts | {f"more-{n}": {"x": 1} for n in range(2000)}})
    with pytest.raises(RecordUnusable, match="more than 65535"):
        make_draft(Kind.BEAT, "log", {}, {f"field-{n}": 1 for n in range(1500)})


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        (b" " * 65_536, "entry-size"),
        (b'{"k":"\xff"}', "entry-utf8"),
        (b"\xef\xbb\xbf{}", "entry-json"),
        (b"", "entry-json"),
        (b"{} ", "entry-json"),
        (b"[" * 5_000, "entry-json"),
        (b'{"o":"deny","o":"allow"}', "entry-duplicate"),
        (b'{"b":{"x":"ok","x":"bad"}}', "entry-duplicate"),
        (b'{"n":1.0}', "entry-number"),
        (b'{"n":1e3}', "entry-number"),
        (b'{"n":NaN}', "entry-number"),
        (b'{"n":-Infinity}', "entry-number"),
        (b"[]", "entry-json"),
        (b"null", "entry-json"),
        (b"{}", "entry-kind"),
        (b'{"k":"guess"}', "entry-kind"),
        (b'{"k":["decision"]}', "entry-kind"),
        (b'{"k":"decision"}', "entry-field"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_entry_is_refused_with_the_step(raw: bytes, step: str) -> None:
    assert refused_at(raw) == step


DIGEST = "A" * 43


@pytest.mark.parametrize(
    "changed",
    [
        {"tm": None},
        {"why": "x"},
        {"o": "maybe"},
        {"o": 1},
        {"v": 2},
        {"v": True},
        {"n": True},
        {"n": -1},
        {"n": 2**53},
        {"s": ""},
        {"s": "ü"},
        {"s": "-a"},
        {"s": "a" * 129},
        {"t": "2026-11-23T09:48:24Z"},
        {"t": "2026-02-30T09:48:24.123Z"},
        {"t": 5},
        {"tm": "sha256:abc"},
        {"tm": 7},
        {"b": {}},
        {"b": {"x": 1}},
        {"b": {"": "ok"}},
        {"b": ["x"]},
        {"r": []},
        {"r": "x"},
        {"r": [1]},
        {"r": [["x"]]},
        {"b": {"x": ["y"]}},
        {"_sd": [DIGEST]},
        {"ep": 1},
        {"_sd": [], "ep": 1},
        {"_sd": DIGEST, "ep": 1},
        {"_sd": [1], "ep": 1},
        {"_sd": [DIGEST, DIGEST], "ep": 1},
        {"_sd": [DIGEST[1:]], "ep": 1},
        {"_sd": [f"{DIGEST},{'B' * 43}"], "ep": 1},
    ],
    ids=str,
)
def test_a_field_that_is_not_of_its_form_is_refused(changed: dict[str, object]) -> None:
    assert read_entry(json.dumps(decision()).replace(" ", "").encode()).kind == Kind.DECISION
    assert refused_at(json.dumps(decision(**changed), separators=(",", ":")).encode()) == "entry-field"


@pytest.mark.parametrize(
    "changed",
    [
        {"counts": []},
        {"counts": {"": {}}},
        {"counts": {"log": 3}},
        {"counts": {"log": {"": 3}}},
        {"counts": {"log": {"beat": -3}}},
    ],
    ids=str,
)
def test_counts_that_are_none_are_refused(changed: dict[str, object]) -> None:
    record = {"counts": {}, "i": 0, "j": 1, "k": "summary", "n": 3, "s": "log", "sn": 0, "t": AT, "v": 1}
    assert read_entry(json.dumps(record, separators=(",", ":")).encode()).fields["counts"] == {}
    assert refused_at(json.dumps(record | changed, separators=(",", ":")).encode()) == "entry-field"


@pytest.mark.parametrize("changed", [{"refused": 1}, {"status": "200"}, {"model": 4}, {"model": ["a"]}], ids=str)
def test_an_outcome_whose_fields_are_of_another_type_is_refused(changed: dict[str, object]) -> None:
    record = {"k": "outcome", "n": 3, "of": 1, "s": "uc-07", "sn": 0, "t": AT, "v": 1}
    assert read_entry(json.dumps(record, separators=(",", ":")).encode()).fields["of"] == 1
    assert refused_at(json.dumps(record | changed, separators=(",", ":")).encode()) == "entry-field"


def test_a_signature_that_is_no_base64_is_refused() -> None:
    record = {"k": "release", "n": 3, "o": "approved", "of": 1, "s": "uc-07", "sig": "!", "sn": 0, "t": AT, "v": 1}
    assert refused_at(json.dumps(record, separators=(",", ":")).encode()) == "entry-field"


def test_what_was_found_right_is_forgotten_before_it_becomes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "_KEPT", 3)
    for number in range(20):
        fields = {"o": "allow", "r": [f"rule-{number}"], "tm": "sha256:" + f"{number:02x}" * 32}
        assert read_entry(make_draft(Kind.DECISION, f"uc-{number}", fields).write(7, 2, AT)).sn == 2
    assert len(kind._NAMES_SEEN) <= 5


def test_a_value_that_only_looks_like_one_found_right_is_refused() -> None:
    fields: dict[str, object] = {"b": {"b.surv": "ok"}, "o": "allow", "tm": "sha256:" + "ab" * 32}
    make_draft(Kind.DECISION, "uc-07", fields)
    others: list[dict[str, object]] = [
        {"b": [("b.surv", "ok")]},
        {"b": {"b.surv": "ok", "b.weap": ["ok"]}},
        {"o": ["allow"]},
    ]
    for changed in others:
        with pytest.raises(RecordUnusable):
            make_draft(Kind.DECISION, "uc-07", fields | changed)
