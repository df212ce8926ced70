"""What must hold between entries: each step refuses what it is for, and nothing else is refused."""

from datetime import timedelta

import pytest

from remit.errors import EvidenceRefused
from remit.ledger.entry import Draft, make_draft
from remit.ledger.invariants import Findings, Invariants
from remit.ledger.kind import LOG_STREAM, Kind
from tests.ledger.written import BEGINS, TERMS, decision, outcome, release, terms

OTHER = "sha256:" + "cd" * 32


def beat() -> Draft:
    return make_draft(Kind.BEAT, LOG_STREAM)


def lost(of: int) -> Draft:
    return make_draft(Kind.LOST, "uc-07", {"of": of})


def summary(first: int, stop: int, counts: dict[str, dict[str, int]]) -> Draft:
    return make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": counts, "i": first, "j": stop})


def check(*drafts: Draft, first: int = 0, beat_within: timedelta | None = None, step: int = 1) -> Findings:
    """Place drafts one after the other, a second apart, and check them."""
    invariants = Invariants(first, beat=beat_within)
    streams: dict[str, int] = {}
    for place, draft in enumerate(drafts):
        sn = streams.get(draft.stream, 0 if first == 0 else 50)
        streams[draft.stream] = sn + 1
        at = f"2026-03-02T08:{place * step // 60:02}:{place * step % 60:02}.000Z"
        invariants.take(draft.write(first + place, sn, at))
    return invariants.finish()


def refused_by(*drafts: Draft, first: int = 0) -> str:
    with pytest.raises(EvidenceRefused) as caught:
        check(*drafts, first=first)
    return caught.value.step


def test_a_log_as_a_gateway_writes_it_holds() -> None:
    findings = check(
        terms(),
        decision(),
        outcome(1),
        decision("hold"),
        release(3),
        release(3),
        outcome(3),
        decision("deny"),
        decision("redirect"),
        lost(8),
        decision(),
        decision("hold"),
        release(11),
        decision("hold"),
        release(13, "refused"),
        make_draft(Kind.STOP, LOG_STREAM),
    )
    assert (findings.first, findings.stop, findings.open, findings.outside) == (0, 16, 2, 0)


@pytest.mark.parametrize(
    ("drafts", "step"),
    [
        ([outcome(1)], "reference"),
        ([beat(), outcome(0)], "reference"),
        ([beat(), beat(), outcome(2)], "reference"),
        ([beat(), lost(0)], "reference"),
        ([beat(), release(0)], "reference"),
        ([terms(), decision(), release(1)], "reference"),
        ([terms(), decision(), outcome(1), outcome(1)], "reference"),
        ([terms(), decision(), outcome(1), lost(1)], "reference"),
        ([terms(), decision(), lost(1), outcome(1)], "reference"),
        ([terms(), decision("deny"), outcome(1)], "denied-outcome"),
        ([terms(), decision("deny"), lost(1)], "denied-outcome"),
        ([terms(), decision("hold"), outcome(1)], "unreleased-outcome"),
        ([terms(), decision("hold"), release(1, "refused"), outcome(1)], "unreleased-outcome"),
        ([terms(), decision("hold"), release(1, "expired"), lost(1)], "unreleased-outcome"),
        ([terms(), decision("hold"), release(1), release(1, "refused"), outcome(1)], "unreleased-outcome"),
        ([terms(), decision("hold"), release(1, "refused"), release(1)], "reference"),
        ([decision()], "terms"),
        ([terms(OTHER), decision()], "terms"),
        ([terms(), terms(OTHER), decision()], "terms"),
        ([terms(begins="2027-01-01T00:00:00.000Z"), decision()], "terms"),
        ([beat(), summary(0, 2, {})], "summary-range"),
        ([beat(), summary(1, 0, {})], "summary-range"),
        ([beat(), summary(0, 1, {})], "summary-count"),
        ([beat(), summary(0, 1, {"log": {"beat": 2}})], "summary-count"),
        ([beat(), summary(0, 1, {"log": {"beat": 1}, "uc-07": {"decision:allow": 1}})], "summary-count"),
        ([beat(), summary(0, 1, {"log": {"beat": 1, "terms": 1}})], "summary-count"),
        ([beat(), summary(0, 1, {"log": {}})], "summary-count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(draft.kind for draft in value),
)
def test_what_does_not_hold_is_refused_by_its_step(drafts: list[Draft], step: str) -> None:
    assert refused_by(*drafts) == step


def test_terms_rule_from_their_time_on_and_the_last_in_the_log_wins() -> None:
    later = terms(OTHER, "2026-03-02T08:00:03.000Z")
    by_other = make_draft(Kind.DECISION, "uc-07", {"o": "allow", "tm": OTHER})
    check(terms(), later, decision(), by_other)
    assert refused_by(terms(), later, decision(), decision()) == "terms"
    assert refused_by(terms(), later, by_other) == "terms"
    check(terms(), later, terms(begins="2026-03-02T08:00:01.000Z"), decision(), decision(), decision())


def test_a_summary_that_is_right_holds_whatever_it_is_about() -> None:
    counts = {"uc-07": {"boundary:b.surv:ok": 1, "decision:allow": 1, "rule:t.agency#4": 1}}
    findings = check(terms(), decision(), outcome(1), summary(1, 2, counts), summary(1, 1, {}))
    assert (findings.summaries, findings.summaries_outside) == (2, 0)
    one_stream = make_draft(Kind.SUMMARY, "uc-07", {"counts": counts, "i": 0, "j": 2})
    check(terms(), decision(), one_stream)
    everything = make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": counts, "i": 0, "j": 2})
    assert refused_by(terms(), decision(), everything) == "summary-count"


def placed(draft: Draft, n: int = 0, sn: int = 0, at: str = "2026-03-02T08:00:00.000Z") -> bytes:
    return draft.write(n, sn, at)


@pytest.mark.parametrize(
    ("second", "step"),
    [
        (placed(beat(), 0, 1), "place"),
        (placed(beat(), 2, 1), "place"),
        (placed(beat(), 1, 0), "stream-place"),
        (placed(beat(), 1, 2), "stream-place"),
        (placed(decision(), 1, 1), "stream-place"),
        (placed(beat(), 1, 1, "2026-03-02T07:59:59.999Z"), "time"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_place_or_a_time_that_does_not_follow_is_refused(second: bytes, step: str) -> None:
    invariants = Invariants()
    invariants.take(placed(beat()))
    with pytest.raises(EvidenceRefused) as caught:
        invariants.take(second)
    assert caught.value.step == step


def test_a_check_from_the_middle_takes_the_first_numbers_as_given_and_notes_what_it_cannot_see() -> None:
    findings = check(
        decision(), outcome(100), outcome(20), release(21), summary(0, 50, {}), summary(100, 100, {}), first=100
    )
    assert (findings.first, findings.stop, findings.outside) == (100, 106, 3)
    assert (findings.summaries, findings.summaries_outside) == (1, 1)
    assert refused_by(decision("deny"), outcome(100), first=100) == "denied-outcome"


def test_a_check_from_the_middle_holds_decisions_against_terms_once_it_has_seen_some() -> None:
    assert refused_by(decision(), terms(OTHER), decision(), first=100) == "terms"


def test_stretches_without_a_beat_are_noted_and_no_fault() -> None:
    within = timedelta(seconds=90)
    drafts = [beat(), beat(), terms(), beat(), terms(OTHER, BEGINS), terms()]
    findings = check(*drafts, beat_within=within, step=60)
    assert findings.silent == [
        ("2026-03-02T08:01:00.000Z", "2026-03-02T08:03:00.000Z"),
        ("2026-03-02T08:03:00.000Z", "2026-03-02T08:05:00.000Z"),
    ]
    assert check(*drafts, step=60).silent == []
    assert check(terms(), beat_within=within).silent == []
    assert check(beat_within=within).silent == []


def test_terms_are_named_by_their_digest() -> None:
    assert decision().fields["tm"] == TERMS
