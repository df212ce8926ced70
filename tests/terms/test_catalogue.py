"""Makers and models are known by each of their names, and an organisation's own rows come before ours."""

import pytest

from remit.terms import catalogue
from remit.terms.catalogue import Maker, Model, shipped_catalogue

CATALOGUE = shipped_catalogue()
OWN = CATALOGUE.with_own(
    (Maker("halden", "Halden", "halden", "DE"), Maker("anthropic", "Our reseller", "reseller", "IE")),
    (
        Model("heron-1", "halden", "heron", "heron-licence", weights="open", aliases=("Heron", "bird")),
        Model("heron-2", "halden", "heron"),
        Model("gpt-4o", "halden", "claude"),
        Model("loner", "halden", ""),
    ),
)


@pytest.mark.parametrize(
    "name", ["claude-sonnet-4-5", "Claude-Sonnet-4-5", "anthropic.claude-sonnet-4-5-20250929-v1:0"]
)
def test_a_model_is_found_by_each_of_its_names_in_any_case(name: str) -> None:
    model = CATALOGUE.model(name)
    assert model is not None
    assert (model.maker, model.family) == ("anthropic", "claude")


def test_no_name_leads_to_two_models() -> None:
    pairs = {(name.casefold(), m.id) for m in CATALOGUE.models.values() for name in (m.id, *m.aliases)}
    names = [name for name, _ in pairs]
    assert sorted(names) == sorted(set(names))


def test_an_unknown_name_leads_to_no_model() -> None:
    assert CATALOGUE.model("unheard-of") is None


@pytest.mark.parametrize(
    ("name", "family"), [("claude-9", "claude"), ("Google/Gemma-9", "gemma"), ("unheard-of", None)]
)
def test_a_family_is_told_by_the_beginning_of_a_name(name: str, family: str | None) -> None:
    found = CATALOGUE.family_of(name)
    assert (found.id if found else None) == family


def test_the_longest_beginning_wins() -> None:
    starts = {start: family.id for family in CATALOGUE.families.values() for start in family.starts}
    nested = [(s, t) for s in starts for t in starts if s != t and t.startswith(s) and starts[s] != starts[t]]
    assert nested, "the catalogue has a beginning within another"
    for _, longer in nested:
        found = CATALOGUE.family_of(f"{longer}-x")
        assert found is not None
        assert len(longer) <= max(len(start) for start in found.starts if f"{longer}-x".startswith(start))


def test_a_guess_says_what_the_name_tells_and_nothing_else() -> None:
    assert CATALOGUE.guess("unheard-of") == Model("unheard-of", "", "")
    guessed = CATALOGUE.guess("claude-9")
    assert (guessed.id, guessed.maker, guessed.family, guessed.base) == ("claude-9", "anthropic", "claude", "")


def test_a_maker_of_models_is_told_from_a_service_with_a_name_of_its_own() -> None:
    assert CATALOGUE.makes_models("anthropic")
    assert not CATALOGUE.makes_models("other:openrouter")
    assert OWN.makes_models("halden")


def test_every_service_has_a_class_of_channel() -> None:
    assert set(CATALOGUE.services.values()) == {"direct", "cloud", "router", "local", "hub", "embedded"}
    assert {name: CATALOGUE.services[name] for name in ("bedrock", "openrouter", "ollama", "direct", "cursor")} == {
        "bedrock": "cloud",
        "openrouter": "router",
        "ollama": "local",
        "direct": "direct",
        "cursor": "embedded",
    }


def test_every_row_leads_to_rows_that_are_there() -> None:
    makers, families = set(CATALOGUE.makers), set(CATALOGUE.families)
    assert {model.maker for model in CATALOGUE.models.values()} <= makers
    assert {family.maker for family in CATALOGUE.families.values()} <= makers
    assert {model.family for model in CATALOGUE.models.values()} <= families
    assert {model.base for model in CATALOGUE.models.values() if model.base} <= set(CATALOGUE.models)
    assert {model.licence for model in CATALOGUE.models.values() if model.licence} <= CATALOGUE.licences


def test_a_model_has_the_licence_and_the_weights_of_its_family_unless_its_row_says_otherwise() -> None:
    row = {"id": "llama-x", "maker": "meta", "family": "llama"}
    made = catalogue._model(row, CATALOGUE.families)
    assert (made.licence, made.weights) == (CATALOGUE.families["llama"].licence, "open")
    assert catalogue._model(row | {"licence": "mit"}, CATALOGUE.families).licence == "mit"
    assert catalogue._model(row | {"family": "unheard-of"}, CATALOGUE.families).licence == ""


def test_an_organisations_own_rows_stand_beside_ours_and_win() -> None:
    assert OWN.makers["halden"].domicile == "DE"
    assert OWN.makers["anthropic"].domicile == "IE"
    assert OWN.models["gpt-4o"].maker == "halden"
    found = OWN.model("BIRD")
    assert found is not None
    assert found.id == "heron-1"
    assert OWN.makers["openai"] == CATALOGUE.makers["openai"]
    assert OWN.digest == CATALOGUE.digest, "what is our own is named by the digest of the register"


def test_an_own_model_makes_its_family_and_its_licence_known() -> None:
    assert OWN.families["heron"].maker == "halden"
    assert OWN.families["claude"] == CATALOGUE.families["claude"], "a family of ours is not taken over"
    assert "" not in OWN.families
    assert OWN.licences == CATALOGUE.licences | {"heron-licence"}
