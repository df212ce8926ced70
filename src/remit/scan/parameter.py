"""Which parameters of a function hold something, by their type or by what they are where nothing is given.

So code is handed what it asks: `llm: Asker`, `llm=Depends(get_llm)`, `constructor(private readonly llm: Asker)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

HEADER = re.compile(
    r"^\s*(?:(?:export|default|public|private|protected|async|static|override|abstract|final|suspend)\s+){0,4}"
    r"(?:def\s+\w+|function\s*\*?\s*[\w$]*|constructor)\s*(?:<[^>\n]*>)?\("
)
"""The beginning of a function that has a name, up to what it is given."""
_PARAMETER = re.compile(
    r"(?P<kept>(?:(?:private|protected|public|readonly)\s+)*)(?<![\w$.])(?P<name>[A-Za-z_$][\w$]*)\??\s*"
    r"(?::\s*(?P<kind>[^,=()\n]{1,160}(?:\([^()\n]{0,80}\)[^,=()\n]{0,40})?))?\s*"
    r"(?:=\s*(?P<given>[^,\n]{1,160}))?\s*(?=[,)\n]|$)"
)
_NAMES = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*")


class Given(NamedTuple):
    """The parameters of a function that hold something."""

    names: frozenset[str]
    kept: frozenset[str]
    """Those that the object keeps for itself under their own name."""


def given_to(statement: str, own: AbstractSet[str]) -> Given | None:
    """The parameters of a function that hold something which bears one of some names; nothing where there are none."""
    header = HEADER.match(statement)
    if header is None:
        return None
    names, kept = set[str](), set[str]()
    for match in _PARAMETER.finditer(statement, header.end()):
        says = f"{match['kind'] or ''} {match['given'] or ''}"
        if match["name"] not in own and not own.isdisjoint(_NAMES.findall(says)):
            names.add(match["name"])
            if match["kept"]:
                kept.add(match["name"])
    return Given(frozenset(names), frozenset(kept)) if names else None
