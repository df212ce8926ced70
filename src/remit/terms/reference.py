"""A name in the register that must exist elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.terms.fields import Fields


@dataclass(frozen=True, slots=True)
class Reference:
    """A name and its place: checked once the vocabulary is known."""

    fields: Fields
    key: str
    attribute: str
    name: str
