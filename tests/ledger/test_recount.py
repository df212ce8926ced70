"""Counting: what is counted of each kind, for any range, and a summary that differs is refused by what differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.ledger.entry import Draft, Entry, make_draft, read_entry
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.recount import check_summary, last_summary, tally_of
from tests.ledger.written import TERMS, decision, outcome, release, terms

AT = "2026-03-02T08:00:00.000Z"
TRIED = make_draft(Kind.BOUNDARY_TEST, "uc-07", {"b": {"b.surv": "held"}, "tm": TERMS})
REFUSAL = make_draft(Kind.OUTCOME, "uc-08", {"of": 1, "refused": True, "variant": "heron-2-a"})
BARE = make_draft(Kind.OUTCOME, "uc-08", {"of": 1})
DRAFTS = [terms(), decision(), decision("deny", "uc-08"), outcome(1), release(1), TRIED, REFUSAL, BARE]


def read(drafts: list[Draft], first: int = 0) -> list[Entry]:
    return [read_entry(draft.write(first + place, place, AT)) for place, draft in enumerate(drafts)]


def test_each_kind_is_counted_by_what_can_be_asked_of_it() -> None:
    assert tally_of(read([*DRAFTS, decision()])).counts(0, 9) == {
        "log": {"terms": 1},
        "uc-07": {
            "boundary-test": 1,
            "boundary:b.surv:ok": 2,
            "decision:allow": 2,
            "delay-bits:4": 1,
            "model:heron-2": 1,
            "outcome": 1,
            "release:approved": 1,
            "rule:t.agency#4": 2,
            "status:200": 1,
            "tried:b.surv:held": 1,
        },
        "uc-08": {
            "boundary:b.surv:ok": 1,
            "decision:deny": 1,
            "outcome": 2,
            "refused": 1,
            "rule:t.agency#4": 1,
            "variant:heron-2-a": 1,
        },
    }


@given(st.lists(st.sampled_from(DRAFTS), max_size=30), st.data())
def test_any_range_is_counted_as_if_it_stood_alone(drafts: list[Draft], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(drafts)))
    stop = data.draw(st.integers(first, len(drafts)))
    base = data.draw(st.integers(0, 50))
    entries = read(drafts, base)
    alone = tally_of(entries[first:stop], base + first).counts(base + first, base + stop)
    assert tally_of(entries, base).counts(base + first, base + stop) == alone
    streams = {entry.stream for entry in entries[first:stop]}
    for stream in ("uc-07", "uc-08"):
        one = tally_of(entries, base).counts(base + first, base + stop, stream)
        assert one == {name: alone[name] for name in streams & {stream}}


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, "says nothing for the stream in log from 0 to 1, and the entries give something"),
        ({"log": {"terms": 1}, "uc": {}}, "says something for the stream in uc"),
        ({"log": {"terms": 2}}, "says 2 for terms in log from 0 to 1, and the entries give 1"),
        ({"log": {"terms": 1, "beat": 1}}, "says 1 for beat in log from 0 to 1, and the entries give nothing"),
        ({"log": {}}, "says nothing for terms in log from 0 to 1, and the entries give 1"),
    ],
    ids=str,
)
def test_a_summary_that_differs_is_refused_by_the_first_difference(
    counts: dict[str, dict[str, int]], says: str
) -> None:
    (entry,) = read([make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": counts, "i": 0, "j": 1})], 1)
    with pytest.raises(EvidenceRefused) as caught:
        check_summary(entry, tally_of(read([terms()])))
    assert caught.value.step == "summary-count"
    assert says in str(caught.value)


def test_the_next_summary_begins_where_the_last_of_its_stream_ended() -> None:
    def summary(stream: str, stop: int) -> Draft:
        return make_draft(Kind.SUMMARY, stream, {"counts": {}, "i": 0, "j": stop})

    entries = read([terms(), summary("log", 1), summary("uc-07", 2), summary("log", 2)])
    assert [last_summary(entries, stream) for stream in ("log", "uc-07", "uc-08")] == [2, 2, 0]
