"""Sources of a size that hurts, built in a folder of their own: a folder, an archive of each kind and an image.

The files are those of Python's own library, again and again, some with a call to a model written beneath; every so
many is a binary. They are built alike each time, member by member, so that building them costs no memory.
"""

from __future__ import annotations

import io
import json
import random
import sysconfig
import tarfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = b'\nimport anthropic\nanthropic.Anthropic().messages.create(model="claude-sonnet-4-5", messages=[])\n'
_LARGEST = 8_000
_EVERY_HIT = 50
"""One file in so many names a model."""
_EVERY_BINARY = 3_000
_BINARY = 8 * 1024 * 1024
_LAYERS = 4


def texts() -> list[bytes]:
    """The sources that everything is made of, in the order of their names."""
    root = Path(sysconfig.get_path("stdlib"))
    found = (path.read_bytes() for path in sorted(root.glob("*/*.py")) + sorted(root.glob("*.py")))
    return [text[:_LARGEST] for text in found if text and b"\0" not in text]


def files(number: int, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield so many files with their names."""
    bodies, chance = texts(), random.Random(7)  # noqa: S311 - drawn alike each time.
    block = chance.randbytes(_BINARY)
    for at in range(number):
        folder = f"{prefix}srv/part{at // 1_000}/sub{at % 1_000 // 40}"
        if at % _EVERY_BINARY == _EVERY_BINARY - 1:
            yield f"{folder}/lib{at}.so", b"\x7fELF\0" + at.to_bytes(4, "big") + block
            continue
        body = b"# %d\n%s" % (at, bodies[chance.randrange(len(bodies))])
        yield f"{folder}/file{at}.py", body + CALL if at % _EVERY_HIT == 0 else body


def build_folder(place: Path, number: int) -> Path:
    """Write the files to a disk as they are."""
    for name, data in files(number):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place


def build_tar(place: Path, number: int) -> Path:
    """Write one tar archive, packed as is usual."""
    with tarfile.open(place, "w:gz", compresslevel=1) as archive:
        for name, data in files(number):
            _put(archive, name, data)
    return place


def build_zip(place: Path, number: int) -> Path:
    """Write one zip archive."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files(number):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 1)
    return place


def build_image(place: Path, number: int) -> Path:
    """Write what `docker save` writes: a few layers, each of which replaces and removes some of the one below."""
    with tarfile.open(place, "w") as outer:
        for layer in range(_LAYERS):
            with _member(outer, f"layer{layer}.tar") as archive:
                _put_all(archive, _layer(layer, number // _LAYERS))
        manifest = [{"Config": "config.json", "Layers": [f"layer{layer}.tar" for layer in range(_LAYERS)]}]
        _put(outer, "config.json", json.dumps({"config": {"Env": ["PATH=/bin"]}}).encode())
        _put(outer, "manifest.json", json.dumps(manifest).encode())
    return place


def _layer(layer: int, number: int) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a layer, and what it does to some of those below."""
    for at, (name, data) in enumerate(files(number, f"layer{layer}/")):
        yield name, data
        if layer and at % 100 == 0:
            below = name.replace(f"layer{layer}", f"layer{layer - 1}", 1)
            folder, _, last = below.rpartition("/")
            yield f"{folder}/.wh.{last}" if at % 200 else below, b""


@contextmanager
def _member(outer: tarfile.TarFile, name: str) -> Iterator[tarfile.TarFile]:
    """Write an archive within an archive where it will stand, and its header once its size is known."""
    stream = outer.fileobj
    if stream is None:
        raise ValueError("the archive is not open")
    start = stream.tell()
    stream.write(b"\0" * tarfile.BLOCKSIZE)
    with tarfile.open(fileobj=stream, mode="w") as archive:
        yield archive
    end = stream.tell()
    header = tarfile.TarInfo(name)
    header.size = end - start - tarfile.BLOCKSIZE
    stream.seek(start)
    stream.write(header.tobuf(tarfile.GNU_FORMAT))
    stream.seek(end)
    outer.offset = end


def _put_all(archive: tarfile.TarFile, found: Iterator[tuple[str, bytes]]) -> None:
    for name, data in found:
        _put(archive, name, data)


def _put(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(data)
    archive.addfile(header, io.BytesIO(data))
