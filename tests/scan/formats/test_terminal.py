"""A report for the terminal: the same words in colour and without, wrapped only where there is an edge."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from remit.scan.formats import terminal
from remit.scan.formats.terminal import terminal_lines
from remit.scan.report import Report
from remit.terms.decision import Verdict
from remit.terms.instant import parse_instant
from tests.scan.formats.reports import empty_report, full_report


def text(report: Report, width: int | None = None) -> str:
    lines = ("".join(part for part, _ in spans).rstrip() for spans in terminal_lines(report, width))
    return "\n".join(lines).replace(report.terms.digest[:19], "sha256:DIGEST")


def styles(report: Report) -> dict[str, str]:
    return {part.strip(): style for spans in terminal_lines(report) for part, style in spans if style}


def test_the_worst_comes_first_and_where_nobody_looked_last() -> None:
    *told, looked = text(full_report()).splitlines()
    assert "\n".join(told) == snapshot("""\
remit check tree   at 2026-06-01T12:00:00Z   terms sha256:DIGEST…

watch  defence, for ministry
  BOUNDARY       orrin             integrated runtime-call                 osprey-1  use case ask
                 clause      house/never, policy by quayside, in force since 2026-01-01: Never.
                 found       services/ask/a.py:7, services/ask/pyproject.toml:1
  unknown        orrin             history-only ai-authored-code           model not named
                 clause      house/never, policy by quayside, in force since 2026-01-01: Never.
                 settled by  knowing model.id
                 found       2 of 9 commits, such as 0123456789ab

desk  for port
  unknown        other:openrouter  integrated runtime-call via openrouter  model not named
                 clause      house/never, policy by quayside, in force since 2026-01-01: Never.
                 settled by  knowing model.id
                 found       apps/r.py:9
  unknown        orrin             history-only ai-authored-code           model not named
                 clause      house/never, policy by quayside, in force since 2026-01-01: Never.
                 settled by  knowing model.id
                 found       2 of 9 commits, such as 0123456789ab
  held           halden            integrated runtime-call via bedrock     heron-1
                 clause      law/wait, order by ministry, in force since 2026-01-01: Ask first.
                 waits for   one person in the role owner; after 1h it is denied
                 found       apps/a.py:3

spare
  unknown        orrin             history-only ai-authored-code           model not named
                 clause      house/never, policy by quayside, in force since 2026-01-01: Never.
                 settled by  knowing model.id
                 found       2 of 9 commits, such as 0123456789ab

no scope  findings only; no verdict without a scope that they serve
                 halden  integrated development-tool  tools/x.py:1

verdicts   1 across a boundary · 4 unknown · 1 held
dismissed  1 place that looks like a use and is none; --format json lists it
looked at  5 of 6 files read, 1 skipped: 1 binary; 9 commits read\
""")
    assert looked.startswith("           not inquired: settings of hosted services, bills")


def test_a_report_on_nothing_says_so_for_each_scope() -> None:
    assert "\n".join(text(empty_report()).splitlines()[:-1]) == snapshot("""\
remit check tree   at 2026-06-01T12:00:00Z   terms sha256:DIGEST…

watch  defence, for ministry
  nothing was found that serves it

desk  for port
  nothing was found that serves it

spare
  nothing was found that serves it

verdicts   none: no scope is served by what was found
dismissed  0 places that look like a use and are none; --format json lists them
looked at  1 of 1 files read; history: not asked for\
""")


def test_what_was_known_is_told_only_where_it_is_less_than_what_is_judged() -> None:
    report = full_report()
    assert "as known" not in text(report)
    assert (
        text(replace(report, known=parse_instant("2026-05-01")))
        .splitlines()[0]
        .startswith("remit check tree   at 2026-06-01T12:00:00Z, as known 2026-05-01   terms")
    )


@pytest.mark.parametrize("width", [60, 80])
def test_notes_are_wrapped_to_the_width_and_nothing_of_them_is_lost(width: int) -> None:
    wide, narrow = text(full_report()), text(full_report(), width)
    assert narrow.split() == wide.split()
    notes = [line for line in narrow.splitlines() if line.startswith(" " * 17)]
    assert len(notes) > len([line for line in wide.splitlines() if line.startswith(" " * 17)])
    assert max(map(len, notes)) <= max(width, 17 + 12 + 40)


def test_each_verdict_has_a_style_and_a_boundary_the_loudest() -> None:
    found = styles(full_report())
    assert found["BOUNDARY"] == "bold white on red"
    assert found["held"] == "bold yellow"
    assert found["unknown"] == "bold magenta"
    assert found["services/ask/a.py:7, services/ask/pyproject.toml:1"] == "blue"


def test_no_verdict_is_without_a_style() -> None:
    assert set(terminal._STYLES) == set(Verdict)
