"""Bring a public repository at one commit, with its history, into a folder."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bench.corpus.labels import Labels

SOURCE = "https://github.com/{owner}/{name}"


def fetch(labels: Labels, folder: Path, source: str = SOURCE) -> Path | None:
    """Clone a repository that is not there yet; nothing, with what git says on the terminal, where that fails."""
    place = folder / labels.folder
    if not place.exists():
        owner, name = labels.repository.split("/")
        address = source.format(owner=owner, name=name)
        cloned = _git("clone", "--quiet", "--no-checkout", address, str(place))
        if cloned.returncode:
            return None
    # What a source lacks of the files is left out; everything else is there, and the scan says what it read.
    _git("-C", str(place), "checkout", "--quiet", "--force", "--detach", labels.commit)
    if is_at(place, labels.commit):
        _git("-C", str(place), "checkout-index", "--all", "--quiet")
        return place
    return None


def is_at(place: Path, commit: str) -> bool:
    """Say whether a checkout stands at a commit."""
    head = _git("-C", str(place), "rev-parse", "HEAD", quiet=True)
    return head.stdout.strip() == commit


def _git(*words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.run(["git", *words], stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
