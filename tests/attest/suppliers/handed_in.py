"""Answers as files: filled in as a supplier would, signed by other people's tools where they are there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from remit.attest.signer import SshSigner, read_signer
from remit.attest.suppliers.receipt import sign_file
from remit.attest.suppliers.register import Round, Supplier
from remit.attest.suppliers.request import write_request

NONCE = "0123456789abcdef0123456789abcdef"
REGISTER = """\
round: round-1
by: quayside
name: Quayside
return_to: suppliers@quayside.example
order: {id: order-12, version: 3, digest: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
target: {maker: halden}
asked: 2026-08-03
due: 2026-08-31
surfaces: [repositories]
"""


def fill_in(request: bytes, **answers: str) -> bytes:
    """Fill a request in; `suppliers` is what stands there, indented."""
    given = {"status": "not-found", "made": "2026-08-12", "seen": "12", "unread": "0", **answers}
    text = request.decode()
    for key in ("status", "made", "seen", "unread"):
        text = text.replace(f'{key}: ""', f"{key}: {given[key]}")
    text = text.replace('{name: "", role: ""}', '{name: "E. Strand", role: "counsel"}')
    return text.replace('    none: ""', given.get("suppliers", '    none: "We do all of it ourselves."')).encode()


def answer_of(rounds: Round, supplier: Supplier, **answers: str) -> bytes:
    return fill_in(write_request(rounds, supplier, NONCE), **answers)


def draw_key(path: Path) -> str:
    """Draw an SSH key with ssh-keygen, and return its public line."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not there")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


def sign_with_ssh_keygen(key: Path, path: Path) -> None:
    """Sign a file as a supplier does, which writes the signature beside it."""
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "remit-attestation@v1", "-f", str(key), str(path)]
    subprocess.run(words, check=True, capture_output=True)


def ssh_signature(key: Path, content: bytes) -> bytes:
    signer = read_signer(key)
    assert isinstance(signer, SshSigner)
    return sign_file(content, signer)
