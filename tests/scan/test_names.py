"""Names that are no UTF-8: each file keeps a name of its own, and every source writes it alike."""

from __future__ import annotations

import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from remit.scan.archive import plain_name
from remit.scan.change import Addition
from remit.scan.coverage import Coverage
from remit.scan.folder import Folder
from remit.scan.revision import Revision

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (b"\xfe_.py", b"\xff_.py")
TOLD = ["\\xfe_.py", "\\xff_.py"]


def git(place: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@a.example")
    subprocess.run(["git", "-C", str(place), *who, *words], check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with one commit, and two files after it whose names are no UTF-8."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Begin")
    for name in NAMES:
        try:
            (tmp_path / os.fsdecode(name)).write_text("import anthropic\n", encoding="utf-8")
        except OSError:
            pytest.skip("this file system takes no name that is not UTF-8")
    return tmp_path


def test_a_folder_and_a_revision_tell_two_such_files_apart(place: Path) -> None:
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "Add")
    for source in (Folder(place), Revision(place, "HEAD")):
        coverage = Coverage()
        assert sorted(reading.path for reading in source.readings(coverage)) == TOLD


def test_what_a_change_adds_is_found_under_the_name_the_folder_gives(place: Path) -> None:
    change = Addition(place, "HEAD")
    assert [change.holds(path, 1) for path in TOLD] == [True, True]
    git(place, "add", ".")
    staged = Addition(place, "HEAD")
    assert [staged.holds(path, 1) for path in TOLD] == [True, True]


def test_a_member_of_an_archive_keeps_its_bytes_and_stays_in_its_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in NAMES:
            archive.addfile(tarfile.TarInfo(os.fsdecode(b"down\\" + name)))
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert [plain_name(name) for name in archive.getnames()] == [f"down/{told}" for told in TOLD]
