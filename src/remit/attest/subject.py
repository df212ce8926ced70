"""What a statement is about, named so that it cannot change: a tree of git, an image, a set of files.

1. A checkout is named by its commit and the tree below the place; git is asked by whoever calls.
2. A checkout with changes is refused, or else the digest of the changes is made a subject too. Files that git was told
   not to look at count as changes, since nobody could say what is in them.
3. A set of files is named by the sum of its sums, which `find`, `sort` and `sha256sum` give as well.
4. An image in the layout of OCI is named by its manifest, once every blob is what its name says; several images that
   stand in one layout are named by their index.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from remit.attest.statement import Subject
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Git = Callable[..., bytes]
    """Runs git in the place with some words and returns what it prints, or raises `UsageError`."""

_CREDENTIALS = re.compile(r"^([a-z+]+://)[^/@]*@")
_PIECE = 1 << 20
FILES_COMMAND = (
    "{ find . -name .git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum;"
    " find . -name .git -prune -o -type l -printf '%l  %p\\n' | LC_ALL=C sort; } | sha256sum"
)
"""Names a set of files as (3) does, run in the folder."""


@dataclass(frozen=True, slots=True)
class Named:
    """The subjects of a place, and the commit to look at where the place is a checkout without changes."""

    subjects: tuple[Subject, ...]
    commit: str = ""


def name_place(path: Path, git: Git, *, name: str = "", with_changes: bool = False) -> Named:
    """Name what lies at a path."""
    if not path.exists():
        raise NothingToLookAt(f"Nothing was attested: there is no {path}.")
    name = name or path.resolve().name or "place"
    if path.is_file():
        return Named((Subject(name, {"sha256": _sum(path)}),))
    if (path / "oci-layout").is_file() and (path / "index.json").is_file():
        return Named((Subject(name, {"sha256": _image_sum(path)}),))
    commit = _commit(git)
    if not commit:
        return Named((Subject(name, {"sha256": files_sum(path)}),))
    tree = git("rev-parse", "--verify", f"{commit}:{_prefix(git)}").decode().strip()
    subject = Subject(_remote(git) or name, {"gitCommit": commit, "gitTree": tree})
    changes = _changes(git)
    if not changes:
        return Named((subject,), commit)
    if not with_changes:
        raise UsageError(
            f"Nothing was attested: {path} is not what is committed; {changes[0]} differs.\n"
            "  Commit it, or make the digest of the changes a subject too: --with-changes"
        )
    return Named((subject, Subject("changes", {"sha256": _changes_sum(path, git)})))


def _commit(git: Git) -> str:
    """Return the commit that a place is checked out at; nothing where it is no part of a checkout."""
    try:
        commit = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
        git("rev-parse", "--verify", "--quiet", f"{commit}:{_prefix(git)}")
    except UsageError:
        return ""
    return commit


def _prefix(git: Git) -> str:
    return git("rev-parse", "--show-prefix").decode().rstrip("\n").rstrip("/")


def _remote(git: Git) -> str:
    """Name a checkout by where it came from, without the name and word of whoever fetched it."""
    try:
        address = git("config", "--get", "remote.origin.url").decode().strip()
    except UsageError:
        return ""
    if not address.isprintable() or "://" not in address:
        return ""
    return "git+" + _CREDENTIALS.sub(r"\1", address)


def _changes(git: Git) -> list[str]:
    """Name what differs from the commit below a place (2)."""
    said = git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    changed = [row[3:] for row in said.split(b"\0") if row]
    flagged = [row[2:] for row in git("ls-files", "-v", "-z", "--", ".").split(b"\0") if row and row[:1] != b"H"]
    return [name.decode("utf-8", "backslashreplace") for name in (*changed, *flagged)]


def _changes_sum(path: Path, git: Git) -> str:
    """Digest what differs: the difference of what git knows, and each file that it does not know, by its sum."""
    whole = hashlib.sha256(git("diff", "--binary", "--full-index", "--no-color", "--no-ext-diff", "HEAD", "--", "."))
    new = git("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    for name in sorted(filter(None, new.split(b"\0"))):
        file = path / os.fsdecode(name)
        found = hashlib.sha256(_leads(file)).hexdigest() if file.is_symlink() else _sum(file)
        whole.update(f"{found}  ".encode() + name + b"\n")
    return whole.hexdigest()


def files_sum(path: Path) -> str:
    """Name a set of files (3)."""
    whole = hashlib.sha256()
    files: list[tuple[bytes, Path]] = []
    links: list[tuple[bytes, Path]] = []
    for name, file in _walk(path):
        (links if file.is_symlink() else files).append((name, file))
    for name, file in sorted(files):
        whole.update(_sum(file).encode() + b"  ./" + name + b"\n")
    for row in sorted(_leads(file) + b"  ./" + name + b"\n" for name, file in links):
        whole.update(row)
    return whole.hexdigest()


def _walk(path: Path) -> Iterator[tuple[bytes, Path]]:
    def refuse(fault: OSError) -> None:
        raise UsageError(f"Nothing was attested: {fault.filename}: {fault.strerror}.") from fault

    for top, folders, names in os.walk(path, onerror=refuse):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if (Path(top) / name).is_symlink()]
        for name in (*names, *links):
            file = Path(top) / name
            found = os.fsencode(file.relative_to(path))
            if any(sign in found for sign in (b"\n", b"\r", b"\\")):
                raise UsageError(f"Nothing was attested: {str(file)!a} has a name that a list of sums cannot show.")
            if name != ".git" and (file.is_symlink() or file.is_file()):
                yield found, file


def _leads(link: Path) -> bytes:
    return os.fsencode(os.readlink(link))  # noqa: PTH115 - a path would lose a slash at the end.


def _sum(file: Path) -> str:
    whole = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                whole.update(piece)
    except OSError as fault:
        raise UsageError(f"Nothing was attested: {file}: {fault.strerror}.") from fault
    return whole.hexdigest()


def _image_sum(path: Path) -> str:
    for file in sorted((path / "blobs" / "sha256").glob("*")):
        if _sum(file) != file.name:
            raise UsageError(f"Nothing was attested: the blob {file.name} of the image is not what its name says.")
    try:
        manifests = json.loads((path / "index.json").read_bytes())["manifests"]
        (digest,) = (row["digest"] for row in manifests)
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        return _sum(path / "index.json")  # Several images, or none that is named: the index names them all.
    found = str(digest).removeprefix("sha256:")
    if not (path / "blobs" / "sha256" / found).is_file():
        raise UsageError(f"Nothing was attested: the image's manifest {found:.80} is not among its blobs.")
    return found
