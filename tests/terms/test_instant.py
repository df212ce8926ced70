"""Instants and lengths of time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.terms.instant import parse_instant, parse_length, write_instant, write_length


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-27", "2026-02-27T00:00:00Z"),
        ("2026-02-27T17:01Z", "2026-02-27T17:01:00Z"),
        ("2026-02-27 17:01:02 Z", "2026-02-27T17:01:02Z"),
        ("2026-02-27T17:01:02.5Z", "2026-02-27T17:01:02.500000Z"),
        ("2026-02-27T17:01:00-05:00", "2026-02-27T22:01:00Z"),
        ("2026-02-27T17:01[America/New_York]", "2026-02-27T22:01:00Z"),
        ("2026-02-27T17:01:00-05:00[America/New_York]", "2026-02-27T22:01:00Z"),
        ("2026-02-27T22:01Z[Europe/London]", "2026-02-27T22:01:00Z"),
        # The clocks go back at 2: the offset says which of the two half past ones is meant.
        ("2026-11-01T01:30:00-04:00[America/New_York]", "2026-11-01T05:30:00Z"),
        ("2026-11-01T01:30:00-05:00[America/New_York]", "2026-11-01T06:30:00Z"),
    ],
)
def test_an_instant_is_read_into_universal_time(text: str, instant: str) -> None:
    assert write_instant(parse_instant(text)) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-02-27T17:01:00", "a time of day needs a zone"),
        ("27.2.2026", "not an instant"),
        ("2026-2-7", "not an instant"),
        ("tomorrow", "not an instant"),
        ("", "not an instant"),
        ("2026-02-27[America/New_York]", "not an instant"),
        ("٢٠٢٦-02-27", "not an instant"),
        ("2026-02-30", "day is out of range"),
        ("2026-13-01", "month must be in"),
        ("2026-02-27T25:01Z", "hour must be in"),
        ("2026-02-27T17:01+25:00", "offset must be"),
        ("0000-01-01", "year 0 is out of range"),
        ("0001-01-01T00:00+01:00", "lies outside the years 1 to 9999"),
        ("9999-12-31T23:59-01:00", "lies outside the years 1 to 9999"),
        ("9999-12-31T23:59[America/New_York]", "lies outside the years 1 to 9999"),
        ("2026-02-27T17:01[America/Newark]", "unknown zone America/Newark"),
        ("2026-02-27T17:01[../../etc/passwd]", "not an instant"),
        ("2026-02-27T17:01[/etc/localtime]", "unknown zone"),
        ("2026-02-27T17:01+01:00[America/New_York]", r"the offset \+01:00 is not that of America/New_York"),
        ("2026-03-08T02:30[America/New_York]", "does not exist in America/New_York on that day"),
        ("2026-03-08T02:30-05:00[America/New_York]", "does not exist in America/New_York on that day"),
        ("2026-11-01T01:30[America/New_York]", "comes twice in America/New_York on that day"),
    ],
)
def test_what_is_no_instant_is_refused_with_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("10m", 600), ("8h", 28_800), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_a_length_is_read_and_written_in_the_largest_unit(text: str, seconds: int) -> None:
    assert parse_length(text) == timedelta(seconds=seconds)
    assert parse_length(write_length(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["10", "0m", "1.5h", "-5m", "ten minutes", "", "1000000s", "1٢m"])
def test_what_is_no_length_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="write 30s, 10m, 8h, 30d or 2w"):
        parse_length(text)


def test_lengths_are_written_as_they_would_be_said() -> None:
    assert [write_length(timedelta(seconds=n)) for n in (61, 120, 604_800)] == ["61s", "2m", "1w"]


def test_an_instant_is_written_in_universal_time() -> None:
    assert write_instant(datetime.fromisoformat("2026-02-27T17:01:00-05:00")) == "2026-02-27T22:01:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_that_is_written_is_read_back(instant: datetime) -> None:
    assert parse_instant(write_instant(instant)) == instant
