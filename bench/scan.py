"""Measure a scan against ripgrep with the same literals over the same tree, where ripgrep is installed.

usage: scan.py [FOLDER]

FOLDER may stand in the environment as REMIT_CORPUS; without either, the project scans itself. Both run as commands,
once unmeasured, so that the files are warm for both. What is told beside it is the reading of every byte alone, the
peak of memory, and a small tree with its start-up.

Then sources are built in a temporary folder: a tree of as many files as REMIT_FILES says, 20,000 without it, its half
and its quarter, and the same packed in three ways. 210,000 files are an image of 2 GB; that takes many minutes.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.packed import build_folder, build_image, build_tar, build_zip
from remit.scan.signatures import signatures

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW = "%-40s%15s%15s%10s"
_FEW = 1_000
"""Files of a tree that is run over three times; a large one once."""
_NUMBER = int(os.environ.get("REMIT_FILES", "20000"))
_NAMES = ("anthropic", "openai", "mistral", "cohere", "gemini", "bedrock", "ollama", "deepseek")
"""A few names, as somebody would look for who has no catalogue."""
SCAN = (sys.executable, "-m", "remit", "scan", "--no-cache", "--allow-incomplete", "--format", "csv")


def seconds(command: list[str], times: int) -> float:
    """The shortest of a few runs of a command, since everything else on the machine only adds."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def read_all(folder: Path) -> tuple[int, int, float]:
    """Read every byte and look at none; count the files and the bytes."""
    began = time.perf_counter()
    sizes = [len(path.read_bytes()) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return len(sizes), sum(sizes), time.perf_counter() - began


def peak(place: Path) -> tuple[float, float, float]:
    """Scan a place once; the seconds, and the megabytes of the largest process and of all together, looked at often."""
    began = time.perf_counter()
    largest = summed = 0.0
    with subprocess.Popen([*SCAN, str(place)], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            held = [_held(number) for number in _with_children(process.pid)]
            largest, summed = max([largest, *held]), max(summed, sum(held))
            time.sleep(0.1)
    return time.perf_counter() - began, largest, summed


def _with_children(number: int) -> list[int]:
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [number, *(each for child in children for each in _with_children(int(child)))]


def _held(number: int) -> float:
    """Megabytes that a process holds, where what it shares with others is shared out among them."""
    try:
        rows = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def ripgrep(folder: Path, times: int, literals: Iterable[str]) -> tuple[str, float]:
    """Time ripgrep for some literals, all matches; its version is part of the answer."""
    version = subprocess.run(["rg", "--version"], capture_output=True, text=True, check=True).stdout.split("\n", 1)[0]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(literals))
        file.flush()
        command = ["rg", "-F", "-i", "-n", "-o", "-uu", "-g", "!.git", "-f", file.name, str(folder)]
        return version, seconds(command, times)


def main() -> int:
    """Print one row for each thing a scan is held against."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REMIT_CORPUS", "")
    folder = Path(named) if named else Path(__file__).parents[1] / "src"
    files, size, reading = read_all(folder)
    times = 3 if files < _FEW else 1
    ours = seconds([*SCAN, str(folder)], times)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(ROW % (f"scan of {files} files, {size / 1e6:.0f} MB", f"{ours:.2f} s", f"{reading:.2f} s", "(reading)"))
    print(ROW % ("scan, peak memory of one process", f"{most:.0f} MB", "400 MB", "(bar)"))
    small = seconds([*SCAN, str(Path(__file__).parents[1] / "examples")], 3)
    print(ROW % ("scan of a small tree with its start-up", f"{small:.2f} s", "0.40 s", "(bar)"))
    against(folder, ours, times)
    with tempfile.TemporaryDirectory() as name:
        large(Path(name))
        packed(Path(name))
    return 0


def against(folder: Path, ours: float, times: int) -> None:
    """Print how many times as long as ripgrep a scan took, with its names and with a few."""
    if not shutil.which("rg"):
        print("scan: not held against ripgrep, which is not installed")
        return
    for kind, literals in (("the same names", signatures().sieve.literals), ("a few names", _NAMES)):
        version, other = ripgrep(folder, times, literals)
        print(ROW % (f"against {version}, {kind}", f"{ours:.2f} s", f"{other:.2f} s", f"{ours / other:.1f}"))


def large(place: Path) -> None:
    """Print what a tree, its half and its quarter cost: the ratio is that of seconds to files."""
    folders = {parts: build_folder(place / f"tree{parts}", _NUMBER // parts) for parts in (4, 2, 1)}
    taken = {parts: seconds([*SCAN, str(folder)], 1) for parts, folder in folders.items()}
    for parts, ours in taken.items():
        print(ROW % (f"scan of {_NUMBER // parts} files", f"{ours:.2f} s", f"{4 // parts} x", f"{ours / taken[4]:.2f}"))
    against(folders[1], taken[1], 1)


def packed(place: Path) -> None:
    """Print what is held at most over sources that are packed: by one process, and by all of them."""
    builders = (("image.tar", build_image), ("a.tar.gz", build_tar), ("a.zip", build_zip))
    for name, build in builders:
        taken, largest, summed = peak(build(place / name, _NUMBER))
        what = f"{name} of {(place / name).stat().st_size / 1e6:.0f} MB, {taken:.1f} s"
        print(ROW % (what, f"{largest:.0f} MB", f"{summed:.0f} MB", "(all)"))
        (place / name).unlink()


if __name__ == "__main__":
    raise SystemExit(main())
