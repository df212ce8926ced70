"""The terms of examples/harbour: each integration of the system, and its verdict as orders come, are stayed and go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.terms.action import Action
from remit.terms.cases import read_cases, run_case
from remit.terms.decision import Decision
from remit.terms.document import read_document
from remit.terms.folder import load_terms
from remit.terms.judge import decide
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, VouchedBy

FOLDER = Path(__file__).parents[2] / "examples" / "harbour" / "remit"
RUNNING = {"model.relation": "runtime-call", "model.strength": "integrated"}
MODELS = {
    "claude": RUNNING
    | {"model.maker": "anthropic", "model.domicile": "US", "model.family": "claude", "model.weights": "closed"}
    | {"model.channel": "cloud"},
    "cohere": RUNNING
    | {"model.maker": "cohere", "model.domicile": "CA", "model.family": "cohere-embed", "model.weights": "closed"}
    | {"model.channel": "direct"},
    "mistral": {"model.relation": "runtime-call", "model.strength": "optional", "model.licence": "apache-2.0"}
    | {"model.maker": "mistral", "model.domicile": "FR", "model.family": "mistral", "model.weights": "open"}
    | {"model.channel": "direct"},
    "llama": {"model.relation": "local-weights", "model.strength": "integrated", "model.channel": "local"}
    | {"model.maker": "meta", "model.domicile": "US", "model.family": "llama", "model.weights": "open"}
    | {"model.licence": "llama-3.1-community"},
    "qwen": RUNNING
    | {"model.maker": "alibaba-qwen", "model.domicile": "CN", "model.family": "qwen", "model.weights": "open"}
    | {"model.channel": "cloud", "model.licence": "apache-2.0"},
    "gemini": RUNNING
    | {"model.maker": "google", "model.domicile": "US", "model.family": "gemini", "model.weights": "closed"}
    | {"model.channel": "cloud"},
    "router": RUNNING | {"model.channel": "router"},
    "agent": {"model.relation": "development-tool", "model.strength": "devtool", "model.channel": "direct"}
    | {"model.maker": "anthropic", "model.domicile": "US"},
}
DAYS = ("2026-01-10", "2026-02-10", "2026-04-01", "2026-05-10", "2026-07-01", "2026-09-01", "2026-11-15", "2027-02-01")
TABLE = """
harbour-watch answer-the-watch claude  | within  held    held    held      held          held          held          outside
harbour-watch answer-the-watch llama   | within  held    held    outside   outside       outside       outside       outside
harbour-watch find-reports     claude  | within  within  within  within    within        within        within        outside
harbour-watch find-reports     mistral | within  within  within  contested contested     contested     contested     outside
citizen-desk  -                qwen    | within  outside stayed  stayed    stayed        stayed        stayed        stayed
citizen-desk  -                gemini  | within  within  within  within    within        within        within        within
citizen-desk  -                cohere  | within  within  within  within    within        within        within        within
own-tools     -                agent   | within  within  within  within    asserted-only asserted-only asserted-only asserted-only
research      -                router  | unknown unknown unknown unknown   unknown       unknown       unknown       unknown
"""  # noqa: E501 - a table is read across.


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms(FOLDER)


def use_in(terms: Terms, scope_id: str, case_id: str, model: dict[str, str]) -> Use:
    """A use as `remit check` makes it: what the register says of scope and use case, and what the scan measured."""
    scope = next(scope for scope in terms.register.scopes if scope.id == scope_id)
    case = next((case for case in terms.register.use_cases if case.id == case_id), None)
    said = {"organisation": scope.organisation, "customer": scope.customer, "scope.id": scope.id}
    said |= {"scope.kind": scope.kind, "scope.level": scope.level, "scope.environment": scope.environment}
    configured = said | scope.facts | ({"use.case": case.id} | case.facts if case else {})
    facts = {name: Fact(value, VouchedBy.CONFIGURED) for name, value in configured.items()}
    return Use(Action.INTEGRATE, facts | {name: Fact(value, VouchedBy.MEASURED) for name, value in model.items()})


def on(terms: Terms, use: Use, day: str) -> Decision:
    return decide(terms, use, at=datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line.partition("|")[0].strip())
def test_each_integration_has_its_verdict_on_each_day(terms: Terms, line: str) -> None:
    left, _, right = line.partition("|")
    scope_id, case_id, model = left.split()
    use = use_in(terms, scope_id, case_id, MODELS[model])
    assert [str(on(terms, use, day).verdict) for day in DAYS] == right.split()


def test_what_order_12_ends_has_a_date_to_be_gone_by(terms: Terms) -> None:
    use = use_in(terms, "harbour-watch", "answer-the-watch", MODELS["llama"])
    assert on(terms, use, "2026-09-01").phase_out == datetime(2026, 10, 30, 16, tzinfo=UTC)


def test_the_unknown_would_be_settled_by_the_model_and_nothing_else(terms: Terms) -> None:
    use = use_in(terms, "research", "-", MODELS["router"])
    assert on(terms, use, "2026-09-01").lacks == ("model.id",)
    known = use_in(terms, "research", "-", MODELS["router"] | {"model.id": "gemini-2.5-flash"})
    assert on(terms, known, "2026-09-01").verdict == "within"


@pytest.mark.parametrize("path", sorted((FOLDER / "cases").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_case_beside_the_terms_comes_out(terms: Terms, path: Path) -> None:
    document = read_document(path.name, path.read_bytes())
    cases = read_cases(document, terms)
    assert document.faults == []
    assert cases
    assert {case.name: run_case(terms, case).differences for case in cases} == {case.name: () for case in cases}
