"""The words that every form of a report shares say what decided, how it stands, what would settle it, and where."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from remit.scan.coverage import BINARY, UNREADABLE, Coverage
from remit.scan.formats.code import code_span
from remit.scan.formats.judged import notes_on, say_counts, say_coverage, say_day, say_scope
from remit.scan.formats.words import say_history, say_models, say_places, say_relation
from remit.scan.history import Trail
from remit.scan.occurrence import Relation, Strength
from remit.scan.report import Report, make_report
from remit.terms.instant import parse_instant
from remit.terms.terms import Terms
from tests.scan.builders import SCOPES, findings, integration, law, place, scoped
from tests.terms.world import FOR_A_YEAR

AT = parse_instant("2026-06-01T12:00:00Z")
ALL = "{id: all, permit: [integrate], says: As you like.}"
HALDEN = integration("halden", place("apps/a.py", 3, model="heron-1"))


def report_on(terms: Terms) -> Report:
    return make_report(findings(HALDEN), terms, AT, AT)


def notes(terms: Terms) -> list[tuple[str, str]]:
    report = report_on(terms)
    return list(notes_on(report.rows[0], report))


@pytest.mark.parametrize(
    ("moment", "said"),
    [("2026-06-01T00:00:00Z", "2026-06-01"), ("2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00Z")],
)
def test_the_first_instant_of_a_day_is_said_as_the_day(moment: str, said: str) -> None:
    assert say_day(parse_instant(moment)) == said


@pytest.mark.parametrize(
    ("models", "said"),
    [((), "model not named"), (("a",), "a"), (("a", "b", "c"), "a, b, c"), (tuple("abcde"), "a, b, c, 2 more")],
)
def test_the_first_models_are_named_and_the_others_counted(models: tuple[str, ...], said: str) -> None:
    assert say_models(replace(HALDEN, models=models)) == said


def test_a_relation_is_said_with_its_strength_and_its_channel() -> None:
    assert say_relation(HALDEN) == "integrated runtime-call"
    assert say_relation(replace(HALDEN, channel="bedrock")) == "integrated runtime-call via bedrock"
    tool = replace(HALDEN, relation=Relation.DEVELOPMENT_TOOL, strength=Strength.DEVTOOL)
    assert say_relation(tool) == "devtool development-tool"


def test_the_places_that_show_it_best_come_first_and_the_others_are_counted() -> None:
    places = [place(f"apps/{name}.py", line) for line, name in enumerate("edcbaf", start=1)]
    assert (
        say_places(integration("halden", *places)) == "apps/e.py:1, apps/d.py:2, apps/c.py:3, apps/b.py:4, 2 more files"
    )
    assert say_places(integration("halden", *places[:5])).endswith("apps/b.py:4, 1 more file")
    assert say_places(integration("halden", places[0], place("apps/e.py", 9))) == "apps/e.py:1"
    assert say_places(replace(HALDEN, evidence=())) == "apps/a.py:3"
    assert say_places(replace(HALDEN, evidence=(), files=())) == ""


def test_a_scope_is_said_by_what_the_register_tells_of_it() -> None:
    register = SCOPES.replace("roles: [owner]", "roles: [owner]\nlevels: [{id: open}]\nenvironments: [cloud]")
    register = register.replace(
        "kind: defence, customer: ministry,", "kind: big-deal, customer: ministry, level: open, environment: cloud,"
    )
    watch, desk, spare = scoped(register=register).register.scopes
    assert say_scope(watch) == "big deal, for ministry, level open, in cloud"
    assert (say_scope(desk), say_scope(spare)) == ("for port", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.py:1", "`a.py:1`"),
        ("a`b.py", "`` a`b.py ``"),
        ("``", "``` `` ```"),
        ("a\n# Approved\x1b[2J", r"`a\n# Approved\x1b[2J`"),
        ("héron.py", "`héron.py`"),
    ],
)
def test_a_file_of_any_name_is_one_span_of_code(text: str, said: str) -> None:
    assert code_span(text) == said


def test_verdicts_are_counted_worst_first_and_a_boundary_apart() -> None:
    never = "{id: never, boundary: true, forbid: [integrate], when: {model.maker: orrin}}"
    orrin = integration("orrin", place("apps/b.py"))
    report = make_report(
        findings(HALDEN, orrin, integration("halden", place("services/x.py"))), scoped(ALL, never), AT, AT
    )
    assert say_counts(report.rows) == "1 across a boundary · 2 within"
    assert say_counts([]) == ""


def test_coverage_says_what_was_left_out_and_whether_that_matters() -> None:
    assert say_coverage(Coverage(read=3))[0] == "3 of 3 files read; history: not asked for"
    read = Coverage(read=3, skipped={BINARY: ["a", "b"]}, commits=7, history="read")
    assert say_coverage(read)[0] == "3 of 5 files read, 2 skipped: 2 binary; 7 commits read"
    partly = Coverage(read=1, skipped={UNREADABLE: ["a"], BINARY: ["b"]})
    assert say_coverage(partly)[0] == (
        "1 of 3 files read, 2 skipped: 1 binary and 1 unreadable; "
        "the scan is incomplete: what was not read may use a model; history: not asked for"
    )
    assert say_coverage(partly)[1].startswith("not inquired: settings of hosted services, bills")


def test_what_is_within_cites_its_clause_in_short() -> None:
    assert notes(scoped(ALL)) == [("clause", "house/all"), ("found", "apps/a.py:3")]


def test_a_trail_in_the_history_is_shown_by_its_commits() -> None:
    trail = Trail("halden", 3, (("trailer", 3),), ("0123456789abcdef", "fedcba"))
    found = findings(history=(trail,), coverage=Coverage(commits=7, history="read"))
    report = make_report(found, scoped(ALL), AT, AT)
    assert dict(notes_on(report.rows[0], report))["found"] == "3 of 7 commits, such as 0123456789ab"
    without = make_report(findings(history=(replace(trail, examples=()),)), scoped(ALL), AT, AT)
    assert dict(notes_on(without.rows[0], without))["found"] == "3 of 0 commits"


def test_what_nothing_permits_says_so() -> None:
    assert notes(scoped("{id: some, permit: [invoke]}")) == [
        ("clause", "no clause in force surely permits it"),
        ("found", "apps/a.py:3"),
    ]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("level: secret, ", "no authorisation surely covers it at the level secret"),
        ("", "no authorisation surely covers it at the level that is not known"),
    ],
)
def test_what_no_authorisation_covers_says_so_with_the_level(level: str, said: str) -> None:
    register = SCOPES.replace("roles: [owner]", "roles: [owner]\nlevels: [{id: secret}]")
    register = register.replace("{id: desk,", f"{{id: desk, {level}")
    assert notes(scoped(ALL, register=register))[0] == ("clause", said)


def test_a_held_use_says_what_it_waits_for_its_duties_and_its_readings() -> None:
    reading = "reading: {term: part, means: any, by: halden, on: 2026-01-01}"
    wait = (
        f"{{id: wait, hold: [integrate], until: {{approvals: {{of: owner}}, expires_in: 1h}}, says: Ask., {reading}}}"
    )
    duty = "{id: must, oblige: [integrate], duties: {log: true, report: monthly}}"
    assert notes(scoped(ALL, duty, law=law(wait))) == snapshot(
        [
            ("clause", "law/wait, order by ministry, in force since 2026-01-01: Ask."),
            ("waits for", "one person in the role owner; after 1h it is denied"),
            ("duties", "log and report (monthly)"),
            ("reading", "“part” read by halden as: any"),
            ("found", "apps/a.py:3"),
        ]
    )


def test_a_forbidden_use_says_how_the_instrument_stands_and_till_when_it_may_be_phased_out() -> None:
    standing = FOR_A_YEAR.replace("until", "by: port, contested_by: halden, until")
    no = "{id: no, forbid: [integrate], phase_out: 2026-09-01}"
    said = notes(scoped(ALL, law=law(no, standing=standing)))
    ended = " until 2027-01-01 by port, contested by halden"
    sentence = (
        "It is forbidden to make a model part of a system; what is in use already must be gone by 2026-09-01T00:00:00Z."
    )
    assert said == (
        [
            ("clause", f"law/no, order by ministry, in force since 2026-01-01{ended}: {sentence}"),
            ("phase-out", "runs until 2026-09-01"),
            ("shadow", "if the contest over law/no succeeded, it would be permitted"),
            ("found", "apps/a.py:3"),
        ]
    )
    over = notes(scoped(ALL, law=law(no.replace("2026-09-01", "2026-06-01T12:00Z"))))
    assert ("phase-out", "was over on 2026-06-01T12:00:00Z") in over


def test_an_unknown_use_says_what_would_settle_it() -> None:
    no = "{id: no, forbid: [integrate], when: {drill: true, people.call: {above: 5}}}"
    assert ("settled by", "knowing drill and people.call") in notes(scoped(ALL, law=law(no)))


def test_a_shadow_and_a_conflict_stand_beside() -> None:
    stayed = "standing: [{state: stayed, from: 2026-01-01, known: 2026-01-01}]"
    said = notes(scoped(ALL, law=law("{id: no, forbid: [integrate]}", standing=stayed)))
    assert ("shadow", "if law/no, now stayed, were in force, it would be denied") in said
    never = "{id: never, boundary: true, forbid: [integrate]}"
    said = notes(scoped(never, law=law("{id: must, compel: [integrate]}")))
    assert ("conflict", "law/must demands what house/never denies") in said


@pytest.mark.parametrize(("history", "said"), [
    ("read", "1 commit read"),
    ("read in part: a shallow clone", "read in part: a shallow clone, 1 commit"),
    ("not read, since only what was added since main counts", "not read, since only what was added since main counts"),
])  # fmt: skip
def test_a_history_that_was_not_read_has_no_count_of_commits(history: str, said: str) -> None:
    assert say_history(Coverage(commits=1, history=history)) == said
