"""The declarations of a CycloneDX bill: the same statement for readers of bills (CycloneDX 1.6, "declarations").

1. The order is a standard, and the question it asks is its requirement; the statement is a claim with its evidence.
2. A requirement is never said to be met: the rationale says what was found and what was not looked at, without a score.
3. Nothing is signed inside the bill. The affirmation leads to the envelope that is.
"""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING, Any

from remit.attest.files import ENVELOPE
from remit.canonical import canonical
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.attest.predicates.model_integration import ModelIntegration
    from remit.attest.predicates.parts import File
    from remit.attest.statement import Subject

_NAMESPACE = uuid.UUID("a2b1b3b0-5a3c-5a43-8a4e-0c1d4b7d9e52")
_ORGANISATION_KEY = "organization"  # misspelt on purpose: a key of CycloneDX
_CLAIM, _ASSESSOR, _ORGANISATION = "claim:integration", "assessor:self", "organisation:self"


def with_declarations(
    bill: Mapping[str, Any], predicate: ModelIntegration, subjects: Iterable[Subject], files: Iterable[File]
) -> dict[str, Any]:
    """Return a bill with the declarations of a statement, and a serial number of its own."""
    document: dict[str, Any] = copy.deepcopy(dict(bill))
    document.pop("serialNumber", None)
    requirement = f"order:{predicate.order.id}"
    evidence = [_evidence(predicate, file) for file in files]
    document["definitions"] = {"standards": [_standard(predicate, requirement)]}
    document["declarations"] = {
        "assessors": [
            {"bom-ref": _ASSESSOR, "thirdParty": False, _ORGANISATION_KEY: {"name": predicate.scope.org}},
        ],
        "attestations": [_attestation(predicate, requirement)],
        "claims": [_claim(predicate, subjects, evidence)],
        "evidence": evidence,
        "targets": {f"{_ORGANISATION_KEY}s": [{"bom-ref": _ORGANISATION, "name": predicate.scope.org}]},
        "affirmation": _affirmation(predicate),
    }
    document["serialNumber"] = uuid.uuid5(_NAMESPACE, canonical(document).decode()).urn
    return document


def _standard(predicate: ModelIntegration, requirement: str) -> dict[str, Any]:
    order, target = predicate.order, predicate.target
    asked = f"Which models of {target.provider} are part of what is named, and where was it looked?"
    return {
        "bom-ref": f"standard:{order.id}",
        "name": order.id,
        "version": str(order.version),
        "description": f"The text whose SHA-256 is {order.sha256}.",
        "requirements": [{"bom-ref": requirement, "identifier": order.id, "text": asked}],
    }


def _attestation(predicate: ModelIntegration, requirement: str) -> dict[str, Any]:
    """Map the claim to the requirement, without a score: to have looked at most of it is not to be mostly right (2)."""
    return {
        "summary": f"{predicate.target.provider}: {predicate.status}",
        "assessor": _ASSESSOR,
        "map": [{"requirement": requirement, "claims": [_CLAIM], "conformance": {"rationale": say_status(predicate)}}],
    }


def _claim(predicate: ModelIntegration, subjects: Iterable[Subject], evidence: list[dict[str, Any]]) -> dict[str, Any]:
    about = ", ".join(
        f"{subject.name} ({algorithm}:{value})" for subject in subjects for algorithm, value in subject.digest.items()
    )
    return {
        "bom-ref": _CLAIM,
        "target": _ORGANISATION,
        "predicate": f"{say_status(predicate)} This is about {about}.",
        "reasoning": f"{predicate.method.kind} with {predicate.method.tool}",
        "evidence": [row["bom-ref"] for row in evidence],
    }


def _evidence(predicate: ModelIntegration, file: File) -> dict[str, Any]:
    return {
        "bom-ref": f"evidence:{file.name}",
        "propertyName": "file",
        "description": f"{file.name}, whose SHA-256 is {file.sha256}",
        "data": [{"name": file.name, "contents": {"url": file.name}}],
        "created": write_instant(predicate.validity.start),
        "expires": write_instant(predicate.validity.end),
    }


def _affirmation(predicate: ModelIntegration) -> dict[str, Any]:
    who = predicate.affirmed_by
    signatory: dict[str, Any] = {
        _ORGANISATION_KEY: {"name": predicate.scope.org},
        "externalReference": {"type": "attestation", "url": ENVELOPE, "comment": "the signed statement"},
    }
    if who is not None:
        signatory |= {"name": who.name, "role": who.role}
    return {"statement": say_status(predicate), "signatories": [signatory]}


def say_status(predicate: ModelIntegration) -> str:
    """Say in a sentence or two what was found and what was not looked at."""
    target = predicate.target
    which = "Models" if target.models == ("*",) else f"Models ({', '.join(target.models)})"
    found = predicate.findings
    counts = ", ".join(f"{count} {relation}" for relation, count in found.relations.items())
    accepted = f", of which {found.accepted} within the terms" if found.accepted else ""
    said = f"{which} of {target.provider}: {predicate.status}{f' ({counts}{accepted})' if counts else ''}."
    gaps = f" Not looked at, or not wholly: {'; '.join(predicate.gaps)}." if predicate.gaps else ""
    return said + gaps
