"""Somebody else's bill of materials as a source: CycloneDX, SPDX 2 and SPDX 3, each in JSON.

What it lists becomes what a manifest of each ecosystem would ask for, and the models it lists become settings, so
that everything after it judges a bill as it judges a tree. A bill says what its writer found, and no more.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from remit.scan import coverage as reasons
from remit.scan.source import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from remit.scan.coverage import Coverage

LIMIT = 256 * 1024 * 1024
_HEAD = 65_536
_MARKS = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"|"spdxVersion"\s*:\s*"SPDX-|spdx\.org/rdf/3\.')
_PURL = re.compile(r"^pkg:(?:/*)(?P<type>[A-Za-z0-9.+\-]+)/(?P<name>[^@?#]+)")


def _npm(names: list[str]) -> str:
    return json.dumps({"dependencies": dict.fromkeys(names, "*")}, indent=1)


def _composer(names: list[str]) -> str:
    return json.dumps({"require": dict.fromkeys(names, "*")}, indent=1)


def _maven(names: list[str]) -> str:
    rows = (name.rpartition("/") for name in names)
    return "\n".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{unit}</artifactId></dependency>" for group, _, unit in rows
    )


_MANIFESTS: dict[str, tuple[str, Callable[[list[str]], str]]] = {
    "pypi": ("requirements.txt", "\n".join),
    "npm": ("package.json", _npm),
    "composer": ("composer.json", _composer),
    "maven": ("pom.xml", _maven),
    "golang": ("go.mod", lambda names: "\n".join(f"require {name} v0" for name in names)),
    "cargo": ("Cargo.toml", lambda names: "\n".join(["[dependencies]", *(f'{name} = "*"' for name in names)])),
    "gem": ("Gemfile", lambda names: "\n".join(f'gem "{name}"' for name in names)),
    "hex": ("mix.exs", lambda names: "\n".join(f'{{:{name}, "*"}}' for name in names)),
    "pub": ("pubspec.yaml", lambda names: "\n".join(["dependencies:", *(f"  {name}: any" for name in names)])),
    "cran": ("DESCRIPTION", lambda names: "\n".join(["Imports:", *(f"    {name}," for name in names)])),
    "nuget": ("packages.config", lambda names: "\n".join(f'<package id="{name}" />' for name in names)),
}
_MODELS = {"huggingface", "mlflow"}


class Bill:
    """A bill of materials, whose components stand for what is there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield one list for each ecosystem that the bill names, and one of its models."""
        try:
            data = self.path.read_bytes() if self.path.stat().st_size <= LIMIT else b""
            record = json.loads(data)
        except (OSError, ValueError, RecursionError):
            coverage.skip(self.path.name, reasons.UNREADABLE)
            return
        coverage.read += 1
        names: dict[str, dict[str, None]] = defaultdict(dict)
        for kind, name in _listed(record):
            names[kind].setdefault(name)
        for kind in sorted(names):
            path = f"{self.path.name}/{kind}/"
            if kind == "model":
                lines = [f"model: {json.dumps(name)}" for name in names[kind]]
                yield Reading(f"{path}models.yaml", "\n---\n".join(lines).encode())
            else:
                file, written = _MANIFESTS[kind]
                yield Reading(path + file, written(list(names[kind])).encode())


def _listed(record: object) -> Iterator[tuple[str, str]]:
    """Yield what a bill lists: an ecosystem and a name."""
    if not isinstance(record, dict):
        return
    if record.get("bomFormat") == "CycloneDX":
        yield from _components(record)
    elif "spdxVersion" in record:
        for package in _rows(record.get("packages")):
            addresses = _rows(package.get("externalRefs"))
            yield from _named([each.get("referenceLocator") for each in addresses])
    else:
        yield from _elements(record)


def _rows(value: object) -> Iterable[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _components(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Go through components and those within them; a stack of our own, since a hostile bill may be deep."""
    waiting = list(_rows(record.get("components")))
    while waiting:
        component = waiting.pop(0)
        if component.get("scope") == "excluded":
            continue
        if component.get("type") == "machine-learning-model":
            group, name = (component.get(key) for key in ("group", "name"))
            yield from _model(f"{group}/{name}" if isinstance(group, str) and group else name)
        yield from _named([component.get("purl")])
        waiting.extend(_rows(component.get("components")))


def _elements(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for element in _rows(record.get("@graph")):
        if str(element.get("type")).endswith("AIPackage"):
            yield from _model(element.get("name"))
        found = [element.get("software_packageUrl")]
        found += [each.get("identifier") for each in _rows(element.get("externalIdentifier"))]
        yield from _named(found)


def _model(name: object) -> Iterator[tuple[str, str]]:
    if isinstance(name, str) and name:
        yield "model", name


def _named(addresses: Iterable[object]) -> Iterator[tuple[str, str]]:
    for address in addresses:
        match = _PURL.match(address) if isinstance(address, str) else None
        if match is None:
            continue
        kind, name = match["type"].lower(), unquote(match["name"]).strip("/")
        if "\n" in name:
            continue
        if kind in _MODELS:
            yield "model", name
        elif kind in _MANIFESTS:
            yield kind, name


def is_bill(path: Path) -> bool:
    """Say whether a file is a bill of materials in JSON, by its name and its first bytes."""
    if not path.name.lower().endswith((".json", ".jsonld", ".cdx", ".spdx")) or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return head.lstrip()[:1] == b"{" and _MARKS.search(head) is not None
