"""What the documents show is what happens; the rules stand in console.py."""

import re
import tomllib
from pathlib import Path

import pytest

from remit.cli.exit import Exit
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


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (path.parent / target).resolve()
        for path in DOCUMENTS
        for target in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8")))
        if (path.parent / target).resolve() != path
    }
    assert [path.relative_to(ROOT).as_posix() for path in DOCUMENTS[1:] if path not in linked] == []


def test_the_page_of_exit_codes_lists_every_code_and_no_other() -> None:
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(Exit)


def test_every_dependency_has_a_decision_that_names_it() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {re.split(r"[\[>=]", line)[0] for name, lines in extras.items() if name != "all" for line in lines}
    told = "".join(path.read_text(encoding="utf-8").lower() for path in (ROOT / "docs/decisions").glob("*.md"))
    families = {"opentelemetry", "tree-sitter"}
    named = {next((family for family in families if name.startswith(family)), name) for name in names}
    assert sorted(name for name in named if name not in told) == []


def test_the_changes_say_nothing_twice() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line.startswith("- ")]
    assert len(entries) == len(set(entries))
    assert [entry for entry in entries if not entry.endswith(".") or re.search(r"[.!?] [A-Z]", entry)] == []
