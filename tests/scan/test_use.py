"""What a scan found becomes the uses that the judge is asked about: each scope and use case its own, and no other's."""

from dataclasses import replace
from typing import Any

import pytest

from remit.scan.history import Trail
from remit.scan.occurrence import Relation, Role, Strength
from remit.scan.use import ScopedUse, scoped_uses, unscoped
from remit.terms.action import Action
from remit.terms.decision import Verdict
from remit.terms.instant import parse_instant
from remit.terms.judge import decide
from remit.terms.terms import Terms
from remit.terms.use import Fact, VouchedBy
from tests.scan.builders import SCOPES, dependency, findings, integration, place, scoped

TERMS = scoped()
AT = parse_instant("2026-06-01")


def uses(*integrations: Any, terms: Terms = TERMS, **more: Any) -> list[ScopedUse]:
    return list(scoped_uses(findings(*integrations, **more), terms))


def shown(found: list[ScopedUse]) -> list[tuple[str, str, list[str]]]:
    return [(each.scope.id, each.case, [path for path, _ in each.integration.files]) for each in found]


def only(*integrations: Any, terms: Terms = TERMS, **more: Any) -> ScopedUse:
    (found,) = uses(*integrations, terms=terms, **more)
    return found


def test_an_integration_is_judged_once_for_each_scope_and_use_case_it_serves() -> None:
    places = [place(path) for path in ("apps/a.py", "infra/m.tf", "services/ask/a.py", "services/find/b.py")]
    assert shown(uses(integration("halden", *places))) == [
        ("watch", "ask", ["services/ask/a.py"]),
        ("watch", "find", ["services/find/b.py"]),
        ("watch", "", ["infra/m.tf"]),
        ("desk", "", ["apps/a.py"]),
    ]


def test_a_file_that_serves_two_use_cases_counts_for_each() -> None:
    assert shown(uses(integration("halden", place("services/ask/shared.py")))) == [
        ("watch", "ask", ["services/ask/shared.py"]),
        ("watch", "find", ["services/ask/shared.py"]),
    ]


def test_a_path_that_is_spared_is_not_served_and_is_told_without_a_verdict() -> None:
    found = integration("halden", place("services/old/a.py"), place("services/new/a.py"))
    assert shown(uses(found)) == [("watch", "", ["services/new/a.py"])]
    (left,) = unscoped(findings(found), TERMS)
    assert left.files == (("services/old/a.py", (1,)),)


def test_what_serves_no_scope_is_no_use() -> None:
    found = integration("halden", place("tools/a.py", model="heron-1"))
    assert uses(found) == []
    assert [(left.maker, left.models) for left in unscoped(findings(found), TERMS)] == [("halden", ("heron-1",))]
    assert unscoped(findings(integration("halden", place("apps/a.py"))), TERMS) == []


def test_without_any_scope_everything_is_found_and_nothing_is_judged() -> None:
    terms = scoped(register=SCOPES.partition("scopes:")[0])
    found = integration("halden", place("apps/a.py"))
    assert uses(found, terms=terms) == []
    assert len(unscoped(findings(found), terms)) == 1


def test_a_file_of_another_scope_never_lends_its_model() -> None:
    found = integration("halden", place("services/ask/a.py", model="heron-1"), place("apps/a.py"))
    watch, desk = uses(found)
    assert (watch.integration.models, watch.use.facts["model.id"].value) == (("heron-1",), "heron-1")
    assert desk.integration.models == ()
    assert "model.id" not in desk.use.facts


def test_a_use_case_never_lends_its_model_to_another() -> None:
    found = integration("halden", place("services/ask/a.py", model="heron-1"), place("services/find/b.py"))
    ask, find = uses(found)
    assert ask.use.words("model.id") == ("heron-1",)
    assert find.use.words("model.id") == ()


@pytest.mark.parametrize("role", [Role.DEPENDENCY, Role.CREDENTIAL])
def test_what_only_makes_a_model_available_follows_the_use_cases_that_call_it(role: Role) -> None:
    call, package = place("services/ask/a.py"), place("services/pyproject.toml", role=role)
    assert shown(uses(integration("halden", call, package))) == [("watch", "ask", ["services/ask/a.py"])]


def test_what_makes_a_model_available_and_calls_it_outside_every_use_case_is_a_use_of_the_scope() -> None:
    places = place("services/ask/a.py"), dependency("services/pyproject.toml"), place("services/tool.py")
    assert shown(uses(integration("halden", *places))) == [
        ("watch", "ask", ["services/ask/a.py"]),
        ("watch", "", ["services/pyproject.toml", "services/tool.py"]),
    ]


def test_a_dependency_that_no_use_case_calls_is_a_use_of_the_scope() -> None:
    assert shown(uses(integration("halden", dependency("services/pyproject.toml")))) == [
        ("watch", "", ["services/pyproject.toml"])
    ]


def test_a_call_in_one_scope_does_not_take_the_dependency_of_another() -> None:
    found = integration("halden", place("services/ask/a.py"), dependency("apps/package.json"))
    assert shown(uses(found)) == [("watch", "ask", ["services/ask/a.py"]), ("desk", "", ["apps/package.json"])]


def test_what_the_scan_saw_is_measured_and_what_the_register_says_is_configured() -> None:
    use = only(integration("halden", place("services/ask/a.py", model="heron-1"))).use
    assert use.action is Action.INTEGRATE
    measured = {name: fact.value for name, fact in use.facts.items() if fact.vouched_by is VouchedBy.MEASURED}
    assert measured == {
        "model.relation": "runtime-call",
        "model.strength": "integrated",
        "model.channel": "direct",
        "model.id": "heron-1",
        "model.maker": "halden",
        "model.parent": "halden",
        "model.domicile": "DE",
    }
    configured = {name: fact.value for name, fact in use.facts.items() if fact.vouched_by is VouchedBy.CONFIGURED}
    assert configured == {
        "scope.id": "watch",
        "scope.kind": "defence",
        "customer": "ministry",
        "organisation": "quayside",
        "use.case": "ask",
        "use.purpose": "answer",
    }


def test_a_model_is_judged_by_the_name_of_its_row_and_several_as_a_set() -> None:
    places = place("apps/a.py", model="HERON"), place("apps/b.py", model="osprey-1"), place("apps/c.py", model="other")
    assert only(integration("halden", *places)).use.facts["model.id"].value == frozenset(
        {"heron-1", "osprey-1", "other"}
    )
    twice = place("apps/a.py", model="heron"), place("apps/b.py", model="heron-1")
    assert only(integration("halden", *twice)).use.facts["model.id"].value == "heron-1"


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("bedrock", "cloud"),
        ("openrouter", "router"),
        ("ollama", "local"),
        ("huggingface", "hub"),
        ("cursor", "embedded"),
    ],
)
def test_a_channel_is_told_with_its_class(channel: str, kind: str) -> None:
    facts = only(integration("halden", place("apps/a.py"), channel=channel)).use.facts
    assert (facts["model.service"].value, facts["model.channel"].value) == (channel, kind)


def test_the_class_of_a_channel_that_no_row_lists_is_not_guessed() -> None:
    facts = only(integration("halden", place("apps/a.py"), channel="unheard-of")).use.facts
    assert facts["model.service"].value == "unheard-of"
    assert "model.channel" not in facts


@pytest.mark.parametrize(
    ("clause", "lacks"), [("model.maker: halden", ("model.maker",)), ("model.id: heron-1", ("model.id",))]
)
def test_a_service_under_its_own_name_has_no_known_maker_and_what_would_settle_it_is_named(
    clause: str, lacks: tuple[str, ...]
) -> None:
    terms = scoped(f"{{id: some, permit: [integrate], when: {{{clause}}}}}")
    found = only(integration("other:openrouter", place("apps/a.py"), channel="openrouter"), terms=terms)
    assert found.use.facts["model.service"] == Fact("openrouter", VouchedBy.MEASURED, "by the scan")
    assert "model.maker" not in found.use.facts
    decision = decide(terms, found.use, at=AT)
    assert (decision.verdict, decision.lacks) == (Verdict.UNKNOWN, lacks)


def test_a_service_whose_model_is_named_has_the_maker_of_the_model() -> None:
    found = only(integration("other:openrouter", place("apps/a.py", model="osprey-1"), channel="openrouter"))
    assert found.use.words("model.maker") == ("orrin",)
    assert found.use.words("model.domicile") == ("FR",)


def test_a_maker_that_nobody_knows_is_no_service_either() -> None:
    facts = only(integration("other:unheard-of", place("apps/a.py"))).use.facts
    assert not {"model.maker", "model.service"} & set(facts)


def test_a_service_is_not_told_of_again_where_each_call_of_it_names_a_model() -> None:
    model = integration("halden", place("apps/a.py", model="heron-1"), channel="openrouter")
    service = integration("other:openrouter", place("apps/a.py"), dependency("apps/package.json"), channel="openrouter")
    assert [each.integration.maker for each in uses(model, service)] == ["halden"]
    wider = integration("other:openrouter", place("apps/a.py"), place("apps/b.py"), channel="openrouter")
    assert [each.integration.maker for each in uses(model, wider)] == ["halden", "other:openrouter"]


def test_a_service_of_one_scope_is_not_taken_as_told_by_a_model_of_another() -> None:
    model = integration("halden", place("services/a.py", model="heron-1"), channel="openrouter")
    service = integration("other:openrouter", place("apps/b.py"), channel="openrouter")
    assert [(each.scope.id, each.integration.maker) for each in uses(model, service)] == [
        ("watch", "halden"),
        ("desk", "other:openrouter"),
    ]


def test_a_trail_in_the_history_serves_every_scope() -> None:
    trail = Trail("halden", 7, (("trailer", 7),), ("abc",))
    found = uses(history=(trail,))
    assert [(each.scope.id, each.case) for each in found] == [("watch", ""), ("desk", ""), ("spare", "")]
    assert {each.use.words("model.relation") for each in found} == {("ai-authored-code",)}
    assert {each.use.words("model.strength") for each in found} == {("history-only",)}
    assert found[0].integration.files == ()


def test_what_calls_no_model_of_its_maker_is_judged_too_and_told_where_it_serves_no_scope() -> None:
    trace = integration("halden", place("apps/vendored.py"), place("x/y.py"), relation=Relation.VENDOR_SOURCE)
    (use,) = uses(traces=(trace,))
    assert use.use.words("model.relation") == ("vendor-open-source",)
    (left,) = unscoped(findings(traces=(trace,)), TERMS)
    assert left.files == (("x/y.py", (1,)),)


def test_how_serious_a_use_is_is_judged_by_the_places_of_the_scope_alone() -> None:
    found = integration("halden", place("services/ask/a.py", chosen=True), dependency("apps/package.json"))
    watch, desk = uses(found)
    assert watch.use.words("model.strength") == (Strength.INTEGRATED.value,)
    assert desk.use.words("model.strength") == (Strength.OPTIONAL.value,)


def test_a_file_without_a_place_of_its_own_is_judged_as_the_whole_is() -> None:
    reached = place("apps/b.py", role=Role.INDIRECT)
    found = integration("halden", reached, strength=Strength.OPTIONAL)
    assert only(found).use.words("model.strength") == ("optional",)


def test_a_file_of_which_nothing_is_shown_is_never_left_out() -> None:
    call = integration("halden", place("services/ask/a.py"))
    found = replace(call, files=(*call.files, ("infra/m.tf", (1,))))
    assert shown(uses(found)) == [("watch", "ask", ["services/ask/a.py"]), ("watch", "", ["infra/m.tf"])]


def test_paths_are_matched_as_a_gitignore_matches_them() -> None:
    register = SCOPES.replace("serves: [apps/**]", 'serves: [apps, "!apps/test/", "*.ipynb"]')
    paths = ["apps/a.py", "apps/test/b.py", "deep/in/it.ipynb", "wrapps/c.py"]
    found = uses(integration("halden", *map(place, paths)), terms=scoped(register=register))
    assert [path for each in found for path, _ in each.integration.files] == ["apps/a.py", "deep/in/it.ipynb"]
