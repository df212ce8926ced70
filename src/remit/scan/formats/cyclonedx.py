"""Findings as a CycloneDX bill of materials, 1.6 or on request 1.7, written as dictionaries.

1. A model that is named is a component, with every place that names it as an occurrence. Places that reach a maker
   and name no model count for the one model of their use, or else for a component without a model's name.
2. A maker reached by a channel is a service; what runs on one's own machines is a component alone.
3. Lineage stands under pedigree. A composition is never called complete: it is incomplete where something was not
   read, and unknown otherwise, because no tree shows everything.
4. The serial number comes from the content. A time stands there only when one was given.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from remit import __version__
from remit.canonical import canonical
from remit.scan.formats.inventory import located, say_limits
from remit.scan.formats.lineage import SPDX_LICENCES, lineage_of, name_of
from remit.scan.occurrence import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.scan.formats.inventory import Inventory, Item
    from remit.terms.catalogue import Model

_NAMESPACE = uuid.UUID("5f1c9d3e-6a53-5c0e-9a0f-1f2a7b1c4d60")
UNNAMED = "model not named"
_OWN_MACHINES = {Relation.LOCAL_WEIGHTS, Relation.EMBEDDED}
_NO_MODEL = {Relation.VENDOR_SOURCE, Relation.PROTOCOL_ONLY}
Key = tuple[str, str]
"""A maker and a model's name."""


def bill_of_materials(inventory: Inventory, *, version: str = "1.6", timestamp: str = "") -> dict[str, Any]:
    """Return the document; the same inventory gives the same one."""
    places = [findings.path for findings in inventory.findings]
    items = [item for item in inventory.items if item.integration.relation not in _NO_MODEL]
    models = _by_model(items)
    services = _by_service(items)
    roots = [_root(place) for place in places]
    whole = roots[0] if len(roots) == 1 else {**_root("several places"), "components": roots}
    document: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 1,
        "metadata": {
            **({"timestamp": timestamp} if timestamp else {}),
            "tools": {"components": [{"type": "application", "name": "remit", "version": __version__}]},
            "component": whole,
            "properties": _limits(inventory),
        },
        "components": [_component(key, found, version) for key, found in sorted(models.items())],
        "services": [_service(key, found) for key, found in sorted(services.items())],
        "dependencies": _dependencies(whole, places, models, services),
        "compositions": [_composition(inventory, whole)],
    }
    document["serialNumber"] = uuid.uuid5(_NAMESPACE, canonical(document).decode()).urn  # (4)
    return document


def _root(place: str) -> dict[str, Any]:
    return {"type": "application", "bom-ref": f"place:{place}", "name": place}


def _limits(inventory: Inventory) -> list[dict[str, str]]:
    several = len(inventory.findings) > 1
    rows = [
        _property(f"{f'{findings.path}: ' if several else ''}{word}", text)
        for findings in inventory.findings
        for word, text in say_limits(findings)
    ]
    if inventory.report is not None:
        rows.append(_property("terms", inventory.report.terms.digest))
    return rows


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"remit:{name}", "value": value}


def _by_model(items: Iterable[Item]) -> dict[Key, list[Item]]:
    """The uses of each model (1); one that is not named stands for itself."""
    found: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        names = item.integration.models
        for name in names:
            found[item.integration.maker, name].append(item)
        loose = any(not place.model for place in item.integration.evidence)
        if not names or (len(names) > 1 and loose):
            found[item.integration.maker, ""].append(item)
    return found


def _by_service(items: Iterable[Item]) -> dict[Key, list[Item]]:
    """The uses of each maker by each channel (2)."""
    found: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        if item.integration.relation not in _OWN_MACHINES:
            found[item.integration.maker, item.integration.channel].append(item)
    return found


def _component(key: Key, items: list[Item], version: str) -> dict[str, Any]:
    maker, name = key
    lineage = lineage_of(name) if name else None
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": _model_ref(key),
        "name": name or UNNAMED,
        "publisher": name_of(maker),
        "manufacturer": {"name": name_of(maker)},
        "properties": [_property("maker", maker), *_uses(items)],
    }
    if version != "1.6":
        component["isExternal"] = all(item.integration.relation not in _OWN_MACHINES for item in items)
    if lineage is not None and lineage.model.licence:
        component["licenses"] = [{"license": _licence(lineage.model.licence)}]
    if lineage is not None and lineage.ancestors:
        component["pedigree"] = {"ancestors": [_ancestor(model) for model in lineage.ancestors]}  # (3)
    if occurrences := _occurrences(name, items):
        component["evidence"] = {"occurrences": occurrences}
    return component


def _licence(licence: str) -> dict[str, str]:
    listed = SPDX_LICENCES.get(licence)
    return {"id": listed, "acknowledgement": "concluded"} if listed else {"name": licence}


def _ancestor(model: Model) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "machine-learning-model", "name": model.id}
    if model.maker:
        found["publisher"] = name_of(model.maker)
    if model.licence:
        found["licenses"] = [{"license": _licence(model.licence)}]
    return found


def _occurrences(name: str, items: list[Item]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, int], str] = {}
    for item in items:
        alone = len(item.integration.models) == 1
        for place in item.integration.evidence:
            if place.model == name or (alone and not place.model):
                rows.setdefault((located(item.place, place.path), place.line), place.says)
    return [
        {"location": path, "line": line, **({"additionalContext": says} if says else {})}
        for (path, line), says in sorted(rows.items())
    ]


def _uses(items: list[Item]) -> list[dict[str, str]]:
    """How the uses of one component stand, each property once."""
    rows = [
        row
        for item in items
        for row in (
            _property("strength", item.integration.strength.value),
            _property("relation", item.integration.relation.value),
            _property("channel", item.integration.channel),
            _property("confidence", item.integration.confidence),
            *([_property("commits", str(item.commits))] if item.commits else []),
            *([_property(f"verdict:{item.scope}", item.verdict)] if item.verdict else []),
        )
    ]
    steps = [
        _property("chain", " → ".join(f"{path}:{line} {says}" for path, line, says in item.integration.chain))
        for item in items
        if item.integration.chain
    ]
    return sorted({(row["name"], row["value"]): row for row in (*rows, *steps)}.values(), key=str)


def _service(key: Key, items: list[Item]) -> dict[str, Any]:
    maker, channel = key
    return {
        "bom-ref": f"service:{maker}/{channel}",
        "name": name_of(maker) if channel == "direct" else f"{name_of(maker)} by way of {channel}",
        "provider": {"name": name_of(maker)},
        "x-trust-boundary": True,
        "properties": [_property("maker", maker), *_uses(items)],
    }


def _model_ref(key: Key) -> str:
    return f"model:{key[0]}/{key[1] or UNNAMED}"


def _dependencies(
    whole: dict[str, Any], places: list[str], models: dict[Key, list[Item]], services: dict[Key, list[Item]]
) -> list[dict[str, Any]]:
    """What each place depends on, and which models each service provides."""
    needs: dict[str, set[str]] = {whole["bom-ref"]: set()}
    for place in places:
        needs.setdefault(f"place:{place}", set())
    for key, items in models.items():
        for item in items:
            maker, channel = key[0], item.integration.channel
            if (maker, channel) in services and item.integration.relation not in _OWN_MACHINES:
                needs.setdefault(f"service:{maker}/{channel}", set()).add(_model_ref(key))
            needs[f"place:{item.place}"].add(_model_ref(key))
    for (maker, channel), items in services.items():
        for item in items:
            needs[f"place:{item.place}"].add(f"service:{maker}/{channel}")
    return [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(needs.items())]


def _composition(inventory: Inventory, whole: dict[str, Any]) -> dict[str, Any]:
    aggregate = "unknown" if inventory.is_complete else "incomplete"
    ref = whole["bom-ref"]
    return {"aggregate": aggregate, "assemblies": [ref], "dependencies": [ref]}
