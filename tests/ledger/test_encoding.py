"""Base64 and numbers: one spelling each."""

import pytest

from remit.ledger.encoding import decode, decode_hash, encode, parse_number
from tests.ledger.small_log import refused


@pytest.mark.parametrize("text", ["AA", "AA=", "A A==", "AAE", "AA==\n", "-_==", "é", "AAF=", "AA==AA=="])
def test_base64_has_one_spelling(text: str) -> None:
    with refused("here"):
        decode(text, "here", "this")


def test_what_is_encoded_is_decoded() -> None:
    assert decode(encode(b"\xfb\xff"), "here", "this") == b"\xfb\xff"
    with refused("here"):
        decode_hash(encode(bytes(31)), "here", "this")


@pytest.mark.parametrize("text", ["", "00", "01", "+1", "-1", "1 ", "1_0", "0x1", "1.0", "٣", str(2**63), "9" * 5000])
def test_a_number_has_one_spelling(text: str) -> None:
    with refused("here"):
        parse_number(text, "here", "this")


def test_the_largest_number_is_a_signed_one_of_64_bits() -> None:
    assert [parse_number(text, "here", "this") for text in ("0", "10", str(2**63 - 1))] == [0, 10, 2**63 - 1]
