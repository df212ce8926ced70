"""A git revision is read without a checkout, and what is not a file in it is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from remit.cli.main import main
from remit.errors import UsageError
from remit.scan.coverage import Coverage
from remit.scan.revision import Revision
from tests.scan.sources import CALL, OTHER, committed, git

if TYPE_CHECKING:
    from pathlib import Path


def test_an_earlier_revision_is_seen_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "work"
    committed(root, {"app/a.py": CALL, "b.bin": b"\0\1"})
    committed(root, {"app/a.py": OTHER})
    for revision, maker in (("HEAD~1", "anthropic"), ("HEAD", "openai")):
        assert main(["scan", str(root), "--rev", revision, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)[str(root)]
        assert list(found["makers"]) == [maker]
        assert found["coverage"]["present"] == 2


def test_a_folder_of_a_checkout_is_a_place(tmp_path: Path) -> None:
    root = tmp_path / "work"
    committed(root, {"app/a.py": CALL, "other/b.py": OTHER})
    assert [reading.path for reading in Revision(root / "app", "HEAD").readings(Coverage())] == ["a.py"]


def test_links_submodules_large_files_and_terms_are_counted(tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "CLAUDE.md").symlink_to("nowhere")
    committed(root, {"large.txt": b"x" * 5_000, "remit/remit.yaml": b"parties: []\n"})
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},libs/x")
    git(root, "commit", "-q", "-m", "submodule")
    coverage = Coverage()
    paths = [reading.path for reading in Revision(root, "HEAD", limit=1_000).readings(coverage)]
    assert paths == ["CLAUDE.md"]
    assert {why: len(names) for why, names in coverage.skipped.items()} == {
        "symbolic link, read where it leads": 1,
        "larger than the limit": 1,
        "submodule that was not fetched": 1,
        "terms, which say what is agreed and not what is used": 1,
    }


@pytest.mark.parametrize("name", ["nowhere", "--output=/tmp/x", "HEAD:a.py"])
def test_a_name_of_no_commit_is_a_wrong_call(name: str, tmp_path: Path) -> None:
    committed(tmp_path / "work", {"a.py": CALL})
    with pytest.raises(UsageError, match="Nothing was scanned"):
        list(Revision(tmp_path / "work", name).readings(Coverage()))
    with pytest.raises(UsageError, match="Nothing was scanned"):
        list(Revision(tmp_path, "HEAD").readings(Coverage()))
