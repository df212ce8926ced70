"""What a change adds: the lines since a revision, and of the findings those that stand on them.

The whole tree is scanned, because what a line means is said elsewhere; only what stands on an added line, or leads
over one to its model, is kept. Lines count from where the change left the revision, so that what others did there
meanwhile is nobody's addition here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.scan.revision import commit_of, run_git
from remit.scan.source import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.scan.findings import Findings
    from remit.scan.integration import Integration
    from remit.scan.occurrence import Occurrence

_HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_SIGNS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class Addition:
    """The lines that a change adds, by path below the place; a file that git does not know counts whole."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.lines: dict[str, set[int]] = defaultdict(set)
        commit = commit_of(root, name)
        try:
            since = run_git(root, "merge-base", commit, "HEAD").decode().strip()
        except UsageError:  # A shallow clone does not know where the two parted.
            since = commit
        self._read(
            run_git(
                root, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames",
                "--relative", "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/", since, "--", ".",
            )
        )  # fmt: skip
        new = run_git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
        self.whole = {path_of(path) for path in new.split(b"\0") if path}

    def _read(self, difference: bytes) -> None:
        """Read the heads of a difference; the lines between them are stepped over, whatever they look like."""
        path, between = "", 0
        for line in difference.split(b"\n"):
            if between and line[:1] in {b"+", b"-"}:
                between -= 1
            elif line.startswith(b"+++ "):
                path = _path(line[4:])
            elif match := _HUNK.match(line):
                gone, first, count = int(match[1] or 1), int(match[2]), int(match[3] or 1)
                between = gone + count
                self.lines[path].update(range(first, first + count))

    def holds(self, path: str, line: int) -> bool:
        """Say whether a line was added."""
        return path in self.whole or line in self.lines.get(path, ())


def _path(name: bytes) -> str:
    """Read a path as git writes it: quoted where it holds a strange sign, and /dev/null where the file is gone."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"') and name.endswith(b'"'):
        name = _ESCAPE.sub(_sign, name[1:-1])
    return path_of(name.removeprefix(b"b/")) if name.startswith(b"b/") else ""


def _sign(match: re.Match[bytes]) -> bytes:
    said = match[1]
    return bytes([int(said, 8)]) if said.isdigit() else _SIGNS.get(said, said)


def added_findings(findings: Findings, addition: Addition) -> Findings:
    """Keep of some findings what a change adds."""
    findings.coverage.history = f"not read, since only what was added since {addition.name} counts"
    return replace(
        findings,
        integrations=tuple(_kept(findings.integrations, addition)),
        traces=tuple(_kept(findings.traces, addition)),
        history=(),
        dismissed=tuple(found for found in findings.dismissed if addition.holds(found.path, found.line)),
    )


def _kept(integrations: tuple[Integration, ...], addition: Addition) -> Iterator[Integration]:
    for integration in integrations:
        led = any(addition.holds(path, line) for path, line, _ in integration.chain)
        evidence = tuple(place for place in integration.evidence if _is_added(place, addition, led=led))
        if not evidence:
            continue
        files: dict[str, set[int]] = defaultdict(set)
        for place in evidence:
            files[place.path].add(place.line)
        yield replace(
            integration,
            evidence=evidence,
            files=tuple((path, tuple(sorted(lines))) for path, lines in sorted(files.items())),
            models=tuple(sorted({place.model for place in evidence if place.model})) or integration.models * led,
            chain=integration.chain if led else (),
            further=tuple(place for place in integration.further if _is_added(place, addition, led=False)),
        )


def _is_added(place: Occurrence, addition: Addition, *, led: bool) -> bool:
    """A place counts where its line was added, or a step from it to the model, or the default it takes."""
    steps = any(addition.holds(path, line) for path, line, _ in place.steps)
    return steps or addition.holds(place.path, place.line) or (led and place.chosen)
