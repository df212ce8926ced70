"""A report as JSON holds to its published schema, and so do the findings within it."""

import json

import pytest
from jsonschema import Draft202012Validator

from remit.scan.findings import schema
from remit.scan.formats.record import VERSION, report_record, report_schema
from remit.scan.report import Report
from tests.scan.formats.reports import empty_report, full_report

REPORTS = [full_report(), empty_report()]


def test_the_schemas_are_schemas() -> None:
    for each in (report_schema(), schema()):
        Draft202012Validator.check_schema(each)


@pytest.mark.parametrize("report", REPORTS, ids=["full", "empty"])
def test_a_record_holds_to_its_schema_and_the_findings_to_theirs(report: Report) -> None:
    record = report_record(report)
    check = Draft202012Validator(report_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in check.iter_errors(record)] == []
    check = Draft202012Validator(schema())
    assert [error.message for error in check.iter_errors({record["path"]: record["findings"]})] == []
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize(
    ("key", "value"), [("verdict", "compliant"), ("boundary_crossed", "no"), ("version", "remit-report/0"), ("more", 1)]
)
def test_the_schema_refuses_what_is_no_report(key: str, value: object) -> None:
    assert not Draft202012Validator(report_schema()).is_valid(report_record(REPORTS[0]) | {key: value})


def test_the_schema_refuses_a_use_without_its_decision() -> None:
    record = report_record(REPORTS[0])
    del record["scopes"][0]["uses"][0]["decision"]
    assert not Draft202012Validator(report_schema()).is_valid(record)


def test_a_record_tells_what_the_report_does() -> None:
    report = REPORTS[0]
    record = report_record(report)
    assert (record["version"], record["path"], record["terms"]) == (VERSION, "tree", report.terms.digest)
    assert (record["at"], record["known"]) == ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z")
    assert (record["verdict"], record["boundary_crossed"]) == ("outside", True)
    told = [
        (scope["scope"], scope["verdict"], use["use_case"], use["maker"], use["decision"]["verdict"])
        for scope in record["scopes"]
        for use in scope["uses"]
    ]
    assert told == [
        (scope.scope.id, str(scope.verdict), row.use.case or None, row.use.integration.maker, str(row.decision.verdict))
        for scope in report.scopes
        for row in scope.rows
    ]
    assert [found["maker"] for found in record["unscoped"]] == ["halden"]
    assert record["scopes"][0]["uses"][0]["files"] == [
        {"path": "services/ask/a.py", "lines": [7]},
        {"path": "services/ask/pyproject.toml", "lines": [1]},
    ]


def test_a_report_on_nothing_has_no_verdict() -> None:
    record = report_record(REPORTS[1])
    assert record["verdict"] is None
    assert {scope["verdict"] for scope in record["scopes"]} == {None}
