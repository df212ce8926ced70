"""One share of a source: read and sifted, then looked through by the detectors, then asked for short names.

Between the steps stands what only the whole tree can say, so every share waits there for the others. Of a file no
more is kept than is needed to read it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from remit.scan.coverage import Coverage
from remit.scan.detectors import locked_package
from remit.scan.detectors.register import DETECTORS
from remit.scan.document import Document
from remit.scan.integration import SILENT
from remit.scan.language import language_of
from remit.scan.notebook import cells
from remit.scan.part import Part
from remit.scan.resolve import Aliases, names_of, resolved
from remit.scan.shelf import Shelf
from remit.scan.ties import Ties
from remit.scan.weight import weighed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from remit.scan.context import Context
    from remit.scan.occurrence import Occurrence, Role
    from remit.scan.signatures import Signatures
    from remit.scan.source import Reading, Source

    Placed = tuple[int, list[Occurrence]]
    Named = tuple[int, list[tuple[str, Occurrence]]]

NOTEBOOKS = {"notebook", "quarto"}
_HELD = 16 * 1024 * 1024
"""Bytes of files that are held as they are, so that a small tree is read once."""


@dataclass(slots=True)
class Sifted:
    """What one share says of the whole tree."""

    coverage: Coverage
    ties: Ties = field(default_factory=Ties)
    parts: dict[str, Part] = field(default_factory=dict)
    """What each file that holds something is for."""
    terms: set[str] = field(default_factory=set)
    """The folders of terms."""
    digests: dict[str, bytes] | None = None


class Stage:
    """One share of a source."""

    def __init__(self, source: Source, known: Signatures, shelf: Shelf | None = None) -> None:
        self.source = source
        self.known = known
        self.shelf = shelf or Shelf()
        """Where what cannot be read again is laid by."""
        self.documents: list[tuple[int, Document]] = []
        self._held = 0

    def sift(self, progress: Callable[[str], None] | None) -> Sifted:
        """Read every file of the share, and keep those in which something of the catalogue stands."""
        sifted = Sifted(Coverage())
        for number, reading in enumerate(self.source.readings(sifted.coverage)):
            if progress is not None:
                progress(reading.path)
            hits = self.known.sieve.hits(reading.data)
            language = language_of(reading.path, reading.data[:200])
            needed = sifted.ties.read(reading.path, reading.data, language)
            kept = bool(hits) or self.known.agent_of(reading.path) is not None
            if (needed or kept) and reading.again is None:
                reading = replace(reading, again=self.shelf.lay(reading.data))  # noqa: PLW2901 - the same, laid by.
            if needed and reading.again is not None:
                sifted.ties.again[reading.path] = reading.again
            if not kept:
                sifted.coverage.mark("without a hit")
                continue
            document = Document(reading.path, reading.data, hits, language=language)
            sifted.coverage.mark(document.part.value)
            sifted.parts[document.path] = document.part
            if document.path.rsplit("/", 1)[-1] == "remit.yaml":
                sifted.terms.add(document.path.removesuffix("remit.yaml"))
            place = number if reading.number is None else reading.number
            self.documents += [(place, each) for each in self._kept(document, reading)]
        sifted.coverage.parsed = len(self.documents)
        return sifted

    def _kept(self, document: Document, reading: Reading) -> Iterator[Document]:
        """The documents of one file, each with a way to have its bytes again once there is much to hold."""
        self._held += len(document.data)
        if document.language in NOTEBOOKS:
            for cell in cells(document, self.known.sieve):
                cell.lay_by(None, self.known.sieve)
                yield cell
            return
        document.lay_by(reading.again, self.known.sieve, held=self._held <= _HELD)
        yield document

    def detect(self, context: Context, shipped: frozenset[str]) -> tuple[list[Placed], list[Named]]:
        """Look through every file that was kept, and say which short names its models go by."""
        found: list[Placed] = []
        names: list[Named] = []
        for number, document in self.documents:
            document.ship(shipped)
            places = list(_once(list(_places(document, context))))
            if named := names_of(document, places):
                names.append((number, named))
            document.forget()
            if places:
                found.append((number, places))
        return found, names

    def take(self, stands: Mapping[str, Occurrence]) -> list[Placed]:
        """Find where a short name is taken by default."""
        aliases = Aliases(stands)
        taken = ((number, list(resolved(document, aliases, self.known))) for number, document in self.documents)
        return [(number, places) for number, places in taken if places]


def _places(document: Document, context: Context) -> Iterator[Occurrence]:
    if document.part is Part.LOCK:
        return locked_package.detect(document, context)
    return weighed(document, chain.from_iterable(detector.detect(document, context) for detector in DETECTORS))


def _once(places: list[Occurrence]) -> Iterator[Occurrence]:
    """Of the places at which nothing is carried out, the first of each kind says all that is told of them."""
    first: dict[tuple[str, Role], Occurrence] = {}
    for place in (place for place in places if place.role in SILENT):
        known = first.setdefault((place.maker, place.role), place)
        if place.line < known.line:
            first[place.maker, place.role] = place
    yield from (place for place in places if place.role not in SILENT or first[place.maker, place.role] is place)
