"""A use of a model, asked for or observed: an action and facts, each with who vouches for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.terms.action import Action


class VouchedBy(IntEnum):
    """Who vouches for a fact, weakest first."""

    DECLARED = 1
    """The caller says so."""
    CONFIGURED = 2
    """The register binds it to the credential, the use case or the scope."""
    MEASURED = 3
    """The gateway or the scan saw it."""
    ATTESTED = 4
    """A party signed it."""

    @property
    def word(self) -> str:
        """Return the word that files and reports use."""
        return self.name.lower()


Value = str | frozenset[str] | int | Decimal | bool


def names_in(value: object) -> frozenset[str] | None:
    """Return the names a value holds; nothing for one that is neither a name nor a set of names."""
    if isinstance(value, str):
        return frozenset((value,)) if value else None
    if isinstance(value, frozenset) and value and all(isinstance(name, str) and name for name in value):
        return value
    return None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a use: a name, a set of names, a number or a truth value; `source` says where it comes from."""

    value: Value
    vouched_by: VouchedBy = VouchedBy.DECLARED
    source: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """One use; a fact that is not here is unknown, never false."""

    action: Action
    facts: Mapping[str, Fact]

    def words(self, attribute: str) -> tuple[str, ...]:
        """Return a fact as words, sorted; nothing when it is unknown."""
        fact = self.facts.get(attribute)
        if fact is None:
            return ()
        return tuple(sorted(fact.value)) if isinstance(fact.value, frozenset) else (str(fact.value),)
