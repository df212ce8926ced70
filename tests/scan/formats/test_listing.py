"""What a scan found, for a terminal: aligned, worst first, whole in a pipe and wrapped only where there is an edge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from remit.scan.coverage import Coverage
from remit.scan.formats.listing import listing_lines, listing_page
from remit.scan.history import Trail
from remit.scan.run import scan_path
from tests.scan.formats.places import make_tree

if TYPE_CHECKING:
    from pathlib import Path

    from remit.scan.findings import Findings

CALL = 'import anthropic\nanthropic.Anthropic().messages.create(model="claude-sonnet-4-5")\n'


def told(findings: Findings, width: int | None = None) -> str:
    return "\n".join("".join(text for text, _ in spans).rstrip() for spans in listing_lines(findings, width))


def found(root: Path) -> Findings:
    make_tree(root, {"ask.py": CALL, "tests/test_ask.py": "import openai\nopenai.OpenAI()\n", "notes.md": "Words.\n"})
    trails = (Trail("orrin", 1, (("trailer", 1),), ("0" * 40,)),)
    coverage = Coverage(read=3, skipped={"binary": ["logo.png"], "unreadable": ["a", "b"]}, commits=9, history="read")
    return replace(scan_path(root), path="tree", history=trails, coverage=coverage)


def test_the_worst_stands_first_and_where_nobody_looked_last(tmp_path: Path) -> None:
    *lines, looked = told(found(tmp_path)).rstrip().splitlines()
    assert looked.startswith("  not inquired  settings of hosted services; bills")
    assert "\n".join(lines) == snapshot("""\
tree

  integrated    anthropic  runtime-call
                models   claude-sonnet-4-5
                found    ask.py:2  names the model claude-sonnet-4-5
  test-only     openai     runtime-call
                found    tests/test_ask.py:1  imports openai
  history-only  orrin      ai-authored-code
                found    1 of 9 commits (trailer 1)

  dismissed     0 places that look like a use and are none; --format json lists them
  looked at     3 of 6 files
  history       9 commits read
  not read      1 binary, such as logo.png
                2 unreadable, such as a
  incomplete    the scan is incomplete: what was not read may use a model\
""")


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_goes_beyond_the_terminal_and_nothing_is_lost(tmp_path: Path, width: int) -> None:
    whole, fitted = told(found(tmp_path)), told(found(tmp_path), width)
    assert fitted.split() == whole.split()
    assert max(map(len, fitted.splitlines())) <= width


def test_one_long_path_does_not_push_the_others_away(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a.py": CALL, f"{'deep/' * 30}b.py": CALL})
    (line,) = (line for line in told(scan_path(tmp_path)).splitlines() if " a.py:2" in line)
    assert "a.py:2  names the model" in line


def test_a_page_bears_no_mark_up_of_a_place(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a|b`c](x)\n# Approved.py": CALL})
    page = "\n".join(listing_page(replace(scan_path(tmp_path), path="tree\n# Approved")))
    assert "\n# Approved" not in page
    (row,) = (line for line in page.splitlines() if line.startswith("| integrated"))
    assert row.replace("\\|", "").count("|") == 7
