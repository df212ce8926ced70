"""Makes a use again of what a decision's entry commits to."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from remit.gateway.people.interval import read_fact
from remit.terms.action import Action
from remit.terms.attribute import AttributeType
from remit.terms.use import Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from remit.terms.terms import Terms
    from remit.terms.use import Value

_VOUCHED = {each.word: each for each in VouchedBy}


def read_use(terms: Terms, contents: Mapping[str, Any]) -> Use | None:
    """Make a use of the opened contents of an entry; nothing where they hold none that can be read."""
    try:
        use = contents["use"]
        return Use(
            Action(use["action"]),
            {
                name: read_fact(name, _value(terms, name, value), _VOUCHED[vouched], source)
                for name, (value, vouched, source) in use["facts"].items()
            },
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _value(terms: Terms, name: str, value: Any) -> Value:  # noqa: ANN401 - it is what JSON can hold.
    if type(value) is list:
        return frozenset(value)
    attribute = terms.vocabulary.attributes.get(name)
    if type(value) is str and attribute is not None and attribute.type is AttributeType.NUMBER:
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    found: Value = value
    return found
