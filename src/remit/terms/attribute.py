"""The attributes a use of a model may have, each with its type and where its names come from.

A condition can speak of these and of those the register adds, and of nothing else: a misspelt attribute in a
boundary would otherwise be a boundary that never applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AttributeType(StrEnum):
    """What kind of value an attribute has."""

    NAME = "name"
    NUMBER = "number"
    FLAG = "flag"


class NameSource(StrEnum):
    """Where the finite list of an attribute's names comes from."""

    LISTED = "listed"
    PARTIES = "parties"
    SCOPES = "scopes"
    LEVELS = "levels"
    ENVIRONMENTS = "environments"
    USE_CASES = "use_cases"
    TOOLS = "tools"
    ROLES = "roles"
    MAKERS = "makers"
    PARENTS = "parents"
    MODELS = "models"
    FAMILIES = "families"
    LICENCES = "licences"
    COUNTRIES = "countries"
    SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a use; `says` is how prose speaks of it, `names` the names that are always known."""

    ident: str
    says: str
    type: AttributeType = AttributeType.NAME
    source: NameSource = NameSource.LISTED
    names: tuple[str, ...] = ()


RELATIONS = (
    "runtime-call",
    "embedded-in-product",
    "development-tool",
    "ai-authored-code",
    "vendor-open-source",
    "protocol-compatible-only",
    "local-weights",
    "dormant",
    "documentation-only",
)
STRENGTHS = ("integrated", "optional", "test-only", "devtool", "history-only")
EFFECTS = (
    "none",
    "read",
    "write",
    "inform",
    "decide-about-people",
    "act-on-people",
    "track-people",
    "profile-people",
    "identify-people",
    "influence-people",
    "spend",
    "operate-infrastructure",
    "force",
)
UNSEEN = (
    "picture",
    "sound",
    "film",
    "file",
    "linked-file",
    "kept-file",
    "reasoning",
    "history",
    "conversation",
    "sealed",
)
CHANNELS = ("direct", "cloud", "router", "local", "hub", "embedded")
_NAME, _NUMBER = AttributeType.NAME, AttributeType.NUMBER

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("organisation", "the organisation that uses the model", source=NameSource.PARTIES),
    Attribute("organisation.domicile", "the country of its seat", source=NameSource.COUNTRIES),
    Attribute("customer", "the customer it works for", source=NameSource.PARTIES),
    Attribute("scope.id", "the scope", source=NameSource.SCOPES),
    Attribute("scope.kind", "the kind of scope"),
    Attribute("scope.level", "the level of the scope", source=NameSource.LEVELS),
    Attribute("scope.environment", "the environment", source=NameSource.ENVIRONMENTS),
    Attribute("use.case", "the use case", source=NameSource.USE_CASES),
    Attribute("use.effect", "what the use does", names=EFFECTS),
    Attribute("use.purpose", "the purpose"),
    Attribute("use.sector", "the sector"),
    Attribute("use.stage", "the stage of life", names=("develop", "test", "deploy", "decide")),
    Attribute("use.automation", "how far it runs without people", names=("none", "partial", "full")),
    Attribute("use.facing", "who meets its output", names=("staff", "consumers", "public", "officials")),
    Attribute("use.country", "the country it is used in", source=NameSource.COUNTRIES),
    Attribute("use.legal_basis", "the legal basis", names=("none", "general", "individual")),
    Attribute("model.maker", "the maker of the model", source=NameSource.MAKERS),
    Attribute("model.parent", "the maker's parent", source=NameSource.PARENTS),
    Attribute("model.domicile", "the country of the maker's seat", source=NameSource.COUNTRIES),
    Attribute("model.id", "the model", source=NameSource.MODELS),
    Attribute("model.family", "the model family", source=NameSource.FAMILIES),
    Attribute("model.licence", "the licence of the weights", source=NameSource.LICENCES),
    Attribute("model.base", "the model it is derived from", source=NameSource.MODELS),
    Attribute("model.channel", "the channel it is reached by", names=CHANNELS),
    Attribute("model.service", "the service it comes through", source=NameSource.SERVICES),
    Attribute("model.relation", "the system's relation to the model", names=RELATIONS),
    Attribute("model.strength", "how firmly it is part of the system", names=STRENGTHS),
    Attribute("model.weights", "whether its weights are open", names=("open", "closed")),
    Attribute("tool.name", "the tool", source=NameSource.TOOLS),
    Attribute("tool.effect", "what the tool does", names=EFFECTS),
    Attribute("requester.role", "the role of the person who asks", source=NameSource.ROLES),
    Attribute("requester.nationality", "the nationality of the person who asks", source=NameSource.COUNTRIES),
    Attribute("data.class", "the class of the data"),
    Attribute("data.about", "whom the data is about"),
    Attribute("data.source", "where the data comes from"),
    Attribute("content.unseen", "what the call brings that cannot be read", names=("none", *UNSEEN)),
    Attribute("people.call", "distinct people in one call", _NUMBER),
    Attribute("people.window_1d", "distinct people in 1 day", _NUMBER),
    Attribute("people.window_30d", "distinct people in 30 days", _NUMBER),
    Attribute("people.organisation_1d", "distinct people in 1 day, in all use cases together", _NUMBER),
    Attribute("people.organisation_30d", "distinct people in 30 days, in all use cases together", _NUMBER),
    Attribute("signal.effect", "what a detector took its texts for", names=EFFECTS),
    Attribute("requests.window_1h", "calls in 1 hour, this one with them", _NUMBER),
    Attribute("requests.window_1d", "calls in 1 day, this one with them", _NUMBER),
    Attribute("tokens.window_1d", "tokens in 1 day, the most this call may take with them", _NUMBER),
    Attribute("tokens.window_30d", "tokens in 30 days, the most this call may take with them", _NUMBER),
    Attribute("money.window_30d", "money in 30 days, the most this call may cost with it", _NUMBER),
)
