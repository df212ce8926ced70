"""The labels of public repositories: who read them wrote down what they use before any scan of them ran.

A set is a file beside this one, one repository a line. The repositories themselves are fetched, and kept out of here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ASKED = "anthropic"
"""The maker whose files are labelled one by one; of the others only that a repository uses them."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What one repository at one commit uses."""

    repository: str
    commit: str
    verdict: str
    """How seriously it uses the maker that is asked about; empty where readers may differ."""
    makers: frozenset[str]
    debatable: frozenset[str]
    """Makers that reasonable readers name or leave out."""
    agents: frozenset[str]
    """Whose agents left a trail in the history."""
    files: frozenset[str]
    indirect: frozenset[str]
    """Files that reach the maker only through another file."""
    either: frozenset[str]
    """Files that may be named or left out: lock files, recorded answers, texts of an interface."""
    decoys: frozenset[str]
    """Files that name the maker and are no use."""

    @property
    def folder(self) -> str:
        """The name of its checkout."""
        return self.repository.replace("/", "__")


def sets() -> list[str]:
    """The names of the sets, in the order in which they were labelled."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def read(name: str) -> list[Labels]:
    """Read one set."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_labels(json.loads(line)) for line in lines]


def _labels(row: dict[str, Any]) -> Labels:
    tree = [use for use in row["uses"] if use["how"] != "history"]
    makers = frozenset(use["provider"] for use in tree if use.get("certainty") != "debatable")
    return Labels(
        repository=row["repository"],
        commit=row["commit"],
        verdict=row["verdict"],
        makers=makers,
        debatable=frozenset(use["provider"] for use in tree) - makers,
        agents=frozenset(use["provider"] for use in row["uses"] if use["how"] == "history"),
        files=frozenset(row["files"]),
        indirect=frozenset(row["indirect"]),
        either=frozenset(row["either"]),
        decoys=frozenset(row["decoys"]),
    )
