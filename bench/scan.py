"""Measure a scan against ripgrep with the same literals over the same tree, where ripgrep is installed.

usage: scan.py [FOLDER]

FOLDER may stand in the environment as REMIT_CORPUS; without either, the project scans itself. Both run as commands,
once unmeasured, so that the files are warm for both. What is told beside it is the reading of every byte alone, the
peak of memory, and a small tree with its start-up.
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

from remit.scan.signatures import signatures

ROW = "%-40s%15s%15s%10s"
_FEW = 1_000
"""Files of a tree that is run over three times; a large one once."""


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


def ripgrep(folder: Path, times: int) -> tuple[str, float]:
    """Time ripgrep for the same literals, all matches; its version is part of the answer."""
    version = subprocess.run(["rg", "--version"], capture_output=True, text=True, check=True).stdout.split("\n", 1)[0]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(signatures().sieve.literals))
        file.flush()
        command = ["rg", "-F", "-i", "-n", "-o", "-uu", "-g", "!.git", "-f", file.name, str(folder)]
        return version, seconds(command, times)


def main() -> int:
    """Print one row for each thing a scan is held against."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REMIT_CORPUS", "")
    folder = Path(named) if named else Path(__file__).parents[1] / "src"
    files, size, reading = read_all(folder)
    times = 3 if files < _FEW else 1
    scan = [sys.executable, "-m", "remit", "scan", "--no-cache", "--allow-incomplete", "--format", "csv"]
    ours = seconds([*scan, str(folder)], times)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(ROW % (f"scan of {files} files, {size / 1e6:.0f} MB", f"{ours:.2f} s", f"{reading:.2f} s", "(reading)"))
    print(ROW % ("scan, peak memory of one process", f"{peak:.0f} MB", "400 MB", "(bar)"))
    small = seconds([*scan, str(Path(__file__).parents[1] / "examples")], 3)
    print(ROW % ("scan of a small tree with its start-up", f"{small:.2f} s", "0.40 s", "(bar)"))
    if shutil.which("rg"):
        version, other = ripgrep(folder, times)
        print(ROW % (f"scan, against {version}", f"{ours:.2f} s", f"{other:.2f} s", f"{ours / other:.1f}"))
    else:
        print("scan: not held against ripgrep, which is not installed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
