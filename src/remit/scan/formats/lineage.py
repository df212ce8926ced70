"""What the catalogue knows of a model that was found: its own name, what it was derived from, and its licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.terms.catalogue import shipped_catalogue

if TYPE_CHECKING:
    from remit.terms.catalogue import Model

_DEEPEST = 8
"""A lineage longer than this would be a circle."""
SPDX_LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT"}
"""The licences of the catalogue that are on the SPDX list; every other is known by its name."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A model by the name it was found under, and where it comes from."""

    name: str
    model: Model
    ancestors: tuple[Model, ...]


def lineage_of(name: str) -> Lineage:
    """Look up a model by the name it was found under; what is not known stays empty."""
    catalogue = shipped_catalogue()
    model = catalogue.model(name) or catalogue.guess(name)
    ancestors: list[Model] = []
    base = model.base
    while base and len(ancestors) < _DEEPEST:
        ancestors.append(catalogue.model(base) or catalogue.guess(base))
        base = ancestors[-1].base
    return Lineage(name, model, tuple(ancestors))


def name_of(maker: str) -> str:
    """Name a maker as it names itself; a service that is reported under its own id keeps that."""
    known = shipped_catalogue().makers.get(maker)
    return known.name if known else maker.removeprefix("other:")
