"""Whose signatures count: allowed signers, pinned keys and lists of revoked ones, as ssh-keygen has them."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from remit.attest.signer import public_pem, public_text
from remit.attest.ssh_signature import fingerprint, public_line, string
from remit.attest.trust import (
    Revocations,
    TrustedKey,
    describe,
    read_allowed_signers,
    read_key,
    read_revocations,
)
from remit.errors import UsageError
from tests.attest.signed import MACHINE, QUAYSIDE, SK_BLOB, TIDEWATER

if TYPE_CHECKING:
    from pathlib import Path

LINE = public_line(QUAYSIDE.key.blob)
needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def allowed(text: str) -> tuple[TrustedKey, ...]:
    return read_allowed_signers(text.encode(), "signers")


def test_a_file_of_allowed_signers_says_who_for_what_and_when() -> None:
    text = (
        "# people of Quayside\n\n"
        f"quayside {LINE}\n"
        f'"r amadi@quayside.example,*@x" namespaces="git,remit-*@v?",valid-after="20260306Z",'
        f'valid-before="202609011200Z" {LINE} a comment\n'
    )
    plain, narrow = allowed(text)
    assert (plain.principal, plain.namespaces, plain.start, plain.end) == ("quayside", (), None, None)
    assert narrow.principal == "r amadi@quayside.example,*@x"
    assert (narrow.start, narrow.end) == (datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert [narrow.is_for(name) for name in ("git", "remit-attestation@v1", "remit-attestation@v10", "file")] == [
        True,
        True,
        False,
        False,
    ]
    assert [narrow.is_valid(datetime(2026, month, 1, tzinfo=UTC)) for month in (3, 4, 9, 10)] == [
        False,
        True,
        True,
        False,
    ]
    assert allowed(f'q NameSpaces="a" {LINE}')[0].namespaces == ("a",)
    assert allowed(f'q valid-before="20260901120030Z" {LINE}')[0].end == datetime(2026, 9, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "allows nobody"),
        ("# nobody\n", "allows nobody"),
        ("quayside", "signers:1: not principals"),
        (LINE, "not principals"),
        ("quayside ssh-ed25519", "expected a type and a base64 text"),
        ("quayside ssh-ed25519 AAAA", "is broken"),
        (f"* cert-authority {LINE}", "the option cert-authority is not understood"),
        (f"q no-touch-required {LINE}", "no-touch-required is not understood"),
        (f"q namespaces=unquoted {LINE}", "its options are not understood"),
        (f'q valid-after="20260306" {LINE}', "is no time such as"),
        (f'q valid-after="2026Z" {LINE}', "is no time such as"),
        (f'q valid-after="20261399Z" {LINE}', "none that the calendar has"),
        (f"ok {LINE}\nbad ssh-ed25519 A*", "signers:2:"),
    ],
)
def test_a_line_that_is_not_understood_is_named(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        allowed(text)


def test_a_file_that_is_not_text_is_told() -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        read_allowed_signers(b"\xff", "signers")


def test_a_key_is_read_in_both_forms_and_neither_stands_for_the_other() -> None:
    (pinned,) = read_key(public_pem(MACHINE.key).encode(), "ci.pem")
    assert (pinned.raw, pinned.blob, pinned.principal) == (True, MACHINE.key.blob, "ci.pem")
    assert pinned.ident == MACHINE.key.ident
    first, second = read_key(f"{LINE} quayside's own\n{public_line(SK_BLOB)}\n".encode(), "keys")
    assert (first.principal, first.raw, second.principal, second.blob) == ("quayside's own", False, "keys", SK_BLOB)
    assert describe(first) == f"quayside's own (ssh-ed25519, {fingerprint(first.blob)})"
    assert describe(pinned) == f"ci.pem (Ed25519 in PEM, {pinned.ident})"
    assert pinned.answers_to("")
    assert pinned.answers_to(pinned.ident.removeprefix("sha256:"))
    assert not pinned.answers_to(fingerprint(pinned.blob))


def test_the_line_that_travels_with_a_bundle_is_one_of_allowed_signers() -> None:
    key = TrustedKey("R. Amadi", QUAYSIDE.key.blob)
    (read,) = allowed(public_text(key))
    assert (read.principal, read.blob, read.namespaces) == ("R.-Amadi", key.blob, ("remit-attestation@v1",))


PEM = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    "text", ["", "# none\n", PEM.format("!"), PEM.format("MCowBQYDK2VwAyEA"), "ssh-ed25519", "no key at all"]
)
def test_what_holds_no_key_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="Nothing was verified"):
        read_key(text.encode(), "key")


@pytest.mark.parametrize(
    "line",
    [LINE, fingerprint(QUAYSIDE.key.blob), f"# a comment\n\n{LINE} compromised in May"],
)
def test_a_list_revokes_by_key_or_by_fingerprint(line: str) -> None:
    revoked = read_revocations(line.encode(), "revoked")
    assert revoked.holds(QUAYSIDE.key)
    assert not revoked.holds(TIDEWATER.key)


def test_a_list_revokes_a_key_in_pem_by_its_digest() -> None:
    for line in (MACHINE.key.ident, MACHINE.key.ident.removeprefix("sha256:")):
        assert read_revocations(line.encode(), "revoked").holds(MACHINE.key)


@needs_ssh_keygen
@pytest.mark.parametrize("form", ["{line}", "sha256: {line}", "sha1: {line}", "hash: {ident}"])
def test_a_list_that_ssh_keygen_made_revokes(form: str, tmp_path: Path) -> None:
    (tmp_path / "spec").write_text(form.format(line=LINE, ident=fingerprint(QUAYSIDE.key.blob)), encoding="utf-8")
    made = subprocess.run(["ssh-keygen", "-q", "-k", "-f", "krl", "spec"], cwd=tmp_path, check=False)
    assert made.returncode == 0
    revoked = read_revocations((tmp_path / "krl").read_bytes(), "krl")
    assert revoked.holds(QUAYSIDE.key)
    assert not revoked.holds(TIDEWATER.key)


HEAD = b"SSHKRL\n\0" + bytes(4 + 8 + 8 + 8) + string(b"") + string(b"")


def test_sections_about_certificates_are_passed_over_and_unknown_ones_refused() -> None:
    assert read_revocations(HEAD + b"\x01" + string(b"x") + b"\x04" + string(b"y"), "krl") == Revocations()
    for content in (HEAD[:20], HEAD + b"\x02" + string(b"\0"), HEAD + b"\xff" + string(b"")):
        with pytest.raises(UsageError, match="krl is no key revocation list"):
            read_revocations(content, "krl")
