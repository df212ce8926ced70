from __future__ import annotations

from time import perf_counter

import pytest

from remit.gateway.people.cleaning import clean
from remit.gateway.people.identifier import find_identifiers
from tests.gateway.people.crowd import FILLER, TRICKS, Person

EMAIL, SSN = Person(17).email, "123-45-6789"


def found(text: str) -> set[str]:
    return {form for plain in clean(text) for _, form, _ in find_identifiers(plain)}


@pytest.mark.parametrize("trick", TRICKS)
def test_no_way_of_writing_hides_an_address(trick: str) -> None:
    hidden = TRICKS[trick](EMAIL)
    assert (hidden == EMAIL) is (trick == "spaced")
    assert found(f"{FILLER[0]} {hidden} {FILLER[1]}") == {"p17q@mail3.example.org"}


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if trick not in {"worded", "bracketed", "percent"}])
def test_no_way_of_writing_hides_a_number(trick: str) -> None:
    assert found(f"{FILLER[0]} {TRICKS[trick](SSN)} {FILLER[1]}") == {"123456789"}


@pytest.mark.parametrize(
    "text",
    [
        "look at example.com, or at example.org",
        "We were at home.Then we left.",
        "dot dot dot, at at at",
        "1 2 3 4 5 6 7 8 9",
        "responsibilities/internationalisation_of_things",
        *FILLER,
    ],
)
def test_ordinary_words_are_nobody(text: str) -> None:
    assert found(text) == set()


def test_layers_are_taken_off_to_a_depth_of_three() -> None:
    text = EMAIL
    for depth in range(1, 6):
        text = TRICKS["base64"](text)
        assert bool(found(text)) is (depth <= 3)


def test_wrapped_lines_of_base64_are_one_text() -> None:
    whole = TRICKS["base64"](f"{FILLER[0] * 3} {EMAIL}")
    assert found("\n".join(whole[place : place + 76] for place in range(0, len(whole), 76))) == {
        "p17q@mail3.example.org"
    }


@pytest.mark.parametrize(
    "text",
    [
        " " * 200_000,
        "@" * 100_000,
        "a@" * 50_000,
        " at " * 50_000,
        "1 " * 100_000,
        "a.b-" * 50_000 + "@",
        "A" * 400_000,
        "\\u0040" * 50_000,
        "+1" * 100_000,
        "(dot) [at] " * 20_000,
        "4111 " * 50_000,
        "%41" * 80_000,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_longer_than_its_length_says(text: str) -> None:
    short = text[: len(text) // 8]
    took = [min(_seconds(each) for _ in range(3)) for each in (short, text)]
    # Eight times the text: a square would take sixty-four times as long.
    assert took[1] < 30 * took[0] + 0.05


def _seconds(text: str) -> float:
    start = perf_counter()
    found(text)
    return perf_counter() - start
