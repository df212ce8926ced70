"""SPDX is read by the model that its authors make from the standard, which refuses what the standard lacks."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from spdx_python_model.bindings import v3_0_1

from remit.scan.formats.spdx import spdx_document
from tests.scan.formats.places import checked, scanned

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"


@pytest.mark.parametrize("timestamp", ["", "2026-09-01T12:00:00Z"])
def test_another_program_reads_it_and_every_reference_leads_somewhere(timestamp: str, tmp_path: Path) -> None:
    for inventory in (scanned(tmp_path), checked(HARBOUR)):
        document = spdx_document(inventory, timestamp=timestamp)
        objects = v3_0_1.SHACLObjectSet()
        v3_0_1.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), objects)
        assert objects.link() == set()
        assert list(objects.foreach_type("ai_AIPackage"))
        assert len(list(objects.foreach_type("SpdxDocument"))) == 1


def test_a_relationship_says_when_something_was_not_read(tmp_path: Path) -> None:
    def completeness() -> set[str]:
        graph = spdx_document(scanned(tmp_path))["@graph"]
        return {element["completeness"] for element in graph if element["type"] == "Relationship"}

    assert completeness() == {"noAssertion"}
    (tmp_path / "away").symlink_to("/nowhere/at/all")
    assert completeness() == {"incomplete"}


def test_it_does_not_claim_what_nobody_outside_can_know(tmp_path: Path) -> None:
    graph = spdx_document(scanned(tmp_path))["@graph"]
    (creation,) = (element for element in graph if element["type"] == "CreationInfo")
    assert creation["created"] == "1970-01-01T00:00:00Z"
    assert "No time was given" in creation["comment"]
    claims = {claim for element in graph for claim in element.get("profileConformance", [])}
    assert claims == {"core", "software"}
