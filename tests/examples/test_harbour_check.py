"""The example as a whole: what `remit check examples/harbour` finds, and what its README says comes out."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.scan.report import Report, make_report
from remit.scan.run import scan_path
from remit.terms.decision import Verdict
from remit.terms.folder import load_terms, terms_files

HARBOUR = Path(__file__).parents[2] / "examples" / "harbour"
AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
EXPECTED = {
    ("harbour-watch", "meta"): "outside",
    ("harbour-watch", "anthropic"): "held",
    ("harbour-watch", "mistral"): "contested",
    ("citizen-desk", "alibaba-qwen"): "stayed",
    ("citizen-desk", "google"): "within",
    ("citizen-desk", "cohere"): "within",
    ("citizen-desk", "openai"): "within",
    ("own-tools", "anthropic"): "asserted-only",
    ("own-tools", "openai"): "asserted-only",
    ("research", "other:openrouter"): "unknown",
}
ROW = re.compile(r"^\| `(?P<scope>[\w-]+)` \| [^|]+ \| (?P<verdict>[\w-]+) \| [^|]+ \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report(
        scan_path(HARBOUR, history=False, spared=terms_files(HARBOUR / "remit")), load_terms(HARBOUR / "remit"), AT, AT
    )


def test_each_integration_of_the_example_has_the_verdict_that_is_told_of_it(report: Report) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in report.rows:
        found.setdefault((row.use.scope.id, row.use.integration.maker), set()).add(str(row.decision.verdict))
    assert found == {key: {verdict} for key, verdict in EXPECTED.items()}


def test_every_verdict_word_comes_out_somewhere(report: Report) -> None:
    assert {row.decision.verdict for row in report.rows} == set(Verdict)


def test_the_readme_tells_what_comes_out() -> None:
    text = (HARBOUR / "README.md").read_text(encoding="utf-8")
    told = {(row["scope"], row["verdict"]) for row in ROW.finditer(text) if row["verdict"] in set(Verdict)}
    assert told == {(scope, verdict) for (scope, _), verdict in EXPECTED.items()}


def test_everything_in_the_example_is_read(report: Report) -> None:
    assert report.findings.coverage.is_complete
