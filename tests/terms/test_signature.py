"""Detached signatures on instruments: those that ssh-keygen makes, and every way in which one fails."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from remit.errors import TermsUnusable
from remit.terms.folder import Files, read_terms
from remit.terms.signature import LARGEST_SIGNATURE, NAMESPACE, SignatureFault, SignatureRefused, key_blob
from remit.terms.signature import verify_signature as verify
from tests.terms.writing import SCENE, clause, instrument, write_yaml

if TYPE_CHECKING:
    from pathlib import Path

# Made once with OpenSSH 9.2: ssh-keygen -Y sign -f key -n remit-instrument@v1 golden.yaml
GOLDEN = b"instrument: golden\nkind: order\n"
GOLDEN_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMm3mratg5c87wk3h7uj0Uq9Dl1NydheuDfjuC632OoB golden"
GOLDEN_SIGNATURE = b"""-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgybeatq2DlzzvCTeHu6PRSr0OXU
3J2F64N+O4LrfY6gEAAAATcmVtaXQtaW5zdHJ1bWVudEB2MQAAAAAAAAAGc2hhNTEyAAAA
UwAAAAtzc2gtZWQyNTUxOQAAAEDVRkF+PtlanIPhurjRw+K/hE9Co/cB86NV6K/DL/at1d
xPlK0jjm+y8fyqdWdPGP2MFyze4hXucre5w/T99q0F
-----END SSH SIGNATURE-----
"""
BLOB = base64.b64decode(b"".join(GOLDEN_SIGNATURE.split(b"\n")[1:-2]))

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
KEY_TYPES = {
    "ed25519": ["-t", "ed25519"],
    "rsa-2048": ["-t", "rsa", "-b", "2048"],
    "ecdsa-256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa-384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa-521": ["-t", "ecdsa", "-b", "521"],
}


@dataclass(frozen=True)
class Signer:
    """A key made by ssh-keygen, that signs files with it."""

    place: Path

    @property
    def public(self) -> str:
        return (self.place / "key.pub").read_text(encoding="utf-8")

    def sign(self, content: bytes, *options: str, namespace: str = NAMESPACE) -> bytes:
        (self.place / "file").write_bytes(content)
        (self.place / "file.sig").unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", namespace, *options, "file"]
        subprocess.run(command, cwd=self.place, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        return (self.place / "file.sig").read_bytes()


def make_signer(place: Path, *options: str) -> Signer:
    place.mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "a test", *options, "-f", place / "key"], check=True)
    return Signer(place)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_signer(tmp_path_factory.mktemp("signer"), "-t", "ed25519")


def armour(blob: bytes) -> bytes:
    begin, end = GOLDEN_SIGNATURE.split(b"\n")[0], GOLDEN_SIGNATURE.split(b"\n")[-2]
    return begin + b"\n" + base64.b64encode(blob) + b"\n" + end + b"\n"


def string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def refusal(content: bytes, armoured: bytes) -> tuple[SignatureFault, str]:
    with pytest.raises(SignatureRefused) as refused:
        verify(content, armoured)
    return refused.value.kind, str(refused.value)


def test_a_signature_that_openssh_made_holds_and_names_its_key() -> None:
    assert verify(GOLDEN, GOLDEN_SIGNATURE) == key_blob(GOLDEN_KEY)
    assert verify(GOLDEN, b"\n" + GOLDEN_SIGNATURE.replace(b"\n", b"\r\n")) == key_blob(GOLDEN_KEY)


def test_a_changed_file_is_told() -> None:
    for changed in (GOLDEN + b" ", GOLDEN[:-1], b"I" + GOLDEN[1:], b""):
        assert refusal(changed, GOLDEN_SIGNATURE) == (
            SignatureFault.BAD,
            "the signature does not fit the file: one of them was changed",
        )


def test_no_flipped_bit_of_a_signature_goes_unnoticed() -> None:
    for place in range(len(BLOB)):
        for bit in range(8):
            flipped = BLOB[:place] + bytes([BLOB[place] ^ 1 << bit]) + BLOB[place + 1 :]
            kind, says = refusal(GOLDEN, armour(flipped))
            assert kind is SignatureFault.BAD
            assert says


def test_no_cut_of_a_signature_goes_unnoticed() -> None:
    for length in range(len(BLOB)):
        assert refusal(GOLDEN, armour(BLOB[:length]))[0] is SignatureFault.BAD
    for length in range(len(GOLDEN_SIGNATURE) - 1):
        assert refusal(GOLDEN, GOLDEN_SIGNATURE[:length])[0] is SignatureFault.BAD


@pytest.mark.parametrize(
    ("armoured", "says"),
    [
        (b"", "not an SSH signature file"),
        (b"-----BEGIN PGP SIGNATURE-----", "not an SSH signature file"),
        (GOLDEN_SIGNATURE.replace(b"U1NI", b"U1N!"), "the signature file is damaged"),
        (GOLDEN_SIGNATURE.replace(b"U1NI", b"U1N\xff"), "the signature file is damaged"),
        (GOLDEN_SIGNATURE.replace(b"U1NI", "U1N\u212a".encode()), "the signature file is damaged"),
        (b" " * (LARGEST_SIGNATURE + 1), "the signature file is larger than any signature"),
        (armour(b"SSHSIG\0\0\0\2" + BLOB[10:]), "not an SSH signature of version 1"),
        (armour(BLOB + b"x"), "the signature file has bytes after its end"),
        (armour(BLOB[:-71] + string(BLOB[-67:] + b"x")), "cut short"),
    ],
)
def test_what_is_no_signature_is_told(armoured: bytes, says: str) -> None:
    kind, said = refusal(GOLDEN, armoured)
    assert kind is SignatureFault.BAD
    assert says in said


@needs_ssh_keygen
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_usual_kind_of_key_is_accepted_with_both_hashes(key_type: str, tmp_path: Path) -> None:
    signer = make_signer(tmp_path, *KEY_TYPES[key_type])
    for hash_name in ("sha256", "sha512"):
        signature = signer.sign(GOLDEN, "-O", f"hashalg={hash_name}")
        assert verify(GOLDEN, signature) == key_blob(signer.public)
        assert refusal(GOLDEN + b" ", signature)[0] is SignatureFault.BAD


@needs_ssh_keygen
def test_a_signature_for_another_purpose_does_not_count(signer: Signer) -> None:
    for namespace in ("file", "git", "remit-instrument@v2", "remit-instrument@v1 "):
        kind, says = refusal(GOLDEN, signer.sign(GOLDEN, namespace=namespace))
        assert (kind, says) == (SignatureFault.BAD, f"made for the namespace {namespace}, not remit-instrument@v1")


def made_by_hand(
    key: bytes, signature: bytes, *, hash_name: bytes = b"sha512", algorithm: bytes = b"ssh-ed25519", rest: bytes = b""
) -> bytes:
    inner = string(algorithm) + string(signature) + rest
    parts = (key, NAMESPACE.encode(), b"", hash_name, inner)
    return armour(b"SSHSIG\0\0\0\1" + b"".join(string(part) for part in parts))


def signed_bytes(content: bytes, hash_name: bytes = b"sha512") -> bytes:
    digest = hashlib.new(hash_name.decode(), content).digest()
    return b"SSHSIG" + b"".join(string(part) for part in (NAMESPACE.encode(), b"", hash_name, digest))


SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POINT = SECRET.public_key().public_bytes_raw()
PLAIN_KEY = string(b"ssh-ed25519") + string(POINT)
SECURITY_KEY = string(b"sk-ssh-ed25519@openssh.com") + string(POINT) + string(b"ssh:")


def test_a_signature_made_by_hand_as_the_protocol_says_holds() -> None:
    signature = SECRET.sign(signed_bytes(GOLDEN))
    assert verify(GOLDEN, made_by_hand(PLAIN_KEY, signature)) == PLAIN_KEY


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"hash_name": b"sha1"}, "made with a hash that is neither sha256 nor sha512"),
        ({"algorithm": b"ssh-dss"}, "made with ssh-dss, which is not accepted for this key"),
        ({"algorithm": b"rsa-sha2-512"}, "made with rsa-sha2-512, which is not accepted for this key"),
        ({"algorithm": b"\xff"}, "made with \N{REPLACEMENT CHARACTER}, which is not accepted for this key"),
        ({"rest": b"\x01\0\0\0\0"}, "the signature file has bytes after its end"),
        ({"key": string(b"ssh-ed25519") + string(b"short")}, "the key in the signature is not usable"),
        ({"key": string(b"ssh-unheard-of") + string(POINT)}, "the key in the signature is not usable"),
        ({"key": b"\0\0"}, "the key in the signature is not usable: cut short"),
    ],
)
def test_a_signature_of_another_make_is_refused(changed: dict[str, Any], says: str) -> None:
    parts = {"key": PLAIN_KEY, "signature": SECRET.sign(signed_bytes(GOLDEN)), **changed}
    kind, said = refusal(GOLDEN, made_by_hand(**parts))
    assert kind is SignatureFault.BAD
    assert says in said


def security_signature(flags: int, *, counter: bytes = b"\0\0\0\7") -> bytes:
    rest = bytes([flags]) + counter
    message = hashlib.sha256(b"ssh:").digest() + rest + hashlib.sha256(signed_bytes(GOLDEN)).digest()
    algorithm = b"sk-ssh-ed25519@openssh.com"
    return made_by_hand(SECURITY_KEY, SECRET.sign(message), algorithm=algorithm, rest=rest)


def test_a_security_key_counts_when_somebody_touched_it() -> None:
    assert verify(GOLDEN, security_signature(1)) == SECURITY_KEY
    assert verify(GOLDEN, security_signature(5)) == SECURITY_KEY
    assert refusal(GOLDEN, security_signature(0)) == (
        SignatureFault.BAD,
        "made by a security key that nobody touched",
    )
    assert refusal(GOLDEN, security_signature(1, counter=b""))[0] is SignatureFault.BAD


def test_a_security_key_of_the_other_kind_counts_likewise() -> None:
    secret = ec.derive_private_key(7, ec.SECP256R1())
    kind, rest = b"sk-ecdsa-sha2-nistp256@openssh.com", b"\x01\0\0\0\7"
    point = secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = b"".join(string(part) for part in (kind, b"nistp256", point, b"ssh:"))
    message = hashlib.sha256(b"ssh:").digest() + rest + hashlib.sha256(signed_bytes(GOLDEN)).digest()
    numbers = decode_dss_signature(secret.sign(message, ec.ECDSA(SHA256())))
    pair = b"".join(string(number.to_bytes(33, "big")) for number in numbers)
    assert verify(GOLDEN, made_by_hand(key, pair, algorithm=kind, rest=rest)) == key
    assert refusal(GOLDEN, made_by_hand(key, pair, algorithm=kind, rest=b"\0\0\0\0\7"))[0] is SignatureFault.BAD
    assert refusal(GOLDEN, made_by_hand(key, pair, algorithm=b"ssh-ed25519", rest=rest)) == (
        SignatureFault.BAD,
        "made with ssh-ed25519, which is not accepted for this key",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a type and a base64 text"),
        ("ssh-ed25519", "expected a type and a base64 text"),
        ("ssh-ed25519 A*A*", "the base64 text is broken"),
        ("ssh-ed25519 AAAA", "the base64 text is broken"),
        ("ssh-ed25519 AAAA\u212a", "the base64 text is broken"),
        (GOLDEN_KEY.replace("ssh-ed25519 ", "ssh-rsa "), "its type and its text disagree"),
    ],
)
def test_what_is_no_public_key_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        key_blob(text)


CONTENT = write_yaml(instrument("o", "order", clause("no", "forbid"))).encode()


def fault_of(signature: bytes | None, *keys: dict[str, str], content: bytes = CONTENT) -> tuple[str, str] | None:
    """Read one order of a ministry that has keys pinned; return the fault that its signature is."""
    parties = [
        {**party, "keys": list(keys)} if party["id"] == "ministry" else party for party in SCENE.register["parties"]
    ]
    register = write_yaml({**SCENE.register, "parties": parties}).encode()
    signatures = {} if signature is None else {"instruments/o.yaml.sig": signature}
    try:
        read_terms(Files(register, {"instruments/o.yaml": content}, signatures))
    except TermsUnusable as unusable:
        [fault] = unusable.faults
        assert fault.path == "instruments/o.yaml.sig"
        return fault.key, fault.says
    return None


@needs_ssh_keygen
def test_unsigned_bad_unknown_and_expired_are_four_faults_and_good_is_none(signer: Signer, tmp_path: Path) -> None:
    pinned = {"key": signer.public.strip()}
    good = signer.sign(CONTENT)
    other = make_signer(tmp_path, "-t", "ed25519")
    assert fault_of(good, pinned) is None
    assert fault_of(None, pinned) == (
        "signature unsigned",
        "ministry has a key pinned in the register, and this file is not there",
    )
    assert fault_of(signer.sign(CONTENT + b" "), pinned) == (
        "signature bad",
        "the signature does not fit the file: one of them was changed",
    )
    assert fault_of(good.replace(b"U1NI", b"U1N\xff"), pinned) == ("signature bad", "the signature file is damaged")
    assert fault_of(other.sign(CONTENT), pinned) == (
        "signature unknown",
        "made with a key that is not pinned for ministry",
    )
    expired = ("signature expired", "made with a key of ministry outside its time of validity")
    assert fault_of(good, {**pinned, "until": "2026-01-01"}) == expired
    assert fault_of(good, {**pinned, "from": "2026-01-02"}) == expired


@needs_ssh_keygen
def test_a_key_counts_if_it_was_pinned_when_the_instrument_was_last_learned_of(signer: Signer) -> None:
    key = signer.public.strip()
    good = signer.sign(CONTENT)
    assert fault_of(good, {"key": key, "from": "2026-01-01", "until": "2026-01-02"}) is None
    early, late = {"key": key, "until": "2025-01-01"}, {"key": key, "from": "2025-06-01"}
    assert fault_of(good, early, late) is None
    assert fault_of(good, {"key": GOLDEN_KEY}, late) is None


def test_a_pinned_key_that_is_broken_is_the_fault_and_no_signature_holds_by_it() -> None:
    parties = [*SCENE.register["parties"], {"id": "tribunal", "keys": [{"key": "ssh-ed25519 AAAA"}]}]
    register = write_yaml({**SCENE.register, "parties": parties}).encode()
    content = CONTENT.replace(b"ministry", b"tribunal")
    signature = made_by_hand(PLAIN_KEY, SECRET.sign(signed_bytes(content)))
    with pytest.raises(TermsUnusable) as unusable:
        read_terms(Files(register, {"o.yaml": content}, {"o.yaml.sig": signature}))
    assert [(fault.path, fault.key) for fault in unusable.value.faults] == [
        ("o.yaml.sig", "signature unknown"),
        ("remit.yaml", "parties[6].keys[0].key"),
    ]


def test_a_party_without_keys_is_not_asked_for_a_signature() -> None:
    assert read_terms(Files(write_yaml(SCENE.register).encode(), {"o.yaml": CONTENT}, {})).instrument("o")
