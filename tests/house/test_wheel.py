"""What is installed is what stands in `src/`, and a verifier needs one dependency."""

import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.console import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(place)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (made,) = place.glob("*.whl")
    return made


def test_the_wheel_holds_every_file_of_the_package_data_included(wheel: Path) -> None:
    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "remit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in ZipFile(wheel).namelist() if name.startswith("remit/")}
    assert held == expected


def test_a_verifier_installs_with_cryptography_alone(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        said = message_from_bytes(archive.read(name))
    needed = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [line.split(">")[0] for line in needed] == ["cryptography"]
    assert said["License-Expression"] == "Apache-2.0"
