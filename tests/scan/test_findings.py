"""What a scan gives out holds to its published schema, and names the chain behind a default."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

from remit.cli.main import main
from remit.scan.findings import schema
from remit.scan.run import scan_path

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def tree(root: Path) -> Path:
    (root / "aliases.py").write_text('ALIASES = {"sonnet": "claude-sonnet-4-5", "mini": "gpt-4o-mini"}\n')
    (root / "settings.yaml").write_text("default-model: sonnet\n")
    (root / "app.py").write_text("import litellm\n")
    (root / "README.md").write_text("Speaks like Claude.\n")
    return root


def test_findings_hold_to_their_schema(tmp_path: Path) -> None:
    jsonschema.validate({"place": scan_path(tree(tmp_path)).as_json()}, schema())


def test_the_chain_leads_from_the_setting_to_the_model(tmp_path: Path) -> None:
    found = scan_path(tree(tmp_path)).as_json()["makers"]["anthropic"]
    assert found["strength"] == "integrated"
    (integration,) = found["integrations"]
    assert [(step["path"], step["line"]) for step in integration["chain"]] == [("settings.yaml", 1), ("aliases.py", 1)]


def test_the_command_prints_one_object_keyed_by_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(tree(tmp_path)), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, schema())
    assert list(printed) == [str(tmp_path)]


def test_the_command_says_worst_first_and_what_was_not_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(tree(tmp_path))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:3] == ["integrated", "anthropic", "runtime-call"]
    assert lines[3].split() == ["models", "claude-sonnet-4-5"]
    assert any("settings.yaml:1" in line for line in lines[4:6])
    assert any(line.startswith("  not inquired  settings of hosted services") for line in lines)


def test_the_exit_code_says_when_nothing_was_there_or_not_all_was_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["scan", str(empty)]) == 3
    (empty / "out").symlink_to("/nowhere/at/all")
    assert main(["scan", str(empty)]) == 4
    assert main(["scan", str(empty), "--allow-incomplete"]) == 0
    assert main(["scan", str(tmp_path / "missing")]) == 3
