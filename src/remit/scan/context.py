"""What every detector may ask besides the document in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.scan.signatures import Package, Signatures


@dataclass(frozen=True, slots=True)
class Context:
    """The catalogue, and which names of modules the tree itself takes."""

    signatures: Signatures
    own_modules: frozenset[str] = field(default_factory=frozenset)
    """Modules of the tree that could be imported by their bare name, and so hide a package."""


def imported(context: Context, ecosystem: str, name: str, separator: str) -> Package | None:
    """Find the package behind an imported name, the longest beginning first."""
    table = context.signatures.imports.get(ecosystem, {})
    parts = name.split(separator)
    for length in range(len(parts), 0, -1):
        if package := table.get(separator.join(parts[:length])):
            return package
    return None


def report(context: Context, maker: str, channel: str) -> list[tuple[str, str]]:
    """Under which names a maker and a channel are reported: the maker, and the channel where it counts itself."""
    found = [(maker, channel or "direct")] if maker else []
    known = context.signatures.channels.get(channel)
    if known is None:
        return found
    if known.reported and known.reported != maker:
        found.append((known.reported, channel))
    elif not maker and known.unknown:
        found.append((f"?{known.unknown}", channel))
    return found
