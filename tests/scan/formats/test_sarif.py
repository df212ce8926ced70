"""SARIF holds to its schema, takes its level from the verdict, and keeps its fingerprints when lines move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inline_snapshot import snapshot
from sarif_kit.validate import validation_errors

from remit.cli.main import main
from remit.scan.formats.sarif import LEVELS, sarif_log
from remit.terms.decision import Verdict
from tests.scan.formats.places import FILES, checked, make_tree, scanned

if TYPE_CHECKING:
    import pytest

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"


def brief(log: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            result["level"],
            result["ruleId"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        )
        for run in log["runs"]
        for result in run["results"]
    ]


def test_a_scan_holds_to_the_schema_and_judges_nothing(tmp_path: Path) -> None:
    log = sarif_log(scanned(tmp_path))
    assert validation_errors(log) == []
    assert brief(log) == snapshot(
        [
            ("note", "runtime-call", "tree/app/answer.py"),
            ("note", "local-weights", "tree/local/run.py"),
            ("note", "local-weights", "tree/local/run.py"),
            ("note", "local-weights", "tree/local/c.yaml"),
            ("note", "local-weights", "tree/local/c.yaml"),
        ]
    )


def test_a_check_holds_to_the_schema_and_takes_its_level_from_the_verdict() -> None:
    log = sarif_log(checked(HARBOUR))
    assert validation_errors(log) == []
    levels = {result["properties"]["verdict"]: result["level"] for result in log["runs"][0]["results"]}
    assert levels == snapshot(
        {
            "outside": "error",
            "unknown": "warning",
            "held": "warning",
            "contested": "note",
            "stayed": "note",
            "asserted-only": "note",
        }
    )
    assert set(LEVELS) == set(Verdict)
    assert log["runs"][0]["properties"]["within"] == 3


def test_a_rule_is_told_once_and_every_result_leads_to_its_own() -> None:
    for run in sarif_log(checked(HARBOUR))["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert rules == sorted(set(rules))
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def prints(log: dict[str, Any]) -> list[str]:
    return [result["partialFingerprints"]["remitUse/v1"] for run in log["runs"] for result in run["results"]]


def test_a_fingerprint_survives_lines_that_move_and_no_two_are_alike(tmp_path: Path) -> None:
    before = sarif_log(scanned(tmp_path / "a"))
    make_tree(tmp_path / "b")
    after = sarif_log(scanned(tmp_path / "b"))
    (tmp_path / "c" / "app").mkdir(parents=True)
    from remit.scan.formats.inventory import Inventory
    from remit.scan.run import scan_path

    moved = {name: f"# moved\n\n\n{text}" if name.endswith(".py") else text for name, text in FILES.items()}
    later = sarif_log(Inventory((scan_path(make_tree(tmp_path / "c", moved)),)))
    assert prints(before) == prints(after) == prints(later)
    assert len(set(prints(before))) == len(prints(before))


def test_with_sarif_a_verdict_is_no_exit_code(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["check", str(HARBOUR), "--at", "2026-09-01T12:00:00Z"]
    assert main([*words, "--format", "json"]) == 10
    capsys.readouterr()
    assert main([*words, "--format", "sarif"]) == 0
    assert validation_errors(json.loads(capsys.readouterr().out)) == []
    assert main([*words, "--output", str(tmp_path / "a.sarif"), "--output", str(tmp_path / "a.json")]) == 0
