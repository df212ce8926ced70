"""SSH signatures as `ssh-keygen -Y sign` makes them: written here, and read by `terms/signature.py`.

Sources: OpenSSH PROTOCOL.sshsig and PROTOCOL.key; RFC 8332 for RSA with SHA-2, RFC 5656 for ECDSA.
An Ed25519 signature comes out byte for byte as ssh-keygen writes it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.terms.signature import SignatureFault, SignatureRefused, verify_signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.ssh import SSHPrivateKeyTypes

NAMESPACE = "remit-attestation@v1"
"""What every statement is signed for, so that a signature made for anything else counts for nothing."""
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
_ARMOUR = re.compile(re.escape(_BEGIN) + rb"((?:[A-Za-z0-9+/]+={0,2}\n)+)" + re.escape(_END.rstrip()) + rb"\n?")
_MAGIC, _HASH = b"SSHSIG", b"sha512"
_WIDTH = 70
_KEY_BEGIN, _KEY_END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
_KEY_MAGIC = b"openssh-key-v1\x00"
_LENGTH = 4
SMALLEST_RSA = 2048


@dataclass(frozen=True, slots=True)
class PrivateKeyHead:
    """What the file of a private key says without its passphrase."""

    public_key: bytes
    encrypted: bool

    @property
    def kind(self) -> str:
        """The type of the key, such as `ssh-ed25519`."""
        return kind_of(self.public_key)


def is_ssh_signature(signature: bytes) -> bool:
    """Tell an armoured SSH signature from raw bytes."""
    return signature.startswith(_BEGIN.rstrip())


def demand_one_spelling(armoured: bytes) -> None:
    """Raise unless an armoured signature is written as nobody could write it otherwise.

    Readers of armour pass over spaces, tabs and unused bits, so that one signature has many spellings; in an envelope,
    which no editor wraps anew, there is no need for them.
    """
    found = _ARMOUR.fullmatch(armoured)
    text = b"" if found is None else found[1].replace(b"\n", b"")
    try:
        same = base64.b64encode(base64.b64decode(text, validate=True)) == text
    except ValueError:
        same = False
    if not text or not same:
        raise EvidenceRefused("signature", "the signature is not in the one spelling that ssh-keygen gives it")


def verify_ssh_signature(message: bytes, armoured: bytes, namespace: str = NAMESPACE) -> bytes:
    """Return the public key blob whose signature holds; raise at the step that refuses.

    A security key that nobody touched is refused, which `ssh-keygen -Y verify` does not do.
    """
    try:
        blob = verify_signature(message, armoured, namespace)
    except SignatureRefused as refused:
        raise EvidenceRefused(_step_of(refused), f"the signature was {refused}") from refused
    if kind_of(blob) == "ssh-rsa" and _bits_of_modulus(blob) < SMALLEST_RSA:
        raise EvidenceRefused("signature", f"the signature was made with an RSA key of less than {SMALLEST_RSA} bits")
    return blob


def _step_of(refused: SignatureRefused) -> str:
    if refused.kind is SignatureFault.BAD and "nobody touched" in str(refused):
        return "presence"
    return "namespace" if "for the namespace" in str(refused) else "signature"


def fingerprint(blob: bytes) -> str:
    """Name a public key as `ssh-keygen -l` does."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def kind_of(blob: bytes) -> str:
    """Return the type that a public key blob begins with."""
    return take(blob)[0].decode("ascii", "replace")


def public_line(blob: bytes, comment: str = "") -> str:
    """Write a public key as OpenSSH does in one line."""
    return f"{kind_of(blob)} {base64.b64encode(blob).decode()}{' ' if comment else ''}{comment}"


def message_to_sign(message: bytes, namespace: str = NAMESPACE) -> bytes:
    """Return the bytes that a key signs for a message (PROTOCOL.sshsig, section 3)."""
    digest = hashlib.sha512(message).digest()
    return _MAGIC + b"".join(map(string, (namespace.encode(), b"", _HASH, digest)))


def write_ssh_signature(blob: bytes, algorithm: bytes, signature: bytes, namespace: str = NAMESPACE) -> bytes:
    """Write a signature in its armour (PROTOCOL.sshsig, sections 1 and 2)."""
    inner = string(algorithm) + string(signature)
    parts = b"".join(map(string, (blob, namespace.encode(), b"", _HASH, inner)))
    text = base64.b64encode(_MAGIC + (1).to_bytes(_LENGTH, "big") + parts)
    lines = b"".join(text[at : at + _WIDTH] + b"\n" for at in range(0, len(text), _WIDTH))
    return _BEGIN + lines + _END


def sign_with_key(key: SSHPrivateKeyTypes, blob: bytes, message: bytes, namespace: str = NAMESPACE) -> bytes:
    """Sign a message with a private key in memory, and return the armoured signature."""
    algorithm, signature = _raw_signature(key, message_to_sign(message, namespace))
    return write_ssh_signature(blob, algorithm, signature, namespace)


def _raw_signature(key: SSHPrivateKeyTypes, message: bytes) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # slow to import
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils  # noqa: PLC0415

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ssh-ed25519", key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return b"rsa-sha2-512", key.sign(message, padding.PKCS1v15(), hashes.SHA512())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = key.curve.key_size
        digest = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[size]
        first, second = utils.decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
        return f"ecdsa-sha2-nistp{size}".encode(), string(number(first)) + string(number(second))
    raise EvidenceRefused("key-type", "the key is of a type that signs no statement")


def read_private_key_head(content: str) -> PrivateKeyHead:
    """Read what the file of an OpenSSH private key says openly; raise `ValueError` where it is none (PROTOCOL.key)."""
    text = content.strip()
    if not text.startswith(_KEY_BEGIN) or not text.endswith(_KEY_END):
        raise ValueError("not a private key of OpenSSH")
    blob = base64.b64decode("".join(text[len(_KEY_BEGIN) : -len(_KEY_END)].split()), validate=True)
    if not blob.startswith(_KEY_MAGIC):
        raise ValueError("not a private key of OpenSSH")
    cipher, rest = take(blob[len(_KEY_MAGIC) :])
    _, rest = take(rest)
    _, rest = take(rest)
    public_key, _ = take(rest[_LENGTH:])
    return PrivateKeyHead(public_key, encrypted=cipher != b"none")


def string(part: bytes) -> bytes:
    """Write a string with its length before it (RFC 4251, section 5)."""
    return len(part).to_bytes(_LENGTH, "big") + part


def number(value: int) -> bytes:
    """Write a positive number in the fewest bytes of two's complement (RFC 4251, section 5)."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def take(blob: bytes) -> tuple[bytes, bytes]:
    """Split a string with its length before it off the front; raise `ValueError` where it is cut short."""
    end = _LENGTH + int.from_bytes(blob[:_LENGTH], "big")
    if len(blob) < _LENGTH or end > len(blob):
        raise ValueError("cut short")
    return blob[_LENGTH:end], blob[end:]


def _bits_of_modulus(blob: bytes) -> int:
    _, rest = take(blob)
    _, rest = take(rest)
    return int.from_bytes(take(rest)[0], "big").bit_length()
