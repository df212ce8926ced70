"""What is read of a history: all of it, a part, that of a folder within a checkout, or none, and how that is said."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from remit.cli.main import main
from remit.scan.cache import Cache
from remit.scan.formats.form import Form, write
from remit.scan.formats.inventory import Inventory
from remit.scan.run import scan_path
from tests.scan.sources import committed, git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
TRAIL = "change\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


def grown(root: Path) -> Path:
    """Make a checkout of three commits: the first one outside the folder `desk`, the last two in it."""
    committed(root, {"tower/a.py": b"A = 1\n"}, TRAIL)
    committed(root, {"desk/b.py": b"B = 1\n"}, TRAIL)
    committed(root, {"desk/b.py": b"B = 2\n"})
    return root


def shallow(root: Path) -> Path:
    """Clone the newest commit of a checkout alone, as many a build service does."""
    to = root.with_name("clone")
    git(root, "clone", "-q", "--depth", "1", f"file://{root}", str(to))
    return to


@pytest.mark.parametrize("form", Form)
def test_a_history_read_in_part_is_said_in_every_form(tmp_path: Path, form: Form) -> None:
    found = scan_path(shallow(grown(tmp_path / "whole")))
    text = write(form, Inventory((found,)))
    assert "read in part" in text
    assert "commits before those of a shallow clone" in text


def test_a_tree_is_complete_though_its_history_is_not_and_neither_says_more(tmp_path: Path) -> None:
    coverage = scan_path(shallow(grown(tmp_path / "whole"))).as_json()["coverage"]
    assert coverage["complete"]
    assert coverage["history"] == {"read": False, "commits": 1, "why": "read in part: a shallow clone"}
    (row,) = (row for row in coverage["not_inquired"] if row["surface"] == "commits before those of a shallow clone")
    assert "git fetch --unshallow" in row["settled_by"]


def test_a_shallow_clone_does_not_make_a_scan_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(shallow(grown(tmp_path / "whole")))]) == 0
    assert "read in part" in capsys.readouterr().out


def test_a_work_tree_of_a_shallow_clone_is_shallow_too(tmp_path: Path) -> None:
    clone = shallow(grown(tmp_path / "whole"))
    git(clone, "worktree", "add", "-q", str(tmp_path / "second"))
    assert scan_path(tmp_path / "second").coverage.history == "read in part: a shallow clone"


def test_what_is_kept_of_a_work_tree_is_not_taken_once_its_history_grew(tmp_path: Path) -> None:
    clone = shallow(grown(tmp_path / "whole"))
    git(clone, "worktree", "add", "-q", str(tmp_path / "second"))
    cache = Cache(tmp_path / "kept", 2**63 - 1)
    assert scan_path(tmp_path / "second", cache=cache).coverage.commits == 1
    git(clone, "fetch", "-q", "--unshallow")
    assert scan_path(tmp_path / "second", cache=cache).coverage.commits == 3
    cache.close()


def test_a_folder_of_a_checkout_says_whose_history_was_not_read(tmp_path: Path) -> None:
    found = scan_path(grown(tmp_path / "whole") / "desk")
    assert found.coverage.history == "not read: it is that of the checkout around this place; --history reads it"
    assert not found.history


def test_a_folder_of_a_checkout_gets_the_history_of_its_own_paths_when_asked(tmp_path: Path) -> None:
    whole = grown(tmp_path / "whole")
    found = scan_path(whole / "desk", around=True)
    assert (found.coverage.history, found.coverage.commits) == ("read", 2)
    assert [(trail.maker, trail.commits) for trail in found.history] == [("anthropic", 1)]
    one = scan_path(whole / "tower" / "a.py", around=True)
    assert (one.coverage.commits, [trail.commits for trail in one.history]) == (1, [1])


def test_the_commits_of_one_folder_are_not_taken_for_those_of_another(tmp_path: Path) -> None:
    whole = grown(tmp_path / "whole")
    cache = Cache(tmp_path / "kept", 2**63 - 1)
    counted = [scan_path(whole / name, cache=cache, around=True).coverage.commits for name in ("desk", "tower", ".")]
    assert counted == [2, 1, 3]
    again = [scan_path(whole / name, cache=cache, around=True).coverage.commits for name in ("desk", "tower", ".")]
    assert again == counted
    cache.close()


def test_a_name_that_git_could_take_for_a_pattern_is_a_name(tmp_path: Path) -> None:
    committed(tmp_path, {":(top)*/a.py": b"A = 1\n"}, TRAIL)
    committed(tmp_path, {"b.py": b"B = 1\n"}, TRAIL)
    assert scan_path(tmp_path / ":(top)*", around=True).coverage.commits == 1


def test_no_history_is_looked_for_above_a_place_that_lies_in_none(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("A = 1\n")
    assert scan_path(tmp_path, around=True).coverage.history == "no git directory in this place"


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_what_a_hook_of_another_checkout_sets_misleads_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = grown(tmp_path / "whole")
    committed(tmp_path / "other", {"a.py": b"A = 1\n"})
    monkeypatch.setenv(name, str(tmp_path / "other" / ".git"))
    assert scan_path(whole).coverage.commits == 3


def test_the_option_reads_it_in_scan_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = grown(tmp_path / "whole") / "desk"
    assert main(["scan", str(place), "--history", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out).values()
    assert found["history"] == {"anthropic": 1}
