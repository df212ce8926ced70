"""Time stamps: a third party's word that a checkpoint was there at a time, by file, for an air gap (RFC 3161).

1. What is stamped is the SHA-256 of the signed checkpoint; the authority learns nothing else.
2. A reply is held against the request: status, imprint and nonce (sections 2.4.2 and 2.2).
3. The signature is verified under the certificate of the authority that the caller has pinned (RFC 5652, 5.4). Remit
   builds no chain of certificates: where only a root is known, `openssl ts -verify -data checkpoint -in FILE -CAfile
   ROOT` verifies the same file.
4. RSA (PKCS #1 v1.5) and ECDSA over SHA-256, SHA-384 or SHA-512 are verified, and nothing weaker.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from remit.errors import EvidenceRefused, UsageError
from remit.ledger import der

_SHA256 = der.write_object("2.16.840.1.101.3.4.2.1")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    _SHA256: hashes.SHA256(),
    der.write_object("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    der.write_object("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}
_SIGNED_DATA = der.write_object("1.2.840.113549.1.7.2")
_TST_INFO = der.write_object("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = der.write_object("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.write_object("1.2.840.113549.1.9.4")
_TIME = re.compile(rb"(\d{14})(\.\d*[1-9])?Z")
_GRANTED = {0, 1}
_CONSTRUCTED_0, _CONSTRUCTED_1, _PRIMITIVE_0 = 0xA0, 0xA1, 0x80
_FORMAT = "timestamp-format"
LARGEST_REPLY = 256 * 1024


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What an authority says in a reply; `verify_reply` has shown that it does, `read_reply` has not."""

    time: datetime
    serial: int
    imprint: bytes
    nonce: int | None


@dataclass(frozen=True, slots=True)
class _SignedToken:
    """The parts of the signature over a token, not verified."""

    info: bytes
    attributes: bytes
    hash_name: bytes
    signature: bytes


def write_query(content: bytes, nonce: int) -> bytes:
    """Write the request for a time stamp over some bytes, as `application/timestamp-query` (section 2.4.1).

    The nonce is a number the caller draws, of 64 bits at least, and keeps until the reply is there.
    """
    if nonce < 1:
        raise UsageError("No time stamp was asked for: the nonce is a number above zero.")
    imprint = der.write(der.SEQUENCE, _SHA256, der.write(der.NULL))
    return der.write(
        der.SEQUENCE,
        der.write_number(1),
        der.write(der.SEQUENCE, imprint, der.write(der.OCTETS, hashlib.sha256(content).digest())),  # (1)
        der.write_number(nonce),
        der.write(der.BOOLEAN, b"\xff"),
    )


def read_query(query: bytes) -> int:
    """Return the nonce of a query as `write_query` writes it; whoever asked kept the query, and with it the nonce."""
    outer = der.DerReader(query, _FORMAT)
    asked = outer.enter()
    outer.end()
    asked.number()
    asked.take(der.SEQUENCE)
    return asked.number()


def read_reply(reply: bytes, content: bytes, nonce: int | None = None) -> TimeStamp:
    """Return what a reply says of these bytes; its signature is not verified here, and nothing may rest on it."""
    return _read(reply, content, nonce)[0]


def verify_reply(reply: bytes, content: bytes, certificate: bytes, nonce: int | None = None) -> TimeStamp:
    """Return what the authority of this certificate, in PEM, says of these bytes; raise if it does not.

    1. Demand that the stamp was granted, for SHA-256 of the bytes, and with the nonce where one is given (2.4.2).
    2. Demand a certificate that is for time stamping and was valid then (2.3).
    3. Demand that the signed attributes hold the type and the digest of what is stamped (RFC 5652, 5.4).
    4. Demand the signature over them under the key of the certificate.
    """
    stamp, token = _read(reply, content, nonce)  # (1)
    pinned = _pinned(certificate, stamp.time)  # (2)
    algorithm = _HASHES.get(token.hash_name)
    if algorithm is None:
        raise EvidenceRefused("timestamp-hash", "the time stamp is signed over another hash than SHA-2")
    _demand_attributes(token, algorithm)  # (3)
    _verify(pinned, token, algorithm)  # (4)
    return stamp


def _read(reply: bytes, content: bytes, nonce: int | None) -> tuple[TimeStamp, _SignedToken]:
    if len(reply) > LARGEST_REPLY:
        raise EvidenceRefused(_FORMAT, f"the reply is longer than {LARGEST_REPLY} bytes")
    outer = der.DerReader(reply, _FORMAT)
    response = outer.enter()
    outer.end()
    if (status := response.enter().number()) not in _GRANTED:
        raise EvidenceRefused("timestamp-status", f"the authority granted no time stamp: status {status}")
    token = _read_token(response)
    stamp = _read_info(token.info)
    if stamp.imprint != hashlib.sha256(content).digest():
        raise EvidenceRefused("timestamp-imprint", "the time stamp is of other bytes")
    if nonce is not None and stamp.nonce != nonce:
        raise EvidenceRefused("timestamp-nonce", "the time stamp answers another request")
    return stamp, token


def _read_token(response: der.DerReader) -> _SignedToken:
    """Take the token apart: a ContentInfo with SignedData (RFC 5652, 3 and 5.1)."""
    info = response.enter()
    response.end()
    if info.whole(der.OBJECT) != _SIGNED_DATA:
        raise EvidenceRefused(_FORMAT, "the time stamp is not signed data")
    signed = info.enter(_CONSTRUCTED_0).enter()
    signed.number()
    signed.take(der.SET)
    stamped = signed.enter()
    if stamped.whole(der.OBJECT) != _TST_INFO:
        raise EvidenceRefused(_FORMAT, "what is signed is not a time stamp")
    content = stamped.enter(_CONSTRUCTED_0).take(der.OCTETS)
    signed.skip(_CONSTRUCTED_0, _CONSTRUCTED_1)
    signers = signed.enter(der.SET)
    signer = signers.enter()
    signers.end()  # A time stamp has one signature (RFC 3161, 2.4.2).
    signer.number()
    signer.take(_PRIMITIVE_0 if signer.peek() == _PRIMITIVE_0 else der.SEQUENCE)  # Whose certificate it is.
    hash_name = signer.enter().whole(der.OBJECT)
    # What is signed is the set itself, whose tag the structure has replaced (RFC 5652, 5.4).
    attributes = der.write(der.SET, signer.take(_CONSTRUCTED_0))
    signer.take(der.SEQUENCE)
    return _SignedToken(content, attributes, hash_name, signer.take(der.OCTETS))


def _read_info(content: bytes) -> TimeStamp:
    info = der.DerReader(content, _FORMAT).enter()
    info.number()
    info.take(der.OBJECT)
    imprint = info.enter()
    if imprint.enter().whole(der.OBJECT) != _SHA256:
        raise EvidenceRefused("timestamp-imprint", "the time stamp is of another hash than SHA-256")
    digest = imprint.take(der.OCTETS)
    serial = info.number()
    time = _read_time(info.take(der.TIME))
    info.skip(der.SEQUENCE, der.BOOLEAN)
    nonce = info.number() if info.peek() == der.INTEGER else None
    return TimeStamp(time, serial, digest, nonce)


def _read_time(text: bytes) -> datetime:
    """Read a time of section 2.4.2; what is finer than a second is left out."""
    match = _TIME.fullmatch(text)
    try:
        return datetime.strptime(match[1].decode() if match else "", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as fault:
        raise EvidenceRefused(_FORMAT, "the time of the stamp is not written as it should be") from fault


def _pinned(content: bytes, at: datetime) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(content)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (ValueError, x509.ExtensionNotFound) as fault:
        found = "the pinned certificate is none, or does not say what it is for"
        raise EvidenceRefused("timestamp-certificate", found) from fault
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
        raise EvidenceRefused("timestamp-certificate", "the pinned certificate is not for time stamping alone")
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise EvidenceRefused("timestamp-certificate", "the pinned certificate was not valid when it stamped")
    return certificate


def _demand_attributes(token: _SignedToken, algorithm: hashes.HashAlgorithm) -> None:
    found: dict[bytes, bytes] = {}
    attributes = der.DerReader(token.attributes, _FORMAT).enter(der.SET)
    while attributes.peek() is not None:
        attribute = attributes.enter()
        name = attribute.whole(der.OBJECT)
        if name in found:
            raise EvidenceRefused("timestamp-attributes", "an attribute of the signature stands twice")
        found[name] = attribute.take(der.SET)
    digest = hashlib.new(algorithm.name, token.info).digest()
    expected = {_CONTENT_TYPE: _TST_INFO, _MESSAGE_DIGEST: der.write(der.OCTETS, digest)}
    if any(found.get(name) != value for name, value in expected.items()):
        raise EvidenceRefused("timestamp-attributes", "the signature is not over the time stamp it comes with")


def _verify(certificate: x509.Certificate, token: _SignedToken, algorithm: hashes.HashAlgorithm) -> None:
    key = certificate.public_key()
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(token.signature, token.attributes, PKCS1v15(), algorithm)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(token.signature, token.attributes, ECDSA(algorithm))
        else:
            raise EvidenceRefused("timestamp-certificate", "the key of the authority is neither RSA nor ECDSA")
    except InvalidSignature as fault:
        raise EvidenceRefused("timestamp-signature", "the signature of the authority does not hold") from fault
