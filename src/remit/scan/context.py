"""What every detector may ask besides the document in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.scan.occurrence import Relation
from remit.scan.signatures import MAJOR, normal_name

if TYPE_CHECKING:
    from remit.scan.signatures import Package, Signatures


@dataclass(frozen=True, slots=True)
class Context:
    """The catalogue, and which names of modules the tree itself takes."""

    signatures: Signatures
    own_packages: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Packages that the tree itself makes, and so does not depend on."""
    own_modules: frozenset[str] = field(default_factory=frozenset)
    """Modules of the tree that could be imported by their bare name, and so hide a package."""


def imported(context: Context, ecosystem: str, name: str, separator: str) -> Package | None:
    """Find the package behind an imported name, the longest beginning first."""
    table = context.signatures.imports.get(ecosystem, {})
    name = MAJOR.sub("", name) if ecosystem == "go" else name
    parts = name.split(separator)
    for length in range(len(parts), 0, -1):
        package = table.get(separator.join(parts[:length]))
        if package is not None and (ecosystem, normal_name(ecosystem, package.name)) in context.own_packages:
            return None
        if package is not None:
            return package if shows_use(package) else None
    return None


def relation_of(package: Package) -> Relation:
    """What using a package has to do with its maker, by the kind of package it is."""
    if package.relation:
        return Relation(package.relation)
    return Relation.LOCAL_WEIGHTS if package.kind == "local-runtime" else Relation.RUNTIME_CALL


def relation_when_made(package: Package) -> Relation:
    """What making something of a package has to do with its maker: of source that it published, no more than that."""
    published = relation_of(package) is Relation.VENDOR_SOURCE
    return Relation.VENDOR_SOURCE if published else Relation.RUNTIME_CALL


def shows_use(package: Package) -> bool:
    """Say whether needing a package shows anything: a tool around models shows no use of one."""
    return package.kind != "tool" or bool(package.relation)


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
    # A router or a framework has no maker, and yet something in the tree calls models.
    return found or [("", channel)]
