"""Entry bundles: what is written is read, and nothing is left over, cut off or too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import RecordUnusable
from remit.ledger.bundle import LARGEST_ENTRY, demand_entry, parse_bundle, write_bundle
from tests.ledger.small_log import refused


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_what_is_written_is_read(entries: list[bytes]) -> None:
    assert parse_bundle(write_bundle(entries), len(entries)) == entries


def test_the_longest_entry_has_65535_bytes() -> None:
    longest = bytes(LARGEST_ENTRY)
    assert parse_bundle(write_bundle([longest]), 1) == [longest]
    for refuse in (demand_entry, lambda entry: write_bundle([entry])):
        with pytest.raises(RecordUnusable, match="not written: the entry is 65536 bytes long, more than 65535"):
            refuse(longest + b"!")


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_has_1_to_256_entries(count: int) -> None:
    with pytest.raises(RecordUnusable, match=f"the bundle has {count} entries"):
        write_bundle([b""] * count)


def test_a_bundle_with_an_entry_too_few_is_refused() -> None:
    content = write_bundle([b"one", b"two"])
    with refused("bundle-count"):
        parse_bundle(content, 3)
    with refused("bundle-count"):
        parse_bundle(content + b"\x00", 3)


def test_a_bundle_with_an_entry_too_many_is_refused() -> None:
    with refused("bundle-rest"):
        parse_bundle(write_bundle([b"one", b"two"]), 1)


def test_an_entry_that_is_cut_off_is_refused() -> None:
    with refused("bundle-length"):
        parse_bundle(write_bundle([b"one", b"two"])[:-1], 2)
