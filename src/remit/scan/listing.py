"""Which files are tables about models, of no use by themselves: in a tree where nothing calls any.

1. A file of data that names several models, and gives none of them to a setting for a model, is a table.
2. What stands in one folder with several tables is one of them, however short it is.
"""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from remit.scan.occurrence import Role
from remit.scan.words import is_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.scan.occurrence import Occurrence

_DATA = (".json", ".jsonl", ".yaml", ".yml", ".toml", ".csv", ".tsv")
_SEVERAL = 5
_BESIDE = 2


def tables(found: Iterable[Occurrence]) -> frozenset[str]:
    """Say which files, of those that places were found in, are tables about models."""
    offered: dict[str, set[str]] = defaultdict(set)
    taken: set[str] = set()
    for place in found:
        if place.model and place.path.endswith(_DATA):
            offered[place.path].add(place.model)
            if place.chosen or place.role is not Role.SELECTABLE or is_model(place.bound):
                taken.add(place.path)
    lists = {path: models for path, models in offered.items() if path not in taken}
    long = {path for path, models in lists.items() if len(models) >= _SEVERAL}  # (1)
    folders = Counter(posixpath.dirname(path) for path in long)
    return frozenset(path for path in lists if path in long or folders[posixpath.dirname(path)] >= _BESIDE)  # (2)
