"""Who looks through a source: this process alone, or several that share a large one.

1. Each takes every so many files of the source and keeps them through all steps; what they say is put together in
   the order of the files, so that the outcome is the same bytes however many there are.
2. They part only where nothing else runs in this process, and where one fails the whole is done alone.
3. So it is where an archive is damaged or its budget is spent, since what is read then depends on what came before.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, TypeGuard

from remit.errors import RemitError
from remit.scan.context import Context
from remit.scan.folder import Folder
from remit.scan.shelf import Shelf
from remit.scan.stage import Sifted, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from remit.scan.archive import Archive
    from remit.scan.document import Document
    from remit.scan.image import Image
    from remit.scan.occurrence import Occurrence
    from remit.scan.signatures import Signatures
    from remit.scan.source import Share, Source
    from remit.scan.stage import Named, Placed

    Shared = Folder | Archive | Image

_MOST = 8
_BATCH = 100


class Alone:
    """One process, the one that asks, for a source of any kind."""

    def __init__(self, source: Source, known: Signatures) -> None:
        self._stage = Stage(source, known)

    def sift(self, progress: Callable[[str], None] | None) -> list[Sifted]:
        """Read everything."""
        return [self._stage.sift(progress)]

    def documents(self) -> dict[str, Document]:
        """Every file that was kept, by its path."""
        return {document.path: document for _, document in self._stage.documents}

    def detect(self, context: Context, shipped: frozenset[str]) -> list[tuple[list[Placed], list[Named]]]:
        """Look through everything."""
        return [self._stage.detect(context, shipped)]

    def take(self, stands: Mapping[str, Occurrence]) -> list[list[Placed]]:
        """Find where short names are taken."""
        return [self._stage.take(stands)]

    def dismiss(self) -> None:
        """Nobody is kept waiting."""


class Crew:
    """Several processes, each with a share of a large source."""

    def __init__(self, source: Shared, known: Signatures, number: int) -> None:
        import multiprocessing  # noqa: PLC0415 - a small tree needs none of it, and it takes a while to import.

        known.sieve  # noqa: B018 - made once, here, and shared by all.
        context = multiprocessing.get_context("fork")
        self._known = known
        self._documents: list[tuple[int, Document]] = []
        self._pipes: list[Connection] = []
        self._processes: list[ForkProcess] = []
        self._shelves = [Shelf() for _ in range(number)]
        for own, shelf in enumerate(self._shelves):
            if not isinstance(source, Folder):
                shelf.open()
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, source, known, (own, number), shelf), daemon=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # Newer Pythons warn of forks beside any thread.
                process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def sift(self, progress: Callable[[str], None] | None) -> list[Sifted]:
        """Have everything read."""
        answers = self._ask(progress is not None, progress)
        _check_alike([share for _, _, share in answers])
        for _, documents, _ in answers:
            for _, document in documents:
                document.join(self._known.sieve)
            self._documents += documents
        self._documents.sort(key=lambda pair: pair[0])
        return [sifted for sifted, _, _ in answers]

    def documents(self) -> dict[str, Document]:
        """Every file that was kept, by its path."""
        return {document.path: document for _, document in self._documents}

    def detect(self, context: Context, shipped: frozenset[str]) -> list[tuple[list[Placed], list[Named]]]:
        """Have everything looked through."""
        for _, document in self._documents:
            document.ship(shipped)
        return self._ask((context.own_packages, context.own_modules, shipped))

    def take(self, stands: Mapping[str, Occurrence]) -> list[list[Placed]]:
        """Have it found where short names are taken."""
        return self._ask(stands)

    def dismiss(self) -> None:
        """End whoever is still there."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.close()
            process.terminate()
            process.join()

    def _ask(self, question: object, progress: Callable[[str], None] | None = None) -> list[Any]:
        """Put one question to all, and wait until each has answered."""
        from multiprocessing.connection import wait  # noqa: PLC0415 - as above.

        answers: dict[Connection, Any] = {}
        for pipe in self._pipes:
            pipe.send(question)
        while waiting := [pipe for pipe in self._pipes if pipe not in answers]:
            ready = wait(waiting)
            for pipe in (pipe for pipe in waiting if pipe in ready):
                kind, answer = pipe.recv()
                if kind == "done":
                    answers[pipe] = answer
                elif progress is not None:
                    deque(map(progress, answer), maxlen=0)
        return [answers[pipe] for pipe in self._pipes]


def crew_of(source: Source, known: Signatures) -> Alone | Crew:
    """Choose who looks through a source (2)."""
    number = min(_MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    alone = number == 1 or threading.active_count() > 1
    if alone or not _can_be_shared(source) or not source.is_large() or _is_helper():
        return Alone(source, known)
    return Crew(source, known, number)


def _is_helper() -> bool:
    """Say whether this process is one of several itself, and may have none of its own."""
    import multiprocessing  # noqa: PLC0415 - as above.

    return multiprocessing.current_process().daemon


def _can_be_shared(source: Source) -> TypeGuard[Shared]:
    return hasattr(source, "share") and hasattr(source, "is_large")


def _check_alike(shares: list[Share | None]) -> None:
    """Refuse what one process alone would have read otherwise (3)."""
    known = [share for share in shares if share is not None]
    costs = [sum(share.inner[kind] for share in known) for kind in (0, 1)]
    for share in known:
        spent = any(share.left[kind] + share.inner[kind] < costs[kind] for kind in (0, 1))
        if spent or share.ended_early:
            raise OSError("what stands in the archive has to be read in one go")


def _work(pipe: Connection, source: Shared, known: Signatures, part: tuple[int, int], shelf: Shelf) -> None:
    """Do one share, step by step, as long as somebody asks."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()
    share = None
    if isinstance(source, Folder):
        source.share = part
    else:
        share = source.share
        share.own, share.of = part
    stage = Stage(source, known, shelf)
    shown: list[str] = []

    def show(path: str) -> None:
        shown.append(path)
        if len(shown) == _BATCH:
            pipe.send(("read", list(shown)))
            shown.clear()

    try:
        sifted = stage.sift(show if pipe.recv() else None)
    except RemitError:  # The one that asked comes upon it too, and tells.
        return
    sifted.digests = source.digests if isinstance(source, Folder) else None
    pipe.send(("done", (sifted, stage.documents, share)))
    del sifted  # It is as large as the share, and of no use here any more.
    packages, modules, shipped = pipe.recv()
    pipe.send(("done", stage.detect(Context(known, packages, modules), shipped)))
    pipe.send(("done", stage.take(pipe.recv())))


def in_order(shares: Iterable[list[tuple[int, list[Any]]]]) -> list[Any]:
    """Put together what several say of the files, in the order of the files (1)."""
    every = sorted((pair for share in shares for pair in share), key=lambda pair: pair[0])
    return [each for _, found in every for each in found]
