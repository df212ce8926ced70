"""Whoever can sign an envelope: a key file, a security key or an agent by way of ssh-keygen, or a key in PEM.

1. A key of OpenSSH signs in the namespace of statements, so that its signature counts for nothing else.
2. An Ed25519 key in PEM signs the bytes themselves, as DSSE has it and openssl verifies it.
3. What only ssh-keygen can reach is asked of ssh-keygen: security keys, agents, and keys behind a passphrase.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from remit.attest.envelope import EnvelopeSignature
from remit.attest.ssh_signature import (
    NAMESPACE,
    is_ssh_signature,
    public_line,
    read_private_key_head,
    sign_with_key,
)
from remit.attest.trust import TrustedKey, ed25519_blob, raw_key
from remit.errors import UsageError
from remit.ledger.signer import FileSigner
from remit.terms.signature import key_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cryptography.hazmat.primitives.serialization.ssh import SSHPrivateKeyTypes

    Run = Callable[[Sequence[str], bytes], bytes]
    """Runs a program on an input and returns what it prints, or raises `UsageError`."""

_PATIENCE = 120
_PASSPHRASE = "REMIT_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, and no secret.
_ANSWER = f'#!/bin/sh\nprintf "%s\\n" "${_PASSPHRASE}"\n'
"""What OpenSSH runs to be told a passphrase, which stands in its surroundings and in no file."""


class EnvelopeSigner(Protocol):
    """One key that signs envelopes; where its secret part lies is its own affair."""

    key: TrustedKey
    """The public part, as somebody would pin it."""

    def sign(self, message: bytes) -> EnvelopeSignature:
        """Sign the bytes that an envelope asks to be signed."""


class PemSigner(EnvelopeSigner):
    """An Ed25519 key in PEM, which signs the bytes themselves (2)."""

    def __init__(self, key: FileSigner, name: str) -> None:
        self._key = key
        self.key = TrustedKey(name, ed25519_blob(key.public_key), raw=True)

    def sign(self, message: bytes) -> EnvelopeSignature:  # noqa: D102  # the interface says it
        return EnvelopeSignature(self._key.sign(message), self.key.ident)


class SshSigner(EnvelopeSigner):
    """A key of OpenSSH in memory (1)."""

    def __init__(self, key: SSHPrivateKeyTypes, name: str) -> None:
        self._key = key
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        self.key = TrustedKey(name, key_blob(line))

    def sign(self, message: bytes) -> EnvelopeSignature:  # noqa: D102
        return EnvelopeSignature(sign_with_key(self._key, self.key.blob, message), self.key.ident)


class ProgramSigner(EnvelopeSigner):
    """A key that ssh-keygen reaches (3)."""

    def __init__(self, path: Path, blob: bytes, name: str, *, agent: bool, run: Run) -> None:
        self.key = TrustedKey(name, blob)
        words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(path), "-n", NAMESPACE]
        self._words = [*words, "-U"] if agent else words
        self._run = run

    def sign(self, message: bytes) -> EnvelopeSignature:  # noqa: D102
        armoured = self._run(self._words, message)
        if not is_ssh_signature(armoured):
            raise UsageError("Nothing was signed: ssh-keygen gave no signature.")
        return EnvelopeSignature(armoured, self.key.ident)


def run_program(words: Sequence[str], given: bytes, environment: Mapping[str, str] | None = None) -> bytes:
    """Run a program on an input; what it asks a person, it asks at the terminal."""
    surroundings = {**os.environ, **(environment or {})}
    try:
        ran = subprocess.run(  # noqa: S603 - the words are ours, and a path among them is one word.
            list(words), input=given, capture_output=True, check=False, timeout=_PATIENCE, env=surroundings
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise UsageError(f"Nothing was signed: {words[0]} did not answer: {type(fault).__name__}.") from fault
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise UsageError(f"Nothing was signed: {words[0]} refused: {said[:300]}")
    return ran.stdout


def run_answering(passphrase: bytes) -> Run:
    """Return what runs a program of OpenSSH and answers it when it asks for a passphrase."""

    def run(words: Sequence[str], given: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as place:
            answer = Path(place) / "answer"
            answer.write_text(_ANSWER, encoding="ascii")
            answer.chmod(0o700)
            asked = {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
            return run_program(words, given, {**asked, _PASSPHRASE: passphrase.decode()})

    return run


def read_signer(
    path: Path, passphrase: bytes | None = None, *, name: str = "", run: Run = run_program
) -> EnvelopeSigner:
    """Read the file of a key, and return who signs with it; a public key stands for one that an agent holds."""
    try:
        content = path.read_bytes()
        text = content.decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"Nothing was signed: {path} cannot be read as a key: {type(fault).__name__}.") from fault
    name = name or path.name
    if "-----BEGIN PRIVATE KEY-----" in text:
        return PemSigner(FileSigner.from_pem(content), name)
    try:
        head = read_private_key_head(text)
    except ValueError:
        return ProgramSigner(path, _public(text, path), name, agent=True, run=run)
    if head.encrypted and passphrase is not None:
        run = run_answering(passphrase)
    if head.encrypted or head.kind.startswith("sk-"):
        return ProgramSigner(path, head.public_key, name, agent=False, run=run)
    try:
        key = load_ssh_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise UsageError(f"Nothing was signed: {path} does not open: {fault}.") from fault
    return SshSigner(key, name)


def _public(text: str, path: Path) -> bytes:
    try:
        return key_blob(text)
    except ValueError as fault:
        raise UsageError(
            f"Nothing was signed: {path} is neither a key of OpenSSH nor an unencrypted Ed25519 key in PEM."
        ) from fault


def public_pem(key: TrustedKey) -> str:
    """Write an Ed25519 key as openssl reads it, which travels with a bundle for convenience alone."""
    public = Ed25519PublicKey.from_public_bytes(raw_key(key.blob))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_text(key: TrustedKey, namespace: str = NAMESPACE) -> str:
    """Write a key as a line of allowed signers, which travels with a bundle for convenience alone."""
    principal = key.principal.replace(" ", "-")
    return f'{principal} namespaces="{namespace}" {public_line(key.blob)}\n'
