from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.errors import NotRecorded
from remit.gateway.people.census import Census, Counts, Interval, Looked, Sighting, Subject, add, count
from remit.gateway.people.key import BLOCK, KeyFiles, WindowKey, WindowKeys, day_of
from remit.gateway.people.tally import stale_rows
from tests.gateway.people.crowd import TRICKS, Person, write
from tests.gateway.people.rows import MemoryRows

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOOKED = Looked()
DESK, WATCH = Subject("desk", "quayside"), Subject("watch", "quayside")


class KeysInMemory(WindowKeys):
    def of_day(self, day: int) -> tuple[WindowKey, WindowKey]:
        block = day // BLOCK
        return WindowKey(block, b"%032d" % block), WindowKey(block + 1, b"%032d" % (block + 1))

    def discard(self, day: int) -> None:
        raise AssertionError(day)


class Office:
    """One place that counts."""

    def __init__(self) -> None:
        self.census = Census(KeysInMemory())
        self.rows = MemoryRows()

    def see(self, *texts: str, at: datetime = NOON, subject: Subject = DESK, looked: Looked = LOOKED) -> Counts:
        sighting = self.census.measure(texts, at, looked)
        expected = count(self.rows, sighting, subject, looked)
        counts = add(self.rows, self.rows.put, sighting, subject, looked)
        assert counts == expected
        return counts


def emails(first: int, end: int) -> str:
    return "; ".join(Person(number).email for number in range(first, end))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 2**32), st.integers(1, 3))
def test_the_lower_end_is_never_above_the_truth_and_the_upper_never_below(people: int, seed: int, calls: int) -> None:
    lots, office = Random(seed), Office()  # noqa: S311  # a drawing that can be repeated
    everyone = [Person(number) for number in lots.sample(range(30_000), people)]
    met: set[int] = set()
    for call in range(calls):
        some = lots.sample(everyone, lots.randint(0, people))
        met.update(person.number for person in some)
        at = NOON + timedelta(days=lots.randint(0, 9) * call)
        counts = office.see(*write(some, lots), at=at)
        assert counts.call.lower <= len(some) <= counts.call.upper
        assert counts.window_30d.lower <= len(met) <= counts.window_30d.upper


def test_a_clock_that_is_set_back_hides_nobody() -> None:
    office = Office()
    office.see(emails(0, 9), at=NOON + timedelta(days=1))
    counts = office.see(emails(0, 5), at=NOON)
    assert (counts.call, counts.window_1d, counts.window_30d) == (Interval(5, 5), Interval(9, 9), Interval(9, 9))


def test_each_of_one_kind_is_counted_exactly() -> None:
    counts = Office().see(emails(0, 500))
    assert counts == Counts(*[Interval(500, 500)] * 6)


def test_who_is_seen_again_counts_once_whatever_the_day() -> None:
    office = Office()
    office.see(emails(0, 20))
    counts = office.see(emails(10, 30), at=NOON + timedelta(days=2))
    assert (counts.call.lower, counts.window_1d.lower, counts.window_30d.lower) == (20, 20, 30)


@pytest.mark.parametrize("start", range(0, 31, 3))
def test_who_was_seen_thirty_days_ago_no_longer_counts(start: int) -> None:
    # Whatever the day of the block it begins on, since the keys change there.
    office, first = Office(), NOON + timedelta(days=start)
    office.see(emails(0, 5), at=first)
    for days, expected in ((1, 5), (29, 5), (30, 0)):
        sighting = office.census.measure((), first + timedelta(days=days))
        assert count(office.rows, sighting, DESK, LOOKED).window_30d.lower == expected
    assert office.see(emails(4, 6), at=first + timedelta(days=29)).window_30d == (6, 6)


def test_the_organisation_is_the_union_of_its_use_cases() -> None:
    office = Office()
    office.see(emails(0, 20))
    counts = office.see(emails(15, 30), subject=WATCH)
    assert (counts.window_30d, counts.organisation_30d) == ((15, 15), (30, 30))


def test_two_windows_of_a_budget_are_its_own() -> None:
    office = Office()
    office.see(emails(0, 20))
    at = NOON + timedelta(days=7)
    assert office.see(emails(20, 22), at=at, looked=Looked(budget_days=7)).budget == (2, 2)
    assert office.see(at=at, looked=Looked(budget_days=8)).budget == (22, 22)


def test_one_person_in_every_kind_is_one_at_least() -> None:
    counts = Office().see(*Person(3).identifiers())
    assert counts.call == (1, 6)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_hidden_person_is_counted_as_the_same_person(trick: str) -> None:
    office = Office()
    office.see(Person(17).email)
    assert office.see(f"Write to {TRICKS[trick](Person(17).email)} soon").window_30d == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"rows": [{"customer_no": 4711, "n": 1}, {"customer_no": "4712", "n": 2}]}),
        '{"customer_no": 4711}\n{"customer_no": 4712}\n',
        "n;customer_no\n1;4711\n2;4712\n",
        '"n","customer_no"\n"1","4711"\n"2","4712"\n',
        json.dumps({"out": json.dumps({"customer_no": [4711, 4712]})}),
    ],
)
def test_a_registered_field_counts_what_no_pattern_could_tell(text: str) -> None:
    office = Office()
    assert office.see(text).call == (0, 0)
    assert office.see(text, looked=Looked(fields=frozenset({"customer_no"}))).call == (2, 2)


def test_a_text_that_comes_again_is_not_searched_again_and_counts_the_same() -> None:
    office, text = Office(), emails(0, 40)
    first = office.see(text)
    known = dict(office.census._kept)
    assert office.see(text) == first
    assert office.see(text, at=NOON + timedelta(hours=1)) == first
    assert office.census._kept == known


def test_a_group_that_fails_leaves_the_count_as_it_was() -> None:
    office = Office()
    office.see(emails(0, 5))
    before = dict(office.rows.content)
    add(MemoryCopy(office.rows), lambda *_: None, office.census.measure([emails(5, 9)], NOON), DESK, LOOKED)
    assert office.rows.content == before


class MemoryCopy(MemoryRows):
    def __init__(self, rows: MemoryRows) -> None:
        super().__init__()
        self.content = dict(rows.content)


def test_nothing_that_is_kept_or_said_names_anybody(tmp_path: Path) -> None:
    office = Office()
    office.census = Census(KeyFiles(tmp_path))
    person = Person(29)
    sighting = office.census.measure([" ".join(person.identifiers()) * 10], NOON)
    add(office.rows, office.rows.put, sighting, DESK, LOOKED)
    kept = b"".join(name.encode() + content for name, content in office.rows.content.items())
    said = f"{sighting} {sighting!r} {sighting.call} {sighting.keys} {office.census._kept}"
    for identifier in person.identifiers():
        bare = "".join(sign for sign in identifier if sign.isalnum())
        for form in (identifier, bare, bare[-9:]):
            assert form.encode() not in kept
            assert form not in said
    with pytest.raises(NotRecorded) as error:
        add(Broken(), office.rows.put, sighting, DESK, LOOKED)
    assert not any(identifier in str(error.value) for identifier in person.identifiers())


class Broken(MemoryRows):
    def row(self, name: str) -> bytes | None:
        return f"12345678?{name}".encode()


def test_two_offices_hash_one_person_differently(tmp_path: Path) -> None:
    sightings = [Census(KeyFiles(tmp_path / name)).measure([Person(1).email], NOON) for name in ("one", "other")]
    assert sightings[0].hashes != sightings[1].hashes


def test_keys_are_shared_by_processes_and_private(tmp_path: Path) -> None:
    day = day_of(NOON)
    assert KeyFiles(tmp_path / "keys").of_day(day) == KeyFiles(tmp_path / "keys").of_day(day)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert len(list((tmp_path / "keys").iterdir())) == 2


def test_a_key_is_destroyed_after_its_days_and_so_are_its_rows(tmp_path: Path) -> None:
    keys, office = KeyFiles(tmp_path), Office()
    office.census = Census(keys)
    office.see(emails(0, 5))
    first = day_of(NOON)
    block = first // BLOCK
    keys.discard(first)
    assert {path.stem for path in tmp_path.iterdir()} == {f"{block:06}", f"{block + 1:06}"}
    later = NOON + timedelta(days=BLOCK)
    office.census.discard(later)
    assert {path.stem for path in tmp_path.iterdir()} == {f"{block + 1:06}"}
    stale = set(stale_rows([*office.rows.content, "meter/desk"], block + 1))
    assert stale
    assert stale == {name for name in office.rows.content if name.startswith(f"people/{block:06}")}


def test_a_count_under_another_key_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    office = Office()
    office.see(emails(0, 5))
    office.census = Census(KeyFiles(tmp_path))
    with pytest.raises(NotRecorded, match="another key"):
        office.see(emails(0, 5))


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{day_of(NOON) // BLOCK:06}.key").write_bytes(content)
    with pytest.raises(NotRecorded, match="is not one"):
        KeyFiles(tmp_path).of_day(day_of(NOON))


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(NotRecorded, match="cannot be read"):
        KeyFiles(tmp_path / "keys").of_day(1)


def test_a_day_that_a_key_is_not_for_is_refused() -> None:
    sighting = Office().census.measure([emails(0, 1)], NOON)
    with pytest.raises(NotRecorded, match="not for"):
        count(MemoryRows(), Sighting(sighting.keys, sighting.day - 90, sighting.hashes), DESK, LOOKED)


def test_rows_that_were_cut_are_refused() -> None:
    office = Office()
    office.see(emails(0, 5))
    for name, content in list(office.rows.content.items()):
        if name.count("/") == 3:
            continue
        office.rows.put(name, content[:-2])
        with pytest.raises(NotRecorded, match=r"cannot be read|another key"):
            office.see(emails(0, 9))
        office.rows.put(name, content)
