"""A report as Markdown is a page whose every line is in its place, whatever a file is called."""

import re
from itertools import pairwise

import pytest
from inline_snapshot import snapshot

from remit.scan.coverage import NOT_INQUIRED
from remit.scan.formats.markdown import markdown_lines
from remit.scan.report import Report
from tests.scan.formats.reports import empty_report, full_report

LINE = re.compile(r"#{1,2} \S.*|(  )?- \S.*|[A-Z].*\.|")
HOSTILE = ["services/ask/`.py", "services/ask/a\n# Approved", "services/ask/``` x", "services/ask/- [ ](x)"]


def page(report: Report) -> str:
    return "\n".join(markdown_lines(report)).replace(report.terms.digest, "DIGEST")


def test_a_page_tells_the_worst_first_and_where_nobody_looked_last() -> None:
    told, looked = page(full_report()).split("## What was looked at, and what was not\n\n")
    assert told == snapshot("""\
# What the terms say of the models in `tree`

Judged at 2026-06-01T12:00:00Z, by what was known at 2026-06-01T12:00:00Z.
The terms have the digest `DIGEST`.
Verdicts: 1 across a boundary · 4 unknown · 1 held.

## watch (defence, for ministry)

- **boundary crossed**: orrin, integrated runtime-call, osprey-1, use case ask
  - clause: house/never, policy by quayside, in force since 2026-01-01: Never.
  - found: `services/ask/a.py:7, services/ask/pyproject.toml:1`
- **unknown**: orrin, history-only ai-authored-code, model not named
  - clause: house/never, policy by quayside, in force since 2026-01-01: Never.
  - settled by: knowing model.id
  - found: `2 of 9 commits, such as 0123456789ab`

## desk (for port)

- **unknown**: other:openrouter, integrated runtime-call via openrouter, model not named
  - clause: house/never, policy by quayside, in force since 2026-01-01: Never.
  - settled by: knowing model.id
  - found: `apps/r.py:9`
- **unknown**: orrin, history-only ai-authored-code, model not named
  - clause: house/never, policy by quayside, in force since 2026-01-01: Never.
  - settled by: knowing model.id
  - found: `2 of 9 commits, such as 0123456789ab`
- **held**: halden, integrated runtime-call via bedrock, heron-1
  - clause: law/wait, order by ministry, in force since 2026-01-01: Ask first.
  - waits for: one person in the role owner; after 1h it is denied
  - found: `apps/a.py:3`

## spare

- **unknown**: orrin, history-only ai-authored-code, model not named
  - clause: house/never, policy by quayside, in force since 2026-01-01: Never.
  - settled by: knowing model.id
  - found: `2 of 9 commits, such as 0123456789ab`

## Findings that serve no scope

No verdict is given without a scope.

- halden, integrated development-tool, model not named
  - found: `tools/x.py:1`

""")
    assert looked.splitlines()[:3] == [
        "- 5 of 6 files read, 1 skipped: 1 binary; 9 commits read",
        "- dismissed: 1 place that looks like a use and is none; --format json lists it",
        f"- not inquired: settings of hosted services; it would be settled by {NOT_INQUIRED[0][1]}",
    ]
    assert looked.count("- not inquired:") == len(NOT_INQUIRED)


def test_a_page_on_nothing_says_so_for_each_scope() -> None:
    assert page(empty_report()).partition("## What was looked at")[0] == snapshot("""\
# What the terms say of the models in `tree`

Judged at 2026-06-01T12:00:00Z, by what was known at 2026-06-01T12:00:00Z.
The terms have the digest `DIGEST`.
Verdicts: none; no scope is served by what was found.

## watch (defence, for ministry)

Nothing was found that serves this scope.

## desk (for port)

Nothing was found that serves this scope.

## spare

Nothing was found that serves this scope.

""")


@pytest.mark.parametrize("path", ["services/ask/a.py", *HOSTILE])
def test_every_line_is_a_heading_a_point_a_sentence_or_empty_whatever_a_file_is_called(path: str) -> None:
    lines = list(markdown_lines(full_report(path=path)))
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    headings = [line for line in lines if line.startswith("#")]
    assert len(headings) == len(set(headings)) == 6
    for before, line in pairwise(lines):
        if line.startswith("#") or before.startswith("#"):
            assert "" in {before, line}, "a heading stands apart"
