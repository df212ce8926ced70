"""CycloneDX holds to the official schema and to another program's, and says of itself that it is not complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from inline_snapshot import snapshot
from referencing import Registry, Resource

from remit.scan.formats.cyclonedx import bill_of_materials
from tests.scan.formats.places import checked, make_tree, scanned

ROOT = Path(__file__).parents[3]
HARBOUR = ROOT / "examples" / "harbour"
SCHEMAS = ROOT.parent / "shared" / "vectors" / "schemas"
VERSIONS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}


@pytest.mark.parametrize("version", VERSIONS)
def test_another_program_accepts_it(version: str, tmp_path: Path) -> None:
    for inventory in (scanned(tmp_path), checked(HARBOUR)):
        document = bill_of_materials(inventory, version=version, timestamp="2026-09-01T12:00:00Z")
        fault = JsonStrictValidator(VERSIONS[version]).validate_str(json.dumps(document))
        assert fault is None


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the official schemas do not lie beside the project")
def test_the_official_schema_accepts_it() -> None:
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    (schema,) = (schema for schema in schemas if "bom-1.6" in schema["$id"])
    jsonschema.Draft7Validator(schema, registry=registry).validate(bill_of_materials(checked(HARBOUR)))


def test_a_model_has_its_places_its_licence_and_what_it_comes_from(tmp_path: Path) -> None:
    document = bill_of_materials(scanned(tmp_path))
    brief = [
        {key: component[key] for key in ("bom-ref", "evidence", "licenses", "pedigree") if key in component}
        for component in document["components"]
    ]
    assert brief == snapshot(
        [
            {
                "bom-ref": "model:anthropic/claude-opus-4-5",
                "evidence": {
                    "occurrences": [
                        {
                            "location": "tree/app/.env",
                            "line": 1,
                            "additionalContext": "reads or sets ANTHROPIC_API_KEY",
                        },
                        {"location": "tree/app/answer.py", "line": 1, "additionalContext": "imports anthropic"},
                        {
                            "location": "tree/app/answer.py",
                            "line": 3,
                            "additionalContext": "names the model claude-opus-4-5",
                        },
                    ]
                },
            },
            {
                "bom-ref": "model:deepseek/deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
                "evidence": {
                    "occurrences": [
                        {
                            "location": "tree/local/run.py",
                            "line": 3,
                            "additionalContext": "names the model deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
                        }
                    ]
                },
                "licenses": [{"license": {"name": "deepseek-model-licence"}}],
                "pedigree": {
                    "ancestors": [
                        {
                            "type": "machine-learning-model",
                            "name": "meta-llama/Llama-3.1-8B",
                            "publisher": "Meta Platforms",
                            "licenses": [{"license": {"name": "llama-3.1-community"}}],
                        }
                    ]
                },
            },
            {
                "bom-ref": "model:huggingface/model not named",
                "evidence": {
                    "occurrences": [
                        {
                            "location": "tree/local/run.py",
                            "line": 1,
                            "additionalContext": "imports transformers.pipeline",
                        }
                    ]
                },
            },
            {
                "bom-ref": "model:meta/llama3.1:8b",
                "evidence": {
                    "occurrences": [
                        {
                            "location": "tree/local/c.yaml",
                            "line": 5,
                            "additionalContext": "names the model llama3.1:8b",
                        }
                    ]
                },
                "licenses": [{"license": {"name": "llama-3.1-community"}}],
                "pedigree": {
                    "ancestors": [
                        {
                            "type": "machine-learning-model",
                            "name": "meta-llama/Llama-3.1-8B-Instruct",
                            "publisher": "Meta Platforms",
                            "licenses": [{"license": {"name": "llama-3.1-community"}}],
                        }
                    ]
                },
            },
            {
                "bom-ref": "model:ollama/model not named",
                "evidence": {
                    "occurrences": [
                        {
                            "location": "tree/local/c.yaml",
                            "line": 3,
                            "additionalContext": "runs the image ollama/ollama",
                        }
                    ]
                },
            },
        ]
    )
    assert [service["bom-ref"] for service in document["services"]] == snapshot(["service:anthropic/direct"])
    assert document["dependencies"] == snapshot(
        [
            {
                "ref": "place:tree",
                "dependsOn": [
                    "model:anthropic/claude-opus-4-5",
                    "model:deepseek/deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
                    "model:huggingface/model not named",
                    "model:meta/llama3.1:8b",
                    "model:ollama/model not named",
                    "service:anthropic/direct",
                ],
            },
            {"ref": "service:anthropic/direct", "dependsOn": ["model:anthropic/claude-opus-4-5"]},
        ]
    )


def test_a_base_stands_under_pedigree() -> None:
    from remit.scan.formats.lineage import lineage_of
    from remit.terms.catalogue import shipped_catalogue

    tuned = next(model for model in shipped_catalogue().models.values() if model.base and model.maker == "deepseek")
    assert lineage_of(tuned.id).ancestors[0].id == tuned.base
    assert lineage_of("a-name-nobody-knows").ancestors == ()


def test_a_composition_is_never_called_complete(tmp_path: Path) -> None:
    assert [part["aggregate"] for part in bill_of_materials(scanned(tmp_path))["compositions"]] == ["unknown"]
    (tmp_path / "away").symlink_to("/nowhere/at/all")
    assert [part["aggregate"] for part in bill_of_materials(scanned(tmp_path))["compositions"]] == ["incomplete"]


def test_the_serial_number_comes_from_the_content(tmp_path: Path) -> None:
    one = bill_of_materials(scanned(tmp_path))
    assert one["serialNumber"] == bill_of_materials(scanned(tmp_path))["serialNumber"]
    assert "timestamp" not in one["metadata"]
    make_tree(tmp_path, {"more.py": "import openai\nopenai.OpenAI()\n"})
    assert one["serialNumber"] != bill_of_materials(scanned(tmp_path))["serialNumber"]
