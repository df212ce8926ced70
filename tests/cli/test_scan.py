"""`remit scan` refuses what it was not meant to look at or cannot write, and says what did not happen."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from remit.cli.main import main
from tests.scan.formats.places import make_tree


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(["scan", "--no-cache", *map(str, words)])
    return code, capsys.readouterr().err


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


@pytest.fixture
def checkout(tree: Path) -> Path:
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "First"]):
        subprocess.run(
            ["git", "-C", str(tree), "-c", "user.name=Ann", "-c", "user.email=a@b.example", *words], check=True
        )
    return tree


def test_a_place_without_a_name_is_not_the_folder_the_command_runs_in(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, "")
    assert code == 2
    assert said.startswith("Nothing was scanned: a PATH is empty")


def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    code, said = told(capsys, tmp_path / "pipe")
    assert code == 3
    assert said == f"Nothing was scanned: {tmp_path / 'pipe'} is neither a file nor a folder.\n"
    assert told(capsys, "/dev/null")[0] == 3


def test_a_place_named_twice_counts_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--no-cache", str(tree), f"{tree}/../tree", "--format", "json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == [str(tree)]


def test_a_revision_that_is_none_is_named_with_the_place(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--rev", "--changed"):
        code, said = told(capsys, checkout, option, "nope")
        assert code == 2
        assert said == f"Nothing was scanned: git in {checkout} knows no revision nope.\n"


def test_a_revision_of_what_is_no_folder_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, tree / "README.md", "--rev", "main")
    assert code == 2
    assert said == f"Nothing was scanned: --rev reads a checkout, and {tree / 'README.md'} is a file.\n"


def test_a_form_that_is_none_is_answered_with_those_there_are(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, tree, "--format", "yaml")
    assert code == 2
    assert said.startswith(
        "remit scan did not run: argument --format: there is no form 'yaml'; choose from text, json,"
    )


def test_two_reports_in_one_file_are_refused(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, same = tmp_path / "r.json", f"{tmp_path}/./r.json"
    code, said = told(capsys, tree, "--output", one, "--output", same)
    assert code == 2
    assert said.startswith(f"Nothing was written: {same} is the file of another --output")
    assert not one.exists()


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_looked_at(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.json").mkdir()
    (tmp_path / "file").write_text("")
    code, said = told(capsys, tree, "--output", tmp_path / "d.json")
    assert (code, said) == (2, f"Nothing was written: {tmp_path / 'd.json'} is a folder.\n")
    code, said = told(capsys, tree, "--output", tmp_path / "file" / "r.json")
    assert (code, said) == (2, f"Nothing was written: {tmp_path / 'file'} is a file, and no folder for r.json.\n")


def test_a_report_that_the_system_refuses_is_named_and_not_its_draft(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("this system has no folder that refuses every file")
    code, said = told(capsys, tree, "--output", "/proc/r.json")
    assert code == 1
    assert said.startswith("The report was not written to /proc/r.json: ")


def test_a_history_that_is_there_and_cannot_be_read_makes_a_scan_incomplete(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tree(tree, {".git/HEAD": "nothing", ".git/config": "[core"})
    assert main(["scan", "--no-cache", str(tree), "--format", "json"]) == 4
    coverage = json.loads(capsys.readouterr().out)[str(tree)]["coverage"]
    assert not coverage["complete"]
    assert coverage["history"]["why"].startswith("git failed")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_place_that_may_not_be_read_is_counted_and_no_fault(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree.chmod(0)
    try:
        assert main(["scan", "--no-cache", str(tree)]) == 4
    finally:
        tree.chmod(0o700)
    assert "1 unreadable" in capsys.readouterr().out
