from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.gateway.people.key import WindowKey
from remit.gateway.people.sketch import SLOTS, Sketch, bounds_of, limit_at
from remit.gateway.people.tally import Tally
from tests.gateway.people.rows import MemoryRows

HASHES = st.frozensets(st.integers(0, 2**64 - 1), max_size=30)


def hashes(count: int, seed: int = 1) -> list[int]:
    lots = Random(seed)  # noqa: S311  # a drawing that can be repeated
    return [lots.getrandbits(64) for _ in range(count)]


def filled(many: list[int], day: int = 0) -> Sketch:
    sketch = Sketch()
    sketch.add(many, day)
    return sketch


def test_five_thousand_are_counted_exactly() -> None:
    assert filled(hashes(5000)).count(0, 1) == (5000, 5000, 5000)
    assert filled(hashes(SLOTS)).count(0, 1) == (SLOTS, SLOTS, SLOTS)


@pytest.mark.parametrize("seed", range(5))
def test_twenty_thousand_are_counted_within_two_in_a_hundred(seed: int) -> None:
    lower, estimate, upper = filled(hashes(20_000, seed)).count(0, 1)
    assert abs(estimate - 20_000) < 400
    assert lower <= 20_000 <= upper < 20_800


def test_a_limit_is_never_above_the_one_before_and_halves_every_four_steps() -> None:
    assert limit_at(0) == 2**64
    assert [limit_at(step) for step in (4, 8, 160)] == [2**63, 2**62, 2**24]
    assert all(limit_at(step) > limit_at(step + 1) > 0 for step in range(160))


def test_nobody_kept_of_a_sample_still_leaves_room_for_a_few() -> None:
    assert bounds_of(0, 0) == (0, 0, 0)
    assert bounds_of(0, 4) == (0, 0, 18)


@settings(max_examples=40)
@given(st.lists(st.tuples(HASHES, st.integers(0, 59)), max_size=6), st.randoms(use_true_random=False))
def test_a_union_knows_no_order_and_taking_part_twice_changes_nothing(
    parts: list[tuple[frozenset[int], int]], lots: Random
) -> None:
    sketches = [filled(sorted(part), day) for part, day in parts]
    one, other = Sketch(), Sketch()
    for sketch in sketches:
        one = one.union(sketch)
    lots.shuffle(sketches)
    for sketch in (*sketches, *sketches):
        other = sketch.union(other)
    assert one.to_bytes() == other.to_bytes()
    assert Sketch.from_bytes(one.to_bytes()).to_bytes() == one.to_bytes()


def test_a_union_of_samples_is_the_sample_of_all() -> None:
    many = hashes(60_000)
    whole = filled(many)
    parts = [filled(many[start::3]) for start in (2, 0, 1)]
    assert parts[0].step > 0
    assert parts[0].union(parts[1]).union(parts[2]).to_bytes() == whole.to_bytes()


def test_a_day_counts_who_was_last_seen_in_it() -> None:
    sketch = filled([1, 2, 3], day=4)
    sketch.add([2, 5], 6)
    sketch.add([1], 2)
    assert [sketch.count(first, first + 1).estimate for first in range(7)] == [0, 0, 0, 0, 2, 0, 2]
    assert sketch.count(0, 7).estimate == 4


@pytest.mark.parametrize("content", [b"\0123", Sketch(0, {2**63: 1}).to_bytes().replace(b"\0", b"\x08", 1)])
def test_what_is_no_sketch_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="a sketch"):
        Sketch.from_bytes(content)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.frozensets(st.integers(0, 90), max_size=40), st.integers(0, 59)), max_size=5))
def test_a_tally_in_rows_counts_as_a_sketch_does(parts: list[tuple[frozenset[int], int]]) -> None:
    # Spread over the whole width, and few slots, so that limits are lowered.
    rows, key, spread = MemoryRows(), WindowKey(7, b"k" * 32), 2**64 // 91
    sketch = Sketch()
    for part, day in parts:
        tally = Tally(rows, key, "use/desk", slots=30)
        tally.add("email", (each * spread for each in part), day)
        rows.take(tally.changes())
        sketch.add((each * spread for each in part), day)
    tally = Tally(rows, key, "use/desk", slots=30)
    if tally.series:
        step = tally.count("email", 0, 59)
        limits = [limit_at(each) for each in range(40)]
        held = next(number for number, limit in enumerate(limits) if sum(h < limit for h in sketch.last) <= 30)
        kept = sum(h < limits[held] for h in sketch.last)
        assert step == bounds_of(kept, held)
