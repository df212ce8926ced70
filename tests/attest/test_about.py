"""What a bundle says of how to check it: its commands are run as they stand, and its script refuses each change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from remit.attest.bundle import seal_record
from remit.attest.envelope import read_envelope
from remit.attest.files import ABOUT, ENVELOPE, FINDINGS, READING, SCRIPT
from remit.attest.predicates.receipt import PREDICATE_TYPE as RECEIVED
from remit.attest.signer import EnvelopeSigner, public_pem, public_text
from remit.attest.ssh_signature import public_line
from remit.terms.instant import write_instant
from tests.attest.signed import (
    AT,
    BUNDLE,
    MACHINE,
    PREDICATE,
    QUAYSIDE,
    SUBJECT,
    TIDEWATER,
    VALIDITY,
    SoftwareSecurityKey,
    bundle,
    changed,
    envelope_of,
    renewed,
    statement,
)
from tests.attest.test_predicates import RECORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOOLS = ("sh", "jq", "openssl", "ssh-keygen", "base64", "sha256sum", "od", "date")
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
missing = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not there: {', '.join(missing)}")


def put(place: Path, files: Mapping[str, bytes], signer: EnvelopeSigner = QUAYSIDE) -> tuple[Path, Path]:
    folder, trusted = place / "bundle", place / "trusted"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    trusted.write_text(public_pem(signer.key) if signer.key.raw else public_text(signer.key), encoding="ascii")
    return folder, trusted


def script(
    place: Path, files: Mapping[str, bytes] = BUNDLE, signer: EnvelopeSigner = QUAYSIDE, *more: str, **asked: str
) -> tuple[int, str]:
    folder, trusted = put(place, files, signer)
    words = [str(folder / SCRIPT), str(trusted), *([] if signer.key.raw else [signer.key.principal]), *more]
    surroundings = {**os.environ, "AT": write_instant(AT), **asked}
    ran = subprocess.run(["sh", *words], capture_output=True, text=True, check=False, env=surroundings)
    return ran.returncode, (ran.stdout + ran.stderr).strip()


@pytest.mark.parametrize("signer", [QUAYSIDE, MACHINE], ids=["person", "machine"])
def test_the_commands_of_the_page_run_as_they_stand(signer: EnvelopeSigner, tmp_path: Path) -> None:
    folder, trusted = put(tmp_path, bundle(signer), signer)
    blocks = FENCE.findall((folder / ABOUT).read_text(encoding="utf-8"))
    assert len(blocks) == 4
    surroundings = {**os.environ, "TRUSTED": str(trusted), "WHO": signer.key.principal}
    lines = "set -eu\n" + "\n".join(blocks)
    ran = subprocess.run(["sh"], input=lines, cwd=folder, capture_output=True, text=True, check=False, env=surroundings)
    assert ran.returncode == 0, ran.stderr
    assert "not looked at: hosted services" in ran.stdout
    assert ran.stdout.count(": OK\n") == 5
    (folder / FINDINGS).write_bytes(b"{}")
    ran = subprocess.run(["sh"], input=lines, cwd=folder, capture_output=True, text=True, check=False, env=surroundings)
    assert ran.returncode != 0


@pytest.mark.parametrize("signer", [QUAYSIDE, MACHINE, SoftwareSecurityKey(1)], ids=["person", "machine", "security"])
def test_the_script_accepts_a_bundle(signer: EnvelopeSigner, tmp_path: Path) -> None:
    code, said = script(
        tmp_path,
        bundle(signer),
        signer,
        ORDER="ministry-order-12",
        ORDER_VERSION="3",
        CONTRACT="harbour-watch",
        NONCE="nonce-7",
    )
    assert (code, said.splitlines()) == (
        0,
        [
            f"about {SUBJECT.name}: gitCommit:{'d' * 40} gitTree:{'e' * 40}",
            "order ministry-order-12 version 3: halden not-found with gaps",
            "not looked at: hosted services (not inquired)",
            "ok: signed, at 2026-09-01T12:00:00Z",
        ],
    )


def test_the_script_accepts_a_statement_of_another_kind(tmp_path: Path) -> None:
    record = {key: value for key, value in RECORDS["receipt"].items() if key != "evidence"}
    code, said = script(tmp_path, seal_record(record, RECEIVED, [SUBJECT], {}, [QUAYSIDE]))
    assert (code, said.splitlines()[-1]) == (0, "ok: signed, at 2026-09-01T12:00:00Z")


PAYLOAD = changed(BUNDLE[ENVELOPE], payload="e30=")
TWICE = BUNDLE[ENVELOPE].replace(b'{"payload"', b'{"payload":"e30=","payload"')
LATER = write_instant(VALIDITY.end)
EARLIER = write_instant(AT - timedelta(seconds=1))
OTHER = bundle(predicate=renewed(request="x"))
STRANGE = {"payloadType": "application/json"}


@pytest.mark.parametrize(
    ("files", "asked", "says"),
    [
        (BUNDLE | {ENVELOPE: PAYLOAD}, {}, "by no key that counts"),
        (BUNDLE | {ENVELOPE: changed(BUNDLE[ENVELOPE], **STRANGE)}, {}, "the type of the payload"),
        (BUNDLE | {ENVELOPE: TWICE}, {}, "a key that stands twice"),
        (bundle(TIDEWATER), {}, "by no key that counts"),
        (BUNDLE | {FINDINGS: b"{}"}, {}, "not what was signed for"),
        ({name: content for name, content in BUNDLE.items() if name != FINDINGS}, {}, "not what was signed for"),
        (BUNDLE | {READING: OTHER[READING]}, {}, "the copy for people"),
        (BUNDLE, {"AT": LATER}, "it counted until"),
        (BUNDLE, {"AT": EARLIER}, "it counts from"),
        (BUNDLE, {"ORDER": "ministry-order-13"}, "the order"),
        (BUNDLE, {"ORDER_VERSION": "2"}, "the version of the order"),
        (BUNDLE, {"CONTRACT": "citizen-desk"}, "the contract"),
        (BUNDLE, {"NONCE": "nonce-8"}, "the nonce"),
    ],
)
def test_the_script_refuses_each_change(
    files: Mapping[str, bytes], asked: dict[str, str], says: str, tmp_path: Path
) -> None:
    code, said = script(tmp_path, files, QUAYSIDE, **asked)
    assert code == 1
    assert "refused: " in said
    assert says in said


def test_the_script_refuses_a_security_key_that_nobody_touched(tmp_path: Path) -> None:
    signer = SoftwareSecurityKey(0)
    envelope = read_envelope(BUNDLE[ENVELOPE])
    untouched = replace(envelope, signatures=(signer.sign(envelope.message),)).content()
    assert script(tmp_path, BUNDLE | {ENVELOPE: untouched}, signer) == (1, "refused: a key that nobody touched")


def test_the_script_refuses_a_revoked_key(tmp_path: Path) -> None:
    (tmp_path / "revoked").write_text(public_line(QUAYSIDE.key.blob) + "\n", encoding="ascii")
    code, said = script(tmp_path, BUNDLE, QUAYSIDE, str(tmp_path / "revoked"))
    assert (code, said) == (1, "refused: the signature, which is by no key that counts")


def test_the_script_does_not_follow_the_name_of_a_companion_out_of_the_bundle(tmp_path: Path) -> None:
    record = PREDICATE.as_dict()
    record["findings"]["evidence"] = [{"name": "../../etc/passwd", "digest": {"sha256": "0" * 64}}]
    files = {ENVELOPE: envelope_of(statement(record)), SCRIPT: BUNDLE[SCRIPT]}
    assert script(tmp_path, files) == (1, "refused: the name of a file")
