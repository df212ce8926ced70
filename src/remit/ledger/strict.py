"""JSON as evidence needs it: no key twice, no fraction or exponent, no NaN, no Infinity.

`json.loads('{"o":"deny","o":"allow"}')` says allow. What two readers may read differently is refused by this one.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


class NotStrict(ValueError):
    """Well-formed JSON that evidence may not hold; `step` names the check that refused it."""

    def __init__(self, step: str, says: str) -> None:
        self.step = step
        super().__init__(says)


def read_json(text: str) -> Any:  # noqa: ANN401 - whatever JSON can hold.
    """Read JSON with nothing before it or after; raise `ValueError` where it is none, `NotStrict` where not strict."""
    value, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError(f"something follows at character {end}")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict("entry-duplicate", f"has the key {twice!r:.80} twice")
    return members


def _no_fraction(text: str) -> NoReturn:
    raise NotStrict("entry-number", f"has the number {text:.40}, which is not whole")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_no_fraction, parse_constant=_no_fraction)
