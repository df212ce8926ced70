"""Scan places: documents in, occurrences out, integrations joined. The public entry of the wing."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.scan.context import Context
from remit.scan.coverage import Coverage
from remit.scan.detectors.register import DETECTORS
from remit.scan.document import Document
from remit.scan.findings import Findings
from remit.scan.history import trails
from remit.scan.integration import Joined, join
from remit.scan.language import language_of
from remit.scan.notebook import cells
from remit.scan.part import Part
from remit.scan.place import source_of
from remit.scan.reach import with_reach
from remit.scan.resolve import resolved
from remit.scan.signatures import Signatures, signatures
from remit.scan.ties import Ties
from remit.scan.weight import weighed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from remit.scan.cache import Cache
    from remit.scan.history import Trail
    from remit.scan.occurrence import Occurrence
    from remit.scan.source import Source

TERMS = "remit"
"""The folder within a place where its terms usually stand."""


def scan(
    paths: Iterable[Path],
    *,
    progress: Callable[[str], None] | None = None,
    revision: str = "",
    cache: Cache | None = None,
) -> list[Findings]:
    """Scan each path on its own; terms that stand in their usual folder are no use of a model."""
    if not revision:
        return [scan_path(path, progress=progress, spared=_terms(path / TERMS), cache=cache) for path in paths]
    from remit.scan.revision import Revision  # noqa: PLC0415 - most scans are of what lies there.

    return [scan_path(path, progress=progress, history=False, source=Revision(path, revision)) for path in paths]


def _terms(folder: Path) -> Iterable[Path]:
    """The files of a folder that are read as terms."""
    if not folder.is_dir():
        return ()
    from remit.terms.folder import terms_files  # noqa: PLC0415 - most places hold no terms, and reading them is a wing.

    return terms_files(folder)


def scan_path(
    path: Path,
    *,
    progress: Callable[[str], None] | None = None,
    history: bool = True,
    spared: Iterable[Path] = (),
    source: Source | None = None,
    cache: Cache | None = None,
) -> Findings:
    """Scan one folder, checkout, file or other source; the files of terms within it are spared."""
    if not path.exists():
        raise UsageError(f"Nothing was scanned: {path} does not exist.")
    source = source or source_of(path, spared)
    findings = None if cache is None else cache.recall(path, source)
    if findings is None:
        findings = _found(path, source, progress, cache)
    if not history or not path.is_dir():
        return findings
    return replace(findings, history=tuple(_history(path, findings.coverage, cache)))


def _found(path: Path, source: Source, progress: Callable[[str], None] | None, cache: Cache | None) -> Findings:
    coverage = Coverage()
    if cache is not None:
        cache.watch(path, source)
    joined = _tree(source, signatures(), coverage, progress)
    findings = Findings(str(path), joined.integrations, joined.traces, (), joined.dismissed, coverage, joined.landscape)
    if cache is not None:
        cache.keep(path, source, findings)
    return findings


def _history(path: Path, coverage: Coverage, cache: Cache | None) -> list[Trail]:
    remembered = None if cache is None else cache.recall_trails(path, coverage)
    if remembered is not None:
        return remembered
    found = trails(path, signatures(), coverage)
    if cache is not None:
        cache.keep_trails(path, found, coverage)
    return found


def _tree(source: Source, known: Signatures, coverage: Coverage, progress: Callable[[str], None] | None) -> Joined:
    documents: list[Document] = []
    parts: dict[str, Part] = {}
    terms: set[str] = set()
    ties = Ties()
    for reading in source.readings(coverage):
        if progress is not None:
            progress(reading.path)
        hits = known.sieve.hits(reading.data)
        language = language_of(reading.path, reading.data[:200])
        ties.read(reading.path, reading.data, language)
        if not hits and known.agent_of(reading.path) is None:
            coverage.mark("without a hit")
            continue
        document = Document(reading.path, reading.data, hits, language=language)
        coverage.mark(document.part.value)
        if document.part is Part.LOCK:
            continue
        if document.part is Part.DOCUMENTATION:
            document.hits = list({hit.literal: hit for hit in reversed(hits)}.values())[::-1]
        parts[document.path] = document.part
        if document.path.rsplit("/", 1)[-1] == "remit.yaml":
            terms.add(document.path.removesuffix("remit.yaml"))
        documents.extend(cells(document, known.sieve) if document.language in {"notebook", "quarto"} else [document])
    ties.settle()
    for document in (document for document in documents if document.path in ties.shipped):
        document.part = parts[document.path] = Part.CODE
    context = Context(known, frozenset(ties.packages), frozenset(ties.modules))
    coverage.parsed = len(documents)
    found = list(_occurrences(documents, context))
    found += resolved(documents, found, known)
    return with_reach(join(found, parts, frozenset(terms), known, ties.units(known.scope_words)), documents, ties)


def _occurrences(documents: list[Document], context: Context) -> Iterator[Occurrence]:
    for document in documents:
        found = chain.from_iterable(detector.detect(document, context) for detector in DETECTORS)
        yield from weighed(document, found)
        document.forget()
