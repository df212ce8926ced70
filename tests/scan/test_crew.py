"""A large folder is looked through by several processes, and nobody can tell from the outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from remit.scan.archive import MANY, Archive
from remit.scan.coverage import Coverage
from remit.scan.crew import Alone, Crew, crew_of
from remit.scan.document import Document
from remit.scan.folder import Folder
from remit.scan.formats.form import Form, write
from remit.scan.formats.inventory import Inventory
from remit.scan.image import Image
from remit.scan.run import scan_path
from remit.scan.signatures import signatures
from tests.scan.sources import CALL, OTHER, docker_archive, oci_layout, tar, write_files, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from remit.scan.stage import Sifted

MIXED = {
    "llm.py": CALL,
    "main.py": b"from llm import ask\nask()\n",
    "settings.yaml": b"model: sonnet\nmodels: {sonnet: claude-sonnet-4-5}\n",
    "note.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": OTHER.decode()}]}, indent=1).encode(),
    "README.md": b"# Claude\nUses gpt-4o.\n",
    "image.png": b"\x89PNG\0\0",
    "test_run.py": b"import mistralai\n",
    "pyproject.toml": b'[project]\nname = "a"\ndependencies = ["anthropic"]\n',
}
"""Files of every kind that a step between the whole and its shares is about."""


@pytest.mark.parametrize("number", [2, 3])
def test_several_processes_find_what_one_finds(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"part{at}/{name}": data for at in range(4) for name, data in MIXED.items()}
    write_files(tmp_path, files)
    alone = scan_path(tmp_path)
    monkeypatch.setattr("remit.scan.run.crew_of", lambda source, known: Crew(source, known, number))
    shown: list[str] = []
    together = scan_path(tmp_path, progress=shown.append)
    assert json.dumps(together.as_json()) == json.dumps(alone.as_json())
    assert len(shown) <= len(files)
    assert together.coverage.present == len(files)


def packed_places(root: Path) -> dict[str, Path]:
    """Sources that are packed, each with files of every kind, archives within, and layers that hide each other."""
    files: dict[str, bytes | None] = {f"part{at}/{name}": data for at in range(4) for name, data in MIXED.items()}
    files |= {"lib/in.zip": zipped(MIXED), "lib/in.tar.gz": tar(dict(MIXED), ".gz"), "link.py": None}
    layers: list[dict[str, bytes | None]] = [
        files,
        {"part0/.wh.llm.py": b"", "part1/.wh..wh..opq": b"", "part2/main.py": OTHER, "in.zip": zipped(MIXED)},
    ]
    write_files(root, {
        "a.tar": tar(files), "a.tar.gz": tar(files, ".gz"), "a.zip": zipped({n: d or b"" for n, d in files.items()}),
        "image.tar": docker_archive(layers, ["ANTHROPIC_MODEL=claude-sonnet-4-5"]), "cut.tar": tar(files)[:9_000],
        "cut.tar.gz": tar(files, ".gz")[:-30], "no.zip": zipped({"a.py": CALL}).replace(b"import anthropic", b"x"),
    })  # fmt: skip
    write_files(root / "layout", oci_layout(layers, []))
    return {path.name: path for path in sorted(root.iterdir())}


@pytest.mark.parametrize("number", [2, 3])
def test_several_processes_find_in_what_is_packed_what_one_finds(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = packed_places(tmp_path)
    alone = {name: scan_path(path) for name, path in places.items()}
    monkeypatch.setattr("remit.scan.run.crew_of", lambda source, known: Crew(source, known, number))
    for name, path in places.items():
        together = scan_path(path)
        for form in Form:
            assert write(form, Inventory((together,))) == write(form, Inventory((alone[name],))), name
        assert together.coverage.marked == alone[name].coverage.marked


@pytest.mark.parametrize("budget", [1_000, 3_000, 6_000, 12_000])
def test_a_budget_ends_where_it_ends_for_one(budget: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives within are unpacked by one process each, and what they cost is counted for all."""
    inner = {f"in{at}.zip": zipped({"a.py": CALL, "b.txt": bytes(3_000)}) for at in range(6)}
    (tmp_path / "a.tar").write_bytes(tar(dict(inner)))
    alone = scan_path(tmp_path / "a.tar", source=Archive(tmp_path / "a.tar", budget=budget)).as_json()
    monkeypatch.setattr("remit.scan.run.crew_of", lambda source, known: Crew(source, known, 2))
    found = scan_path(tmp_path / "a.tar", source=Archive(tmp_path / "a.tar", budget=budget)).as_json()
    assert found == alone


def test_what_is_packed_and_large_is_shared_by_itself(tmp_path: Path) -> None:
    (tmp_path / "small.tar").write_bytes(tar({"a.py": CALL}))
    (tmp_path / "large.tar").write_bytes(tar({"a.py": CALL, "b.bin": bytes(MANY)}))
    assert not Archive(tmp_path / "small.tar").is_large()
    assert Archive(tmp_path / "large.tar").is_large()
    assert Image(tmp_path / "large.tar").is_large()


def test_a_process_that_fails_leaves_the_work_to_the_one_that_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Short(Crew):
        def sift(self, progress: Callable[[str], None] | None) -> list[Sifted]:
            self._processes[0].kill()
            return super().sift(progress)

    write_files(tmp_path, MIXED)
    alone = scan_path(tmp_path)
    monkeypatch.setattr("remit.scan.run.crew_of", lambda source, known: Short(source, known, 2))
    assert scan_path(tmp_path).as_json() == alone.as_json()


def test_a_file_that_changes_between_two_looks_is_as_many_empty_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(CALL)
    (reading,) = Folder(tmp_path).readings(Coverage())
    document = Document(reading.path, reading.data)
    document.lay_by(reading.again, signatures().sieve)
    assert document.data == CALL
    document.forget()
    (tmp_path / "a.py").write_bytes(b"import openai\n")
    assert document.data == b"\n\n"
    document.forget()
    (tmp_path / "a.py").unlink()
    assert document.rows == ["", "", ""]


def test_a_folder_is_shared_only_where_it_is_large_and_nothing_else_runs(tmp_path: Path) -> None:
    assert isinstance(crew_of(Folder(tmp_path), signatures()), Alone)
    for number in range(2_100):
        (tmp_path / str(number)).touch()
    assert Folder(tmp_path).is_large()
    assert not Folder(tmp_path / "1").is_large()
