"""`remit terms diff` between folders, days and commits."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.house.console import ROOT, remit

if TYPE_CHECKING:
    from pathlib import Path

HARBOUR = ROOT / "examples" / "harbour" / "remit"


def git(place: Path, *words: str) -> None:
    who = ["-c", "user.name=Quayside", "-c", "user.email=terms@quayside.example"]
    subprocess.run(["git", *who, *words], cwd=place, check=True, capture_output=True)


def test_a_commit_is_compared_with_the_folder_as_it_stands(tmp_path: Path) -> None:
    folder = tmp_path / "remit"
    shutil.copytree(HARBOUR, folder)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Terms")
    (folder / "instruments" / "board-designation-7.yaml").unlink()
    (folder / "remit.yaml").write_text((folder / "remit.yaml").read_text(encoding="utf-8").partition("# What we")[0])
    ran = remit("terms", "diff", "HEAD", "--at", "2026-03-01", "--format", "json", within=tmp_path)
    told = json.loads(ran.stdout)
    assert told["standings"] == ["board-designation-7: in-force → not there"]
    assert {change["turn"] for change in told["changes"]} == {"newly permitted", "newly held"}
    assert {tuple(change["by_before"]) for change in told["changes"]} == {("board-designation-7/listed-seats",)}


def test_what_is_neither_folder_nor_revision_is_named(tmp_path: Path) -> None:
    shutil.copytree(HARBOUR, tmp_path / "remit")
    git(tmp_path, "init", "--quiet")
    ran = remit("terms", "diff", "no-such-thing", within=tmp_path)
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (
        3,
        "Nothing was compared: git knows no commit no-such-thing.",
    )


def test_a_revision_is_never_taken_for_an_option(tmp_path: Path) -> None:
    shutil.copytree(HARBOUR, tmp_path / "remit")
    ran = remit("terms", "diff", "--", "--output=x", within=tmp_path)
    assert ran.returncode == 3
    assert not (tmp_path / "x").exists()


def test_one_folder_at_two_instants_takes_no_second_folder(tmp_path: Path) -> None:
    ran = remit("terms", "diff", str(HARBOUR), str(HARBOUR), "--and", "2026-09-01", within=tmp_path)
    assert ran.returncode == 2


def test_markdown_is_a_table_for_each_turn(tmp_path: Path) -> None:
    words = "terms", "diff", str(HARBOUR), "--at", "2026-01-20", "--and", "2026-02-20", "--format", "markdown"
    lines = remit(*words, within=tmp_path).stdout.splitlines()
    assert lines[2] == "- board-designation-7: without effect → in-force"
    assert "#### Newly forbidden" in lines
    assert all(line.count(" | ") == 3 for line in lines if line.startswith("| ") and "---" not in line)


def test_terms_that_differ_in_nothing_say_so(tmp_path: Path) -> None:
    ran = remit("terms", "diff", str(HARBOUR), str(HARBOUR), "--at", "2026-01-20", within=tmp_path)
    assert ran.stdout.splitlines()[-1] == "Nobody gains or loses anything."
