"""Which models lie in what is shipped: their weights stand in the tree or the image, and something names them there.

1. A place that names the very file of some weights, or stands in their folder, is about those weights.
2. Weights that only tests or examples hold are shipped to nobody.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.occurrence import Occurrence, Relation
from remit.scan.part import Part, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.scan.integration import Integration, Joined

_WEIGHTS = (
    ".gguf", ".ggml", ".safetensors", ".onnx", ".tflite", ".mlmodel", ".mlpackage", ".pt", ".pth", ".ckpt",
    ".llamafile", ".keras", ".h5", ".engine",
)  # fmt: skip
_OPAQUE = {"pytorch_model.bin", "model.bin", "tf_model.h5", "weights.bin"}
_APART = {Part.TEST, Part.EXAMPLE, Part.DOCUMENTATION}
_HELD = {Relation.LOCAL_WEIGHTS, Relation.RUNTIME_CALL}


def with_shipped(joined: Joined, skipped: Mapping[str, Iterable[str]]) -> Joined:
    """Say of each integration whose weights lie in the tree that the model is part of the product."""
    weights = {path for paths in skipped.values() for path in paths if _is_weights(path)}
    if not weights:
        return joined
    names = {posixpath.basename(path).lower(): path for path in sorted(weights, reverse=True)}
    folders = {posixpath.dirname(path): path for path in sorted(weights, reverse=True)}
    found: dict[tuple[str, str, Relation], Integration] = {}
    for made in joined.integrations:
        now = _embedded(made, names, folders)
        taken = (now.maker, now.channel, now.relation) in found
        found[made.maker, made.channel, made.relation if taken else now.relation] = made if taken else now
    return replace(joined, integrations=tuple(found.values()))


def _is_weights(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return (name.endswith(_WEIGHTS) or name in _OPAQUE) and part_of(path, "") not in _APART


def _embedded(made: Integration, names: Mapping[str, str], folders: Mapping[str, str]) -> Integration:
    if made.relation not in _HELD or not any(_of(place, names, folders) for place in made.evidence):
        return made
    places = tuple(_told(place, _of(place, names, folders)) for place in made.evidence)
    return replace(made, relation=Relation.EMBEDDED, evidence=places)


def _of(place: Occurrence, names: Mapping[str, str], folders: Mapping[str, str]) -> str:
    """The weights that a place is about (1); nothing where it is about none."""
    if not place.model:
        return ""
    named = names.get(posixpath.basename(place.model).lower(), "")
    folder = posixpath.dirname(place.path)
    return named or (folders.get(folder, "") if folder else "")


def _told(place: Occurrence, weights: str) -> Occurrence:
    told = f"{place.says}, whose weights lie in {weights}" if weights else place.says
    return replace(place, relation=Relation.EMBEDDED, says=told)
