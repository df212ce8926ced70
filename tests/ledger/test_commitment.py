"""Commitments: they open to what was committed to, and to nothing else."""

import base64
import json
import subprocess
from hashlib import sha256, shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused, RecordUnusable, UsageError
from remit.ledger.commitment import commit, digest_of, make_disclosures, open_disclosure, write_fields
from remit.ledger.entry import make_draft
from remit.ledger.kind import COMMITTED, EVERY, FORMS, Kind
from tests.house.console import ROOT

KEY = bytes(range(32))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def encode(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@given(st.dictionaries(TEXT, JSON, min_size=1, max_size=8), st.integers(0, 2**53 - 1))
def test_every_field_opens_to_its_value(fields: dict[str, object], index: int) -> None:
    hidden = write_fields(fields)
    digests = commit(KEY, index, hidden)
    opened = dict(open_disclosure(text, digests) for text in make_disclosures(KEY, index, hidden))
    assert opened == fields
    assert digests == sorted(digests)


@given(st.dictionaries(TEXT, JSON, min_size=1, max_size=8), st.integers(0, 2**53 - 1))
def test_the_tuned_form_is_the_plain_one(fields: dict[str, object], index: int) -> None:
    salts = shake_256(KEY + index.to_bytes(8, "big")).digest(18 * len(fields))
    plain = []
    for place, name in enumerate(sorted(fields)):
        salt = encode(salts[18 * place : 18 * place + 18]).decode()
        value = json.loads(dict(write_fields(fields))[json.dumps(name, ensure_ascii=False)])
        assert value == fields[name]
        text = f'["{salt}",{write_fields({name: value})[0][0]},{write_fields({name: value})[0][1]}]'
        plain.append(encode(sha256(encode(text.encode())).digest()).decode())
    assert commit(KEY, index, write_fields(fields)) == sorted(plain)


def test_another_key_or_place_gives_other_digests() -> None:
    hidden = write_fields({"purpose": "translate"})
    all_of_them = [commit(KEY, 1, hidden), commit(KEY, 2, hidden), commit(bytes(32), 1, hidden)]
    assert len({digest for digests in all_of_them for digest in digests}) == 3


def test_a_pipe_of_openssl_checks_a_disclosure() -> None:
    hidden = write_fields({"purpose": "translate", "subject": "c-19"})
    disclosure = make_disclosures(KEY, 7, hidden)[0]
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary"], input=disclosure, capture_output=True, check=True
    ).stdout
    assert encode(said).decode() in commit(KEY, 7, hidden)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"a": 1.5}, "is of type float"),
        ({"a": float("nan")}, "is of type float"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"\ud800": "a"}, "lone surrogate"),
        ({"a": 2**53}, "further from zero"),
        ({"a": {1: 2}}, "not text"),
    ],
    ids=str,
)
def test_a_value_without_one_form_is_not_committed_to(fields: dict[str, object], says: str) -> None:
    with pytest.raises(RecordUnusable, match=says):
        write_fields(fields)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(UsageError, match="16 bytes long"):
        commit(bytes(16), 1, write_fields({"a": 1}))


@pytest.mark.parametrize(
    ("disclosure", "step"),
    [
        (b"W", "disclosure-form"),
        (b"a!b", "disclosure-form"),
        (b"", "disclosure-form"),
        (encode(b'["' + b"s" * 22 + b'","a",1.5]'), "disclosure-form"),
        (encode(b'["' + b"s" * 22 + b'","a",{"x":1,"x":2}]'), "disclosure-form"),
        (encode(b'["' + b"s" * 22 + b'","a"]'), "disclosure-form"),
        (encode(b'["' + b"s" * 22 + b'",7,"a"]'), "disclosure-form"),
        (encode(b'{"a":1}'), "disclosure-form"),
        (encode(b"\xff"), "disclosure-form"),
        (encode(b"[" * 5000), "disclosure-form"),
        (encode(b'["' + b"s" * 21 + b'","a",1]'), "disclosure-salt"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_disclosure_that_cannot_be_one_is_refused_even_if_its_digest_is_there(disclosure: bytes, step: str) -> None:
    with pytest.raises(EvidenceRefused) as caught:
        open_disclosure(disclosure, [digest_of(disclosure)])
    assert caught.value.step == step


@given(st.data())
def test_no_changed_disclosure_opens(data: st.DataObject) -> None:
    hidden = write_fields({"purpose": "translate", "subject": "c-19"})
    digests = commit(KEY, 7, hidden)
    disclosure = bytearray(make_disclosures(KEY, 7, hidden)[0])
    disclosure[data.draw(st.integers(0, len(disclosure) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EvidenceRefused) as caught:
        open_disclosure(bytes(disclosure), digests)
    assert caught.value.step == "disclosure-digest"


def test_the_page_about_the_format_shows_what_is_written() -> None:
    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    fields = {"b": {"b.surv": "ok"}, "o": "allow", "r": ["t.agency#4"], "tm": "sha256:" + "ab" * 32}
    draft = make_draft(Kind.DECISION, "uc-07", fields, {"purpose": "translate", "subject": "c-19"})
    raw = draft.write(7, 3, "2026-03-02T08:00:00.000Z", 1, commit(KEY, 7, draft.hidden))
    disclosures = make_disclosures(KEY, 7, draft.hidden)
    assert f"```json\n{raw.decode()}\n```" in page
    assert f"```text\n{disclosures[0].decode()}\n{disclosures[1].decode()}\n```" in page


def test_the_page_about_the_format_knows_every_kind_with_its_fields() -> None:
    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    for kind, form in FORMS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{kind}` | ") and line.count("|") == 4]
        for name in form.checks.keys() - {*EVERY, *COMMITTED}:
            assert f"`{name}`" in row, (kind, name)
