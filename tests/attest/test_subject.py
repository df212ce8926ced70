"""Subjects: what lies at a place is named so that it cannot change, as git and coreutils would name it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from remit.attest.subject import FILES_COMMAND, files_sum, name_place
from remit.cli.attest_signing import git_in
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from remit.attest.subject import Named

TOOLS = ("sh", "find", "sort", "xargs", "sha256sum")


def git(place: Path, *words: str) -> str:
    identity = ["-c", "user.name=q", "-c", "user.email=q@quayside.example", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, "-C", str(place), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def named(place: Path, *, with_changes: bool = False) -> Named:
    return name_place(place, git_in(place), with_changes=with_changes)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    place = tmp_path / "nav"
    (place / "app").mkdir(parents=True)
    (place / "app" / "main.py").write_text("print(1)\n", encoding="utf-8")
    (place / ".gitignore").write_text("kept-out\n", encoding="utf-8")
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-qm", "one")
    return place


def test_a_checkout_is_named_by_its_commit_and_the_tree_below_the_place(checkout: Path) -> None:
    found = named(checkout)
    commit = git(checkout, "rev-parse", "HEAD")
    assert found.commit == commit
    assert [(each.name, dict(each.digest)) for each in found.subjects] == [
        ("nav", {"gitCommit": commit, "gitTree": git(checkout, "rev-parse", "HEAD^{tree}")})
    ]
    (below,) = named(checkout / "app").subjects
    assert below.digest["gitTree"] == git(checkout, "rev-parse", "HEAD:app")


def test_a_checkout_bears_the_address_it_came_from_without_credentials(checkout: Path) -> None:
    git(checkout, "remote", "add", "origin", "https://amadi:secret@git.quayside.example/nav.git")
    assert named(checkout).subjects[0].name == "git+https://git.quayside.example/nav.git"
    git(checkout, "remote", "set-url", "origin", "git@quayside.example:nav")
    assert named(checkout).subjects[0].name == "nav"


def test_what_git_was_told_to_keep_out_is_no_change(checkout: Path) -> None:
    (checkout / "kept-out").write_text("x", encoding="utf-8")
    assert named(checkout).commit


@pytest.mark.parametrize("change", ["edit", "new", "staged", "gone", "hidden", "skipped"])
def test_a_change_is_refused_and_with_changes_its_digest_is_a_subject(change: str, checkout: Path) -> None:
    file = checkout / "app" / "main.py"
    match change:
        case "edit":
            file.write_text("print(2)\n", encoding="utf-8")
        case "new":
            (checkout / "new\nname").symlink_to("nowhere")
            (checkout / "more").write_text("x", encoding="utf-8")
        case "staged":
            file.write_text("print(2)\n", encoding="utf-8")
            git(checkout, "add", ".")
        case "gone":
            file.unlink()
        case "hidden" | "skipped":
            git(
                checkout,
                "update-index",
                {"hidden": "--assume-unchanged", "skipped": "--skip-worktree"}[change],
                str(file),
            )
            file.write_text("print(2)\n", encoding="utf-8")
    with pytest.raises(UsageError, match="is not what is committed"):
        named(checkout)
    found = named(checkout, with_changes=True)
    assert (found.commit, [each.name for each in found.subjects]) == ("", ["nav", "changes"])
    assert named(checkout, with_changes=True) == found


def test_another_change_has_another_digest(checkout: Path) -> None:
    sums = set()
    for text in ("2", "3", ""):
        (checkout / "more").write_text(text, encoding="utf-8")
        sums.add(named(checkout, with_changes=True).subjects[1].digest["sha256"])
    assert len(sums) == 3


def test_a_folder_without_a_commit_and_one_outside_of_any_checkout_are_sets_of_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    plain = named(tmp_path).subjects
    assert dict(plain[0].digest) == {"sha256": files_sum(tmp_path)}
    if shutil.which("git") is not None:
        git(tmp_path, "init", "-q")
        assert named(tmp_path).subjects == plain


def test_a_set_of_files_is_named_as_coreutils_name_it(tmp_path: Path) -> None:
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not there: {', '.join(missing)}")
    for name in (
        "b/c.txt",
        "b.txt",
        "a b.txt",
        "B.txt",
        "b/.hidden",
        ".git/config",
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "link").symlink_to("b.txt")
    (tmp_path / "to-folder").symlink_to("b/")
    (tmp_path / "nowhere").symlink_to("/nowhere")
    ran = subprocess.run(["sh", "-c", FILES_COMMAND], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert ran.stdout.split()[0] == files_sum(tmp_path)


def test_a_link_that_leads_elsewhere_makes_another_set(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    before = files_sum(tmp_path)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("b")
    assert files_sum(tmp_path) != before


def test_a_name_that_no_list_of_sums_can_show_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a\nb").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="a list of sums cannot show"):
        files_sum(tmp_path)


def test_a_file_is_named_by_its_digest_and_a_place_that_is_not_there_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"x")
    (subject,) = named(tmp_path / "image.tar").subjects
    assert (subject.name, dict(subject.digest)) == ("image.tar", {"sha256": hashlib.sha256(b"x").hexdigest()})
    with pytest.raises(NothingToLookAt, match="Nothing was attested"):
        named(tmp_path / "absent")


def layout(place: Path, *manifests: bytes) -> Path:
    (place / "blobs" / "sha256").mkdir(parents=True)
    (place / "oci-layout").write_text("{}", encoding="ascii")
    rows = []
    for content in manifests:
        digest = hashlib.sha256(content).hexdigest()
        (place / "blobs" / "sha256" / digest).write_bytes(content)
        rows.append({"digest": f"sha256:{digest}"})
    (place / "index.json").write_text(json.dumps({"manifests": rows}), encoding="ascii")
    return place


def test_an_image_is_named_by_its_manifest_and_several_by_their_index(tmp_path: Path) -> None:
    (one,) = named(layout(tmp_path / "one", b"m")).subjects
    assert one.digest["sha256"] == hashlib.sha256(b"m").hexdigest()
    two = layout(tmp_path / "two", b"m", b"n")
    assert named(two).subjects[0].digest["sha256"] == hashlib.sha256((two / "index.json").read_bytes()).hexdigest()


def test_an_image_whose_blobs_are_not_what_their_names_say_is_refused(tmp_path: Path) -> None:
    place = layout(tmp_path / "one", b"m")
    (blob,) = (place / "blobs" / "sha256").iterdir()
    blob.write_bytes(b"other")
    with pytest.raises(UsageError, match="is not what its name says"):
        named(place)
    blob.unlink()
    with pytest.raises(UsageError, match="is not among its blobs"):
        named(place)
