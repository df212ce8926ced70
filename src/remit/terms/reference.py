"""A name in the register that must exist elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.terms.fields import Fields


INSTRUMENT = "instrument"
"""What stands for an attribute where the name is that of an instrument, which may not be on file yet."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name and its place: checked once the vocabulary is known."""

    fields: Fields
    key: str
    attribute: str
    name: str
