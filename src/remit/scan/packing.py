"""Findings as bytes to be kept, and back: JSON in which each place is written once and referred to by its number.

What is read back is made of the very types it was made of, so that nothing downstream can tell the difference.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any

from remit.scan.coverage import Coverage
from remit.scan.findings import Findings
from remit.scan.history import Trail
from remit.scan.integration import Integration
from remit.scan.occurrence import Dismissal, Grip, Occurrence, Relation, Role, Strength
from remit.scan.part import Part
from remit.scan.verdict import Landscape

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENUMS = {"relation": Relation, "role": Role, "grip": Grip}
_NAMES = tuple(field.name for field in fields(Occurrence))


def pack(record: object) -> bytes:
    """Write what JSON can hold as few bytes."""
    return zlib.compress(json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"), 1)


def unpack(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed.
    """Read it back, or raise `ValueError` over anything else."""
    try:
        return json.loads(zlib.decompress(data))
    except zlib.error as fault:
        raise ValueError(str(fault)) from fault


class _Places:
    """Occurrences by number: the same one stands in many lists."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._numbers: dict[Occurrence, int] = {}

    def numbers(self, found: Iterable[Occurrence]) -> list[int]:
        return [self._number(each) for each in found]

    def _number(self, occurrence: Occurrence) -> int:
        if occurrence not in self._numbers:
            self._numbers[occurrence] = len(self.rows)
            self.rows.append(
                [getattr(occurrence, name).value if name in _ENUMS else getattr(occurrence, name) for name in _NAMES]
            )
        return self._numbers[occurrence]


def findings_record(findings: Findings) -> dict[str, Any]:
    """Write findings as a record, without their history, which comes from elsewhere than the tree."""
    places = _Places()
    coverage, landscape = findings.coverage, findings.landscape
    return {
        "integrations": [_integration(each, places) for each in findings.integrations],
        "traces": [_integration(each, places) for each in findings.traces],
        "dismissed": [astuple(each) for each in findings.dismissed],
        "coverage": [coverage.read, coverage.parsed, coverage.skipped, coverage.marked],
        "landscape": {
            "kept": {maker: places.numbers(found) for maker, found in landscape.kept.items()},
            "parts": {path: part.value for path, part in landscape.parts.items()},
            "channels": sorted(landscape.channels),
            "units": sorted(landscape.units),
        },
        "places": places.rows,
    }


def _integration(found: Integration, places: _Places) -> list[Any]:
    return [
        found.maker, found.channel, found.relation.value, found.strength.value, found.models, found.files,
        found.confidence, places.numbers(found.evidence), found.chain, places.numbers(found.further),
    ]  # fmt: skip


def findings_of(record: dict[str, Any], path: str) -> Findings:
    """Read findings back for a place."""
    places = [_occurrence(row) for row in record["places"]]
    read, parsed, skipped, marked = record["coverage"]
    landscape = record["landscape"]
    return Findings(
        path,
        tuple(_integrated(row, places) for row in record["integrations"]),
        tuple(_integrated(row, places) for row in record["traces"]),
        (),
        tuple(Dismissal(*row) for row in record["dismissed"]),
        Coverage(read, parsed, skipped, marked),
        Landscape(
            {maker: [places[number] for number in numbers] for maker, numbers in landscape["kept"].items()},
            {name: Part(value) for name, value in landscape["parts"].items()},
            frozenset(landscape["channels"]),
            landscape["units"],
        ),
    )


def _occurrence(row: list[Any]) -> Occurrence:
    given = dict(zip(_NAMES, row, strict=True))
    for name, kind in _ENUMS.items():
        given[name] = kind(given[name])
    given["steps"] = tuple(tuple(step) for step in given["steps"])
    return Occurrence(**given)


def _integrated(row: list[Any], places: list[Occurrence]) -> Integration:
    maker, channel, relation, strength, models, files, confidence, evidence, chain, further = row
    return Integration(
        maker, channel, Relation(relation), Strength(strength), tuple(models),
        tuple((path, tuple(lines)) for path, lines in files), confidence,
        tuple(places[number] for number in evidence), tuple((path, line, says) for path, line, says in chain),
        tuple(places[number] for number in further),
    )  # fmt: skip


def trails_record(trails: Iterable[Trail], coverage: Coverage) -> dict[str, Any]:
    """Write what the history gave as a record."""
    return {
        "trails": [[each.maker, each.commits, each.by, each.examples] for each in trails],
        "commits": coverage.commits,
        "history": coverage.history,
    }


def trails_of(record: dict[str, Any], coverage: Coverage) -> list[Trail]:
    """Read what the history gave back, and count it."""
    coverage.commits, coverage.history = record["commits"], record["history"]
    return [
        Trail(maker, commits, tuple((form, number) for form, number in by), tuple(examples))
        for maker, commits, by, examples in record["trails"]
    ]
