"""An unchanged place is known again, a changed one never is, and nothing that is wrong with the cache is noticed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.cli.main import main
from remit.scan import cache as cache_file
from remit.scan.cache import Cache
from remit.scan.folder import Folder
from remit.scan.run import scan_path
from tests.scan.sources import CALL, OTHER, committed, tar, write_files

if TYPE_CHECKING:
    from remit.scan.findings import Findings

HARBOUR = Path(__file__).parents[2] / "examples" / "harbour"
LATER = 4_000_000_000_000_000_000
"""So late that every file is old."""


class Counting(Cache):
    """A cache that counts what it knew again."""

    known = 0

    def recall(self, path: Path, source: object) -> Findings | None:
        found = super().recall(path, source)  # type: ignore[arg-type]  # as the caller gives it
        self.known += found is not None
        return found


def scanned(root: Path, folder: Path, now: int = LATER) -> tuple[Findings, bool]:
    cache = Counting(folder / "scan.db", now)
    found = scan_path(root, cache=cache)
    cache.close()
    return found, bool(cache.known)


def same(one: Findings, other: Findings) -> bool:
    return one == replace(other, landscape=one.landscape)


def test_what_comes_back_is_what_was_found(tmp_path: Path) -> None:
    shutil.copytree(HARBOUR, tmp_path / "work")
    committed(tmp_path / "work", {}, "fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    plain = scan_path(tmp_path / "work")
    first, known = scanned(tmp_path / "work", tmp_path)
    assert not known
    second, known = scanned(tmp_path / "work", tmp_path)
    assert known
    assert same(plain, first)
    assert same(plain, second)
    assert second.history
    assert second.landscape.kept == plain.landscape.kept
    assert second.landscape.parts == plain.landscape.parts
    assert second.landscape.units == plain.landscape.units


@pytest.mark.parametrize("kind", ["content", "new", "gone", "mode", "link", "empty folder"])
def test_a_change_is_seen(kind: str, tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL, "b.py": b"print(1)\n"})
    scanned(root, tmp_path)
    if kind == "content":
        (root / "a.py").write_bytes(OTHER.ljust(len(CALL)))
    elif kind == "new":
        (root / "c.py").write_bytes(OTHER)
    elif kind == "gone":
        (root / "a.py").unlink()
    elif kind == "mode":
        (root / "a.py").chmod(0o600)
    elif kind == "link":
        (root / "CLAUDE.md").symlink_to("b.py")
    else:
        (root / "empty").mkdir()
    again, _ = scanned(root, tmp_path)
    assert same(again, scan_path(root))


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL})
    before = (root / "a.py").stat()
    scanned(root, tmp_path)
    (root / "a.py").write_bytes(OTHER.ljust(len(CALL)))
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(scanned(root, tmp_path)[0].makers) == ["openai"]


def test_stamps_that_are_too_fresh_are_not_relied_on(tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL})
    scanned(root, tmp_path, now=0)
    kept = sqlite3.connect(tmp_path / "scan.db").execute("SELECT count(*) FROM kept").fetchone()
    assert kept == (2,), "the contents and the shape, and no stamps"
    assert scanned(root, tmp_path, now=0)[1], "known by its contents"


def test_the_same_contents_are_known_in_another_place(tmp_path: Path) -> None:
    scanned(write_files(tmp_path / "one", {"a/a.py": CALL}), tmp_path)
    found, known = scanned(write_files(tmp_path / "two", {"a/a.py": CALL}), tmp_path)
    assert known
    assert found.path == str(tmp_path / "two")


def test_an_archive_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar({"a.py": CALL}))
    assert scanned(path, tmp_path)[1] is False
    assert scanned(path, tmp_path)[1] is True
    path.write_bytes(tar({"a.py": OTHER}))
    assert list(scanned(path, tmp_path)[0].makers) == ["openai"]


def test_another_version_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL})
    scanned(root, tmp_path)
    monkeypatch.setattr(cache_file, "__version__", "9.9")
    cache_file.maker.cache_clear()
    try:
        assert scanned(root, tmp_path)[1] is False
    finally:
        cache_file.maker.cache_clear()


def test_what_is_spared_is_part_of_the_question(tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL, "b.py": OTHER})
    scanned(root, tmp_path)
    cache = Counting(tmp_path / "scan.db", LATER)
    assert set(scan_path(root, cache=cache, spared=[root / "a.py"]).makers) == {"openai"}
    assert cache.known == 0


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_cache_is_thrown_away(data: bytes, tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL})
    (tmp_path / "scan.db").write_bytes(data)
    assert list(scanned(root, tmp_path)[0].makers) == ["anthropic"]
    assert list(scanned(root, tmp_path)[0].makers) == ["anthropic"]


def test_records_that_cannot_be_read_are_no_answer(tmp_path: Path) -> None:
    root = write_files(tmp_path / "work", {"a.py": CALL})
    scanned(root, tmp_path)
    with sqlite3.connect(tmp_path / "scan.db") as kept:
        kept.execute("UPDATE kept SET body = x'00'")
    assert list(scanned(root, tmp_path)[0].makers) == ["anthropic"]


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file" / "scan.db", LATER)
    assert list(scan_path(write_files(tmp_path / "work", {"a.py": CALL}), cache=cache).makers) == ["anthropic"]


def test_the_option_does_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_files(tmp_path / "work", {"a.py": CALL})
    assert main(["scan", str(root), "--no-cache"]) == 0
    assert not (tmp_path / "cache").exists()
    assert main(["scan", str(root)]) == 0
    assert (tmp_path / "cache" / "remit" / "scan.db").is_file()


def test_the_cache_holds_a_bounded_number_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_file, "_MOST", 5)
    root = write_files(tmp_path / "work", {"a.py": CALL})
    for number in range(8):
        (root / "b.txt").write_text(str(number))
        scanned(root, tmp_path)
    assert sqlite3.connect(tmp_path / "scan.db").execute("SELECT count(*) FROM kept").fetchone() == (5,)


FILES = st.dictionaries(
    st.sampled_from(["a.py", "b/c.ts", "settings.yaml", "package.json", "README.md"]),
    st.sampled_from([CALL, OTHER, b"model: sonnet\n", b'{"dependencies": {"openai": "4"}}', b"", b"\0"]),
    max_size=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(FILES, min_size=2, max_size=4))
def test_with_a_cache_and_without_the_findings_are_the_same(
    states: list[dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("law")
    for files in states:
        shutil.rmtree(base / "work", ignore_errors=True)
        root = write_files(base / "work", files)
        root.mkdir(exist_ok=True)
        assert same(scanned(root, base)[0], scan_path(root))


def test_a_folder_notes_digests_only_when_asked(tmp_path: Path) -> None:
    assert Folder(tmp_path).digests is None
