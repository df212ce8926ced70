"""DER: what is written is read, and nothing has a second spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ledger import der
from tests.ledger.small_log import refused


@given(st.integers(0, 2**80))
def test_a_number_that_is_written_is_read(value: int) -> None:
    assert der.DerReader(der.write_number(value), "here").number() == value


@given(st.integers(0, 70_000))
def test_an_element_that_is_written_is_read(size: int) -> None:
    reader = der.DerReader(der.write(der.OCTETS, bytes(size)), "here")
    assert len(reader.take(der.OCTETS)) == size
    reader.end()


def test_an_object_identifier_is_written_in_groups_of_seven_bits() -> None:
    assert der.write_object("1.2.840.113549").hex() == "06062a864886f70d"
    assert der.write_object("2.5.4.3").hex() == "0603550403"


@pytest.mark.parametrize(
    "content",
    ["", "02", "0201", "0280", "028101", "02820001ff", "0285000000000100", "0382010000", "0400", "02847fffffff"],
)
def test_what_is_not_der_is_refused(content: str) -> None:
    with refused("here"):
        der.DerReader(bytes.fromhex(content), "here").take(der.INTEGER)


@pytest.mark.parametrize("content", ["0200", "02020001", "0202ffff"])
def test_a_number_has_no_needless_byte(content: str) -> None:
    with refused("here"):
        der.DerReader(bytes.fromhex(content), "here").number()


def test_negative_numbers_are_read_and_what_follows_is_refused() -> None:
    reader = der.DerReader(bytes.fromhex("0201ff020200ff"), "here")
    assert reader.number() == -1
    with refused("here"):
        reader.end()
    assert reader.number() == 255
    reader.end()
    assert reader.peek() is None
