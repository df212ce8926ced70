"""Statements: read strictly, with every fault at once, and about nothing that can change."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.attest.statement import DIGEST_LENGTHS, LONGEST_PAYLOAD, STATEMENT, Statement, Subject, read_statement
from remit.errors import EvidenceRefused
from tests.attest.signed import alone, refusal, statement, with_payload

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    algorithms = draw(st.lists(st.sampled_from(sorted(DIGEST_LENGTHS)), min_size=1, max_size=3, unique=True))
    digest = {
        name: draw(st.text("0123456789abcdef", min_size=DIGEST_LENGTHS[name][0], max_size=DIGEST_LENGTHS[name][0]))
        for name in algorithms
    }
    return Subject(draw(NAMES), digest)


@given(st.lists(subjects(), min_size=1, max_size=3), st.dictionaries(NAMES, st.integers(-9, 9), max_size=3))
def test_what_is_written_is_read_again(about: list[Subject], predicate: dict[str, Any]) -> None:
    said = Statement(tuple(about), "https://remit.example/x", predicate)
    assert read_statement(said.payload()) == said


GOOD = statement().as_dict()


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "cannot be read"),
        (b"null", "no object"),
        (b'{"predicate":[]}', "no object"),
        (b"\xff", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b" " * (LONGEST_PAYLOAD + 1), "longer than"),
        (json.dumps({**GOOD, "_type": "https://in-toto.io/Statement/v0.1"}).encode(), "_type: expected one of"),
        (json.dumps({**GOOD, "subject": []}).encode(), "subject: expected 1 to"),
        (json.dumps({**GOOD, "predicateType": "no uri"}).encode(), "predicateType: expected a URI"),
        (json.dumps({**GOOD, "more": 1}).encode(), "more: not a key"),
        (json.dumps({**GOOD, "subject": [{"name": "x", "digest": {}}]}).encode(), "at least 1"),
        (json.dumps({**GOOD, "subject": [{"name": "x", "digest": {"md5": "0" * 32}}]}).encode(), "no name here"),
        (
            json.dumps({**GOOD, "subject": [{"name": "x", "digest": {"sha256": "0" * 40}}]}).encode(),
            "40 digits, not 64",
        ),
        (json.dumps({**GOOD, "subject": [{"name": "x", "digest": {"sha256": "A" * 64}}]}).encode(), "lower-case"),
        (json.dumps(GOOD).replace('"name"', '"name":"x","name"', 1).encode(), "twice"),
        (json.dumps(GOOD).replace('"version": 3', '"version": 3.0').encode(), "not whole"),
    ],
)
def test_what_is_no_statement_is_refused_at_its_step(payload: bytes, says: str) -> None:
    with pytest.raises(EvidenceRefused, match=says):
        read_statement(payload)
    assert refusal(alone(with_payload(payload))) == "statement"


def test_every_fault_comes_at_once() -> None:
    with pytest.raises(EvidenceRefused) as raised:
        read_statement(b'{"_type":"x","subject":[{"name":"","digest":{}}],"predicate":{},"q":1}')
    assert raised.value.says.splitlines() == [
        "the statement has 5 faults",
        "    predicateType: missing",
        f"    _type: expected one of {STATEMENT}, found 'x'",
        "    subject[0].name: expected a text, found an empty one",
        "    subject[0].digest: expected at least 1 entries, found 0",
        "    q: not a key of this record",
    ]


def test_what_is_signed_need_not_be_in_our_form_of_bytes() -> None:
    payload = json.dumps(GOOD, indent=3).encode() + b"\n"
    assert alone(with_payload(payload)).refused is None
