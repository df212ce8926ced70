"""Measure a scan against reading the same bytes, and against ripgrep with the same literals where it is installed.

usage: scan.py [FOLDER]

FOLDER may stand in the environment as REMIT_CORPUS; without either, the project scans itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from remit.scan.run import scan_path
from remit.scan.signatures import signatures

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = "%-40s%15s%15s%10s"


def fastest(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of a few runs, since everything else on the machine only adds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def read_all(folder: Path) -> int:
    """Read every byte and look at none."""
    return sum(len(path.read_bytes()) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)


def ripgrep(folder: Path, literals: list[str]) -> float:
    """Time ripgrep for the same literals, all matches."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(literals))
        file.flush()
        command = ["rg", "-F", "-i", "-n", "-o", "-uu", "-g", "!.git", "-f", file.name, str(folder)]
        return fastest(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=False))


def main() -> int:
    """Print one row for each thing a scan is held against."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REMIT_CORPUS", "")
    folder = Path(named) if named else Path(__file__).parents[1] / "src"
    literals = signatures().sieve.literals
    ours = fastest(lambda: scan_path(folder, history=False))
    reading = fastest(lambda: read_all(folder))
    print(ROW % ("scan, against reading alone", f"{ours:.2f} s", f"{reading:.2f} s", f"{ours / reading:.1f}"))
    if shutil.which("rg"):
        other = ripgrep(folder, literals)
        print(ROW % ("scan, against ripgrep", f"{ours:.2f} s", f"{other:.2f} s", f"{ours / other:.1f}"))
    else:
        print("scan: not held against ripgrep, which is not installed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
