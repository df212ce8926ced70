"""What earlier scans found, kept so that an unchanged place is not scanned again.

1. What is kept is known by the contents of the place, by the code and the catalogue that made it, and by what was
   spared; where any of these differs there is nothing to be found.
2. The stamps of the files stand for their contents only once they are old enough that a later change would show.
3. Whatever is wrong with the cache, the scan goes on without it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from remit import __version__
from remit.errors import UsageError
from remit.scan.folder import Folder
from remit.scan.history import checkout_around, shallow_file
from remit.scan.imprint import Imprint, contents, imprint, noted_contents
from remit.scan.packing import findings_of, findings_record, pack, trails_of, trails_record, unpack
from remit.scan.revision import run_git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from remit.scan.coverage import Coverage
    from remit.scan.findings import Findings
    from remit.scan.history import Trail
    from remit.scan.source import Source

_MOST = 600
_TABLE = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, turn INTEGER NOT NULL, body BLOB NOT NULL)"
_FAULTS = (sqlite3.Error, OSError, ValueError, KeyError, TypeError, IndexError, RecursionError)


class Cache:
    """Findings of earlier scans in one file."""

    def __init__(self, file: Path, now: int) -> None:
        self.now = now
        """Nanoseconds since 1970, from whoever may look at the clock."""
        self.own = ""
        """The digest of the rows beside those of the catalogue that ships, by which a place is looked through."""
        self._kept: sqlite3.Connection | None = None
        self._imprints: dict[str, Imprint] = {}
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._kept = _opened(file)
        except _FAULTS:
            self._kept = None  # (3)

    def recall(self, path: Path, source: Source) -> Findings | None:
        """Return what was found in a place as it is now; nothing where it is not known."""
        if not _is_kept(path, source):
            return None
        try:
            seen = self._imprints[str(path)] = imprint(path)
            name = self._read(self._key("stamps", seen.stamps, path, source))
            if name is None and self._read(self._key("shape", seen.shape, path, source)) is not None:
                name = contents(path, source)
            record = self._read(self._key("contents", str(name), path, source)) if name else None
            if record is None:
                return None
            self._stamp(seen, str(name), path, source)
            return findings_of(record, str(path))
        except _FAULTS:
            return None

    def watch(self, path: Path, source: Source) -> None:
        """Have a folder note the digest of each file while it is read."""
        if isinstance(source, Folder) and _is_kept(path, source):
            source.digests = {}

    def keep(self, path: Path, source: Source, findings: Findings) -> None:
        """Keep what was found in a place."""
        seen = self._imprints.get(str(path))
        if seen is None:
            return
        try:
            name = noted_contents(source, findings.coverage) if isinstance(source, Folder) else contents(path, source)
            self._write(self._key("contents", name, path, source), findings_record(findings))
            self._write(self._key("shape", seen.shape, path, source), 1)
            self._stamp(seen, name, path, source)
        except _FAULTS:
            return

    def _stamp(self, seen: Imprint, name: str, path: Path, source: Source) -> None:
        if seen.is_settled(self.now):  # (2)
            self._write(self._key("stamps", seen.stamps, path, source), name)

    def recall_trails(self, root: Path, coverage: Coverage, *, around: bool = False) -> list[Trail] | None:
        """Return what the history of a checkout gave when it ended where it ends now."""
        if not around and not os.path.lexists(root / ".git"):
            return None
        try:
            record = self._read(_history(root, self.own))
            return None if record is None else trails_of(record, coverage)
        except (*_FAULTS, UsageError):
            return None

    def keep_trails(self, root: Path, trails: Iterable[Trail], coverage: Coverage) -> None:
        """Keep what the history of a checkout gave."""
        if not coverage.history.startswith("read"):
            return
        try:
            self._write(_history(root, self.own), trails_record(trails, coverage))
        except (*_FAULTS, UsageError):
            return

    def _read(self, key: str) -> Any:  # noqa: ANN401 - whatever was kept.
        if self._kept is None:
            return None
        row = self._kept.execute("SELECT body FROM kept WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        with self._kept:
            self._kept.execute("UPDATE kept SET turn = (SELECT max(turn) FROM kept) + 1 WHERE key = ?", (key,))
        return unpack(row[0])

    def _write(self, key: str, record: object) -> None:
        if self._kept is None:
            return
        with self._kept:
            (turn,) = self._kept.execute("SELECT coalesce(max(turn), 0) + 1 FROM kept").fetchone()
            self._kept.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (key, turn, pack(record)))
            self._kept.execute(
                "DELETE FROM kept WHERE key IN (SELECT key FROM kept ORDER BY turn DESC LIMIT -1 OFFSET ?)", (_MOST,)
            )

    def _key(self, kind: str, name: str, path: Path, source: Source) -> str:
        """Name what is kept by all that it depends on (1)."""
        parts = [kind, name, maker(), self.own, type(source).__name__, str(os.geteuid())]
        if isinstance(source, Folder):
            root = os.path.realpath(source.root)
            spared = sorted(os.path.relpath(each, root) for each in source.spared)
            parts += [str(source.limit), path.name if path.is_file() else "", *spared]
        else:
            parts.append(path.name)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _opened(file: Path) -> sqlite3.Connection:
    """Open the file; one that is damaged is thrown away, since all of it can be found again."""
    for _ in range(2):
        kept = sqlite3.connect(file, timeout=2)
        try:
            kept.execute("PRAGMA journal_mode = WAL")
            kept.execute("PRAGMA synchronous = OFF")  # What a crash takes from it is found again.
            kept.execute(_TABLE)
        except sqlite3.DatabaseError as fault:
            kept.close()
            if isinstance(fault, sqlite3.OperationalError):
                raise
            file.unlink(missing_ok=True)
        else:
            return kept
    raise OSError(str(file))


def _is_kept(path: Path, source: Source) -> bool:
    return isinstance(source, Folder) or path.is_file()


def _history(root: Path, own: str) -> str:
    """Name what a history gave by where it ends, where it was cut off, and which paths of the checkout it is of."""
    above = None if os.path.lexists(root / ".git") else checkout_around(root)
    below = os.path.relpath(root.resolve(), above) if above else ""
    top = above or root
    head = run_git(top, "rev-parse", "HEAD").decode().strip()
    shallow = shallow_file(top)
    end = shallow.read_text(encoding="utf-8", errors="replace") if shallow.is_file() else ""
    named = f"history\0{head}\0{end}\0{maker()}\0{own}\0{below}"
    return hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()


@cache
def maker() -> str:
    """Digest the code and the catalogue that findings are made by."""
    digest = hashlib.sha256(__version__.encode())
    package = resources.files("remit")
    for folder in ("scan", "scan/detectors", "catalogue", "terms"):
        for file in sorted((package / folder).iterdir(), key=lambda file: file.name):
            if file.name.endswith((".py", ".yaml")):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
