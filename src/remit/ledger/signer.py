"""Whoever can sign with an Ed25519 key: a file today, a card or a module later."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from remit.errors import UsageError


class Signer(Protocol):
    """One Ed25519 key that signs; where the secret part lies is its own affair."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key (RFC 8032)."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature over the message (RFC 8032)."""


class FileSigner(Signer):
    """A key held in memory, read from a PEM file as `openssl genpkey -algorithm ed25519` writes it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def from_pem(cls, content: bytes) -> FileSigner:
        """Take the key out of an unencrypted PKCS #8 file; raise if it is anything but Ed25519."""
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError) as fault:
            raise UsageError("Nothing was signed: the key file is not an unencrypted private key in PEM.") from fault
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageError("Nothing was signed: the key file holds a key of another kind than Ed25519.")
        return cls(key)

    @classmethod
    def from_seed(cls, seed: bytes) -> FileSigner:
        """Take a key by its 32 secret bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def generate(cls) -> FileSigner:
        """Draw a new key."""
        return cls(Ed25519PrivateKey.generate())

    def to_pem(self) -> bytes:
        """Write the secret key as an unencrypted PKCS #8 file."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_key(self) -> bytes:  # noqa: D102  # the interface says it
        return self._public_key

    def sign(self, message: bytes) -> bytes:  # noqa: D102  # the interface says it
        return self._key.sign(message)
