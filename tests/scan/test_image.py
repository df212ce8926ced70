"""An image is seen as a container sees it: later layers hide earlier ones, and installed packages are found."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from remit.cli.main import main
from remit.errors import NothingToLookAt
from remit.scan import stream
from remit.scan.run import scan_path
from tests.scan.sources import CALL, OTHER, ZSTD, docker_archive, oci_layout, tar, write_files, zipped

if TYPE_CHECKING:
    from pathlib import Path

LAYERS: list[dict[str, bytes | None]] = [
    {"app/old.py": CALL, "app/sub/a.py": CALL, "opt/one.py": CALL, "app/main.py": CALL},
    {"app/.wh.old.py": b"", "app/sub/.wh..wh..opq": b"", "app/sub/b.py": OTHER, ".wh.opt": b""},
    {"app/main.py": b"print(1)\n", "usr/lib/python3/site-packages/cohere-5.dist-info/METADATA": b"Name: cohere\n"},
]
ENV = ["PATH=/bin", "MISTRAL_API_KEY=planted-and-secret"]


def place(kind: str, root: Path) -> Path:
    if kind == "docker archive":
        path = root / "image.tar"
        path.write_bytes(docker_archive(LAYERS, ENV))
    elif kind == "OCI layout":
        path = write_files(root / "image", oci_layout(LAYERS, ENV))
    else:
        path = root / "image.tar"
        path.write_bytes(tar(dict(oci_layout(LAYERS, ENV))))
    return path


@pytest.mark.parametrize("kind", ["docker archive", "OCI layout", "OCI archive"])
def test_an_image_is_seen_as_a_container_sees_it(kind: str, tmp_path: Path) -> None:
    found = scan_path(place(kind, tmp_path)).as_json()
    assert [file["path"] for file in found["makers"]["openai"]["files"]] == ["app/sub/b.py"]
    assert "anthropic" not in found["makers"]
    assert found["coverage"]["skipped"]["removed by a later layer of the image"]["paths"] == [
        "app/main.py",
        "app/old.py",
        "app/sub/a.py",
        "opt/one.py",
    ]
    assert found["makers"]["cohere"]["strength"] == "optional"
    assert "planted" not in str(found)
    assert found["coverage"]["complete"]


def test_a_layer_that_is_missing_or_damaged_is_counted(tmp_path: Path) -> None:
    files = oci_layout(LAYERS, ENV)
    names = [name for name, data in files.items() if data.startswith(b"\x1f\x8b")]
    files[names[0]] = files[names[0]][:40]
    del files[names[1]]
    found = scan_path(write_files(tmp_path / "image", files)).as_json()
    assert set(found["coverage"]["skipped"]) >= {"unreadable", "rest of an archive that is damaged"}
    assert not found["coverage"]["complete"]


@pytest.mark.skipif(ZSTD is None, reason="nothing here reads zstd")
def test_layers_packed_with_zstd_are_read_like_the_others(tmp_path: Path) -> None:
    image = write_files(tmp_path / "image", oci_layout(LAYERS, ENV, packed=ZSTD.compress))
    (tmp_path / "image.tar.zst").write_bytes(ZSTD.compress(docker_archive(LAYERS, ENV)))
    plain = scan_path(place("OCI layout", tmp_path / "plain")).as_json()
    assert scan_path(image).as_json() == plain
    assert scan_path(tmp_path / "image.tar.zst").as_json()["makers"] == plain["makers"]


def test_layers_packed_with_zstd_are_not_called_damaged_where_nothing_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = write_files(tmp_path / "image", oci_layout(LAYERS, ENV, packed=lambda data: b"\x28\xb5\x2f\xfd" + data))
    monkeypatch.setattr(stream, "zstd", None)
    assert main(["scan", "--no-cache", str(image)]) == 4
    assert "3 packed with zstd, not read; it takes the library backports.zstd" in capsys.readouterr().out


def test_an_image_without_a_manifest_is_nothing_to_look_at(tmp_path: Path) -> None:
    write_files(tmp_path / "image", {"oci-layout": b"{}", "index.json": b"no"})
    with pytest.raises(NothingToLookAt):
        scan_path(tmp_path / "image")


def test_a_part_that_climbs_out_of_the_layout_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CALL)
    index = b'{"manifests": [{"digest": "sha256:../../../secret"}]}'
    write_files(tmp_path / "image", {"oci-layout": b"{}", "index.json": index})
    assert scan_path(tmp_path / "image").as_json()["coverage"]["read"] == 0


@pytest.mark.parametrize("digest", ["a" * 400, "a\\u0000b", "a/" * 3000])
def test_a_part_by_a_name_that_no_file_can_have_is_counted_as_missing(tmp_path: Path, digest: str) -> None:
    files = oci_layout(LAYERS, ENV)
    index = b'{"manifests": [{"digest": "sha256:%b"}]}' % digest.encode()
    assert scan_path(write_files(tmp_path / "image", files | {"index.json": index})).as_json()["coverage"]["read"] == 0


def test_a_file_that_a_later_layer_puts_in_the_place_of_a_folder_hides_it_and_the_other_way(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    layers: list[dict[str, bytes | None]] = [
        {"app/main.py": CALL, "tool.py": CALL},
        {"app": b"x\n", "tool.py/a.py": OTHER},
    ]
    path.write_bytes(docker_archive(layers, ENV))
    found = scan_path(path).as_json()
    assert [file["path"] for file in found["makers"]["openai"]["files"]] == ["tool.py/a.py"]
    assert "anthropic" not in found["makers"]


def test_an_image_that_is_packed_as_a_whole_is_unpacked_once_and_seen_as_one(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzip.compress(docker_archive(LAYERS, ENV)))
    assert list(scan_path(path).makers) == ["openai", "cohere", "mistral"]


def test_archives_in_an_image_are_opened_with_the_libraries_they_carry(tmp_path: Path) -> None:
    library = zipped({"META-INF/maven/com.anthropic/anthropic-java/pom.properties": b"version=1\n"})
    layers: list[dict[str, bytes | None]] = [
        {"srv/app.jar": zipped({"BOOT-INF/lib/a.jar": library}), "usr/share/doc/notes.gz": gzip.compress(b"notes\n")}
    ]
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive(layers, []))
    found = scan_path(path).as_json()
    assert found["makers"]["anthropic"]["strength"] == "optional"
    assert found["coverage"]["complete"]
    assert found["coverage"]["skipped"] == {}
