"""Terms as they stood at a git revision: the folder's files of that commit, read without touching the checkout."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.folder import find_folder
from remit.errors import NothingToLookAt, RemitError
from remit.terms.document import LARGEST_FILE
from remit.terms.folder import INSTRUMENTS, REGISTER, SIGNATURE, Files, load_terms, read_terms

if TYPE_CHECKING:
    from remit.terms.terms import Terms

# Everything off by which a repository could make git run something or ask the network.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}


def read_side(name: str, folder: Path) -> Terms:
    """Return the terms that a name means: those of a folder, or those of `folder` at a git revision."""
    if Path(name).is_dir():
        return load_terms(find_folder(name))
    return read_revision(name, folder)


def read_revision(revision: str, folder: Path) -> Terms:
    """Return the terms of a folder as a commit has them."""
    if revision.startswith("-") or not folder.is_dir():
        raise NothingToLookAt(f"Nothing was compared: {revision} is no folder, and {folder} is none to look up in git.")
    if not _is_kept(folder):
        raise NothingToLookAt(
            f"Nothing was compared: {revision} is no folder, and {folder} is in no git repository to look it up in."
        )
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().strip().rstrip("/")
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    archive = _git(top, "archive", "--format=tar", f"{commit}:{prefix}")
    files = _unpack(archive)
    if REGISTER not in files:
        raise NothingToLookAt(f"Nothing was compared: at {revision} the folder {folder} holds no {REGISTER}.")
    inside = {path: content for path, content in files.items() if path.startswith(f"{INSTRUMENTS}/")}
    return read_terms(
        Files(
            files[REGISTER],
            {path: content for path, content in inside.items() if Path(path).suffix in {".yaml", ".yml"}},
            {path: content for path, content in inside.items() if path.endswith(SIGNATURE)},
        )
    )


def _unpack(archive: bytes) -> dict[str, bytes]:
    """Return the plain files of an archive, each up to the bound and one byte more; links are left out."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None and not Path(member.name).name.startswith("."):
                found[member.name] = stream.read(LARGEST_FILE + 1)
    return found


def _is_kept(folder: Path) -> bool:
    return any((each / ".git").exists() for each in (folder.resolve(), *folder.resolve().parents))


def _git(folder: Path, *words: str) -> bytes:
    try:
        ran = subprocess.run(  # noqa: S603 - fixed words; the one given is a revision that does not begin with a hyphen.
            [*_GIT, "-C", str(folder), *words],
            capture_output=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_QUIET},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RemitError(f"Nothing was compared: git could not be run ({error}).") from error
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        because = said[0] if said else f"git knows no commit {words[-1].removesuffix('^{commit}')}"
        raise NothingToLookAt(f"Nothing was compared: {because}.")
    return ran.stdout
