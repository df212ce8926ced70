"""SSH signatures: ours are byte for byte those of ssh-keygen, and every kind of key it makes verifies both ways."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from remit.attest.signer import PemSigner, ProgramSigner, SshSigner, read_signer, run_program
from remit.attest.ssh_signature import (
    NAMESPACE,
    fingerprint,
    public_line,
    read_private_key_head,
    string,
    take,
    verify_ssh_signature,
)
from remit.errors import EvidenceRefused, UsageError
from remit.ledger.signer import FileSigner
from tests.attest.signed import AT, QUAYSIDE, SK_BLOB, TRUST, SoftwareSecurityKey, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
MESSAGE = b"DSSEv1 1 x 1 y"
KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa-256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa-384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa-521": ["-t", "ecdsa", "-b", "521"],
    "rsa": ["-t", "rsa", "-b", "2048"],
}
# Made once with OpenSSH 9.2 by the key of the tests: ssh-keygen -Y sign -f key -n remit-attestation@v1
GOLDEN = b"""-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgA6EHv/POEL4dcN0Y50vAmWfk1j
CbpQ1fHdyGZBJVMbgAAAAUcmVtaXQtYXR0ZXN0YXRpb25AdjEAAAAAAAAABnNoYTUxMgAA
AFMAAAALc3NoLWVkMjU1MTkAAABA1scNVfjWgwqN3aq7p6e669QekTuBadfoYRh6qDtCYW
DSW9HrHxhj77zRoTJA/r5XkLVo9i3FFUj0/6cA3rhFAA==
-----END SSH SIGNATURE-----
"""


def keygen(place: Path, *words: str, passphrase: str = "") -> Path:
    key = place / "key"
    command = ["ssh-keygen", "-q", *words, "-N", passphrase, "-C", "quayside", "-f", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return key


def signed_by_program(key: Path, message: bytes, namespace: str = NAMESPACE) -> bytes:
    return run_program(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace], message)


def program_accepts(place: Path, line: str, armoured: bytes, message: bytes = MESSAGE) -> bool:
    (place / "allowed").write_text(f"quayside {line}\n", encoding="utf-8")
    (place / "sig").write_bytes(armoured)
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "quayside", "-n", NAMESPACE, "-s", "sig"]
    return subprocess.run(command, cwd=place, input=message, capture_output=True, check=False).returncode == 0


def test_an_ed25519_signature_is_byte_for_byte_what_ssh_keygen_wrote() -> None:
    assert QUAYSIDE.sign(MESSAGE).signature == GOLDEN
    assert verify_ssh_signature(MESSAGE, GOLDEN) == QUAYSIDE.key.blob


@needs_ssh_keygen
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_key_signs_and_verifies_both_ways(kind: str, tmp_path: Path) -> None:
    key = keygen(tmp_path, *KINDS[kind])
    signer = read_signer(key)
    assert isinstance(signer, SshSigner)
    ours, theirs = signer.sign(MESSAGE), signed_by_program(key, MESSAGE)
    assert verify_ssh_signature(MESSAGE, theirs) == signer.key.blob
    assert verify_ssh_signature(MESSAGE, ours.signature) == signer.key.blob
    assert program_accepts(tmp_path, public_line(signer.key.blob), ours.signature)
    assert (ours.signature == theirs) is (kind in {"ed25519", "rsa"})
    listed = subprocess.run(["ssh-keygen", "-lf", str(key)], capture_output=True, text=True, check=True).stdout
    assert listed.split()[1] == fingerprint(signer.key.blob) == ours.keyid


@needs_ssh_keygen
def test_a_small_rsa_key_is_refused(tmp_path: Path) -> None:
    key = keygen(tmp_path, "-t", "rsa", "-b", "1024")
    with refused("signature"):
        verify_ssh_signature(MESSAGE, signed_by_program(key, MESSAGE))


@needs_ssh_keygen
def test_a_key_behind_a_passphrase_is_opened_by_ssh_keygen(tmp_path: Path) -> None:
    word = "a word with $(blanks) and 'quotes'"
    key = keygen(tmp_path, "-t", "ed25519", passphrase=word)
    signer = read_signer(key, word.encode())
    assert isinstance(signer, ProgramSigner)
    assert verify_ssh_signature(MESSAGE, signer.sign(MESSAGE).signature) == signer.key.blob
    with pytest.raises(UsageError, match="ssh-keygen refused"):
        read_signer(key, b"another").sign(MESSAGE)
    asked: list[list[str]] = []

    def run(words: Sequence[str], given: bytes) -> bytes:
        asked.append([*words])
        assert given == MESSAGE
        return GOLDEN

    assert read_signer(key, run=run).sign(MESSAGE).signature == GOLDEN
    assert asked == [["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE]]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.skip("ssh-agent is not installed")
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as running:
        for _ in range(200):
            if not socket.exists():
                time.sleep(0.02)
        yield socket
        running.terminate()


@needs_ssh_keygen
def test_a_public_key_stands_for_one_that_an_agent_holds(
    agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keygen(tmp_path, "-t", "ed25519")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
    subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
    key.unlink()
    signer = read_signer(tmp_path / "key.pub")
    assert isinstance(signer, ProgramSigner)
    made = signer.sign(MESSAGE)
    assert verify_ssh_signature(MESSAGE, made.signature) == signer.key.blob
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nobody"))
    with pytest.raises(UsageError, match="Nothing was signed: ssh-keygen refused"):
        signer.sign(MESSAGE)


def test_a_security_key_is_asked_by_way_of_ssh_keygen(tmp_path: Path) -> None:
    blob = b"openssh-key-v1\0" + b"".join(map(string, (b"none", b"none", b""))) + b"\0\0\0\1" + string(SK_BLOB)
    armour = "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n"
    (tmp_path / "key").write_text(armour.format(base64.b64encode(blob).decode()), encoding="ascii")
    signer = read_signer(tmp_path / "key", run=lambda _words, _given: b"nothing of use")
    assert isinstance(signer, ProgramSigner)
    assert signer.key.blob == SK_BLOB
    with pytest.raises(UsageError, match="gave no signature"):
        signer.sign(MESSAGE)


@needs_ssh_keygen
@pytest.mark.parametrize("flags", [0, 1, 5])
def test_ssh_keygen_accepts_a_security_key_that_nobody_touched_and_we_do_not(flags: int, tmp_path: Path) -> None:
    signature = SoftwareSecurityKey(flags).sign(MESSAGE).signature
    assert program_accepts(tmp_path, public_line(SK_BLOB), signature), "the trap that this guards against is gone"
    if flags:
        assert verify_ssh_signature(MESSAGE, signature) == SK_BLOB
    else:
        with refused("presence"):
            verify_ssh_signature(MESSAGE, signature)


@needs_ssh_keygen
def test_a_signature_for_something_else_is_refused_at_the_namespace(tmp_path: Path) -> None:
    key = keygen(tmp_path, "-t", "ed25519")
    with refused("namespace"):
        verify_ssh_signature(MESSAGE, signed_by_program(key, MESSAGE, "file"))


@pytest.mark.parametrize(
    "content", ["", "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\n!\n-----END OPENSSH PRIVATE KEY-----"]
)
def test_what_is_no_key_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(content, encoding="ascii")
    with pytest.raises(UsageError, match="neither a key of OpenSSH nor"):
        read_signer(tmp_path / "key")
    with pytest.raises(ValueError, match=r"not a private key|base64|padding|Only"):
        read_private_key_head(content)


def test_a_key_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("absent", "binary"):
        with pytest.raises(UsageError, match="cannot be read as a key"):
            read_signer(tmp_path / name)


def test_a_key_in_pem_signs_the_bytes_themselves(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(FileSigner.from_seed(bytes(32)).to_pem())
    signer = read_signer(tmp_path / "key.pem", name="ci")
    assert isinstance(signer, PemSigner)
    assert (signer.key.raw, signer.key.principal, len(signer.sign(MESSAGE).signature)) == (True, "ci", 64)


def test_a_string_cut_short_is_told() -> None:
    for blob in (b"", b"\0\0\0", b"\0\0\0\2a"):
        with pytest.raises(ValueError, match="cut short"):
            take(blob)


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="did not answer: FileNotFoundError"):
        run_program(["no-such-program-anywhere"], b"")


def test_the_instant_of_the_tests_is_within_the_trust() -> None:
    assert TRUST.keys[0].is_valid(AT)
    with pytest.raises(EvidenceRefused):
        verify_ssh_signature(b"other", GOLDEN)
