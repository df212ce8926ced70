"""One small tree for each way a model can be present, or only seem to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.scan.run import scan_path

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_a_tree_says_which_makers_it_uses_and_how_seriously(case: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path / "tree"
    for name, text in case["files"].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding=case.get("encoding", "utf-8"))
    found = scan_path(root).as_json()
    assert {maker: row["strength"] for maker, row in found["makers"].items()} == case["makers"]
    if "anthropic_files" in case:
        files = [row["path"] for row in found["makers"]["anthropic"]["files"]]
        assert files == case["anthropic_files"]
    for maker, channels in case.get("channels", {}).items():
        assert found["makers"][maker]["channels"] == channels
    for maker, relations in case.get("relations", {}).items():
        assert found["makers"][maker]["relations"] == relations
    if "indirect" in case:
        marked = [row["path"] for row in found["makers"]["anthropic"]["files"] if row.get("indirect")]
        assert marked == case["indirect"]
    if "chain" in case:
        chains = [[step["says"] for step in made["chain"]] for made in found["makers"]["anthropic"]["integrations"]]
        assert chains[0][1:] == case["chain"][1:]
    if "further" in case:
        assert further(found["makers"]["anthropic"]) == case["further"]
    assert found["coverage"]["present"] == found["coverage"]["read"]


def further(maker: dict[str, Any]) -> list[str]:
    return sorted({place["path"] for made in maker["integrations"] for place in made.get("further", ())})


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) >= 130
