"""The witness's memory on disk: one step for comparing and replacing, whoever else is at it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remit.ledger.witness_folder import WitnessFolder
from tests.ledger.small_log import ORIGIN


def test_what_is_stored_is_there_for_the_next_process(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path / "deep" / "state")
    assert folder.latest(ORIGIN) is None
    assert folder.replace(ORIGIN, None, b"first")
    again = WitnessFolder(tmp_path / "deep" / "state")
    assert again.latest(ORIGIN) == b"first"
    assert again.latest("other") is None


def test_what_is_no_longer_expected_is_not_replaced(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path)
    assert folder.replace(ORIGIN, None, b"first")
    assert not folder.replace(ORIGIN, None, b"second")
    assert folder.replace(ORIGIN, b"first", b"second")
    assert not folder.replace(ORIGIN, b"first", b"third")
    assert folder.latest(ORIGIN) == b"second"


def test_of_many_at_once_one_replaces(tmp_path: Path) -> None:
    def replace(number: int) -> bool:
        return WitnessFolder(tmp_path).replace(ORIGIN, None, b"%d" % number)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(replace, range(40))) == 1


def test_a_file_that_cannot_be_read_is_no_new_log(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path)
    folder.replace(ORIGIN, None, b"first")
    (stored,) = tmp_path.glob("*.checkpoint")
    stored.unlink()
    stored.mkdir()
    with pytest.raises(OSError, match="directory"):
        folder.latest(ORIGIN)


def test_a_file_left_half_written_is_passed_over(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path)
    folder.replace(ORIGIN, None, b"first")
    (stored,) = tmp_path.glob("*.checkpoint")
    stored.with_suffix(".new").write_bytes(b"half")
    assert folder.latest(ORIGIN) == b"first"
    assert folder.replace(ORIGIN, b"first", b"second")
