"""Archives, images and checkouts for the tests of sources, written with the standard library."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

from remit.scan import stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALL = b'import anthropic\nanthropic.Anthropic().messages.create(model="claude-opus-4-5")\n'
OTHER = b'import openai\nopenai.OpenAI().responses.create(model="gpt-4o")\n'
ZSTD: Any = vars(stream)["zstd"]
"""What packs with zstd, where anything does."""
MODE = {"": "w", ".gz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}


def tar(files: dict[str, bytes | None], packing: str = "") -> bytes:
    """Write a tar archive; a file without content is a link to nowhere."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=MODE[packing]) as archive:  # type: ignore[call-overload]  # as tarfile does
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            if data is None:
                member.type, member.linkname = tarfile.SYMTYPE, "nowhere"
            else:
                member.size = len(data)
            archive.addfile(member, io.BytesIO(data or b""))
    return stream.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """Write a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def docker_archive(layers: list[dict[str, bytes | None]], env: list[str]) -> bytes:
    """Write what `docker save` writes."""
    blobs = [tar(layer) for layer in layers]
    names = [f"{number}/layer.tar" for number in range(len(blobs))]
    manifest = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}]
    return tar({
        "config.json": json.dumps({"config": {"Env": env}}).encode(),
        "manifest.json": json.dumps(manifest).encode(),
        **dict(zip(names, blobs, strict=True)),
    })  # fmt: skip


def oci_layout(
    layers: list[dict[str, bytes | None]], env: list[str], *, packed: Callable[[bytes], bytes] = gzip.compress
) -> dict[str, bytes]:
    """Write the files of an OCI layout."""
    files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    manifest = {
        "schemaVersion": 2,
        "config": blob(json.dumps({"config": {"Env": env}}).encode(), "config.v1+json"),
        "layers": [blob(packed(tar(layer)), "layer.v1.tar") for layer in layers],
    }
    inner = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [inner]}).encode()
    return files


def write_files(root: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def git(root: Path, *words: str) -> str:
    """Run git in a checkout as nobody in particular."""
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
             "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
             "GIT_COMMITTER_EMAIL": "ada@example.org"}  # fmt: skip
    ran = subprocess.run(
        ["git", "-C", str(root), *words], check=True, capture_output=True, text=True, env=os.environ | quiet
    )
    return ran.stdout.strip()


def committed(root: Path, files: dict[str, bytes], message: str = "change") -> str:
    """Commit files in a checkout, made where there is none, and return the commit."""
    if not (root / ".git").exists():
        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "-q", "-b", "main")
    write_files(root, files)
    git(root, "add", "-A", "-f")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")
