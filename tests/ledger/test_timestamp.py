"""Time stamps: asked for and verified against openssl's own authority, and refused where anything differs."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused, UsageError
from remit.ledger import der
from remit.ledger.timestamp import LARGEST_REPLY, read_reply, verify_reply, write_query
from tests.ledger.small_log import SmallLog, flip, refused

CONTENT = SmallLog(4).checkpoint().content()
NONCE = 0xD1CE_0000_0000_0001
CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = {digest}
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ordering = {ordering}
"""
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def new_certificate(
    key: Key, *, usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,), days: int = 30
) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)


class Authority:
    """openssl as a time-stamping authority, in a folder of its own."""

    def __init__(self, folder: Path, key: Key, digest: str = "sha256", ordering: str = "no") -> None:
        if which("openssl") is None:
            pytest.skip("openssl is not there")
        self.folder = folder
        self.certificate = new_certificate(key)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        configuration = CONFIGURATION.format(digest=digest, ordering=ordering)
        for name, content in {"key": secret, "cert": self.certificate, "conf": configuration.encode()}.items():
            (folder / name).write_bytes(content)
        (folder / "serial").write_text("01\n", encoding="ascii")

    def stamp(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        words = ["-config", "conf", "-queryfile", "query", "-inkey", "key", "-signer", "cert", "-out", "reply"]
        subprocess.run(["openssl", "ts", "-reply", *words], cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "reply").read_bytes()

    def verifies(self, reply: bytes, content: bytes) -> bool:
        (self.folder / "reply").write_bytes(reply)
        (self.folder / "data").write_bytes(content)
        words = ["-data", "data", "-in", "reply", "-CAfile", "cert"]
        ran = subprocess.run(["openssl", "ts", "-verify", *words], cwd=self.folder, check=False, capture_output=True)
        return ran.returncode == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"), ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return authority.stamp(write_query(CONTENT, NONCE))


def test_a_stamp_verifies_here_and_with_openssl(authority: Authority, reply: bytes) -> None:
    stamp = verify_reply(reply, CONTENT, authority.certificate, NONCE)
    assert abs(stamp.time - datetime.now(UTC)) < timedelta(minutes=5)
    assert (stamp.nonce, stamp.serial) == (NONCE, 2)
    assert read_reply(reply, CONTENT) == stamp
    assert authority.verifies(reply, CONTENT)
    assert not authority.verifies(reply, CONTENT + b"!")


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_rsa_and_each_hash_verify(tmp_path: Path, digest: str) -> None:
    authority = Authority(tmp_path, rsa.generate_private_key(65_537, 2048), digest, ordering="yes")
    assert verify_reply(authority.stamp(write_query(CONTENT, 1)), CONTENT, authority.certificate).nonce == 1


def test_a_weaker_hash_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path, rsa.generate_private_key(65_537, 2048), "sha1")
    with refused("timestamp-hash"):
        verify_reply(authority.stamp(write_query(CONTENT, 1)), CONTENT, authority.certificate)


def test_a_query_reads_as_openssl_reads_it(tmp_path: Path) -> None:
    if which("openssl") is None:
        pytest.skip("openssl is not there")
    (tmp_path / "query").write_bytes(write_query(CONTENT, NONCE))
    command = ["openssl", "ts", "-query", "-in", "query", "-text"]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "Hash Algorithm: sha256" in said
    assert f"Nonce: 0x{NONCE:016X}" in said
    assert "Certificate required: yes" in said


def test_other_bytes_another_nonce_or_another_authority_are_refused(authority: Authority, reply: bytes) -> None:
    with refused("timestamp-imprint"):
        verify_reply(reply, CONTENT + b"!", authority.certificate)
    with refused("timestamp-nonce"):
        verify_reply(reply, CONTENT, authority.certificate, NONCE + 1)
    with refused("timestamp-signature"):
        verify_reply(reply, CONTENT, new_certificate(ec.generate_private_key(ec.SECP256R1())))


def test_a_certificate_that_is_not_for_time_stamping_is_refused(reply: bytes) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    both = (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH)
    unfit = [
        b"no certificate",
        new_certificate(key, usages=()),
        new_certificate(key, usages=both),
        new_certificate(key, days=-30),
        new_certificate(ed25519.Ed25519PrivateKey.generate()),
    ]
    for certificate in unfit:
        with refused("timestamp-certificate"):
            verify_reply(reply, CONTENT, certificate)


@given(st.data())
def test_any_bit_flipped_in_what_counts_refuses(authority: Authority, reply: bytes, data: st.DataObject) -> None:
    changed = flip(reply, data.draw(st.integers(0, len(reply) * 8 - 1)))
    try:
        stamp = verify_reply(changed, CONTENT, authority.certificate, NONCE)
    except EvidenceRefused:
        return
    # A few bits say nothing that is relied on: a status text, the certificate that comes along, an unsigned name.
    assert stamp == verify_reply(reply, CONTENT, authority.certificate, NONCE)


def rewritten(reply: bytes, old: bytes, new: bytes) -> bytes:
    assert reply.count(old) >= 1
    assert len(old) == len(new)
    return reply.replace(old, new)


def test_each_part_that_is_not_what_it_should_be_is_named(authority: Authority, reply: bytes) -> None:
    tst_info, signed_data = der.write_object("1.2.840.113549.1.9.16.1.4"), der.write_object("1.2.840.113549.1.7.2")
    digest, sha256 = der.write_object("1.2.840.113549.1.9.4"), der.write_object("2.16.840.1.101.3.4.2.1")
    content_type = der.write_object("1.2.840.113549.1.9.3")
    year = b"\x18\x0f" + str(datetime.now(UTC).year).encode()
    changes = {
        "timestamp-format": [
            rewritten(reply, tst_info, tst_info[:-1] + b"\x05"),
            rewritten(reply, signed_data, signed_data[:-1] + b"\x03"),
            rewritten(reply, year, b"\x18\x0f20x6"),
            reply + b"\x00",
            reply[:-1],
            bytes(LARGEST_REPLY + 1),
            b"",
        ],
        "timestamp-attributes": [
            rewritten(reply, digest, digest[:-1] + b"\x05"),
            rewritten(reply, content_type, digest),
        ],
        "timestamp-imprint": [rewritten(reply, sha256, sha256[:-1] + b"\x04")],
        "timestamp-status": [reply.replace(b"\x02\x01\x00", b"\x02\x01\x02", 1)],
    }
    for step, contents in changes.items():
        for content in contents:
            with refused(step):
                verify_reply(content, CONTENT, authority.certificate, NONCE)


def test_a_refusal_of_the_authority_is_no_stamp() -> None:
    status = der.write(der.SEQUENCE, der.write_number(2))
    with refused("timestamp-status"):
        read_reply(der.write(der.SEQUENCE, status), CONTENT)


def test_a_nonce_is_above_zero() -> None:
    with pytest.raises(UsageError, match="above zero"):
        write_query(CONTENT, 0)


def test_an_authority_may_be_named_by_its_key_and_with_another_algorithm() -> None:
    """openssl names the signer by issuer and number; the other form is made here, and its key is not one we verify."""
    with refused("timestamp-certificate"):
        verify_reply(hand_made(b"\x80\x01k"), CONTENT, new_certificate(ed25519.Ed25519PrivateKey.generate()))


def hand_made(signer: bytes) -> bytes:
    import hashlib

    sequence, octets, objects = der.SEQUENCE, der.OCTETS, der.write_object
    sha256 = der.write(sequence, objects("2.16.840.1.101.3.4.2.1"))
    info = der.write(
        sequence,
        der.write_number(1),
        objects("1.2.3.4"),
        der.write(sequence, sha256, der.write(octets, hashlib.sha256(CONTENT).digest())),
        der.write_number(9),
        der.write(der.TIME, datetime.now(UTC).strftime("%Y%m%d%H%M%S").encode() + b".5Z"),
    )
    tst_info = objects("1.2.840.113549.1.9.16.1.4")
    attributes = [
        der.write(sequence, objects("1.2.840.113549.1.9.3"), der.write(der.SET, tst_info)),
        der.write(
            sequence,
            objects("1.2.840.113549.1.9.4"),
            der.write(der.SET, der.write(octets, hashlib.sha256(info).digest())),
        ),
    ]
    signature = [der.write(0xA0, *attributes), sha256, der.write(octets, bytes(64))]
    signers = der.write(der.SET, der.write(sequence, der.write_number(1), signer, sha256, *signature))
    stamped = der.write(sequence, tst_info, der.write(0xA0, der.write(octets, info)))
    signed = der.write(sequence, der.write_number(3), der.write(der.SET, sha256), stamped, signers)
    token = der.write(sequence, objects("1.2.840.113549.1.7.2"), der.write(0xA0, signed))
    return der.write(sequence, der.write(sequence, der.write_number(0)), token)
