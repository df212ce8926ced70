"""An archive is read whole within bounds, never unpacked to a disk, and what is left out is counted."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from remit.scan import stream
from remit.scan.archive import BUDGET, Archive, plain_name
from remit.scan.coverage import Coverage
from remit.scan.folder import LIMIT
from remit.scan.run import scan_path
from tests.scan.sources import CALL, OTHER, ZSTD, tar, zipped


def looked(path: Path, *, limit: int = LIMIT, budget: int = BUDGET) -> tuple[list[str], dict[str, int]]:
    coverage = Coverage()
    paths = [reading.path for reading in Archive(path, limit=limit, budget=budget).readings(coverage)]
    return paths, {why: len(names) for why, names in coverage.skipped.items()}


@pytest.mark.parametrize("packing", ["", ".gz", ".bz2", ".xz"])
def test_a_tar_archive_is_a_place(packing: str, tmp_path: Path) -> None:
    path = tmp_path / f"app.tar{packing}"
    path.write_bytes(tar({"app/a.py": CALL, "app/b.bin": b"\0\1\2"}, packing))
    found = scan_path(path).as_json()
    assert found["makers"]["anthropic"]["files"] == [{"path": "app/a.py", "lines": [1, 2]}]
    assert found["coverage"]["present"] == 2
    assert found["coverage"]["complete"]


def test_a_wheel_needs_what_its_metadata_says(tmp_path: Path) -> None:
    path = tmp_path / "app-1.0-py3-none-any.whl"
    metadata = b"Metadata-Version: 2.1\nName: app\nVersion: 1.0\nRequires-Dist: cohere (>=5)\n\nLike Claude.\n"
    path.write_bytes(zipped({"app/__init__.py": CALL, "app-1.0.dist-info/METADATA": metadata}))
    found = scan_path(path).as_json()
    assert {maker: row["strength"] for maker, row in found["makers"].items()} == {
        "anthropic": "integrated",
        "cohere": "optional",
    }
    (file,) = found["makers"]["cohere"]["files"]
    assert file == {"path": "app-1.0.dist-info/METADATA/requirements.txt", "lines": [4]}


def test_a_package_of_npm_is_a_place(tmp_path: Path) -> None:
    path = tmp_path / "app-1.0.0.tgz"
    path.write_bytes(tar({"package/package.json": b'{"name": "app", "dependencies": {"openai": "^4"}}'}, ".gz"))
    assert list(scan_path(path).makers) == ["openai"]


def test_a_name_that_climbs_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    path.write_bytes(tar({"../../../a.py": CALL, "/etc/b.py": CALL, "c\\..\\d.py": CALL}))
    before = sorted(tmp_path.parent.iterdir())
    assert looked(path)[0] == ["a.py", "etc/b.py", "c/d.py"]
    assert sorted(tmp_path.parent.iterdir()) == before
    assert plain_name("../..") == "unnamed"


def test_an_archive_within_is_opened_and_one_within_that_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "outer.zip"
    inmost = zipped({"deep.py": CALL})
    path.write_bytes(zipped({"lib/inner.whl": zipped({"in.py": OTHER, "inmost.zip": inmost})}))
    assert looked(path) == (["lib/inner.whl/in.py"], {"archive within an archive within an archive": 1})


def test_a_bomb_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"bomb.txt": b"\n" * 8_000_000, "a.py": CALL}))
    assert looked(path) == (["a.py"], {"rest of an archive that unpacks to more than the limit": 1})
    path.write_bytes(tar({f"{number}.txt": b"x" * 1_000 for number in range(20)}, ".gz"))
    paths, why = looked(path, budget=10_000)
    assert len(paths) == 10
    assert why == {"rest of an archive that unpacks to more than the limit": 1}


def test_an_entry_that_lies_about_its_size_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    data = bytearray(zipped({"a.txt": b"x" * 50_000}))
    place = data.index((50_000).to_bytes(4, "little"), data.index(b"PK\x01\x02"))
    data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    paths, _ = looked(path, limit=1_000)
    assert paths in ([], ["a.txt"])


def test_links_sockets_secrets_and_large_members_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "odd.tar"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (("CLAUDE.md", tarfile.SYMTYPE), ("pipe", tarfile.FIFOTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            archive.addfile(member)
        member = tarfile.TarInfo("large.txt")
        member.size = 2_000
        archive.addfile(member, io.BytesIO(b"x" * 2_000))
    path.write_bytes(stream.getvalue())
    assert looked(path, limit=1_000)[1] == {
        "symbolic link, read where it leads": 1,
        "not a file": 1,
        "larger than the limit": 1,
    }
    assert scan_path(path).as_json()["makers"]["anthropic"]["strength"] == "devtool"


def test_an_encrypted_member_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "secret.zip"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.py", CALL)
    data = bytearray(stream.getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert looked(path) == ([], {"encrypted": 1})


@pytest.mark.parametrize("cut", [30, 200, 600])
def test_a_damaged_archive_is_counted_and_stops_nothing(cut: int, tmp_path: Path) -> None:
    whole = tar({f"{number}.py": CALL * 3 for number in range(5)}, ".gz")
    (tmp_path / "a.tgz").write_bytes(whole[: min(cut, len(whole) - 20)])
    assert not scan_path(tmp_path / "a.tgz").coverage.is_complete
    (tmp_path / "b.zip").write_bytes(zipped({"a.py": CALL})[:-cut])
    assert scan_path(tmp_path / "b.zip").as_json()["coverage"]["present"] > 0


def test_an_archive_in_a_folder_is_named_as_one_not_opened(tmp_path: Path) -> None:
    (tmp_path / "lib.jar").write_bytes(zipped({"A.class": b"\0"}))
    (tmp_path / "letter.docx").write_bytes(zipped({"word/document.xml": b"<x/>"}))
    coverage = scan_path(tmp_path).coverage
    assert {why: len(paths) for why, paths in coverage.skipped.items()} == {
        "archive, not opened; name it as a place of its own": 1,
        "binary": 1,
    }
    assert not coverage.is_complete


def test_what_is_packed_alone_is_read_and_no_archive(tmp_path: Path) -> None:
    (tmp_path / "call.py.gz").write_bytes(gzip.compress(CALL))
    assert scan_path(tmp_path / "call.py.gz").as_json()["makers"]["anthropic"]["files"] == [
        {"path": "call.py", "lines": [1, 2]}
    ]
    (tmp_path / "app.tar").write_bytes(tar({"doc/notes.py.gz": gzip.compress(CALL), "a.tgz": gzip.compress(b"no tar")}))
    assert looked(tmp_path / "app.tar") == (["doc/notes.py.gz/notes.py"], {"rest of an archive that is damaged": 1})


def test_a_large_archive_within_is_opened_though_it_is_larger_than_any_file_that_is_read(tmp_path: Path) -> None:
    inner = zipped({"in.py": OTHER, "noise.bin": b"\0" + hashlib.shake_256(b"").digest(3_000)})
    assert len(inner) > 2_000
    for name, whole in (("a.tar", tar({"lib.whl": inner})), ("a.zip", zipped({"lib.whl": inner}))):
        (tmp_path / name).write_bytes(whole)
        assert looked(tmp_path / name, limit=2_000) == (["lib.whl/in.py"], {"larger than the limit": 1})


def test_a_library_of_java_within_an_archive_is_something_that_it_needs(tmp_path: Path) -> None:
    library = zipped({
        "META-INF/maven/com.anthropic/anthropic-java/pom.xml": b"<project><name>anthropic</name></project>",
        "META-INF/maven/com.anthropic/anthropic-java/pom.properties": b"artifactId=anthropic-java\n",
        "com/anthropic/Client.class": b"\xca\xfe\xba\xbe\0\0",
    })  # fmt: skip
    path = tmp_path / "app.jar"
    path.write_bytes(zipped({"BOOT-INF/lib/anthropic-java-1.0.jar": library}))
    assert scan_path(path).as_json()["makers"]["anthropic"]["strength"] == "optional"


@pytest.mark.parametrize(("name", "head"), [("a.7z", b"7z\xbc\xaf\x27\x1c"), ("a.rar", b"Rar!\x1a")])
def test_what_is_packed_in_a_way_that_is_not_read_is_counted_as_that(name: str, head: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(head + bytes(600))
    for place in (tmp_path, tmp_path / name):
        assert list(scan_path(place).coverage.skipped) == ["packed in a way that is not read here"]
    (tmp_path / "outer.tar").write_bytes(tar({name: head + bytes(600)}))
    assert looked(tmp_path / "outer.tar") == ([], {"packed in a way that is not read here": 1})


@pytest.mark.skipif(ZSTD is None, reason="nothing here reads zstd")
def test_what_is_packed_with_zstd_is_read_like_the_others(tmp_path: Path) -> None:
    packed = ZSTD.compress(tar({"a.py": CALL, "in.tar.zst": ZSTD.compress(tar({"b.py": OTHER}))}))
    for name in ("a.tar.zst", "a.tzst"):
        (tmp_path / name).write_bytes(packed)
        assert looked(tmp_path / name) == (["a.py", "in.tar.zst/b.py"], {})
    (tmp_path / "c.py.zst").write_bytes(ZSTD.compress(CALL))
    assert looked(tmp_path / "c.py.zst") == (["c.py"], {})


@pytest.mark.skipif(ZSTD is None, reason="nothing here reads zstd")
def test_a_stream_of_zstd_that_is_cut_off_is_damaged_and_one_that_asks_for_much_memory_is_not(tmp_path: Path) -> None:
    place = tmp_path / "a.tar.zst"
    place.write_bytes(ZSTD.compress(tar({"a.py": CALL}))[:-5])
    assert scan_path(place).coverage.skipped == {"rest of an archive that is damaged": ["…"]}
    wide = ZSTD.ZstdCompressor(options={ZSTD.CompressionParameter.window_log: 30})
    place.write_bytes(wide.compress(tar({"a.py": CALL})) + wide.flush())
    assert scan_path(place).coverage.skipped == {"packed in a way that is not read here": ["…"]}


def test_without_the_library_what_is_packed_with_zstd_is_said_to_be_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "zstd", None)
    place = tmp_path / "a.tar.zst"
    place.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(600))
    found = scan_path(place).coverage
    assert found.skipped == {"packed with zstd, not read; it takes the library backports.zstd": ["…"]}
    assert not found.is_complete


_SCAN_AND_TELL = """
import sys
from remit.cli.main import main
code = main(sys.argv[1:])
rows = open("/proc/self/status").read().splitlines()
print(next(row.split()[1] for row in rows if row.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process tells of its memory in /proc")
def test_an_archive_is_looked_through_in_little_memory_however_much_is_in_it(tmp_path: Path) -> None:
    """Many files with something of the catalogue in each cost no more than there is room for, packed or not."""
    rows = b"".join(b"# %s\n" % hashlib.sha512(b"%d" % row).hexdigest().encode() for row in range(4_000))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number in range(150):
            data = rows[number * 80 :] + CALL
            member = tarfile.TarInfo(f"{number}.py")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    # What the kernel tells of a child counts what its parent had when it began, so the scan tells of itself.
    command = [sys.executable, "-c", _SCAN_AND_TELL, "scan", "--no-cache", "--format", "csv", str(tmp_path / "a.tar")]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stderr.split()
    assert int(told[-1]) < 130 * 1024
