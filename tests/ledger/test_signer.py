"""The key that signs: one kind, from a file that openssl can write and read."""

import subprocess
from pathlib import Path
from shutil import which

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from remit.errors import UsageError
from remit.ledger.signer import FileSigner
from tests.ledger.small_log import LOG_SIGNER


def test_a_key_is_written_and_read() -> None:
    drawn = FileSigner.generate()
    read = FileSigner.from_pem(drawn.to_pem())
    assert read.public_key == drawn.public_key
    assert read.sign(b"text") == drawn.sign(b"text")


def test_a_key_that_openssl_made_signs(tmp_path: Path) -> None:
    if which("openssl") is None:
        pytest.skip("openssl is not there")
    path = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path)], check=True)
    assert len(FileSigner.from_pem(path.read_bytes()).public_key) == 32


def test_another_kind_of_key_does_not_sign() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UsageError, match="another kind than Ed25519"):
        FileSigner.from_pem(other)


def test_a_key_behind_a_password_or_no_key_at_all_does_not_sign() -> None:
    key = load_pem_private_key(LOG_SIGNER.to_pem(), password=None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    for content in (locked, b"", b"-----BEGIN PRIVATE KEY-----\n"):
        with pytest.raises(UsageError, match="not an unencrypted private key"):
            FileSigner.from_pem(content)
