"""The files of a bundle: which names there may be, which file is which, and how a folder of them is read and written.

1. A name is a few plain characters and never leads out of the folder; nothing in a bundle is a link.
2. A bundle is written beside its place and then renamed, and never over one that is there.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVELOPE = "statement.dsse.json"
READING = "statement.json"
"""The statement again, indented, for people."""
FINDINGS, BOM, SARIF = "findings.json", "bom.cdx.json", "findings.sarif"
ABOUT, SCRIPT = "VERIFY.md", "verify.sh"
SIGNERS, SIGNER_PEM = "allowed_signers", "signer.pem"
"""The key, for convenience alone: whoever verifies gets it by another way."""
ENTRY, PROOF = "log/statement.entry", "log/statement.tlog-proof"
RECONCILIATION, ASSESSMENT = "reconciliation.dsse.json", "assessment.dsse.json"
BESIDE = frozenset({ENVELOPE, READING, SIGNERS, SIGNER_PEM, ENTRY, PROOF, RECONCILIATION, ASSESSMENT})
"""What stands beside a statement without being named by it: each is checked by itself or shows nothing."""
LARGEST_FILE = 256 * 1024 * 1024
LARGEST_BUNDLE = 1024 * 1024 * 1024
MOST_FILES = 10_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,3}", re.ASCII)


def is_name(name: str) -> bool:
    """Tell whether a name may stand in a bundle (1)."""
    return _NAME.fullmatch(name) is not None and ".." not in name


def read_bundle(path: Path) -> dict[str, bytes]:
    """Read a folder with a bundle, or one envelope alone; refuse what is no plain file below it."""
    if path.is_file():
        return {ENVELOPE: _read(path, path.name)}
    if not path.is_dir():
        raise NothingToLookAt(f"Nothing was verified: there is no {path}.")
    found: dict[str, bytes] = {}
    size = 0
    for top, folders, names in os.walk(path):
        for name in (*folders, *names):
            if (Path(top) / name).is_symlink():
                raise EvidenceRefused("files", f"{_shown(Path(top) / name, path)} is a link, which may lead anywhere")
        for name in names:
            file = Path(top) / name
            found[file.relative_to(path).as_posix()] = _read(file, _shown(file, path))
            size += len(found[file.relative_to(path).as_posix()])
            if len(found) > MOST_FILES or size > LARGEST_BUNDLE:
                raise EvidenceRefused(
                    "files", f"the bundle holds more than {MOST_FILES} files or {LARGEST_BUNDLE} bytes"
                )
    if ENVELOPE not in found:
        raise NothingToLookAt(f"Nothing was verified: {path} holds no {ENVELOPE}.")
    return found


def _read(file: Path, shown: str) -> bytes:
    if not file.is_file():
        raise EvidenceRefused("files", f"{shown} is no plain file")
    if file.stat().st_size > LARGEST_FILE:
        raise EvidenceRefused("files", f"{shown} is larger than {LARGEST_FILE} bytes")
    return file.read_bytes()


def _shown(file: Path, top: Path) -> str:
    return ascii(file.relative_to(top).as_posix())[1:-1]


def write_bundle(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle whole or not at all (2)."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"Nothing was written: {path} is there already.")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        for name, content in files.items():
            file = beside / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o755 if name == SCRIPT else 0o644)
        beside.chmod(0o755)
        beside.rename(path)
    except BaseException as fault:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(fault, OSError):
            raise UsageError(f"Nothing was written: {path}: {fault.strerror}.") from fault
        raise
