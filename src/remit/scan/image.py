"""A container image as a source: an OCI layout or what `docker save` writes, without any daemon.

1. Layers are laid over each other as a container sees them: what a later layer replaces or removes is counted as
   removed and not read. They are read from the last to the first, member by member, so that only names are kept.
2. An installed package is known by its files; its name counts as something that the image needs.
3. The variables that the image sets are read as settings.
4. An archive among its files is opened, and one within that, as a program of Java carries its libraries.
"""

from __future__ import annotations

import json
import re
import tarfile
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from remit.errors import NothingToLookAt
from remit.scan import coverage as reasons
from remit.scan.archive import BUDGET, DAMAGED, MANY, Archive, Budget, Spending, members_of, plain_name, why_ended
from remit.scan.coverage import Coverage
from remit.scan.folder import LIMIT
from remit.scan.installed import installed
from remit.scan.source import Reading, Share
from remit.scan.stream import check_end, is_not_read, laid_open, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


_GONE = ".wh."
_OPAQUE = ".wh..wh..opq"
_CHUNK = 64 * 1024
_LARGEST_RECORD = 16 * 1024 * 1024
_LAYER = re.compile(r"layer|rootfs\.diff|\.tar")
_INDEX, _MANIFEST = "index.json", "manifest.json"


class Image:
    """An image in a folder of the OCI layout, or in an archive of either kind."""

    def __init__(self, path: Path, *, limit: int = LIMIT, budget: int = BUDGET) -> None:
        self.path = path
        self.limit = limit
        self.budget = budget
        self._archive = Archive(path, limit=limit, reads=installed)

    def readings(self, coverage: Coverage) -> Iterator[Reading]:
        """Yield each file of the image as a container sees it, and the variables it sets."""
        counted = coverage if self.share.own == 0 else Coverage()
        with self._opened() as read:
            budget = Budget(self.budget + self._size())
            for number, (config, layers) in enumerate(_images(read, counted)):
                prefix = f"image-{number + 1}/" if number else ""
                settings = (reading for reading in _settings(config, prefix) if self.share.takes(reading.path))
                for reading in chain(settings, self._layers(read, layers, prefix, coverage, budget)):
                    yield replace(reading, number=self.share.number)
        self.share.left = (budget.left, budget.members)

    @property
    def share(self) -> Share:
        """Which of the files are read here."""
        return self._archive.share

    def is_large(self) -> bool:
        """Say whether there is so much in it that several had better share it; not where each would unpack it first."""
        if self.path.is_dir():
            return self._size() >= MANY
        with self.path.open("rb") as stream:
            return self._size() >= MANY and unpacked(stream) is stream

    def _size(self) -> int:
        if not self.path.is_dir():
            return self.path.stat().st_size
        return sum(file.stat().st_size for file in self.path.glob("blobs/*/*") if file.is_file())

    @contextmanager
    def _opened(self) -> Iterator[Callable[[str], AbstractContextManager[IO[bytes]] | None]]:
        """Give a function that opens a part of the image by its name; nothing where there is none."""
        if self.path.is_dir():
            root = self.path.resolve()

            def beside(name: str) -> AbstractContextManager[IO[bytes]] | None:
                try:
                    file = (root / name).resolve()
                    return file.open("rb") if file.is_relative_to(root) and file.is_file() else None
                except (OSError, ValueError):
                    # No file can have such a name, and so none is there.
                    return None

            yield beside
            return
        with (
            self.path.open("rb") as file,
            laid_open(file, self.budget) as plain,
            tarfile.open(fileobj=unpacked(plain), mode="r:") as archive,
        ):

            def within(name: str) -> AbstractContextManager[IO[bytes]] | None:
                try:
                    return archive.extractfile(name)
                except KeyError:
                    return None

            yield within

    def _layers(
        self,
        read: Callable[[str], AbstractContextManager[IO[bytes]] | None],
        layers: list[str],
        prefix: str,
        coverage: Coverage,
        budget: Budget,
    ) -> Iterator[Reading]:
        hidden = _Hidden()
        for name in reversed(layers):  # (1)
            opened = read(name)
            if opened is None:
                if self.share.takes(prefix + name):
                    coverage.skip(prefix + name, reasons.UNREADABLE)
                continue
            here = _Hidden(is_lowest=name is layers[0])
            try:
                with opened as stream:
                    yield from self._layer(unpacked(stream), prefix, coverage, budget, (hidden, here))
            except DAMAGED as fault:
                self.share.ended_early |= not is_not_read(fault)
                if not is_not_read(fault) or self.share.takes(f"{prefix}{name}/…"):
                    coverage.skip(f"{prefix}{name}/…", why_ended(fault))
            hidden.add(here)

    def _layer(
        self, stream: IO[bytes], prefix: str, coverage: Coverage, budget: Budget, above: tuple[_Hidden, _Hidden]
    ) -> Iterator[Reading]:
        hidden, here = above
        # What it reads from is closed where it was opened.
        layer = tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK)  # noqa: SIM115
        for member in members_of(layer):
            path = plain_name(member.name)
            if not budget.spend(member.size if member.isreg() else 0):
                self.share.ended_early = True
                coverage.skip(prefix + path, reasons.STOPPED)
                return
            if here.notes(path, is_folder=member.isdir()) or not self.share.takes(path):
                continue
            if hidden.hides(path):
                coverage.skip(prefix + path, reasons.GONE)
            elif member.issym() or member.islnk():
                coverage.skip(prefix + path, reasons.LINK)
                yield Reading(prefix + path, b"")
            elif not member.isreg():
                coverage.skip(prefix + path, reasons.SPECIAL)
            elif found := layer.extractfile(member):
                size = member.size
                yield from self._archive.member(prefix + path, found, size, Spending(coverage, budget, -1))  # (4)
        check_end(stream)


class _Hidden:
    """What the layers above one replace or remove."""

    def __init__(self, *, is_lowest: bool = False) -> None:
        self._is_lowest = is_lowest
        """Whether nothing is below that it could hide."""
        self.paths: set[str] = set()
        self.folders: set[str] = set()
        self.removed: set[str] = set()
        self.emptied: set[str] = set()

    def notes(self, path: str, *, is_folder: bool) -> bool:
        """Note what stands at a path; say whether there is nothing more to it: a folder, or a sign of removal."""
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            self.emptied.add(folder)
        elif name.startswith(_GONE):
            self.removed.add(f"{folder}/{name.removeprefix(_GONE)}".lstrip("/"))
        elif is_folder:
            self.folders.add(path)
        elif self._is_lowest:
            return False
        else:
            self.paths.add(path)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = folder.rpartition("/")[0]
            return False
        return True

    def hides(self, path: str) -> bool:
        """Say whether a container would not see a path of a layer further down."""
        if path in self.paths or path in self.folders or path in self.removed or "" in self.emptied:
            return True
        parts = path.split("/")
        above = ["/".join(parts[:length]) for length in range(1, len(parts))]
        return any(folder in self.removed or folder in self.emptied or folder in self.paths for folder in above)

    def add(self, other: _Hidden) -> None:
        """Lay another layer on top."""
        self.paths |= other.paths
        self.folders |= other.folders
        self.removed |= other.removed
        self.emptied |= other.emptied


def _record(read: Callable[[str], AbstractContextManager[IO[bytes]] | None], name: str) -> Any:  # noqa: ANN401 - JSON.
    opened = read(name)
    if opened is None:
        return None
    with opened as stream:
        try:
            return json.loads(stream.read(_LARGEST_RECORD))
        except (ValueError, RecursionError):
            return None


def _images(
    read: Callable[[str], AbstractContextManager[IO[bytes]] | None], coverage: Coverage
) -> Iterator[tuple[Any, list[str]]]:
    """Yield each image's configuration and the names of its layers, the lowest first."""
    listed = _record(read, _MANIFEST)
    if isinstance(listed, list):
        for image in listed:
            layers = image.get("Layers") if isinstance(image, dict) else None
            if isinstance(layers, list):
                yield _record(read, str(image.get("Config"))), [str(layer) for layer in layers]
        return
    index = _record(read, _INDEX)
    if not isinstance(index, dict):
        raise NothingToLookAt("Nothing was scanned: the image has no manifest that can be read.")
    waiting, seen = [index], 0
    while waiting and seen < 1_000:  # noqa: PLR2004 - an index that leads in a circle ends here.
        seen += 1
        manifest = waiting.pop(0)
        for entry in _entries(manifest.get("manifests")):
            found = _record(read, _blob(entry))
            if isinstance(found, dict):
                waiting.append(found)
            else:
                coverage.skip(_blob(entry), reasons.UNREADABLE)
        if layers := _entries(manifest.get("layers")):
            config = manifest.get("config")
            yield (
                _record(read, _blob(config)) if isinstance(config, dict) else None,
                [_blob(layer) for layer in layers if _LAYER.search(str(layer.get("mediaType")))],
            )


def _entries(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _blob(entry: dict[str, Any]) -> str:
    return f"blobs/{str(entry.get('digest')).replace(':', '/', 1)}"


def _settings(config: object, prefix: str) -> Iterator[Reading]:
    """Give the variables of an image as a file of settings (3)."""
    inner = config.get("config") if isinstance(config, dict) else None
    variables = inner.get("Env") if isinstance(inner, dict) else None
    if isinstance(variables, list) and variables:
        yield Reading(f"{prefix}image-config/.env", "\n".join(str(each) for each in variables).encode())


def is_image(path: Path) -> bool:
    """Say whether a place is an image: a folder of the OCI layout, or an archive that begins as one."""
    if path.is_dir():
        return (path / "oci-layout").is_file() and (path / _INDEX).is_file()
    try:
        with path.open("rb") as stream, tarfile.open(fileobj=unpacked(stream), mode="r:") as archive:
            names = {member.name.removeprefix("./") for member, _ in zip(archive, range(2_000), strict=False)}
    except DAMAGED:
        return False
    return "oci-layout" in names or (_MANIFEST in names and any(name.endswith((".tar", ".json")) for name in names))
