"""What the places of one file weigh, once the file as a whole has been looked at.

1. A list of rules catches what others write, so what it names is no use; but what it imports, calls or asks is.
2. A table of prices calls nothing; in a file of settings nothing else stands in one either.
3. The tests that a file holds within itself count as tests, and what they only name counts for nothing.
4. In a file of links to the sites of makers, for people to follow, their names are titles.
5. What a workflow gives to somebody's action, by an input for a model or a key, is a tool of development's.
6. A file of XML that is running text between a few marks is a document, whatever reads it. So is the description of
   an interface, which says what some service answers and asks none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.detectors.workflow import USES
from remit.scan.occurrence import Grip, Relation, Role
from remit.scan.part import Part
from remit.scan.table import describes_interface, is_rule_list, is_running_text, links_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.document import Document
    from remit.scan.occurrence import Occurrence

_INPUT = re.compile(r"model|provider|llm|key|token", re.IGNORECASE)
_STEP = 40
_LISTED = {Role.SELECTABLE, Role.ADDRESS, Role.NAME}
_SETTINGS = {"json", "yaml", "toml", "ini", "text", "xml"}
_RUN = {"agent-file", "python-call", "script-call", "other-code", "command", "workflow", "container", "dependency"}


def weighed(document: Document, found: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """Give each place of a file the role that the whole file leaves it."""
    places = list(found)
    rules = is_rule_list(document) and not any(_runs(place) for place in places)
    links = _linked(document, places)
    written = is_running_text(document) or describes_interface(document)
    for place in places:
        if written:  # (6)
            yield replace(place, role=Role.DOCUMENTATION, chosen=False)
        elif rules and place.detector not in _RUN:  # (1)
            yield replace(place, role=Role.RULE, chosen=False)
        elif document.is_price_list and (place.role in _LISTED or document.language in _SETTINGS):  # (2)
            yield replace(place, role=Role.TABLE, chosen=False)
        elif place.line >= document.tests_from:  # (3)
            yield replace(place, role=Role.TEST if place.grip is Grip.LOOSE else place.role, tested=True)
        elif document.part is Part.CI and _is_given_to_action(document, place):
            yield replace(place, relation=Relation.DEVELOPMENT_TOOL)  # (5)
        elif links and place.grip is Grip.LOOSE and place.role in {Role.NAME, Role.SELECTABLE}:  # (4)
            yield replace(place, role=Role.LINK, chosen=False)
        else:
            yield place


def _runs(place: Occurrence) -> bool:
    """Say whether something is carried out at a place: an import, a call, a question to an address."""
    return place.detector in _RUN - {"dependency", "agent-file"} or (place.role is Role.CALL_SITE and not place.model)


def _is_given_to_action(document: Document, place: Occurrence) -> bool:
    """Say whether a place is an input of an action that is not the tree's own."""
    parents, keys = document.outline
    given = parents[place.line - 1]
    if document.language != "yaml" or given < 0 or keys[given] != "with" or not _INPUT.search(keys[place.line - 1]):
        return False
    above, below = document.rows[max(0, given - _STEP) : given + 1][::-1], document.rows[given + 1 : given + _STEP]
    return any(USES.match(row) for rows in (above, below) for row in _step(rows))


def _step(rows: list[str]) -> Iterator[str]:
    """The rows of one step of a workflow, from within it; a dash begins it, or the next."""
    for row in rows:
        yield row
        if row.lstrip().startswith("- "):
            return


def _linked(document: Document, places: list[Occurrence]) -> bool:
    """Say whether a file names makers only to link to their sites."""
    return links_out(document) and all(place.grip is Grip.LOOSE for place in places)
