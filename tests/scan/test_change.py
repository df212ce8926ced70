"""Only what a change adds counts, whichever file it is said in, and the hook and the action ask for that."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from remit.cli.main import main
from remit.scan.change import Addition
from tests.scan.sources import CALL, OTHER, committed, git, write_files

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
HARBOUR = ROOT / "examples" / "harbour"


def found(root: Path, capsys: pytest.CaptureFixture[str], since: str = "HEAD") -> dict[str, Any]:
    assert main(["scan", str(root), "--changed", since, "--format", "json"]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)[str(root)]
    return record


def test_what_stood_there_before_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "work"
    committed(root, {"old.py": CALL, "README.md": b"Like Claude.\n"})
    assert found(root, capsys)["makers"] == {}
    write_files(root, {"old.py": CALL + b"\n# more\n", "new.py": OTHER, "README.md": b"Like Claude.\nAnd GPT-4o.\n"})
    record = found(root, capsys)
    assert list(record["makers"]) == ["openai"]
    assert record["makers"]["openai"]["files"] == [{"path": "new.py", "lines": [1, 2]}]
    assert {row["maker"] for row in record["dismissed"]} == {"openai"}
    assert record["coverage"]["history"]["why"] == "not read, since only what was added since HEAD counts"


def test_a_default_that_changes_in_another_file_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "work"
    aliases = b'ALIASES = {"sonnet": "claude-sonnet-4-5", "mini": "gpt-4o-mini"}\n'
    committed(root, {"aliases.py": aliases, "settings.yaml": b"default-model: mini\n", "app.py": b"import litellm\n"})
    write_files(root, {"settings.yaml": b"default-model: sonnet\n"})
    makers = found(root, capsys)["makers"]
    assert makers["anthropic"]["models"] == ["claude-sonnet-4-5"]
    assert "openai" not in makers


def test_what_others_did_meanwhile_is_not_this_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "work"
    committed(root, {"a.py": CALL})
    git(root, "checkout", "-q", "-b", "side")
    committed(root, {"b.py": OTHER})
    git(root, "checkout", "-q", "main")
    committed(root, {"a.py": b"print(1)\n"})
    git(root, "checkout", "-q", "side")
    assert list(found(root, capsys, "main")["makers"]) == ["openai"]


def test_strange_names_and_lines_are_read_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "work"
    committed(root, {"a.txt": b"1\n2\n3\n"})
    write_files(root, {'q"\té.py': b"x\n", "a.txt": b"1\n++ b/evil.py\n3\n4"})
    committed(root, {})
    write_files(root, {"sub/new.py": b"y\n"})
    addition = Addition(root, "HEAD~1")
    assert {path: sorted(lines) for path, lines in addition.lines.items()} == {'q"\té.py': [1], "a.txt": [2, 4]}
    assert addition.whole == {"sub/new.py"}
    assert Addition(root / "sub", "HEAD").whole == {"new.py"}


def test_a_single_file_and_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "work"
    committed(root, {"a.py": b"print(1)\n"})
    write_files(root, {"a.py": CALL})
    assert list(found(root / "a.py", capsys)["makers"]) == ["anthropic"]
    assert main(["scan", str(root), "--changed", "nowhere"]) == 2
    assert main(["scan", str(root), "--changed", "HEAD", "--rev", "HEAD"]) == 2
    assert main(["scan", str(tmp_path), "--changed", "HEAD"]) == 2


def test_a_check_judges_only_what_was_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    shutil.copytree(HARBOUR, tmp_path / "work")
    committed(tmp_path / "work", {})
    words = ["check", str(tmp_path / "work"), "--at", "2026-09-01T12:00:00Z", "--changed", "HEAD", "--format", "json"]
    assert main(words) == 0
    assert all(scope["uses"] == [] for scope in json.loads(capsys.readouterr().out)["scopes"])
    write_files(tmp_path / "work", {"jobs/more.py": OTHER})
    assert main(words) in {0, 10, 11}
    uses = [use for scope in json.loads(capsys.readouterr().out)["scopes"] for use in scope["uses"]]
    assert {file["path"] for use in uses for file in use["files"]} == {"jobs/more.py"}


def test_the_hooks_are_commands_that_run(tmp_path: Path) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["remit-check", "remit-scan"]
    committed(tmp_path / "work", {"a.py": CALL})
    for hook, code in zip(hooks, (3, 0), strict=True):
        words = shlex.split(hook["entry"])
        assert words[0] == "remit"
        ran = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path / "work", capture_output=True, check=False)
        assert ran.returncode == code


def test_the_action_asks_for_commands_that_run_and_uses_nobody_else(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    *_, look = action["runs"]["steps"]
    assert not any("uses" in step for step in action["runs"]["steps"])
    assert "${{" not in look["run"]
    remit = tmp_path / "remit"
    remit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m remit "$@"\n', encoding="utf-8")
    remit.chmod(0o755)
    inputs = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
    inputs["path"], inputs["changed"] = "work", "HEAD"
    asked = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs[m[1]], said)
        for name, said in look["env"].items()
    }
    asked |= {"REMIT": str(remit), "GITHUB_OUTPUT": "out.txt", "GITHUB_STEP_SUMMARY": "summary.md"}
    committed(tmp_path / "work", {"a.py": CALL})
    write_files(tmp_path / "work", {"b.py": OTHER})
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", look["run"]],
        cwd=tmp_path, env=os.environ | asked, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "remit.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "openai" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "sarif=remit.sarif\n"
