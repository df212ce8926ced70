"""The floors are kept, and no file or folder grows past what one noun needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.console import ROOT

LONGEST_FILE = 500
SOURCES = [path for folder in ("src", "tests", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
SHUNNED = ("manager", "handler", "helper", "util", "common", "base", "data", "info", "engine", "core")


def test_imports_go_downwards_only_and_never_in_a_circle() -> None:
    lint = "from importlinter.cli import lint_imports_command as run; run()"
    ran = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_data_folders_hold_no_code() -> None:
    folders = [ROOT / "src/remit/catalogue", ROOT / "src/remit/packs"]
    assert [path for folder in folders for path in folder.rglob("*.py")] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_has_one_noun(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_FILE, f"{length} lines; a file past {LONGEST_FILE} has two nouns in it"
    words = path.stem.lower().split("_")
    assert not {word.removesuffix("s") for word in words} & set(SHUNNED), "a name that says nothing"
