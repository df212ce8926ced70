"""Detached SSH signatures on instruments: the armoured SSHSIG form that `ssh-keygen -Y sign` writes.

Sources: OpenSSH PROTOCOL.sshsig; RFC 8709 (Ed25519 keys), RFC 5656 (ECDSA), RFC 8332 (RSA with SHA-2);
PROTOCOL.u2f for security keys, whose signature counts only when somebody touched the key.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "remit-instrument@v1"
LARGEST_SIGNATURE = 16 * 1024
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_SECURITY_KEYS = (b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com")
_USER_PRESENT = 0x01


class SignatureFault(StrEnum):
    """The ways in which a signature fails, told apart by what one does about them."""

    UNSIGNED = "unsigned"
    BAD = "bad"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class SignatureRefused(Exception):
    """A signature does not hold; it says which kind of fault and why."""

    def __init__(self, kind: SignatureFault, says: str) -> None:
        self.kind = kind
        super().__init__(says)


@dataclass(frozen=True, slots=True)
class SshSignature:
    """The parts of one SSHSIG blob."""

    key: bytes
    namespace: bytes
    hash_name: bytes
    algorithm: bytes
    signature: bytes
    rest: bytes


def verify_signature(content: bytes, armoured: bytes, namespace: str = NAMESPACE) -> bytes:
    """Return the public key blob whose signature over `content` holds; raise `SignatureRefused` otherwise.

    1. Take the blob out of its armour.
    2. Demand the magic word, version 1, our namespace and a known hash (PROTOCOL.sshsig, section 2).
    3. Rebuild the bytes that were signed (section 3) and verify them under the key in the blob.

    Whether that key is one that counts is the caller's question.
    """
    parts = _parse(_dearmour(armoured))  # (1)
    if parts.namespace != namespace.encode():  # (2)
        found = parts.namespace.decode("utf-8", "replace")
        raise _bad(f"made for the namespace {found}, not {namespace}")
    if parts.hash_name not in _HASHES:
        raise _bad("made with a hash that is neither sha256 nor sha512")
    digest = _HASHES[parts.hash_name](content).digest()
    signed = _MAGIC + b"".join(_string(p) for p in (parts.namespace, b"", parts.hash_name, digest))  # (3)
    _verify(parts, signed)
    return parts.key


def key_blob(text: str) -> bytes:
    """Return the binary form of a public key line such as `ssh-ed25519 AAAA... comment`; `ValueError` otherwise."""
    words = text.split()
    if len(words) < 2:  # noqa: PLR2004  # type and blob
        raise ValueError("not a public key in OpenSSH form: expected a type and a base64 text")
    try:
        blob = base64.b64decode(words[1], validate=True)
        kind, _ = _take(blob)
    except ValueError as error:
        raise ValueError("not a public key in OpenSSH form: the base64 text is broken") from error
    if kind != words[0].encode():
        raise ValueError("not a public key in OpenSSH form: its type and its text disagree")
    return blob


def _bad(says: str) -> SignatureRefused:
    return SignatureRefused(SignatureFault.BAD, says)


def _dearmour(armoured: bytes) -> bytes:
    if len(armoured) > LARGEST_SIGNATURE:
        raise _bad("the signature file is larger than any signature")
    text = armoured.decode("ascii", "replace").strip()
    if not text.startswith(_BEGIN) or not text.endswith(_END):
        raise _bad("not an SSH signature file")
    try:
        return base64.b64decode("".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except ValueError as error:
        raise _bad("the signature file is damaged") from error


def _parse(blob: bytes) -> SshSignature:
    try:
        if not blob.startswith(_MAGIC) or blob[6:10] != b"\x00\x00\x00\x01":
            raise _bad("not an SSH signature of version 1")
        key, rest = _take(blob[10:])
        namespace, rest = _take(rest)
        _, rest = _take(rest)
        hash_name, rest = _take(rest)
        inner, rest = _take(rest)
        algorithm, inner = _take(inner)
        signature, tail = _take(inner)
    except ValueError as error:
        raise _bad("the signature file is cut short") from error
    if rest:
        raise _bad("the signature file has bytes after its end")
    return SshSignature(key, namespace, hash_name, algorithm, signature, tail)


def _take(blob: bytes) -> tuple[bytes, bytes]:
    """Split a length-prefixed string off the front (RFC 4251, section 5)."""
    if len(blob) < 4:  # noqa: PLR2004  # the length field
        raise ValueError("cut short")
    end = 4 + int.from_bytes(blob[:4], "big")
    if end > len(blob):
        raise ValueError("cut short")
    return blob[4:end], blob[end:]


def _string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _verify(parts: SshSignature, signed: bytes) -> None:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  # slow to import

    try:
        _verify_by_type(parts, signed)
    except InvalidSignature as error:
        raise _bad("the signature does not fit the file: one of them was changed") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad(f"the key in the signature is not usable: {error}") from error


def _verify_by_type(parts: SshSignature, signed: bytes) -> None:
    """Verify under the key's own type (PROTOCOL.sshsig, section 3)."""
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  # slow to import
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415

    kind, rest = _take(parts.key)
    if kind in _SECURITY_KEYS:
        _verify_by_security_key(parts, kind, rest, signed)
        return
    line = kind + b" " + base64.b64encode(parts.key)
    key = serialization.load_ssh_public_key(line)
    if parts.rest:
        raise _bad("the signature file has bytes after its end")
    if isinstance(key, ed25519.Ed25519PublicKey) and parts.algorithm == b"ssh-ed25519":
        key.verify(parts.signature, signed)
    elif isinstance(key, rsa.RSAPublicKey) and parts.algorithm in {b"rsa-sha2-256", b"rsa-sha2-512"}:
        digest = hashes.SHA256() if parts.algorithm == b"rsa-sha2-256" else hashes.SHA512()
        key.verify(parts.signature, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and parts.algorithm == kind:
        sizes = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
        key.verify(_pair(parts.signature), signed, ec.ECDSA(sizes[key.curve.key_size]))
    else:
        raise _not_accepted(parts)


def _verify_by_security_key(parts: SshSignature, kind: bytes, rest: bytes, signed: bytes) -> None:
    """Verify what a security key signed: a hash of its application, flags, a counter, a hash (PROTOCOL.u2f)."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # slow to import
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415

    if parts.algorithm != kind:
        raise _not_accepted(parts)
    if len(parts.rest) != 5 or not parts.rest[0] & _USER_PRESENT:  # noqa: PLR2004  # flags and counter
        raise _bad("made by a security key that nobody touched")
    elliptic = kind == _SECURITY_KEYS[1]
    if elliptic:
        _, rest = _take(rest)
    point, rest = _take(rest)
    application, _ = _take(rest)
    message = hashlib.sha256(application).digest() + parts.rest + hashlib.sha256(signed).digest()
    if elliptic:
        curve = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        curve.verify(_pair(parts.signature), message, ec.ECDSA(hashes.SHA256()))
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(point).verify(parts.signature, message)


def _pair(signature: bytes) -> bytes:
    """Write the two numbers of an ECDSA signature as the library takes them (RFC 5656, section 3.1.2)."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415

    first, second = _take(signature)
    return encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(_take(second)[0], "big"))


def _not_accepted(parts: SshSignature) -> SignatureRefused:
    return _bad(f"made with {parts.algorithm.decode('ascii', 'replace')}, which is not accepted for this key")
