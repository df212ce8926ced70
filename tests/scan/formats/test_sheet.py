"""The table opens in a spreadsheet, one row a place, and nothing in it is computed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from inline_snapshot import snapshot

from remit.scan.formats.inventory import Inventory
from remit.scan.formats.sheet import HEAD, sheet
from remit.scan.run import scan_path
from tests.scan.formats.places import checked, make_tree, scanned

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_is_a_place(tmp_path: Path) -> None:
    found = [row for row in rows(sheet(scanned(tmp_path))) if row["kind"] == "use"]
    assert [(row["maker"], row["strength"], row["path"], row["line"]) for row in found] == snapshot(
        [
            ("anthropic", "integrated", "app/answer.py", "3"),
            ("anthropic", "integrated", "app/.env", "1"),
            ("anthropic", "integrated", "app/answer.py", "1"),
            ("anthropic", "integrated", "app/answer.py", "1"),
            ("anthropic", "integrated", "app/answer.py", "3"),
            ("anthropic", "integrated", "app/answer.py", "3"),
            ("anthropic", "integrated", "app/answer.py", "3"),
            ("anthropic", "integrated", "app/answer.py", "3"),
            ("deepseek", "integrated", "local/run.py", "3"),
            ("deepseek", "integrated", "local/run.py", "3"),
            ("huggingface", "integrated", "local/run.py", "1"),
            ("meta", "integrated", "local/c.yaml", "5"),
            ("meta", "integrated", "local/c.yaml", "5"),
            ("ollama", "integrated", "local/c.yaml", "3"),
        ]
    )


def test_a_check_has_the_verdict_of_each_scope() -> None:
    found = rows(sheet(checked(HARBOUR)))
    assert {row["verdict"] for row in found if row["scope"] == "citizen-desk"} == {"within", "stayed"}
    assert tuple(found[0]) == HEAD


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    make_tree(tmp_path, {"=cmd()": 'url = "https://api.anthropic.com/v1/messages"\n'})
    make_tree(tmp_path, {"@a.py": "import anthropic\nanthropic.Anthropic()\n"})
    text = sheet(Inventory((scan_path(tmp_path),)))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows(text) for cell in row.values())
