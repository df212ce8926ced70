"""The terms of examples/harbour: each integration of the system, and its verdict as orders come, are stayed and go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.terms.action import Action
from remit.terms.decision import Decision
from remit.terms.document import read_document
from remit.terms.folder import load_terms
from remit.terms.judge import decide
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, VouchedBy

FOLDER = Path(__file__).parents[2] / "examples" / "harbour" / "remit"
RUNNING = {"model.relation": "runtime-call", "model.strength": "integrated"}
MODELS = {
    "claude in the cloud": RUNNING
    | {"model.maker": "anthropic", "model.domicile": "US", "model.family": "claude", "model.weights": "closed"}
    | {"model.channel": "cloud"},
    "embed in the cloud": RUNNING
    | {"model.maker": "cohere", "model.domicile": "CA", "model.family": "cohere-embed", "model.weights": "closed"}
    | {"model.channel": "cloud"},
    "embed elsewhere": {"model.relation": "runtime-call", "model.strength": "optional", "model.licence": "apache-2.0"}
    | {"model.maker": "mistral", "model.domicile": "FR", "model.family": "mistral", "model.weights": "open"}
    | {"model.channel": "direct"},
    "llama beside it": {"model.relation": "local-weights", "model.strength": "integrated", "model.channel": "local"}
    | {"model.maker": "meta", "model.domicile": "US", "model.family": "llama", "model.weights": "open"}
    | {"model.licence": "llama-3.1-community"},
    "qwen in its cloud": RUNNING
    | {"model.maker": "alibaba-qwen", "model.domicile": "CN", "model.family": "qwen", "model.weights": "open"}
    | {"model.channel": "cloud", "model.licence": "apache-2.0"},
    "gemini in the cloud": RUNNING
    | {"model.maker": "google", "model.domicile": "US", "model.family": "gemini", "model.weights": "closed"}
    | {"model.channel": "cloud", "model.id": "gemini-2.5-flash"},
    "some gemini": RUNNING | {"model.maker": "google", "model.domicile": "US", "model.channel": "direct"},
    "an agent": {"model.relation": "development-tool", "model.strength": "devtool", "model.channel": "direct"}
    | {"model.maker": "anthropic", "model.domicile": "US"},
}
DAYS = ("2026-01-10", "2026-02-10", "2026-04-01", "2026-05-10", "2026-07-01", "2026-09-01", "2026-11-15", "2027-02-01")
TABLE = """
harbour-watch answer-the-watch   claude in the cloud | within  held    held    held      held          held          held          outside
harbour-watch find-reports       embed in the cloud  | within  within  within  within    within        within        within        outside
harbour-watch find-reports       embed elsewhere     | within  within  within  contested contested     contested     contested     outside
harbour-watch answer-the-watch   llama beside it     | within  held    held    outside   outside       outside       outside       outside
citizen-desk  write-plainly      qwen in its cloud   | within  outside stayed  stayed    stayed        stayed        stayed        stayed
citizen-desk  translate-letters  gemini in the cloud | within  within  within  within    within        within        within        within
own-tools     -                  an agent            | within  within  within  within    asserted-only asserted-only asserted-only asserted-only
research      -                  some gemini         | unknown unknown unknown unknown   unknown       unknown       unknown       unknown
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
    scope_id, case_id, *words = left.split()
    use = use_in(terms, scope_id, case_id, MODELS[" ".join(words)])
    assert [str(on(terms, use, day).verdict) for day in DAYS] == right.split()


def test_what_order_12_ends_has_a_date_to_be_gone_by(terms: Terms) -> None:
    use = use_in(terms, "harbour-watch", "answer-the-watch", MODELS["llama beside it"])
    assert on(terms, use, "2026-09-01").phase_out == datetime(2026, 10, 30, 16, tzinfo=UTC)


def test_the_unknown_would_be_settled_by_the_model_and_nothing_else(terms: Terms) -> None:
    use = use_in(terms, "research", "-", MODELS["some gemini"])
    assert on(terms, use, "2026-09-01").lacks == ("model.id",)
    known = use_in(terms, "research", "-", MODELS["some gemini"] | {"model.id": "gemini-2.5-flash"})
    assert on(terms, known, "2026-09-01").verdict == "within"


def test_every_file_of_cases_is_free_of_faults() -> None:
    for path in sorted((FOLDER / "cases").glob("*.yaml")):
        assert read_document(path.name, path.read_bytes()).faults == []
