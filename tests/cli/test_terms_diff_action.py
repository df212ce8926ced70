"""The GitHub Action compares as its steps say: they are run here as a runner would run them, but for the network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "actions/terms-diff/action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
REGISTER = 'organisation: quayside\nparties: [{id: quayside}, {id: halden}]\nscopes: [{id: s, serves: ["**"]}]\n'
POLICY = """\
instrument: p
kind: policy
by: halden
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: c, permit: [invoke]}
"""


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@quayside.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_the_step_that_compares_writes_the_difference_to_the_summary_and_to_a_file(tmp_path: Path) -> None:
    place = tmp_path / "repository"
    (place / "remit/instruments").mkdir(parents=True)
    (place / "remit/remit.yaml").write_text(REGISTER)
    (place / "remit/instruments/p.yaml").write_text(POLICY)
    git(place.parent, "init", "-q", str(place))
    git(place, "add", ".")
    git(place, "commit", "-qm", "One")
    (place / "remit/instruments/p.yaml").write_text(POLICY.replace("permit", "forbid"))
    git(place, "commit", "-qam", "Two")
    remit = tmp_path / "remit"
    remit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m remit "$@"\n')
    remit.chmod(0o755)
    files = {"GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "output", "MARKDOWN": "diff.md"}
    given = {name: str(tmp_path / file) for name, file in files.items()}
    given |= {"REMIT": str(remit), "TERMS": "remit", "BASE": "HEAD~1"}
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", STEPS["Compare"]["run"]], cwd=place, env=os.environ | given, check=True
    )
    said = (tmp_path / "diff.md").read_text()
    assert said.startswith("<!-- remit terms diff -->\n### What changes from ")
    assert "#### Newly forbidden" in said
    assert said == (tmp_path / "summary").read_text()
    assert (tmp_path / "output").read_text() == f"markdown={tmp_path / 'diff.md'}\n"


def test_each_step_is_a_script_that_a_shell_can_read_and_takes_its_inputs_by_name() -> None:
    for name, step in STEPS.items():
        ran = subprocess.run(["bash", "-n", "-c", step["run"]], check=False, capture_output=True)
        assert ran.returncode == 0, (name, ran.stderr)
        assert "${{" not in step["run"], "what a pull request says must not become part of a script"
