"""The finite names each attribute can have: those of the register, the catalogue, and "any other"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.terms.attribute import ATTRIBUTES, Attribute, AttributeType, NameSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.terms.catalogue import Catalogue
    from remit.terms.register import Register

_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every attribute with the names that are known for it."""

    attributes: dict[str, Attribute]
    names: dict[str, frozenset[str]]

    def knows(self, attribute: str, name: str) -> bool:
        """Tell whether a name is known; countries are any two capital letters (ISO 3166 alpha-2)."""
        if name in self.names[attribute]:
            return True
        country = self.attributes[attribute].source is NameSource.COUNTRIES
        return country and _COUNTRY.fullmatch(name) is not None

    def matching(self, attribute: str, pattern: str) -> frozenset[str]:
        """Return the known names that a glob matches."""
        return frozenset(name for name in self.names[attribute] if fnmatchcase(name, pattern))

    def names_of(self, attribute: str) -> frozenset[str]:
        """Return the known names."""
        return self.names[attribute]

    def noun(self, attribute: str) -> str:
        """Return the last word of an attribute, as an error calls its values."""
        return attribute.rpartition(".")[2].replace("_", " ")


def make_vocabulary(register: Register, catalogue: Catalogue) -> Vocabulary:
    """Gather the names of every attribute."""
    # What is built in comes last, so that a register that gives it another type has a fault and no other effect.
    attributes = {attribute.ident: attribute for attribute in (*register.attributes, *ATTRIBUTES)}
    sources: dict[NameSource, Iterable[str]] = {
        NameSource.PARTIES: (party.id for party in register.parties),
        NameSource.SCOPES: (scope.id for scope in register.scopes),
        NameSource.LEVELS: (level.id for level in register.levels),
        NameSource.ENVIRONMENTS: register.environments,
        NameSource.USE_CASES: (case.id for case in register.use_cases),
        NameSource.TOOLS: (tool.id for tool in register.tools),
        NameSource.ROLES: register.roles,
        NameSource.MAKERS: catalogue.makers,
        NameSource.PARENTS: (maker.parent for maker in catalogue.makers.values()),
        NameSource.MODELS: catalogue.models,
        NameSource.FAMILIES: catalogue.families,
        NameSource.LICENCES: catalogue.licences,
        NameSource.SERVICES: catalogue.services,
        NameSource.COUNTRIES: (maker.domicile for maker in catalogue.makers.values() if maker.domicile),
    }
    gathered = {source: frozenset(names) for source, names in sources.items()}
    kinds = frozenset(scope.kind for scope in register.scopes if scope.kind)
    names = {
        ident: gathered.get(attribute.source, frozenset())
        | frozenset(attribute.names)
        | frozenset(register.names.get(ident, ()))
        | (kinds if ident == "scope.kind" else frozenset())
        for ident, attribute in attributes.items()
        if attribute.type is AttributeType.NAME
    }
    return Vocabulary(attributes, names)
