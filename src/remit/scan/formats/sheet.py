"""Findings as a table of comma-separated values: one row for each place, and the limits of the scan as rows too."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from remit.scan.formats.code import shown
from remit.scan.formats.inventory import say_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.formats.inventory import Inventory, Item

HEAD = (
    "kind", "place", "maker", "channel", "relation", "strength", "confidence", "model", "path", "line", "detector",
    "role", "says", "scope", "use case", "verdict",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins like this would be computed by a spreadsheet; it gets a mark in front that shows it as text."""


def sheet(inventory: Inventory) -> str:
    """Write the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for row in _rows(inventory):
        cells = [shown(row.get(column, "")) for column in HEAD]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return text.getvalue()


def _rows(inventory: Inventory) -> Iterator[dict[str, str]]:
    for item in inventory.items:
        yield from _places(item)
    for findings in inventory.findings:
        for found in findings.dismissed:
            yield {
                "kind": "dismissed",
                "place": findings.path,
                "maker": found.maker,
                "path": found.path,
                "line": str(found.line),
                "says": found.why,
            }
        for word, text in say_limits(findings):
            yield {"kind": word, "place": findings.path, "says": text}


def _places(item: Item) -> Iterator[dict[str, str]]:
    found = item.integration
    use = {
        "kind": "use",
        "place": item.place,
        "maker": found.maker,
        "channel": found.channel,
        "relation": found.relation.value,
        "strength": found.strength.value,
        "confidence": found.confidence,
        "scope": item.scope,
        "use case": item.case,
        "verdict": item.verdict,
    }
    if item.commits or not found.evidence:
        yield use | {"says": item.says}
    for place in found.evidence:
        yield use | {
            "model": place.model,
            "path": place.path,
            "line": str(place.line),
            "detector": place.detector,
            "role": place.role.value,
            "says": place.says,
        }
