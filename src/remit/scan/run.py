"""Scan places: documents in, occurrences out, integrations joined. The public entry of the wing."""

from __future__ import annotations

from dataclasses import replace
from os.path import isdir  # It says no of a folder that may not be read, where a path's own question raises.
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.scan.context import Context
from remit.scan.coverage import Coverage
from remit.scan.crew import Alone, Crew, crew_of, in_order
from remit.scan.findings import Findings
from remit.scan.folder import Folder
from remit.scan.history import trails
from remit.scan.integration import Joined, join
from remit.scan.part import Part
from remit.scan.place import source_of
from remit.scan.reach import with_reach
from remit.scan.resolve import aliases_of
from remit.scan.shipped import with_shipped
from remit.scan.signatures import Signatures, digest_of, signatures
from remit.scan.ties import Ties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from remit.scan.cache import Cache
    from remit.scan.history import Trail
    from remit.scan.occurrence import Occurrence
    from remit.scan.source import Source
    from remit.terms.register import Register

TERMS = "remit"
"""The folder within a place where its terms usually stand."""


def scan(
    paths: Iterable[Path],
    *,
    progress: Callable[[str], None] | None = None,
    revision: str = "",
    cache: Cache | None = None,
    known: Signatures | None = None,
    around: bool = False,
) -> list[Findings]:
    """Scan each path on its own; terms that stand in their usual folder are no use of a model."""
    if not revision:
        return [
            scan_path(
                path,
                progress=progress,
                spared=_terms(path / TERMS),
                cache=cache,
                known=known or known_for(path / TERMS),
                around=around,
            )
            for path in paths
        ]
    from remit.scan.revision import Revision  # noqa: PLC0415 - most scans are of what lies there.

    return [
        scan_path(
            path,
            progress=progress,
            history=False,
            source=Revision(path, revision),
            known=known or known_for(path / TERMS),
        )
        for path in paths
    ]


def known_for(terms: Path, register: Register | None = None) -> Signatures:
    """Return the catalogue with the rows that stand beside some terms, and with what a register declares."""
    if register is None and not isdir(terms / "catalogue"):  # noqa: PTH112 - as above.
        return signatures()
    from remit.scan.own_rows import read_own, with_declared  # noqa: PLC0415 - most places have no rows of their own.

    own = read_own(terms)
    return signatures().with_own(own if register is None else with_declared(own, register))


def _terms(folder: Path) -> Iterable[Path]:
    """The files of a folder that are read as terms."""
    if not isdir(folder):  # noqa: PTH112 - as above.
        return ()
    from remit.terms.folder import terms_files  # noqa: PLC0415 - most places hold no terms, and reading them is a wing.

    return terms_files(folder)


def scan_path(  # noqa: PLR0913 - each says on its own what is looked at, and with what.
    path: Path,
    *,
    progress: Callable[[str], None] | None = None,
    history: bool = True,
    spared: Iterable[Path] = (),
    source: Source | None = None,
    cache: Cache | None = None,
    known: Signatures | None = None,
    around: bool = False,
) -> Findings:
    """Scan one folder, checkout, file or other source; the files of terms within it are spared.

    A place within a checkout has no history of its own; around it that of its paths is read when asked for.
    """
    if not path.exists():
        raise UsageError(f"Nothing was scanned: {path} does not exist.")
    source = source or source_of(path, spared)
    known = known or signatures()
    if cache is not None:
        cache.own = digest_of(known.own)
    findings = None if cache is None else cache.recall(path, source)
    if findings is None:
        findings = _found(path, source, progress, cache, known)
    if not history or not (path.is_dir() or around):
        return findings
    return replace(findings, history=tuple(_history(path, findings.coverage, cache, known, around=around)))


def _found(
    path: Path, source: Source, progress: Callable[[str], None] | None, cache: Cache | None, known: Signatures
) -> Findings:
    coverage = Coverage()
    if cache is not None:
        cache.watch(path, source)
    joined = _tree(source, known, coverage, progress)
    findings = Findings(str(path), joined.integrations, joined.traces, (), joined.dismissed, coverage, joined.landscape)
    if cache is not None:
        cache.keep(path, source, findings)
    return findings


def _history(path: Path, coverage: Coverage, cache: Cache | None, known: Signatures, *, around: bool) -> list[Trail]:
    remembered = None if cache is None else cache.recall_trails(path, coverage, around=around)
    if remembered is not None:
        return remembered
    found = trails(path, known, coverage, around=around)
    if cache is not None:
        cache.keep_trails(path, found, coverage)
    return found


def _tree(source: Source, known: Signatures, coverage: Coverage, progress: Callable[[str], None] | None) -> Joined:
    crew = crew_of(source, known)
    try:
        return _looked_through(crew, source, known, coverage, progress)
    except (EOFError, OSError):
        if isinstance(crew, Alone):
            raise
        return _looked_through(Alone(source, known), source, known, coverage, progress)
    finally:
        crew.dismiss()


def _looked_through(
    crew: Alone | Crew,
    source: Source,
    known: Signatures,
    coverage: Coverage,
    progress: Callable[[str], None] | None,
) -> Joined:
    """Look through a source in the steps between which the whole tree must be known.

    1. Read everything, and sift it for names of the catalogue.
    2. Settle what the files take from each other: what the tree makes itself, and which tests ship.
    3. Look through what was kept, then for the short names that models go by there.
    4. Join the places, and add the files that reach a model through others.
    """
    ties, parts, terms = Ties(), dict[str, Part](), set[str]()
    for sifted in crew.sift(progress):  # (1)
        ties.add(sifted.ties)
        parts |= sifted.parts
        terms |= sifted.terms
        coverage.add(sifted.coverage)
        if sifted.digests is not None and isinstance(source, Folder):
            source.digests = (source.digests or {}) | sifted.digests
    del sifted
    ties.settle()  # (2)
    parts |= dict.fromkeys(ties.shipped & parts.keys(), Part.CODE)
    context = Context(known, frozenset(ties.packages), frozenset(ties.modules))
    looked = crew.detect(context, frozenset(ties.shipped))  # (3)
    found: list[Occurrence] = in_order(places for places, _ in looked)
    if stands := aliases_of(in_order(names for _, names in looked)):
        found += in_order(crew.take(stands))
    joined = join(found, parts, frozenset(terms), known, ties.units(known.scope_words))
    return with_reach(with_shipped(joined, coverage.skipped), crew.documents(), ties)  # (4)
