"""An absence is told where presence was promised, and a stop in good order is told from an end without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from remit.ledger.entry import make_draft, read_entry
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.silence import Silence
from remit.ledger.writer import write_time

BEGINS = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVERY = 60


def at(seconds: int) -> str:
    return write_time(BEGINS + timedelta(seconds=seconds))


def heard(*entries: tuple[Kind, int], until: int = 0, within: timedelta | None = None, every: int = EVERY) -> Silence:
    silence = Silence(within)
    for n, (kind, seconds) in enumerate(entries):
        fields = {"every": every} if kind == Kind.BEAT and every else {}
        silence.take(read_entry(make_draft(kind, LOG_STREAM, fields).write(n, n, at(seconds))))
    silence.finish(at(until or entries[-1][1]))
    return silence


def test_beats_as_they_were_promised_leave_nothing_to_tell() -> None:
    silence = heard((Kind.START, 0), *((Kind.BEAT, seconds) for seconds in range(0, 600, 60)), (Kind.STOP, 610))
    assert (silence.silent, silence.stopped, silence.unstopped) == ([], [], 0)


def test_a_beat_that_does_not_come_is_told_by_the_times_around_it() -> None:
    assert heard((Kind.BEAT, 0), (Kind.BEAT, 121)).silent == [(at(0), at(121))]
    assert heard((Kind.BEAT, 0), (Kind.BEAT, 120)).silent == []


def test_entries_that_go_on_without_beats_are_told_at_the_end() -> None:
    assert heard((Kind.BEAT, 0), until=500).silent == [(at(0), at(500))]


def test_a_stop_in_good_order_is_no_silence() -> None:
    silence = heard((Kind.BEAT, 0), (Kind.STOP, 10), (Kind.START, 5000), (Kind.BEAT, 5000))
    assert (silence.silent, silence.stopped, silence.unstopped) == ([], [(at(10), at(5000))], 0)
    assert heard((Kind.BEAT, 0), (Kind.STOP, 10), until=5000).silent == []


def test_a_start_without_a_stop_before_it_is_counted() -> None:
    silence = heard((Kind.START, 0), (Kind.BEAT, 0), (Kind.START, 300), (Kind.BEAT, 300))
    assert (silence.unstopped, silence.silent) == (1, [(at(0), at(300))])


def test_what_promises_nothing_is_held_to_nothing_unless_somebody_asks() -> None:
    assert not heard((Kind.BEAT, 0), (Kind.BEAT, 9000), every=0).silent
    assert heard((Kind.BEAT, 0), (Kind.BEAT, 9000), every=0, within=timedelta(seconds=60)).silent
    assert not heard((Kind.BEAT, 0), (Kind.BEAT, 130), within=timedelta(seconds=600)).silent


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_every_stretch_longer_than_was_promised_is_told_and_no_other(gaps: list[int]) -> None:
    times = [sum(gaps[:number]) for number in range(len(gaps) + 1)]
    silence = heard(*((Kind.BEAT, seconds) for seconds in times))
    expected = [(at(a), at(b)) for a, b in pairwise(times) if b - a > 2 * EVERY]
    assert silence.silent == expected
