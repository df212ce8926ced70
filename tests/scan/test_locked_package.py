"""What a lock file holds only because another package needs it is dormant; what the tree asks for itself is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from remit.scan.run import scan_path
from tests.scan.sources import CALL, write_files

if TYPE_CHECKING:
    from pathlib import Path

BROUGHT = {
    "package-lock.json": (
        '{"packages": {\n  "": {\n    "dependencies": {\n      "framework": "1"\n    }\n  },\n'
        '  "node_modules/framework": {\n    "dependencies": {\n      "openai": "^4"\n    }\n  },\n'
        '  "node_modules/openai": {\n    "version": "4.0.0"\n  }\n}}\n'
    ),
    "yarn.lock": 'framework@^1:\n  version "1"\n  dependencies:\n    openai "^4"\n\nopenai@^4:\n  version "4.0.0"\n',
    "pnpm-lock.yaml": (
        "importers:\n  .:\n    dependencies:\n      framework:\n        version: 1\n\npackages:\n"
        "  framework@1.0.0:\n    dependencies:\n      openai: 4.0.0\n\n  openai@4.0.0:\n    resolution: {}\n"
    ),
    "poetry.lock": (
        '[[package]]\nname = "framework"\n\n[package.dependencies]\nopenai = ">=1"\n\n[[package]]\nname = "openai"\n'
    ),
    "uv.lock": (
        '[[package]]\nname = "framework"\ndependencies = [\n    { name = "openai" },\n]\n\n'
        '[[package]]\nname = "openai"\nversion = "1"\n'
    ),
    "Cargo.lock": (
        '[[package]]\nname = "framework"\ndependencies = [\n "async-openai",\n]\n\n[[package]]\nname = "async-openai"\n'
    ),
    "composer.lock": (
        '{"packages": [\n  {\n    "name": "a/framework",\n    "require": {\n'
        '      "openai-php/client": "^1"\n    }\n  },\n'
        '  {\n    "name": "openai-php/client",\n    "version": "1"\n  }\n]}\n'
    ),
    "Gemfile.lock": (
        "GEM\n  specs:\n    framework (1.0)\n      ruby-openai (>= 7)\n    ruby-openai (7.0)\n\n"
        "DEPENDENCIES\n  framework\n"
    ),
    "packages.lock.json": '{"net8": {\n  "OpenAI": {\n    "type": "Transitive",\n    "resolved": "2.0.0"\n  }\n}}\n',
    "go.mod": "module example.org/a\n\nrequire (\n\tgithub.com/sashabaranov/go-openai v1.0.0 // indirect\n)\n",
    "requirements.txt": "framework==1.0\nopenai==1.0 \\\n    --hash=sha256:00\n    # via\n    #   framework\n",
}
ASKED = {
    "package-lock.json": BROUGHT["package-lock.json"].replace('"framework": "1"', '"openai": "^4"'),
    "pnpm-lock.yaml": BROUGHT["pnpm-lock.yaml"].replace("      framework:\n", "      openai:\n"),
    "Gemfile.lock": BROUGHT["Gemfile.lock"].replace("  framework\n", "  framework\n  ruby-openai\n"),
    "uv.lock": BROUGHT["uv.lock"].replace('name = "framework"', 'name = "own"'),
    "poetry.lock": '[[package]]\nname = "openai"\n',
}


@pytest.mark.parametrize("name", BROUGHT)
def test_a_package_that_another_needs_is_dormant(name: str, tmp_path: Path) -> None:
    write_files(tmp_path, {name: BROUGHT[name].encode()})
    found = scan_path(tmp_path)
    assert found.makers == {}
    (trace,) = found.traces
    assert (trace.maker, trace.relation.value, trace.strength.value) == ("openai", "dormant", "optional")
    (place,) = trace.evidence
    unsaid = name in {"packages.lock.json", "go.mod", "requirements.txt"}
    assert place.says.endswith("which another package needs" if unsaid else "framework needs")
    assert [row.why for row in found.dismissed if row.maker == "openai"] == [
        "a package that only another package needs; nothing in the tree calls this maker's models"
    ]


@pytest.mark.parametrize("name", ASKED)
def test_a_package_that_the_tree_asks_for_is_left_to_its_manifest(name: str, tmp_path: Path) -> None:
    manifest = {"pyproject.toml": b'[project]\nname = "own"\n'}
    write_files(tmp_path, {name: ASKED[name].encode(), **manifest})
    found = scan_path(tmp_path)
    assert (found.makers, found.traces) == ({}, ())


def test_a_package_that_only_development_brings_says_so(tmp_path: Path) -> None:
    text = BROUGHT["package-lock.json"].replace('"version": "4.0.0"', '"version": "4.0.0",\n    "dev": true')
    write_files(tmp_path, {"package-lock.json": text.encode()})
    (trace,) = scan_path(tmp_path).traces
    assert trace.evidence[0].says == "holds openai, which framework needs (development)"


def test_a_maker_that_is_called_is_not_dormant_as_well(tmp_path: Path) -> None:
    lock = BROUGHT["poetry.lock"].replace("openai", "anthropic")
    write_files(tmp_path, {"a.py": CALL, "poetry.lock": lock.encode()})
    found = scan_path(tmp_path)
    assert list(found.makers) == ["anthropic"]
    assert found.traces == ()
    assert [path for path, _ in found.integrations[0].files] == ["a.py"]
