"""A hit with everything around it that a detector asks for: the reading every detector shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.settings import BY_LINE, setting_at, variable_at
from remit.scan.sighting import Place, Sighting, given_to, opens_call, place_of, sightings
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.page import Page

MOST = 1_500
"""Beyond so many hits a file is a table, and the rest of it would say the same again."""
_PROSE = re.compile(r"\s\S+\s\S+\s\S")


class Mention:
    """What stands at one hit, and what it is written into, which is read only when somebody asks."""

    __slots__ = ("_document", "_place", "is_silent", "sighting")

    def __init__(self, document: Page, sighting: Sighting, place: Place | None = None) -> None:
        self._document = document
        self._place = place
        self.sighting = sighting
        self.is_silent = sighting.kind is Kind.COMMENT or sighting.kind is Kind.DOCSTRING
        """Whether it stands where nothing is carried out: a comment or documentation."""

    @property
    def place(self) -> Place:
        """What it is written into."""
        if self._place is None:
            self._place = _place(self._document, self.sighting)
        return self._place

    @property
    def token(self) -> str:
        """The whole string, identifier or comment."""
        return self.sighting.token

    @property
    def line(self) -> int:
        """The line it stands on."""
        return self.sighting.line

    @property
    def kind(self) -> Kind:
        """Whether it is code, a string, a comment or documentation."""
        return self.sighting.kind

    @property
    def is_prose(self) -> bool:
        """Say whether it reads like a sentence rather than a name."""
        return _PROSE.search(self.token) is not None

    @property
    def is_argument(self) -> bool:
        """Say whether it stands directly among the arguments of a call, or of a signature."""
        read = self.kind is Kind.STRING and self._document.language not in BY_LINE
        return read and opens_call(self._document, self.sighting.start)

    @property
    def given_to(self) -> str:
        """The call that is given the object it stands in, as others hand over arguments by name."""
        read = self.kind is Kind.STRING and self._document.language in {"script", "component"}
        return given_to(self._document, self.sighting.start) if read else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every key and call it stands in, from the inside out."""
        own = tuple(name for name in (self.place.key, self.place.callee) if name)
        return own + self.place.around


def mentions(document: Page) -> list[Mention]:
    """Read what stands at every hit of a document."""
    return list(_mentions(document))


def _mentions(document: Page) -> Iterator[Mention]:
    if document.language in BY_LINE:
        done = -1
        for hit in document.hits[:MOST]:
            if hit.start >= done:
                sighting, place = setting_at(document, hit)
                done = sighting.end
                yield Mention(document, sighting, place)
        return
    for number, sighting in enumerate(sightings(document)):
        if number >= MOST:
            return
        read = variable_at(document, sighting) if document.language == "dockerfile" else None
        yield Mention(document, *read) if read is not None else Mention(document, sighting)


def _place(document: Page, sighting: Sighting) -> Place:
    if sighting.kind is not Kind.STRING:
        return Place()
    place = place_of(document, sighting.start)
    if document.language == "json" and _is_json_key(document, sighting):
        return Place(key=place.around[0] if place.around else "", around=place.around[1:], is_key=True)
    return place


def _is_json_key(document: Page, sighting: Sighting) -> bool:
    return document.text[sighting.end + 1 : sighting.end + 6].lstrip().startswith(":")
