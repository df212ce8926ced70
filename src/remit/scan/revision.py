"""A git revision as a source: the tree of a commit, read from the store of objects without a checkout.

Git is called with everything off by which a repository could make it run something or ask a network.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import IO, TYPE_CHECKING

from remit.errors import UsageError
from remit.scan import coverage as reasons
from remit.scan.folder import LIMIT
from remit.scan.source import Reading, path_of
from remit.scan.text import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.scan.coverage import Coverage

_COMMAND = (
    "git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "core.pager=cat", "-c", "core.quotePath=false", "-c", "diff.external=",
)  # fmt: skip
_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_CONFIG_NOSYSTEM": "1",
          "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C.UTF-8"}  # fmt: skip
_ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE"}
_PATIENCE = 600
_TERMS = re.compile(r"remit/(?:instruments/.*|cases/[^/]*|catalogue/[^/]*|remit)\.(?:ya?ml|sig)", re.DOTALL)
"""The files that are read as terms where they stand in their usual folder."""


def run_git(root: Path, *words: str) -> bytes:
    """Run git in a checkout and return what it prints, or raise and say what it said."""
    try:
        ran = subprocess.run(  # noqa: S603 - the words are ours, and a revision never begins with a dash.
            [*_COMMAND, "-C", str(root), *words],
            capture_output=True, check=False, timeout=_PATIENCE, stdin=subprocess.DEVNULL, env=quiet_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise UsageError(f"Nothing was scanned: git did not answer in {root}: {type(fault).__name__}.") from fault
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().split("\n", 1)[0]
        raise UsageError(f"Nothing was scanned: git refused in {root}: {said[:300]}")
    return ran.stdout


def quiet_environment() -> dict[str, str]:
    """Return the environment that git is run in: without what a hook of another checkout may have set."""
    return {name: said for name, said in os.environ.items() if name not in _ELSEWHERE} | _QUIET


def commit_of(root: Path, name: str) -> str:
    """Return the commit that a name of a revision stands for, or raise."""
    if name.startswith("-"):
        raise UsageError(f"Nothing was scanned: {name} is no revision.")
    run_git(root, "rev-parse", "--git-dir")
    try:
        found = run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except UsageError as error:  # It has nothing to say of a name that stands for nothing.
        raise UsageError(f"Nothing was scanned: git in {root} knows no revision {name}.") from error
    return found.decode().strip()


class Revision:
    """The tree of one commit, or the part of it that lies below a folder."""

    def __init__(self, root: Path, name: str, *, limit: int = LIMIT) -> None:
        self.root = root
        self.name = name
        self.limit = limit

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file of the tree that holds text, in the order of their paths."""
        commit = commit_of(self.root, self.name)
        listed = run_git(self.root, "ls-tree", "-r", "-z", "-l", commit, ".")
        blobs: list[tuple[str, str]] = []
        for row in listed.split(b"\0"):
            head, _, name = row.partition(b"\t")
            path = path_of(name)
            fields = head.decode().split()
            if len(fields) != 4:  # noqa: PLR2004 - mode, kind, object, size.
                continue
            mode, kind, ident, size = fields
            if _TERMS.fullmatch(path):
                coverage.skip(path, reasons.TERMS)
            elif kind == "commit":
                coverage.skip(path, reasons.SUBMODULE)
            elif size.isdigit() and int(size) > self.limit:
                coverage.skip(path, reasons.LARGE)
            else:
                blobs.append((f"link:{ident}" if mode == "120000" else ident, path))
        yield from self._blobs(blobs, coverage)

    def _blobs(self, blobs: list[tuple[str, str]], coverage: Coverage) -> Iterator[Reading]:
        with subprocess.Popen(  # noqa: S603 - as above.
            [*_COMMAND, "-C", str(self.root), "cat-file", "--batch"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet_environment(),
        ) as git:  # fmt: skip
            if git.stdin is None or git.stdout is None:
                return
            for ident, path in blobs:
                if ident.startswith("link:"):
                    coverage.skip(path, reasons.LINK)
                    yield Reading(path, b"")
                    continue
                data = _object(git.stdin, git.stdout, ident)
                if data is None:
                    coverage.skip(path, reasons.UNREADABLE)
                else:
                    yield from reading_of(path, data, coverage)
            git.stdin.close()


def _object(asked: IO[bytes], answered: IO[bytes], ident: str) -> bytes | None:
    """Ask for one object; nothing where the store lacks it."""
    try:
        asked.write(f"{ident}\n".encode())
        asked.flush()
        head = answered.readline().split()
    except OSError:
        return None
    if len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004 - object, kind, size.
        return None
    data = answered.read(int(head[2]))
    answered.read(1)
    return data
