"""What was looked at, what was not, and why: the denominators of a scan.

They add up: what is present is what was read and what was skipped. What no tree can show is named beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_INQUIRED: tuple[tuple[str, str], ...] = (
    ("settings of hosted services", "an export of the administrator's settings of each service in use"),
    ("bills and usage exports of makers and clouds", "the last invoices or usage reports, by account"),
    ("traffic leaving the network", "logs of the egress proxy or of name resolution"),
    ("suppliers and their suppliers", "a signed statement of each supplier"),
    ("defaults chosen on a server", "the configuration in force where the system runs"),
    ("commits whose trailers were left out", "a statement of the people who wrote them"),
)
_SHOWN = 50
READ = "read"
SHALLOW = "read in part: a shallow clone"
AROUND = "not read: it is that of the checkout around this place; --history reads it"
"""How it is said what was read of a history."""
_EARLIER = (
    "commits before those of a shallow clone",
    "git fetch --unshallow, or fetch-depth: 0 where it is checked out",
)


@dataclass(slots=True)
class Coverage:
    """Counts of one scan, filled while it goes on."""

    read: int = 0
    parsed: int = 0
    skipped: dict[str, list[str]] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    history: str = "not asked for"

    @property
    def present(self) -> int:
        """Everything found in the place, read or not."""
        return self.read + sum(len(paths) for paths in self.skipped.values())

    @property
    def is_complete(self) -> bool:
        """Say whether nothing that could hold text was left out, and git gave what it has of the history.

        A history is a surface of its own: what a clone never fetched was not inquired, as what no tree shows was not.
        """
        return not set(self.skipped) - COMPLETE_WITHOUT and not self.history.startswith(HISTORY_FAILED)

    @property
    def not_inquired(self) -> tuple[tuple[str, str], ...]:
        """Name each surface that was not looked at, with what would settle it."""
        return (*NOT_INQUIRED, _EARLIER) if self.history == SHALLOW else NOT_INQUIRED

    def skip(self, path: str, why: str) -> None:
        """Count something that was not read."""
        self.skipped.setdefault(why, []).append(path)

    def mark(self, part: str) -> None:
        """Count a file of a part that is read but apart: vendored, generated, test."""
        self.marked[part] = self.marked.get(part, 0) + 1

    def add(self, other: Coverage) -> None:
        """Count what was looked at elsewhere as well."""
        self.read += other.read
        self.parsed += other.parsed
        for why, paths in other.skipped.items():
            self.skipped.setdefault(why, []).extend(paths)
        for part, number in other.marked.items():
            self.marked[part] = self.marked.get(part, 0) + number

    def as_json(self) -> dict[str, object]:
        """Give the counts, each reason with its paths."""
        return {
            "present": self.present,
            "read": self.read,
            "parsed": self.parsed,
            "skipped": {
                why: {"files": len(paths), "paths": sorted(paths)[:_SHOWN]}
                for why, paths in sorted(self.skipped.items())
            },
            "parts": dict(sorted(self.marked.items())),
            "complete": self.is_complete,
            "history": {"read": self.history == READ, "commits": self.commits, "why": self.history},
            "not_inquired": [{"surface": surface, "settled_by": by} for surface, by in self.not_inquired],
        }


HISTORY_FAILED = ("git failed", "git did not answer")
"""How it is said that a history is there and could not be read."""
BINARY = "binary"
LINK = "symbolic link, read where it leads"
OUTSIDE = "symbolic link that leads out of the place"
BROKEN = "symbolic link that leads nowhere"
FOLDER_LINK = "symbolic link to a folder"
LARGE = "larger than the limit"
UNREADABLE = "unreadable"
POINTER = "pointer to a file kept elsewhere (Git LFS)"
SUBMODULE = "submodule that was not fetched"
SPECIAL = "not a file"
ARCHIVE = "archive, not opened; name it as a place of its own"
NESTED = "archive within an archive within an archive"
ENCRYPTED = "encrypted"
PACKING = "packed in a way that is not read here"
ZSTD = "packed with zstd, not read; it takes the library backports.zstd"
STOPPED = "rest of an archive that unpacks to more than the limit"
BROKEN_ARCHIVE = "rest of an archive that is damaged"
GONE = "removed by a later layer of the image"
TERMS = "terms, which say what is agreed and not what is used"
COMPLETE_WITHOUT = {BINARY, LINK, TERMS, GONE}
"""A scan is complete without these: they hold no text, or their text is read elsewhere."""
