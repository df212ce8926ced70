"""Find images that hold a model, a runtime or an agent, wherever an image is named or made.

What a build fetches into an image ships with it: weights from a hub by name or by address, a model that a runtime
pulls, and what a line of Python loads.
"""

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
_LONGEST = 4_000
_RUN = re.compile(r"^\s*+(?:RUN|(?P<added>ADD))\s", re.IGNORECASE)
_FETCH = re.compile(
    r"\b(?:huggingface-cli\s++(?:download|.{0,40}?\sdownload)|hf\s++download|modelscope\s++download"
    r"|(?:snapshot_download|hf_hub_download|from_pretrained|SentenceTransformer|CrossEncoder|load_model)\s*+\("
    r"|git\s++(?:lfs\s++)?clone)(?P<of>[^;&|]{0,300})"
    r"|\bollama\s++(?:pull|run)\s++(?P<pulled>[\w./:\-]++)"
)
_HUB = re.compile(r"https?://(?:huggingface\.co|hf\.co|modelscope\.cn/models)/(?P<id>[\w.\-]+/[\w.\-]+)")
_WEIGHTS = re.compile(
    r"https?://[^\s\"']{1,300}?/([\w.\-]+)\.(?:gguf|ggml|safetensors|llamafile|onnx|pt|pth|ckpt|bin)\b"
)
_WORD = re.compile(r"[\w.:@\-]+(?:/[\w.:\-]+)*")
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
    if document.language == "dockerfile":
        yield from _fetched(document, context)
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


def _fetched(document: Document, context: Context) -> Iterator[Occurrence]:
    """What a build fetches into an image: the weights, and the hub or the runtime that they come by."""
    live = set(document.live_lines)
    for first, rows in _instructions(document):
        told: set[str] = set()
        if live.isdisjoint(range(first, first + len(rows))):
            continue
        for line, model, channel in _names(first, rows):
            found = named(model, context.signatures)
            if found is None or found.model in told:
                continue
            told.add(found.model)
            for maker, through in dict.fromkeys(((found.maker, channel), *report(context, "", channel))):
                yield Occurrence(
                    detector=IDENT,
                    path=document.path,
                    line=line,
                    maker=maker,
                    channel=through,
                    relation=Relation.EMBEDDED if maker == found.maker else Relation.LOCAL_WEIGHTS,
                    role=Role.DEFAULT if maker == found.maker else Role.CALL_SITE,
                    model=found.model if maker == found.maker else "",
                    chosen=True,
                    bound="fetched" if maker == found.maker else "",
                    says=f"puts {found.model} into the image",
                )


def _instructions(document: Document) -> Iterator[tuple[int, list[str]]]:
    """Each instruction of a build that runs or adds something: its first line and all its rows."""
    rows = document.rows
    number = 0
    while number < len(rows):
        first = number
        while number + 1 < len(rows) and rows[number].rstrip().endswith("\\"):
            number += 1
        number += 1
        if _RUN.match(rows[first]):
            yield first + 1, [row[:_LONGEST] for row in rows[first:number]]


def _names(first: int, rows: list[str]) -> Iterator[tuple[int, str, str]]:
    """What an instruction fetches: the line, the name, and the service it comes by."""
    for line, row in enumerate(rows, first):
        for match in _FETCH.finditer(row):
            if match["pulled"]:
                yield line, match["pulled"], _RUNTIME
            else:
                yield from ((line, word, "huggingface") for word in _WORD.findall(match["of"]) if "/" in word)
        for match in _HUB.finditer(row):
            yield line, match["id"], "huggingface"
        for match in _WEIGHTS.finditer(row):
            yield line, match[1], "huggingface" if _HUB.search(match[0]) else "direct"


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
