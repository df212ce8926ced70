"""Find images that hold a model, a runtime or an agent, wherever an image is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.model_name import named
from remit.scan.occurrence import Occurrence, Relation, Role
from remit.scan.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Package

IDENT = "container"
_IMAGE = re.compile(
    r"""(?:^\s*FROM\s+(?:--\S+\s+)?|\b(?:image|repository)["']?\s*[:=]\s*["']?|docker\s+(?:run|pull)\s+(?:-\S+\s+)*)([\w.\-]+(?:/[\w.\-]+)*)"""
)
_FROM = re.compile(r"^\s*FROM\s+(\S+)", re.IGNORECASE)
_RUNTIME = "ollama"
"""Whose form a Modelfile has."""


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each image of a known runtime."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK} or document.language not in {
        "dockerfile",
        "yaml",
        "hcl",
        "json",
        "shell",
        "bicep",
        "toml",
    }:
        return
    if document.path.rsplit("/", 1)[-1].lower() == "modelfile":
        yield from _made(document, context)
    for line in document.live_lines:
        for match in _IMAGE.finditer(document.rows[line - 1]):
            if package := _package(match[1].lower(), context):
                yield from _occurrences(document, line, package, context)


def _made(document: Document, context: Context) -> Iterator[Occurrence]:
    """What a model is made from, in a file that a runtime on this machine makes it by."""
    for line in document.live_lines:
        match = _FROM.match(document.rows[line - 1])
        found = named(match[1], context.signatures) if match else None
        if found is None:
            continue
        for maker, model in ((found.maker, found.model), (_RUNTIME, "")):
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=line,
                maker=maker,
                channel=_RUNTIME,
                relation=Relation.LOCAL_WEIGHTS,
                role=Role.DEFAULT if model else Role.CALL_SITE,
                model=model,
                chosen=bool(model),
                bound="from" if model else "",
                says=f"is made from {found.model}",
            )


def _package(image: str, context: Context) -> Package | None:
    parts = image.split("/")
    for first in range(len(parts)):
        if package := context.signatures.packages.get(("docker", "/".join(parts[first:]))):
            return package
    return None


def _occurrences(document: Document, line: int, package: Package, context: Context) -> Iterator[Occurrence]:
    for maker, channel in report(context, package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=line,
            maker=maker,
            channel=channel,
            relation=Relation.LOCAL_WEIGHTS,
            role=Role.CALL_SITE,
            says=f"runs the image {package.name}",
        )
