"""What the places of one file weigh, once the file as a whole has been looked at.

1. A list of rules catches what others write, so what it names is no use; but what it imports, calls or asks is.
2. A table of prices calls nothing; in a file of settings nothing else stands in one either.
3. The tests that a file holds within itself count as tests, and what they only name counts for nothing.
4. In a file of links to the sites of makers, for people to follow, their names are titles.
5. A file of XML that is running text between a few marks is a document, whatever reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.occurrence import Grip, Role
from remit.scan.table import is_rule_list, is_running_text, links_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.document import Document
    from remit.scan.occurrence import Occurrence

_LISTED = {Role.SELECTABLE, Role.ADDRESS, Role.NAME}
_SETTINGS = {"json", "yaml", "toml", "ini", "text", "xml"}
_RUN = {"agent-file", "python-call", "script-call", "other-code", "command", "workflow", "container", "dependency"}


def weighed(document: Document, found: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """Give each place of a file the role that the whole file leaves it."""
    places = list(found)
    rules = is_rule_list(document) and not any(_runs(place) for place in places)
    links = _linked(document, places)
    written = is_running_text(document)
    for place in places:
        if written:  # (5)
            yield replace(place, role=Role.DOCUMENTATION, chosen=False)
        elif rules and place.detector not in _RUN:  # (1)
            yield replace(place, role=Role.RULE, chosen=False)
        elif document.is_price_list and (place.role in _LISTED or document.language in _SETTINGS):  # (2)
            yield replace(place, role=Role.TABLE, chosen=False)
        elif place.line >= document.tests_from:  # (3)
            yield replace(place, role=Role.TEST if place.grip is Grip.LOOSE else place.role, tested=True)
        elif links and place.grip is Grip.LOOSE and place.role in {Role.NAME, Role.SELECTABLE}:  # (4)
            yield replace(place, role=Role.LINK, chosen=False)
        else:
            yield place


def _runs(place: Occurrence) -> bool:
    """Say whether something is carried out at a place: an import, a call, a question to an address."""
    return place.detector in _RUN - {"dependency", "agent-file"} or (place.role is Role.CALL_SITE and not place.model)


def _linked(document: Document, places: list[Occurrence]) -> bool:
    """Say whether a file names makers only to link to their sites."""
    return links_out(document) and all(place.grip is Grip.LOOSE for place in places)
