"""Findings as SPDX 3.0.1 in JSON-LD, with the classes of its AI profile.

1. Each model is an AI package, each maker an organisation, each file with a place in it a file that is evidence.
2. Conformance to the AI profile is not claimed: it asks for a release time and a place to download from, which
   nobody outside knows of a hosted model.
3. Relationships say that they are incomplete where something was not read, and assert nothing otherwise.
4. The standard demands a time; where none was given it is the zero of time, and the comment says so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from remit import __version__
from remit.canonical import canonical
from remit.scan.formats.cyclonedx import UNNAMED
from remit.scan.formats.inventory import located, say_limits
from remit.scan.formats.lineage import SPDX_LICENCES, lineage_of, name_of
from remit.scan.occurrence import Relation

if TYPE_CHECKING:
    from remit.scan.formats.inventory import Inventory, Item

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_ZERO = "1970-01-01T00:00:00Z"
_NO_MODEL = {Relation.VENDOR_SOURCE, Relation.PROTOCOL_ONLY}
_CREATION = "_:creation"


def spdx_document(inventory: Inventory, *, timestamp: str = "") -> dict[str, Any]:
    """Return the document; the same inventory gives the same one."""
    graph = _Graph(inventory)
    for item in inventory.items:
        if item.integration.relation not in _NO_MODEL:
            graph.add_use(item)
    return graph.document(timestamp or _ZERO, given=bool(timestamp))


class _Graph:
    """The elements of one document by their identifier, filled use by use."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        content = [findings.path for findings in inventory.findings]
        content += [f"{item.says}{item.scope}{item.verdict}" for item in inventory.items]
        self.base = f"urn:remit:{hashlib.sha256(canonical(content)).hexdigest()[:32]}:"  # No address of anybody's.
        self.elements: dict[str, dict[str, Any]] = {}
        self.completeness = "noAssertion" if inventory.is_complete else "incomplete"  # (3)
        self.evidence: dict[str, set[str]] = {}
        for findings in inventory.findings:
            place = self.element("software_Package", f"place:{findings.path}", name=findings.path)
            place["software_primaryPurpose"] = "application"
            for word, text in say_limits(findings):
                self.annotate(f"place:{findings.path}", f"{word}: {text}")

    def element(self, kind: str, key: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever SPDX has.
        ident = self.ident(key)
        made = {"type": kind, "spdxId": ident, "creationInfo": _CREATION, **properties}
        return self.elements.setdefault(ident, made)

    def ident(self, key: str) -> str:
        return self.base + hashlib.sha256(key.encode()).hexdigest()[:16]

    def annotate(self, subject: str, statement: str) -> None:
        self.element(
            "Annotation", f"note:{subject}:{statement}",
            annotationType="other", subject=self.ident(subject), statement=statement,
        )  # fmt: skip

    def relate(self, subject: str, kind: str, target: str) -> None:
        self.element(
            "Relationship", f"{subject}:{kind}:{target}", relationshipType=kind,
            completeness=self.completeness, to=[self.ident(target)], **{"from": self.ident(subject)},
        )  # fmt: skip

    def add_use(self, item: Item) -> None:
        found = item.integration
        for name in found.models or ("",):
            model = self.add_model(found.maker, name)
            self.relate(f"place:{item.place}", "dependsOn", model)
            self.annotate(model, item.says)
            if item.verdict:
                self.annotate(model, f"verdict in {item.scope}: {item.verdict}")
            for place in found.evidence:
                if place.model in {name, ""}:
                    path = located(item.place, place.path)
                    self.element("software_File", f"file:{path}", name=path)
                    self.relate(model, "hasEvidence", f"file:{path}")

    def add_model(self, maker: str, name: str) -> str:
        key = f"model:{maker}/{name}"
        organisation = self.element("Organization", f"maker:{maker}", name=name_of(maker))
        package = self.element(
            "ai_AIPackage", key, name=name or f"{UNNAMED} ({name_of(maker)})",
            software_primaryPurpose="model", suppliedBy=organisation["spdxId"],
        )  # fmt: skip
        lineage = lineage_of(name) if name else None
        if lineage is None:
            return key
        child = key
        for ancestor in lineage.ancestors:
            above = f"model:{ancestor.maker}/{ancestor.id}"
            self.element("ai_AIPackage", above, name=ancestor.id, software_primaryPurpose="model")
            self.relate(child, "descendantOf", above)
            child = above
        if lineage.model.licence:
            package["comment"] = (
                f"Its licence by the catalogue: {SPDX_LICENCES.get(lineage.model.licence, lineage.model.licence)}."
            )
        return key

    def document(self, timestamp: str, *, given: bool) -> dict[str, Any]:
        ours = self.element("SoftwareAgent", "remit", name=f"Remit {__version__}")
        creation: dict[str, Any] = {
            "type": "CreationInfo",
            "@id": _CREATION,
            "specVersion": "3.0.1",
            "created": timestamp,
            "createdBy": [ours["spdxId"]],
        }
        if not given:
            creation["comment"] = "No time was given; the standard demands one, and the zero of time stands for none."
        roots = [self.ident(f"place:{findings.path}") for findings in self.inventory.findings]
        bill = {
            "type": "software_Sbom",
            "spdxId": self.ident("bill"),
            "creationInfo": _CREATION,
            "software_sbomType": ["analyzed"],
            "rootElement": roots,
            "element": sorted(self.elements),
            "profileConformance": ["core", "software"],  # (2)
        }
        document = {
            "type": "SpdxDocument",
            "spdxId": self.ident("document"),
            "creationInfo": _CREATION,
            "name": "Models found by Remit",
            "rootElement": [bill["spdxId"]],
            "profileConformance": ["core", "software"],
        }
        elements = [self.elements[ident] for ident in sorted(self.elements)]
        return {"@context": CONTEXT, "@graph": [creation, document, bill, *elements]}
