"""Whatever is done to an archive or an image, a scan of it ends, its counts add up, and several find what one finds."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import random
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.errors import NothingToLookAt
from remit.scan.archive import Archive
from remit.scan.crew import Alone, Crew
from remit.scan.image import Image
from remit.scan.run import scan_path
from tests.scan.sources import CALL, OTHER, ZSTD, docker_archive, oci_layout, tar, write_files, zipped
from tests.scan.test_hostile import add_up, in_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from remit.scan.signatures import Signatures
    from remit.scan.source import Source

NAMES = [
    "a.py", "/etc/passwd", "../../out.py", "a/../../b.py", "a" * 300 + ".py", "\u202e.py", "b\udcff.py", ".", "..", "",
    "requirements.txt", "x/.wh.a.py", ".wh..wh..opq", ".wh.", "x/.wh..wh..opq", "c\\d.py", "lib.jar", "x.tar.gz",
    "C:/e.py",
]  # fmt: skip
TYPES = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.GNUTYPE_SPARSE,
         tarfile.CONTTYPE, b"Z", tarfile.AREGTYPE]  # fmt: skip
PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, bytes]
if ZSTD is not None:
    PACKERS.append(ZSTD.compress)


def body(chance: random.Random, depth: int = 0) -> bytes:
    """What a member holds: code, a bomb, or one more archive."""
    kind = chance.randrange(8)
    if kind == 0 and depth < 5:
        return packed(chance, depth + 1)
    if kind == 1:
        return bytes(chance.choice([100, 3_000_000]))
    return chance.choice([CALL, OTHER, b"", b"anthropic==1.0\n", chance.randbytes(500)])


def packed(chance: random.Random, depth: int = 0) -> bytes:
    """An archive of either kind with members nobody would expect, some of them twice."""
    names = [chance.choice(NAMES) for _ in range(chance.randrange(1, 8))]
    if chance.randrange(3) == 0:
        return zipped({name.replace("\udcff", "é") or "e": body(chance, depth) for name in names})
    stream = io.BytesIO()
    kind = chance.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    with tarfile.open(fileobj=stream, mode="w", format=kind, errors="surrogateescape") as archive:
        for name in names:
            _add(archive, name, chance, depth)
    return chance.choice(PACKERS)(stream.getvalue())


def _add(archive: tarfile.TarFile, name: str, chance: random.Random, depth: int) -> None:
    member = tarfile.TarInfo(name)
    data = body(chance, depth)
    if chance.randrange(4) == 0:
        member.type, member.linkname = chance.choice(TYPES), chance.choice(NAMES)
    if chance.randrange(10) == 0:
        member.pax_headers = {"comment": "x" * chance.choice([10, 100_000]), "GNU.sparse.map": "0,1,9,9999999999"}
    member.size = len(data) + (chance.choice([1, 10**6, 10**12]) if chance.randrange(15) == 0 else 0)
    stream = archive.fileobj  # By hand, since a member may lie about its size.
    if stream is not None:
        header = member.tobuf(archive.format or tarfile.PAX_FORMAT, errors="surrogateescape")
        stream.write(header + data + bytes(-len(data) % tarfile.BLOCKSIZE))


def hurt(data: bytes, chance: random.Random) -> bytes:
    """Cut off, change, double or shift some of the bytes; a third stay whole."""
    at = chance.randrange(len(data) + 1)
    end = at + chance.randrange(1, 600)
    turns = [
        data, data, data[:at], data[:at] + chance.randbytes(end - at) + data[end:], data[:at] + data[end:],
        data[:at] + data[at:end] * 50 + data[end:], data[:at] + bytes(end - at) + data[end:], data + data,
    ]  # fmt: skip
    return chance.choice(turns)


def placed(root: Path, chance: random.Random) -> Path:
    """Write an archive, an image as a file or as a folder, whole or not."""
    kind = chance.randrange(3)
    place = root / chance.choice(["a.tar", "a.zip", "a.tar.gz", "a.whl", "a", "a.tar.zst", "a.py.gz"])
    if kind == 0:
        place.write_bytes(hurt(packed(chance), chance))
        return place
    layers: list[dict[str, bytes | None]] = [
        {chance.choice(NAMES) or "e": body(chance) for _ in range(4)} for _ in range(chance.randrange(1, 4))
    ]
    if kind == 1:
        place.write_bytes(hurt(docker_archive(layers, ["ANTHROPIC_API_KEY=x"]), chance))
        return place
    files = oci_layout(layers, [], packed=chance.choice(PACKERS))
    for name in files:
        if chance.randrange(6) == 0:
            files[name] = hurt(files[name], chance)
    return write_files(root / "image", files)


def looked(place: Path) -> str:
    """Scan a place; what is told of it, or that there was nothing to look at."""
    try:
        found = scan_path(place, history=False).as_json()
    except NothingToLookAt:
        return "nothing"
    assert add_up(found)
    return json.dumps(found)


@settings(
    max_examples=600 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_a_mutated_archive_or_image_stops_nothing_and_is_counted(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)  # noqa: S311 - drawn alike for a seed.
    place = placed(tmp_path_factory.mktemp("packed"), chance)
    with in_time(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("remit.scan.run.crew_of", _alone)
        alone = looked(place)
        if seed % 2:
            patch.setattr("remit.scan.run.crew_of", _together)
            assert looked(place) == alone


def _alone(source: Source, known: Signatures) -> Alone:
    return Alone(source, known)


def _together(source: Source, known: Signatures) -> Alone | Crew:
    return Crew(source, known, 2) if isinstance(source, Archive | Image) else Alone(source, known)


def test_an_archive_that_holds_itself_many_times_over_ends(tmp_path: Path) -> None:
    inner = tar({"a.py": CALL})
    for _ in range(30):
        inner = tar({"in.tar": inner})
    (tmp_path / "a.tar").write_bytes(inner)
    found = scan_path(tmp_path / "a.tar").as_json()
    assert add_up(found)
    assert found["coverage"]["skipped"]["archive within an archive within an archive"]["files"] == 1
