"""Find packages that reach models in the manifests of every ecosystem, and say which part of the work needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.context import relation_of, report, shows_use
from remit.scan.manifest import BROUGHT, Requirement, requirements
from remit.scan.occurrence import Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.signatures import normal_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Package

IDENT = "dependency"
_FRAMES = {"framework", "adapter"}


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each requirement of a manifest that reaches models."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    for requirement in (each for each in requirements(document) if each.group != BROUGHT):
        if package := _package(requirement, context):
            yield from _required(document, context, requirement, package)
            yield from _asked_for(document, context, requirement, package)


def _package(requirement: Requirement, context: Context) -> Package | None:
    name = normal_name(requirement.ecosystem, requirement.name)
    if (requirement.ecosystem, name) in context.own_packages:
        return None
    known = context.signatures.packages
    if package := known.get((requirement.ecosystem, name)):
        return package
    if requirement.ecosystem in {"go", "actions"}:  # A path inside a module, or a new major version of it.
        parts = name.split("/")
        for length in range(len(parts) - 1, 1, -1):
            if package := known.get((requirement.ecosystem, "/".join(parts[:length]))):
                return package
    if requirement.ecosystem == "maven" and ":" in name:
        return known.get(("maven", name.split(":", 1)[1]))
    return None


def _required(document: Document, context: Context, requirement: Requirement, package: Package) -> Iterator[Occurrence]:
    if not shows_use(package):
        return
    relation = relation_of(package)
    if package.kind == "agent" and requirement.group != "run":
        relation = Relation.DEVELOPMENT_TOOL
    for maker, channel in report(context, package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=requirement.line,
            maker=maker,
            channel=channel,
            relation=relation,
            role=Role.DEPENDENCY,
            bound=requirement.group,
            says=f"requires {requirement.name}" + ("" if requirement.group == "run" else f" ({requirement.group})"),
        )


def _asked_for(
    document: Document, context: Context, requirement: Requirement, package: Package
) -> Iterator[Occurrence]:
    """The makers after whom the parts of a framework are called that a manifest asks for: `framework[maker]`."""
    if package.kind not in _FRAMES:
        return
    known = context.signatures
    for part, line in requirement.parts:
        word = part.lower().replace("_", "-")
        maker = known.words.get(word) or known.words.get(word.replace("-", ""), "")
        channel = maker[6:] if maker.startswith("other:") and maker[6:] in known.channels else ""
        for found, by in report(context, "" if channel else maker, channel):
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=line,
                maker=found,
                channel=by,
                relation=relation_of(package),
                role=Role.DEPENDENCY,
                bound=requirement.group,
                says=f"requires the part {part} of {requirement.name}",
            )
