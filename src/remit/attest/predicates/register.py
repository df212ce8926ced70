"""The predicates there are, by the type that a statement names; a row here and a file beside it make one more."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from remit.attest.predicates import (
    assessment,
    model_integration,
    model_usage,
    receipt,
    reconciliation,
    removal,
    terms,
)
from remit.attest.predicates.assessment import Assessment
from remit.attest.predicates.model_integration import ModelIntegration
from remit.attest.predicates.model_usage import ModelUsage
from remit.attest.predicates.receipt import Receipt
from remit.attest.predicates.reconciliation import Reconciliation
from remit.attest.predicates.removal import RemovalRecord
from remit.attest.predicates.terms import TermsRecord
from remit.attest.shape import DRAFT
from remit.attest.statement import PREDICATES
from remit.errors import EvidenceRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.attest.predicates.parts import File
    from remit.attest.shape import Fields
    from remit.attest.statement import Statement

Predicate = ModelIntegration | ModelUsage | TermsRecord | RemovalRecord | Reconciliation | Receipt | Assessment

SHAPES: dict[str, Fields] = {
    assessment.PREDICATE_TYPE: assessment.SHAPE,
    model_integration.PREDICATE_TYPE: model_integration.SHAPE,
    model_usage.PREDICATE_TYPE: model_usage.SHAPE,
    receipt.PREDICATE_TYPE: receipt.SHAPE,
    reconciliation.PREDICATE_TYPE: reconciliation.SHAPE,
    removal.PREDICATE_TYPE: removal.SHAPE,
    terms.PREDICATE_TYPE: terms.SHAPE,
}
_READERS: dict[str, Callable[[dict[str, Any]], Predicate]] = {
    assessment.PREDICATE_TYPE: Assessment.from_dict,
    model_integration.PREDICATE_TYPE: ModelIntegration.from_dict,
    model_usage.PREDICATE_TYPE: ModelUsage.from_dict,
    receipt.PREDICATE_TYPE: Receipt.from_dict,
    reconciliation.PREDICATE_TYPE: Reconciliation.from_dict,
    removal.PREDICATE_TYPE: RemovalRecord.from_dict,
    terms.PREDICATE_TYPE: TermsRecord.from_dict,
}


def read_predicate(statement: Statement) -> Predicate:
    """Read the predicate of a statement; raise where its type is not known, or with every fault of it."""
    reader = _READERS.get(statement.predicate_type)
    if reader is None:
        raise EvidenceRefused("predicate", f"no predicate of the type {statement.predicate_type} is known here")
    return reader(dict(statement.predicate))


def named_files(predicate: Predicate) -> tuple[File, ...]:
    """Return the files that go with a statement, by the digests that it names."""
    return predicate.findings.evidence if isinstance(predicate, ModelIntegration) else predicate.evidence


def name_of(predicate_type: str) -> str:
    """Return the short name of one of our predicates, such as `model-integration`."""
    return predicate_type.removeprefix(PREDICATES).partition("/")[0]


def type_of(name: str) -> str:
    """Return the type of one of our predicates by its short name."""
    return next(known for known in SHAPES if name_of(known) == name)


def make_schema(predicate_type: str) -> dict[str, Any]:
    """Write the JSON Schema of a predicate from the shape that its reader goes by."""
    title = f"The predicate {predicate_type.removeprefix(PREDICATES)} of an in-toto statement"
    return {"$schema": DRAFT, "$id": predicate_type, "title": title, **SHAPES[predicate_type].schema()}


def published_schema(name: str) -> dict[str, Any]:
    """Return the published JSON Schema of a predicate, by its short name."""
    file = f"{name.replace('-', '_')}.schema.json"
    text = (resources.files("remit") / "attest" / "predicates" / file).read_text(encoding="utf-8")
    return dict(json.loads(text))
