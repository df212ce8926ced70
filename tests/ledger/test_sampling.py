"""Drawing entries: what anybody else would draw from the same checkpoint and nonce."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import UsageError
from remit.ledger.sampling import choose_entries

TEXT = b"quayside.example/one\n1000\nroot\n"
NONCE = bytes(range(16))


@given(st.binary(min_size=16, max_size=40), st.integers(0, 60), st.integers(1, 50))
def test_a_draw_is_of_different_entries_that_are_there(nonce: bytes, number: int, size: int) -> None:
    drawn = choose_entries(TEXT, nonce, number, size)
    assert len(set(drawn)) == len(drawn) == min(number, size)
    assert all(0 <= n < size for n in drawn)


def test_openssl_draws_the_same() -> None:
    message = TEXT + NONCE + bytes(8)
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary"], input=message, capture_output=True, check=True
    ).stdout
    assert choose_entries(TEXT, NONCE, 1, 1000) == [int.from_bytes(said, "big") % 1000]


def test_the_draw_changes_with_the_checkpoint_and_with_the_nonce() -> None:
    draws = [choose_entries(t, n, 5, 1000) for t in (TEXT, b"x") for n in (NONCE, bytes(16))]
    assert len({tuple(draw) for draw in draws}) == 4


def test_nothing_is_drawn_from_an_empty_log() -> None:
    assert choose_entries(TEXT, NONCE, 5, 0) == []


def test_a_nonce_that_could_be_foreseen_is_refused() -> None:
    with pytest.raises(UsageError, match="15 bytes long"):
        choose_entries(TEXT, NONCE[:15], 5, 1000)
