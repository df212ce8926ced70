"""A request: what stands in it is what was asked, whatever the register holds; and an answer reads back."""

from contextlib import suppress
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from remit.attest.suppliers.answer import read_answer
from remit.attest.suppliers.request import write_request
from remit.attest.suppliers.statement import Claim, Coverage, Edge, Exclusion, Subject, Summary
from remit.attest.suppliers.status import Status
from remit.errors import TermsUnusable
from tests.attest.suppliers.asked import round_of, supplier
from tests.attest.suppliers.handed_in import NONCE, answer_of, fill_in

DIGEST = "sha256:" + "7" * 64
COVERS = Coverage(frozenset({"a", "b"}), frozenset({"nav"}), (Subject("nav.tar", DIGEST),))
ASKED = supplier("s2", covers=COVERS)
ROUND = round_of(ASKED)


def faults(content: bytes) -> str:
    with pytest.raises(TermsUnusable) as caught:
        read_answer("s2.answer.yaml", content)
    return str(caught.value)


def test_a_filled_in_request_is_an_answer() -> None:
    said = read_answer("s2.answer.yaml", answer_of(ROUND, ASKED))
    assert (said.supplier, said.asked_by, said.nonce) == ("s2", "quayside", NONCE)
    assert (said.order, said.target, said.covers) == (ROUND.order, ROUND.target, COVERS)
    assert (said.claim, said.none_reason, said.affirmed_by) == (
        Claim.NOT_FOUND, "We do all of it ourselves.", "E. Strand, counsel",
    )  # fmt: skip
    assert (said.valid_until - said.made).days == 90


def test_numbers_may_stand_in_the_quotation_marks_that_are_there() -> None:
    said = read_answer("s2.answer.yaml", answer_of(ROUND, ASKED, seen='"12"', unread='"0"', status='"not-found"'))
    assert (said.surfaces[0].seen, said.surfaces[0].unread) == (12, 0)


def test_what_is_left_empty_is_asked_for_all_at_once() -> None:
    said = faults(write_request(ROUND, ASKED, NONCE))
    assert [line.split()[1] for line in said.splitlines() if "s2.answer.yaml:" in line] == snapshot(
        [
            "answer.status",
            "answer.made",
            "answer.surfaces[0].seen",
            "answer.surfaces[0].unread",
            "answer.suppliers.none",
            "answer.affirmed_by.name",
            "answer.affirmed_by.role",
        ]
    )


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"status": "clean"}, "unknown value; known: found, not-found"),
        ({"made": "yesterday"}, "not an instant"),
        ({"seen": "many"}, "expected a whole number, or unknown"),
        ({"seen": "unknown"}, "you know what you looked at"),
        ({"seen": "-1"}, "expected a whole number"),
        ({"unread": "3"}, "missing: why it was not looked at"),
        ({"status": "removed"}, "missing: what was removed"),
        ({"suppliers": "    []"}, "empty list"),
        ({"suppliers": "    - {id: s7, statement: x}"}, "not a digest"),
        ({"suppliers": f"    - {{id: s7, statement: {DIGEST}, missing: x}}"}, "one of them is not so"),
        ({"suppliers": "    - {id: p1, sealed: true}"}, "the digest of the statement that is sealed"),
        ({"suppliers": "    - {id: ../x}"}, "not a supplier's name"),
        ({"suppliers": "    - {id: s7}\n    - {id: s7}"}, "stands twice"),
        ({"suppliers": "    rolled_up: {required: 3, answered: 4, worst: clean}"}, "more than have to answer"),
        ({"suppliers": "    - {id: s7, keys: [x]}"}, "no public key"),
    ],
)
def test_an_answer_that_says_something_else_is_refused_with_its_place(answers: dict[str, str], says: str) -> None:
    assert says in faults(answer_of(ROUND, ASKED, **answers))


def test_suppliers_of_the_supplier_are_named_in_full_or_sealed_or_counted() -> None:
    rows = (f"id: s7, statement: {DIGEST}", f"id: p1, sealed: true, statement: {DIGEST}", "id: s8, missing: no answer")
    named = "\n".join(f"    - {{{row}}}" for row in rows)
    edges = read_answer("a", answer_of(ROUND, ASKED, suppliers=named)).edges
    assert edges == (Edge("s7", DIGEST), Edge("p1", DIGEST, sealed=True), Edge("s8", missing="no answer"))
    counted = "    rolled_up: {required: 9, answered: 7, worst: missing}"
    said = read_answer("a", answer_of(ROUND, ASKED, suppliers=counted))
    assert said.summary == Summary(9, 7, Status.MISSING)


def test_the_questions_that_may_be_left_read_back_once_the_sign_before_them_is_gone() -> None:
    text = answer_of(ROUND, ASKED, status="removed").decode()
    for key in ("excluded", "removed", "valid_until"):
        text = text.replace(f"  # {key}:", f"  {key}:")
    text = text.replace("  #   - {what:", "    - {what:").replace(
        "  # supersedes: [sha256:...]", f"  supersedes: [{DIGEST}]"
    )
    said = read_answer("a", text.encode())
    assert said.excluded == (Exclusion("third_party/", "delivered by another firm", "s7"),)
    assert said.removed[0].replaced_by == "osprey-2"
    assert said.supersedes == {DIGEST}


def test_another_kind_of_file_is_refused() -> None:
    content = answer_of(ROUND, ASKED).replace(b"remit-supplier-answer/v0.1", b"another/v1")
    assert "this is another kind of file" in faults(content)
    assert "unknown key" in faults(answer_of(ROUND, ASKED) + b"more: 1\n")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3))
def test_nothing_that_a_register_holds_leaves_its_place_in_the_file(name: str, contracts: list[str]) -> None:
    covers = Coverage(frozenset(contracts), frozenset({name or "x"}))
    asked = replace(ASKED, name=name, covers=covers)
    rounds = replace(ROUND, name=name, return_to=name, surfaces=tuple(contracts))
    try:
        content = write_request(rounds, asked, NONCE)
    except UnicodeEncodeError:
        return
    read = yaml.safe_load(content)
    assert set(read) == {"form", "request", "answer"}
    assert read["request"]["by_name"] == name
    assert set(read["request"]["contracts"]) == set(contracts)
    assert [row["name"] for row in read["answer"]["surfaces"]] == list(contracts)
    assert all(line.startswith("#") for line in content.decode().split("form:")[0].splitlines() if line)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4000), st.integers(0, 255), st.booleans())
def test_a_damaged_answer_is_read_or_refused_and_nothing_else(place: int, byte: int, cut: bool) -> None:  # noqa: FBT001
    content = bytearray(fill_in(write_request(ROUND, ASKED, NONCE)))
    if cut:
        del content[place:]
    elif place < len(content):
        content[place] = byte
    with suppress(TermsUnusable):
        assert read_answer("a", bytes(content)).supplier
