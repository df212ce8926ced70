"""What the documents show is what happens; the rules stand in console.py."""

import re
from pathlib import Path

import pytest

from tests.house.console import ROOT, Block, blocks_in, run_block

DOCUMENTS = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.exists()]
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)[^)]*\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
BLOCKS = [block for path in DOCUMENTS for block in blocks_in(path)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_commands_of_a_document_run_and_exit_as_it_says(block: Block, tmp_path: Path) -> None:
    if not (ROOT / "examples").is_dir():
        pytest.skip("examples/ does not stand yet")
    run_block(block, tmp_path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_links_of_a_document_lead_somewhere(path: Path) -> None:
    targets = LINK.findall(CODE.sub("", path.read_text(encoding="utf-8")))
    assert [target for target in targets if not (path.parent / target).exists()] == []
