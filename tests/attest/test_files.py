"""Bundles on a disk: written whole or not at all, never over another, and read without following anything out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from remit.attest.files import ENVELOPE, SCRIPT, read_bundle, write_bundle
from remit.errors import NothingToLookAt, UsageError
from tests.attest.signed import BUNDLE, refused

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    files = BUNDLE | {"log/statement.entry": b"x"}
    write_bundle(tmp_path / "out" / "bundle", files)
    assert read_bundle(tmp_path / "out" / "bundle") == files
    assert os.access(tmp_path / "out" / "bundle" / SCRIPT, os.X_OK)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bundle"]
    assert read_bundle(tmp_path / "out" / "bundle" / ENVELOPE) == {ENVELOPE: BUNDLE[ENVELOPE]}


def test_nothing_is_written_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", encoding="ascii")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "folder", "link"):
        with pytest.raises(UsageError, match="is there already"):
            write_bundle(tmp_path / name, BUNDLE)
    assert (tmp_path / "file").read_text(encoding="ascii") == "kept"
    assert not list((tmp_path / "folder").iterdir())


def test_what_cannot_be_written_whole_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing was written"):
        write_bundle(tmp_path / "bundle", {**BUNDLE, "statement.json/below": b""})
    with pytest.raises(TypeError):
        write_bundle(tmp_path / "bundle", {"a": "no bytes"})  # type: ignore[dict-item]
    assert not list(tmp_path.iterdir())


def test_a_link_or_a_pipe_in_a_bundle_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "one", BUNDLE)
    (tmp_path / "one" / "more").symlink_to("/etc/passwd")
    with refused("files"):
        read_bundle(tmp_path / "one")
    write_bundle(tmp_path / "two", BUNDLE)
    (tmp_path / "two" / "folder").symlink_to(tmp_path)
    with refused("files"):
        read_bundle(tmp_path / "two")
    write_bundle(tmp_path / "three", BUNDLE)
    os.mkfifo(tmp_path / "three" / "pipe")
    with refused("files"):
        read_bundle(tmp_path / "three")


def test_a_file_beyond_all_bounds_is_refused_unread(tmp_path: Path) -> None:
    write_bundle(tmp_path / "one", BUNDLE)
    with (tmp_path / "one" / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with refused("files"):
        read_bundle(tmp_path / "one")


def test_a_place_without_a_statement_is_nothing_to_look_at(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(NothingToLookAt, match="Nothing was verified"):
            read_bundle(place)


def test_a_bundle_of_too_many_files_or_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(tmp_path / "one", BUNDLE)
    for bound in ("MOST_FILES", "LARGEST_BUNDLE"):
        with monkeypatch.context() as lowered:
            lowered.setattr(f"remit.attest.files.{bound}", 3)
            with refused("files"):
                read_bundle(tmp_path / "one")
