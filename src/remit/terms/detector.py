"""Detectors that the register names: models that are given a policy in words and a text, and answer with a label.

What one says is a signal with known errors: `signal.effect` may hold a use or oblige something, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from remit.terms.fields import plain_number
from remit.terms.reference import Reference

if TYPE_CHECKING:
    from remit.terms.fields import Fields

SIGNALS = "signal."
"""How the attributes begin that only a hold or an obligation may ask for."""
NOTHING_SEEN = "none"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DetectorRow:
    """A model that labels a share of texts; it is called as any other use case is, with a key of its own."""

    id: str
    model: str
    policy: str
    key_from: str
    """The variable of the environment that holds the gateway's key of the use case that its calls belong to."""
    labels: dict[str, str] = field(default_factory=dict)
    """The effect that each label stands for; any other answer stands for none."""
    share: Decimal = Decimal(1)
    use_cases: frozenset[str] = frozenset()
    """The use cases that are looked at; all where none is named."""
    lasts: timedelta = _DAY
    """How long a signal stays up."""


def read_detector_row(fields: Fields, references: list[Reference]) -> DetectorRow:
    """Read one row; its names are noted for checking."""
    model = fields.ident("model", "the model that is asked")
    if model:
        references.append(Reference(fields, "model", "model.id", model))
    cases = fields.names("use_cases")
    references.extend(Reference(fields, "use_cases", "use.case", case) for case in cases)
    return DetectorRow(
        fields.ident("id", "a detector needs a name"),
        model,
        fields.text("policy", "what the model is told to look for, in words"),
        _key_from(fields),
        _labels(fields, references),
        _share(fields),
        frozenset(cases),
        fields.length("lasts") or _DAY,
    )


def _labels(fields: Fields, references: list[Reference]) -> dict[str, str]:
    """Read which effect each label stands for."""
    inner = fields.inner("labels", "which effect each answer stands for: labels: {violence: force}")
    if inner is None:
        return {}
    found = {}
    for label in inner.node.entries:
        effect = inner.ident(label)
        if effect:
            references.append(Reference(inner, label, "signal.effect", effect))
            found[label.lower()] = effect
    if not inner.node.entries:
        fields.fault("labels", "stands for nothing: name an answer and the effect it stands for")
    return found


def _share(fields: Fields) -> Decimal:
    scalar = fields.scalar("share")
    if scalar is None:
        return Decimal(1)
    number = plain_number(scalar)
    if number is None or not 0 < number <= 1:
        fields.fault("share", "expected a number above 0 and up to 1, such as 0.05")
        return Decimal(1)
    return Decimal(number)


def _key_from(fields: Fields) -> str:
    row = fields.inner("key", "where its key stands: key: {env: NAME}")
    if row is None:
        return ""
    name = row.text("env", "the variable of the environment that holds the key")
    if name and not _VARIABLE.fullmatch(name):
        row.fault("env", "expected the name of a variable of the environment, and never the key itself")
    row.done()
    return name
