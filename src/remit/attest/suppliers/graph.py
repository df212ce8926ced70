"""The chain of suppliers as a graph, for reading in a terminal, for a table and as a bill of materials.

Whatever came from a supplier is text and never mark-up, and a cell that a spreadsheet would compute is shown as text.
"""

from __future__ import annotations

import csv
import io
import uuid
from typing import TYPE_CHECKING, Any

from remit import __version__
from remit.attest.suppliers.status import GREEN
from remit.canonical import canonical
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.attest.suppliers.node import Node
    from remit.attest.suppliers.resolver import Resolution, RollUp

HEAD = (
    "from", "to", "name", "status", "why", "grade", "role", "contracts", "depth", "way", "statements", "not covered",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMESPACE = uuid.UUID("5f1c9d3e-6a53-5c0e-9a0f-1f2a7b1c4d60")
ARROW = " → "


def graph_lines(resolution: Resolution) -> Iterator[str]:
    """Yield the chain as a tree; who was shown before is named and not opened again."""
    root = resolution.rounds.by
    yield f"{root}  {say_counts(resolution.whole)}"
    seen = {root}
    # Without recursion: a chain may be longer than a program's own stack.
    waiting = [(below, 1) for below in reversed(resolution.edges.get(root, ()))]
    while waiting:
        ident, depth = waiting.pop()
        node = resolution.nodes[ident]
        again = ident in seen
        why = "shown above" if again else "; ".join(node.says)
        yield f"{'  ' * depth}{ident}  {node.status}{f'  {why}' if why else ''}"
        if not again:
            seen.add(ident)
            waiting.extend((below, depth + 1) for below in reversed(resolution.edges.get(ident, ())))


def say_counts(roll_up: RollUp) -> str:
    """Say how many answered of how many that must, and the worst; never a share alone."""
    if not roll_up.required:
        return "nobody has to answer"
    return f"{roll_up.answered} of {roll_up.required} answered, the worst is {roll_up.worst}"


def say_way(node: Node) -> str:
    """Say by which way a node is reached."""
    return ARROW.join(node.path)


def graph_sheet(resolution: Resolution) -> str:
    """Write the edges as a table, a row for each, with where its lower end stands."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for above, found in sorted(resolution.edges.items()):
        for below in found:
            writer.writerow([_cell(cell) for cell in _row(resolution, above, resolution.nodes[below])])
    return text.getvalue()


def _row(resolution: Resolution, above: str, node: Node) -> tuple[str, ...]:
    supplier = resolution.rounds.by_id.get(node.id)
    return (
        above,
        node.id,
        node.name,
        node.status,
        "; ".join(node.says),
        node.grade,
        supplier.role if supplier else "",
        " | ".join(sorted(supplier.covers.contracts)) if supplier else "",
        str(len(node.path) - 1),
        say_way(node),
        " | ".join(node.cited),
        " | ".join(node.remainder),
    )


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def graph_bill(resolution: Resolution) -> dict[str, Any]:
    """Write the chain as a CycloneDX 1.6 document; the same resolution gives the same one."""
    rounds = resolution.rounds
    root = {"type": "application", "bom-ref": f"asked-by:{rounds.by}", "name": rounds.name}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": write_instant(resolution.at),
            "tools": {"components": [{"type": "application", "name": "remit", "version": __version__}]},
            "component": root,
            "properties": [
                _property("round", rounds.id),
                _property("order", f"{rounds.order.id} version {rounds.order.version}"),
                _property("order-digest", rounds.order.digest),
                _property("target", rounds.target.maker),
                _property("worst", resolution.whole.worst),
                _property("way", ARROW.join(resolution.whole.path)),
                _property("answered", str(resolution.whole.answered)),
                _property("required", str(resolution.whole.required)),
            ],
        },
        "components": [_component(resolution, ident) for ident in sorted(resolution.nodes)],
        "dependencies": [
            {"ref": _ref(resolution, above), "dependsOn": [_ref(resolution, below) for below in found]}
            for above, found in sorted(resolution.edges.items())
        ],
        # Nothing here shows that a chain is whole, so it is never called complete.
        "compositions": [
            {
                "aggregate": "unknown" if resolution.whole.is_green else "incomplete",
                "assemblies": [root["bom-ref"]],
            }
        ],
    }
    document["serialNumber"] = uuid.uuid5(_NAMESPACE, canonical(document).decode()).urn
    return document


def _ref(resolution: Resolution, ident: str) -> str:
    return f"asked-by:{ident}" if ident == resolution.rounds.by else f"supplier:{ident}"


def _component(resolution: Resolution, ident: str) -> dict[str, Any]:
    node = resolution.nodes[ident]
    supplier = resolution.rounds.by_id.get(ident)
    component: dict[str, Any] = {
        "type": "application",
        "bom-ref": f"supplier:{ident}",
        "name": f"what {node.name} supplies",
        "supplier": {"name": node.name},
        "properties": [
            _property("status", node.status),
            *(_property("why", says) for says in node.says),
            _property("way", say_way(node)),
            *([_property("grade", node.grade)] if node.grade else []),
            *([_property("role", supplier.role)] if supplier else []),
            *(_property("contract", name) for name in (sorted(supplier.covers.contracts) if supplier else [])),
            *(_property("not-covered", item) for item in node.remainder),
        ],
    }
    if node.cited:
        component["externalReferences"] = [
            {
                "type": "attestation",
                "url": f"urn:sha256:{digest.removeprefix('sha256:')}",
                "hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}],
            }
            for digest in node.cited
        ]
    return component


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"remit:{name}", "value": str(value)}


def resolution_record(resolution: Resolution) -> dict[str, Any]:
    """Return everything for machines."""
    rounds = resolution.rounds
    return {
        "version": "remit-suppliers/1",
        "round": rounds.id,
        "by": rounds.by,
        "at": write_instant(resolution.at),
        "order": {"id": rounds.order.id, "version": rounds.order.version, "digest": rounds.order.digest},
        "target": {
            "maker": rounds.target.maker,
            "models": list(rounds.target.models),
            "lineage": rounds.target.lineage,
        },
        **_roll_up(resolution.whole),
        "green": resolution.whole.is_green,
        "counts": {status.value: count for status, count in resolution.by_status.items()},
        "contracts": {contract: _roll_up(found) for contract, found in resolution.by_contract.items()},
        "suppliers": [_node(node) for node in sorted_nodes(resolution)],
        "edges": [[above, below] for above, found in sorted(resolution.edges.items()) for below in found],
        "unresolved": [list(edge) for edge in resolution.unresolved],
        "not_covered": {ident: list(items) for ident, items in resolution.remainder.items()},
        "circles": [list(circle) for circle in resolution.circles],
        "depth": resolution.depth,
        "nobody_because": rounds.none_reason or None,
    }


def _roll_up(roll_up: RollUp) -> dict[str, Any]:
    return {
        "worst": roll_up.worst.value if roll_up.required else None,
        "path": list(roll_up.path),
        "answered": roll_up.answered,
        "required": roll_up.required,
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "name": node.name,
        "status": node.status.value,
        "green": node.status in GREEN,
        "why": list(node.says),
        "path": list(node.path),
        "grade": node.grade or None,
        "statements": list(node.cited),
        "set_aside": [
            {"statement": digest, "status": status.value, "why": why} for digest, status, why in node.set_aside
        ],
        "not_covered": list(node.remainder),
        "stands_for": node.required,
    }


def sorted_nodes(resolution: Resolution) -> list[Node]:
    """Return the nodes, worst first, the nearest of them first."""
    order = {status: place for place, status in enumerate(type(resolution.whole.worst))}
    return sorted(resolution.nodes.values(), key=lambda node: (order[node.status], len(node.path), node.id))
