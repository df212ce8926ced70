"""The makers and models that are known by name: ours, shipped as data, and beside them an organisation's own.

The rows stand in `remit/catalogue/*.yaml`, each with its source and date; this file only reads and looks up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from remit.terms.table import Row, read_table, table_digest

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes models: its parent and the country of its seat (ISO 3166 alpha-2) are part of its identity."""

    id: str
    name: str
    parent: str
    domicile: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model as its maker writes it, with the other names it goes by and what it is derived from."""

    id: str
    maker: str
    family: str
    licence: str = ""
    base: str = ""
    weights: str = ""
    retires: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Models that share a name, a maker and mostly a licence; `starts` are the beginnings of their ids."""

    id: str
    maker: str
    starts: tuple[str, ...]
    licence: str
    weights: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Makers, families and models by name."""

    makers: dict[str, Maker]
    families: dict[str, Family]
    models: dict[str, Model]
    licences: frozenset[str]
    services: dict[str, str]
    """Clouds, routers, hosts, local servers and agents that models come through, each with its class of channel."""
    digest: str
    names: dict[str, str] = field(default_factory=dict)
    model_makers: frozenset[str] = frozenset()

    def model(self, name: str) -> Model | None:
        """Return the model that goes by a name, in any case; nothing for an unknown one."""
        ident = self.names.get(name.casefold())
        return None if ident is None else self.models[ident]

    def family_of(self, name: str) -> Family | None:
        """Return the family whose beginning a model name bears; the longest beginning wins."""
        low = name.casefold()
        found: tuple[int, Family] | None = None
        for family in self.families.values():
            for start in family.starts:
                if low.startswith(start) and (found is None or len(start) > found[0]):
                    found = (len(start), family)
        return None if found is None else found[1]

    def guess(self, name: str) -> Model:
        """Return what a name alone tells of a model that no row lists: its family, where it bears that beginning.

        Its licence is not known by that: that of a family is its usual member's, and single models differ.
        """
        family = self.family_of(name)
        if family is None:
            return Model(name, "", "")
        return Model(name, family.maker, family.id, "", "", family.weights)

    def makes_models(self, maker: str) -> bool:
        """Tell a maker of models from a service that is reported under a name of its own."""
        return maker in self.model_makers

    def with_own(self, makers: tuple[Maker, ...], models: tuple[Model, ...]) -> Catalogue:
        """Return a catalogue with an organisation's own rows beside ours; its own win."""
        own_families = {
            m.family: Family(m.family, m.maker, (), m.licence, m.weights)
            for m in models
            if m.family and m.family not in self.families
        }
        return replace(
            self,
            makers=self.makers | {maker.id: maker for maker in makers},
            families=self.families | own_families,
            models=self.models | {model.id: model for model in models},
            licences=self.licences | {model.licence for model in models if model.licence},
            names=self.names | _names_of(models),
            model_makers=self.model_makers | {model.maker for model in models},
        )


def _names_of(models: Iterable[Model]) -> dict[str, str]:
    """Return the id behind every name of some models, in lower case; a model's own id beats another's alias."""
    aliases = {alias.casefold(): model.id for model in models for alias in model.aliases}
    return aliases | {model.id.casefold(): model.id for model in models}


_READ = ("makers", "families", "models", "licences", "channels", "agents")


@cache
def shipped_catalogue() -> Catalogue:
    """Read the rows that ship with Remit; the digest is over the bytes of the files read."""
    rows = {name: read_table(name) for name in _READ}
    seen = hashlib.sha256("".join(table_digest(name) for name in _READ).encode())
    makers = [Maker(*(_text(row, key) for key in ("id", "name", "parent", "domicile"))) for row in rows["makers"]]
    families = {
        _text(row, "family"): Family(
            _text(row, "family"),
            _text(row, "maker"),
            _texts(row, "starts"),
            _text(row, "licence"),
            _text(row, "weights"),
        )
        for row in rows["families"]
    }
    models = [_model(row, families) for row in rows["models"]]
    return Catalogue(
        makers={maker.id: maker for maker in makers},
        families=families,
        models={model.id: model for model in models},
        licences=frozenset(_text(row, "id") for row in rows["licences"]),
        services=_services(rows["channels"], rows["agents"]),
        digest=f"sha256:{seen.hexdigest()}",
        names=_names_of(models),
        model_makers=frozenset(model.maker for model in models) | {family.maker for family in families.values()},
    )


def _model(row: Row, families: dict[str, Family]) -> Model:
    family = families.get(_text(row, "family"))
    clouds = tuple(name for key in ("bedrock", "vertex") if (name := _text(row, key)))
    return Model(
        id=_text(row, "id"),
        maker=_text(row, "maker"),
        family=_text(row, "family"),
        licence=_text(row, "licence") or (family.licence if family else ""),
        base=_text(row, "base"),
        weights=family.weights if family else "",
        retires=_text(row, "retires"),
        aliases=_texts(row, "aliases") + clouds,
    )


def _services(channels: list[Row], agents: list[Row]) -> dict[str, str]:
    """Name each service with its class of channel; an agent is reported under `other:` where its model is unknown."""
    classes = {"cloud": "cloud", "router": "router", "host": "router", "local": "local", "hub": "hub"}
    tools = {_text(row, "maker").removeprefix("other:") for row in agents if _text(row, "maker").startswith("other:")}
    named = {_text(row, "id"): classes.get(_text(row, "kind"), "direct") for row in channels}
    return dict.fromkeys(sorted(tools), "embedded") | named | {"direct": "direct"}


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value)


def _texts(row: Row, key: str) -> tuple[str, ...]:
    value = row.get(key)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
