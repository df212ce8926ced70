"""A fuzzer led by what the code does looks for a reply that lets a denied call through, under make test-deep."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = "60"
APART = Path(os.environ.get("REMIT_APART", f"{sys.prefix}/apart"))


@pytest.mark.deep
def test_a_fuzzer_finds_no_reply_that_lets_a_denied_call_through(tmp_path: Path) -> None:
    if os.environ.get("HYPOTHESIS_PROFILE") != "deep":
        pytest.skip("it takes a minute: make test-deep runs it")
    if find_spec("atheris") is None and not (APART / "atheris").is_dir():
        pytest.skip("atheris is not there: make test-deep fetches it where it has a wheel for this Python")
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), SECONDS, str(tmp_path / "seeds")]
    # Only what the fuzzer is made of comes from there: beside it lie older libraries than ours.
    if (APART / "atheris").is_dir():
        (tmp_path / "atheris").symlink_to(APART / "atheris")
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    ran = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
