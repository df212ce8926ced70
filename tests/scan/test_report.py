"""A report asks the judge about every use in every scope, and puts the worst first."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.scan.history import Trail
from remit.scan.integration import Integration
from remit.scan.occurrence import Relation, Strength
from remit.scan.report import SEVERITY, Report, make_report
from remit.scan.run import scan_path
from remit.terms.decision import Basis, Verdict
from remit.terms.folder import load_terms, terms_files
from remit.terms.instant import parse_instant
from remit.terms.terms import Terms
from tests.scan.builders import findings, integration, law, place, scoped
from tests.terms.world import FROM_JANUARY

AT = parse_instant("2026-06-01")
ALL = "{id: all, permit: [integrate]}"
HALDEN = integration("halden", place("apps/a.py", model="heron-1"))
ORRIN = integration("orrin", place("apps/b.py", model="osprey-1"))
ROUTER = integration("other:openrouter", place("services/c.py"), channel="openrouter")
WAIT = "{id: wait, hold: [integrate], when: {model.maker: halden}, until: {approvals: {of: owner}, expires_in: 1h}}"
MIXED = scoped(ALL, law=law(WAIT))


def report_of(*found: Integration, terms: Terms, at: str = "2026-06-01") -> Report:
    return make_report(findings(*found), terms, parse_instant(at), AT)


def rows_of(report: Report) -> list[tuple[str, str, str]]:
    return [(row.use.scope.id, row.use.integration.maker, row.decision.verdict.value) for row in report.rows]


def boundary(when: str) -> str:
    return f"{{id: never, boundary: true, forbid: [integrate], when: {{{when}}}}}"


def test_severity_is_the_order_of_the_verdicts_worst_first() -> None:
    assert [verdict.value for verdict in SEVERITY] == [
        "outside", "unknown", "held", "contested", "stayed", "asserted-only", "within",
    ]  # fmt: skip


def test_every_use_is_judged_and_the_worst_comes_first() -> None:
    terms = scoped(ALL, law=law(WAIT, "{id: no, forbid: [integrate], when: {model.maker: orrin}}"))
    report = report_of(HALDEN, ORRIN, ROUTER, terms=terms)
    assert rows_of(report) == [
        ("desk", "orrin", "outside"),
        ("watch", "other:openrouter", "unknown"),
        ("desk", "halden", "held"),
    ]
    assert report.worst() is Verdict.OUTSIDE
    assert [(scope.scope.id, scope.verdict) for scope in report.scopes] == [
        ("desk", Verdict.OUTSIDE),
        ("watch", Verdict.UNKNOWN),
        ("spare", None),
    ]


def test_scopes_that_are_equally_bad_keep_the_order_of_the_register() -> None:
    found = integration("halden", place("services/a.py"), place("apps/b.py"))
    assert [scope.scope.id for scope in report_of(found, terms=scoped()).scopes] == ["watch", "desk", "spare"]


def test_a_boundary_crossed_comes_before_everything_else_that_is_outside() -> None:
    terms = scoped(ALL, boundary("model.maker: orrin"), law=law("{id: no, forbid: [integrate]}"))
    late = integration("orrin", place("apps/z.py"), strength=Strength.OPTIONAL)
    report = report_of(HALDEN, ROUTER, late, terms=terms)
    assert [row.decision.crosses_boundary for row in report.rows] == [True, False, False]
    assert rows_of(report)[0][1] == "orrin"
    assert report.scopes[0].scope.id == "desk"
    assert report.crosses_boundary


def test_of_equal_verdicts_the_more_serious_use_comes_first_and_then_the_name() -> None:
    test_only = integration("halden", place("apps/t.py", tested=True), strength=Strength.TEST_ONLY)
    other = integration("other:openrouter", place("apps/c.py"), channel="openrouter")
    report = report_of(test_only, other, ORRIN, terms=scoped())
    assert [row.use.integration.maker for row in report.rows] == ["orrin", "other:openrouter", "halden"]


def test_a_boundary_that_is_only_not_ruled_out_is_outside_and_not_crossed() -> None:
    terms = scoped("{id: some, permit: [integrate], when: {model.maker: halden}}", boundary("drill: true"))
    report = report_of(ORRIN, terms=terms)
    (row,) = report.rows
    assert (row.decision.verdict, row.decision.basis) == (Verdict.OUTSIDE, Basis.BOUNDARY)
    assert not report.crosses_boundary


def test_a_boundary_that_missing_facts_decide_is_unknown_and_not_crossed() -> None:
    report = report_of(HALDEN, terms=scoped(ALL, boundary("drill: true")))
    assert report.worst() is Verdict.UNKNOWN
    assert report.rows[0].decision.lacks == ("drill",)
    assert not report.crosses_boundary


def test_it_is_crossed_where_one_of_several_boundaries_surely_is() -> None:
    also = boundary("model.maker: halden").replace("never", "also")
    assert report_of(HALDEN, terms=scoped(ALL, boundary("drill: true"), also)).crosses_boundary


def test_what_serves_no_scope_has_no_verdict() -> None:
    report = report_of(integration("halden", place("tools/a.py")), terms=scoped(boundary("model.maker: halden")))
    assert (report.rows, report.worst(), report.crosses_boundary) == ([], None, False)
    assert [found.maker for found in report.unscoped] == ["halden"]
    assert [scope.verdict for scope in report.scopes] == [None, None, None]


def test_the_instant_and_what_was_known_decide() -> None:
    heard = FROM_JANUARY.replace("known: 2026-01-01", "known: 2026-05-01")
    terms = scoped(ALL, law=law("{id: no, forbid: [integrate]}", standing=heard))
    early, late = (make_report(findings(HALDEN), terms, AT, parse_instant(day)) for day in ("2026-04-30", "2026-05-01"))
    assert (early.worst(), late.worst()) == (Verdict.WITHIN, Verdict.OUTSIDE)
    assert report_of(HALDEN, terms=terms, at="2025-12-31").worst() is Verdict.OUTSIDE, "nothing permits it yet"


def test_history_alone_can_be_outside() -> None:
    terms = scoped(ALL, law=law("{id: no, forbid: [integrate], when: {model.relation: ai-authored-code}}"))
    report = make_report(findings(history=(Trail("halden", 3, (), ()),)), terms, AT, AT)
    assert {verdict for _, _, verdict in rows_of(report)} == {"outside"}
    assert len(report.rows) == 3


LOCAL = integration("halden", place("services/x.py"), relation=Relation.LOCAL_WEIGHTS)


@given(st.permutations([HALDEN, ORRIN, ROUTER, LOCAL]))
def test_the_order_in_which_a_scan_found_things_does_not_matter(found: list[Integration]) -> None:
    assert rows_of(report_of(*found, terms=MIXED)) == [
        ("watch", "other:openrouter", "unknown"),
        ("watch", "halden", "held"),
        ("desk", "halden", "held"),
        ("desk", "orrin", "within"),
    ]


@pytest.mark.parametrize(
    ("clause", "verdict"), [("model.maker: anthropic", "within"), ("model.maker: openai", "outside")]
)
def test_a_tree_on_disk_is_scanned_and_judged_from_end_to_end(clause: str, verdict: str, tmp_path: Path) -> None:
    for name, text in {
        "services/app.py": 'import anthropic\n\nanthropic.Anthropic().messages.create(model="claude-opus-4-5")\n',
        "remit/remit.yaml": "organisation: us\nparties: [{id: us}]\nscopes: [{id: app, serves: [services/**]}]\n",
        "remit/instruments/house.yaml": (
            f"instrument: house\nkind: policy\nby: us\n{FROM_JANUARY}\n"
            f"clauses: [{{id: some, permit: [integrate], when: {{{clause}}}}}]\n"
        ),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder = tmp_path / "remit"
    report = make_report(scan_path(tmp_path, spared=terms_files(folder)), load_terms(folder), AT, AT)
    assert rows_of(report) == [("app", "anthropic", verdict)]
    (row,) = report.rows
    assert row.use.integration.models == ("claude-opus-4-5",)
    assert row.use.use.words("model.family") == ("claude",)
    assert row.use.integration.files[0][0] == "services/app.py"
    assert report.findings.coverage.is_complete
