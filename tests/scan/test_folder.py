"""A folder is read whole or counted, and nothing in it stops a scan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.errors import UsageError
from remit.scan.coverage import Coverage
from remit.scan.folder import LIMIT, Folder
from remit.scan.run import scan_path
from remit.scan.text import as_text

if TYPE_CHECKING:
    from pathlib import Path

CALL = b'import anthropic\nanthropic.Anthropic().messages.create(model="claude-opus-4-5")\n'


def reasons(root: Path, *, limit: int = LIMIT) -> dict[str, int]:
    coverage = Coverage()
    list(Folder(root, limit=limit).readings(coverage))
    return {why: len(paths) for why, paths in coverage.skipped.items()}


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert reasons(tmp_path) == {"symbolic link to a folder": 1, "symbolic link that leads nowhere": 1}


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(CALL)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "in.py").symlink_to(outside)
    assert scan_path(tmp_path / "tree").makers == {}
    assert reasons(tmp_path / "tree") == {"symbolic link that leads out of the place": 1}


def test_a_link_named_like_an_agents_file_is_evidence(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("Use tabs.")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    found = scan_path(tmp_path).as_json()
    assert found["makers"]["anthropic"]["strength"] == "devtool"
    assert found["coverage"]["complete"]


def test_what_holds_no_text_is_counted(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0anthropic")
    (tmp_path / "weights.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (tmp_path / "large.txt").write_bytes(b"x" * 2_000)
    assert reasons(tmp_path, limit=1_000) == {
        "binary": 1,
        "pointer to a file kept elsewhere (Git LFS)": 1,
        "larger than the limit": 1,
    }


def test_a_submodule_that_was_not_fetched_is_named(tmp_path: Path) -> None:
    (tmp_path / ".gitmodules").write_text('[submodule "x"]\n\tpath = libs/x\n\turl = https://example.org/x\n')
    (tmp_path / "libs" / "x").mkdir(parents=True)
    assert reasons(tmp_path) == {"submodule that was not fetched": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_counted(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(CALL)
    (tmp_path / "secret.py").chmod(0)
    assert reasons(tmp_path) == {"unreadable": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_every_encoding_of_plain_text_is_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes((CALL.decode() + "# é\n").encode(encoding))
    assert list(scan_path(tmp_path).makers) == ["anthropic"]


def test_a_single_file_is_a_place(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(CALL)
    found = scan_path(file).as_json()
    assert found["makers"]["anthropic"]["files"] == [{"path": "app.py", "lines": [1, 2]}]


def test_what_git_ignores_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".env\n")
    (tmp_path / ".env").write_text("ANTHROPIC_API_KEY=sk-ant-very-secret\n")
    found = scan_path(tmp_path).as_json()
    assert found["makers"]["anthropic"]["files"] == [{"path": ".env", "lines": [1]}]
    assert "very-secret" not in str(found)


def test_a_place_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing was scanned"):
        scan_path(tmp_path / "missing")


def test_a_broken_git_folder_is_told_and_does_not_stop_the_scan(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app.py").write_bytes(CALL)
    found = scan_path(tmp_path)
    assert "anthropic" in found.makers
    assert found.coverage.history.startswith("git failed")


NAMES = st.sampled_from(
    ["a.py", "b.ts", "c.yaml", "d.json", "e.ipynb", "pyproject.toml", "package.json", "f.go", ".env", "Dockerfile",
     "g.rs", "pom.xml", "h.html", "i.tf", "CLAUDE.md", "j.ex", "k.php", "go.mod", "l.qmd", "m"]
)  # fmt: skip
PIECES = st.sampled_from(
    [b"import anthropic\n", b'"claude-3-opus-20240229"', b"{", b"}", b"(", b")", b'"', b"'", b"`", b"#", b"/*",
     b"//",
     b"model=", b"\n", b" ", b"\0", b"\xff\xfe", b"- ", b": ", b"${x}", b"openai", b"https://api.openai.com/v1",
     b"<!--",
     b'"""', b"ANTHROPIC_API_KEY", b"[project]\n", b"dependencies = [", b"\\", b"\r\n", b"default", b"sonnet"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.lists(PIECES, max_size=40).map(b"".join), max_size=6))
def test_no_bytes_stop_a_scan_and_the_counts_add_up(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for name, data in files.items():
        (root / name).write_bytes(data)
    first, second = scan_path(root).as_json(), scan_path(root).as_json()
    assert first == second
    coverage = first["coverage"]
    assert coverage["present"] == len(files)
    assert coverage["present"] == coverage["read"] + sum(row["files"] for row in coverage["skipped"].values())


def test_nothing_but_text_comes_out_of_text() -> None:
    assert as_text(b"plain") == (b"plain", "")
    assert as_text(b"\0\1\2") == (None, "binary")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_place_has_its_line_whatever_ends_the_lines_and_whatever_stands_in_them(
    ending: bytes, tmp_path: Path
) -> None:
    lines = ["# Å \x85 \x0b \x0c \x1c …", "numpy", "anthropic>=0.40"]
    (tmp_path / "requirements.txt").write_bytes(ending.join(line.encode() for line in lines))
    (row,) = scan_path(tmp_path).as_json()["makers"]["anthropic"]["files"]
    assert row == {"path": "requirements.txt", "lines": [3]}
