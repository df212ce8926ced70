"""Somebody else's bill of materials is judged as a tree is, and ours can be read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from remit.scan.formats.form import Form, write
from remit.scan.run import scan_path
from tests.scan.formats.places import scanned

if TYPE_CHECKING:
    from pathlib import Path

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {"type": "library", "name": "x", "purl": "pkg:pypi/anthropic@0.40", "components": [
            {"type": "library", "name": "y", "purl": "pkg:npm/%40google/genai@1.0.0"}]},
        {"type": "library", "name": "z", "purl": "pkg:maven/dev.langchain4j/langchain4j-open-ai@1.0"},
        {"type": "library", "name": "n", "purl": "pkg:pypi/cohere@5", "scope": "excluded"},
        {"type": "machine-learning-model", "name": "mistral-large-latest"},
    ],
}  # fmt: skip
SPDX2 = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {"externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:gem/ruby-openai@7"}]},
        {"externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:golang/github.com/ollama/ollama@v0.1"}]},
    ],
}
SPDX3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "software_Package", "software_packageUrl": "pkg:cargo/async-openai@0.2"},
        {"type": "ai_AIPackage", "name": "claude-opus-4-5"},
    ],
}


@pytest.mark.parametrize(
    ("name", "record", "makers"),
    [
        ("bom.cdx.json", CYCLONEDX, {"anthropic", "google", "mistral", "openai"}),
        ("sbom.spdx.json", SPDX2, {"openai", "ollama"}),
        ("sbom.json", SPDX3, {"openai", "anthropic"}),
    ],
)
def test_what_a_bill_lists_is_found(name: str, record: dict[str, Any], makers: set[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps(record), encoding="utf-8")
    found = scan_path(tmp_path / name)
    assert set(found.makers) == makers
    assert found.coverage.present == found.coverage.read == 1
    assert all(file["path"].startswith(f"{name}/") for file in found.as_json()["makers"]["openai"]["files"])


@pytest.mark.parametrize(("form", "name"), [(Form.CYCLONEDX, "bom.cdx.json"), (Form.SPDX, "bom.spdx.json")])
def test_a_bill_of_ours_can_be_read_back(form: Form, name: str, tmp_path: Path) -> None:
    inventory = scanned(tmp_path / "tree")
    (tmp_path / name).write_text(write(form, inventory), encoding="utf-8")
    named = {item.integration.maker for item in inventory.items if item.integration.models}
    assert set(scan_path(tmp_path / name).makers) == named


@pytest.mark.parametrize("text", ['{"bomFormat": "CycloneDX", "components": [', '{"bomFormat": "CycloneDX", "x": 1'])
def test_a_bill_that_cannot_be_read_is_counted(text: str, tmp_path: Path) -> None:
    (tmp_path / "bom.json").write_text(text, encoding="utf-8")
    assert not scan_path(tmp_path / "bom.json").coverage.is_complete


@pytest.mark.parametrize("components", [None, 3, [1, "x", {"purl": 5, "components": {"a": 1}, "type": []}]])
def test_a_strange_bill_stops_nothing(components: object, tmp_path: Path) -> None:
    record = {"bomFormat": "CycloneDX", "components": components}
    (tmp_path / "bom.json").write_text(json.dumps(record), encoding="utf-8")
    assert scan_path(tmp_path / "bom.json").makers == {}
