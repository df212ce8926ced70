"""Other people's programs on our bundles, each in its own process: they accept what we write, and nothing else.

The JavaScript library for CycloneDX is used where `NODE_PATH` leads to it; everything else comes with the dev group.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from remit.attest.envelope import read_envelope
from remit.attest.files import BOM, ENVELOPE
from remit.attest.predicates.register import type_of
from remit.attest.signer import public_pem
from remit.attest.ssh_signature import NAMESPACE, public_line
from tests.attest.signed import BUNDLE, MACHINE, QUAYSIDE, bundle, envelope_of, statement
from tests.attest.test_predicates import RECORDS

SCHEMAS = Path(__file__).parents[3] / "shared" / "vectors" / "schemas"
BOTH = bundle(MACHINE, QUAYSIDE)


def run(*words: str | Path, given: bytes = b"", within: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*map(str, words)], input=given, cwd=within, capture_output=True, check=False)


def in_python(script: str, *words: str | Path) -> str:
    ran = run(sys.executable, "-c", script, *words)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode().strip()


IN_TOTO = """
import json, sys
from google.protobuf.json_format import Parse
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message
for file in sys.argv[1:]:
    statement = Statement.copy_from_pb(Parse(open(file, "rb").read(), Message()))
    statement.validate()
    print(statement.pb.predicate_type, statement.pb.subject[0].digest["gitTree"])
"""


def test_in_toto_reads_each_kind_of_statement(tmp_path: Path) -> None:
    for name, record in RECORDS.items():
        (tmp_path / name).write_bytes(statement(record, type_of(name)).payload())
    read = in_python(IN_TOTO, *(tmp_path / name for name in RECORDS)).splitlines()
    assert read == [f"{type_of(name)} {'e' * 40}" for name in RECORDS]


SYSTEMSLIB = """
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
key = SSlibKey.from_crypto(load_pem_public_key(open(sys.argv[2], "rb").read()), keyid=sys.argv[3])
try:
    print(len(Envelope.from_dict(json.load(open(sys.argv[1]))).verify([key], 1)))
except VerificationError:
    print("refused")
"""


def test_securesystemslib_verifies_the_key_in_pem_and_passes_over_the_other(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(public_pem(MACHINE.key), encoding="ascii")
    (tmp_path / "good").write_bytes(BOTH[ENVELOPE])
    record = json.loads(BOTH[ENVELOPE])
    record["payload"] = "e30="
    (tmp_path / "bad").write_text(json.dumps(record), encoding="ascii")
    said = [in_python(SYSTEMSLIB, tmp_path / name, tmp_path / "key.pem", MACHINE.key.ident) for name in ("good", "bad")]
    assert said == ["1", "refused"]


def test_ssh_keygen_verifies_the_person(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    envelope = read_envelope(BOTH[ENVELOPE])
    (tmp_path / "sig").write_bytes(envelope.signatures[1].signature)
    (tmp_path / "allowed").write_text(f"quayside {public_line(QUAYSIDE.key.blob)}\n", encoding="ascii")
    words = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "quayside", "-n", NAMESPACE, "-s", "sig"]
    assert run(*words, given=envelope.message, within=tmp_path).returncode == 0
    assert run(*words, given=envelope.message + b" ", within=tmp_path).returncode != 0


def test_openssl_verifies_the_machine(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    envelope = read_envelope(BOTH[ENVELOPE])
    (tmp_path / "sig").write_bytes(envelope.signatures[0].signature)
    (tmp_path / "key.pem").write_text(public_pem(MACHINE.key), encoding="ascii")
    for message, accepted in ((envelope.message, True), (envelope.message + b" ", False)):
        (tmp_path / "signed").write_bytes(message)
        words = ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed", "-sigfile", "sig"]
        assert (run("openssl", *words, within=tmp_path).returncode == 0) is accepted


def write_bills(folder: Path) -> tuple[Path, Path]:
    good, bad = folder / "good.json", folder / "bad.json"
    good.write_bytes(BUNDLE[BOM])
    record: dict[str, Any] = json.loads(BUNDLE[BOM])
    record["declarations"]["affirmation"]["signatories"] = [{"name": "nobody"}]
    bad.write_text(json.dumps(record), encoding="utf-8")
    return good, bad


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the official schemas do not lie beside the project")
def test_check_jsonschema_accepts_the_declarations_by_the_official_schema(tmp_path: Path) -> None:
    good, _ = write_bills(tmp_path)
    words = [sys.executable, "-m", "check_jsonschema", "--base-uri", f"{SCHEMAS.as_uri()}/", "--schemafile"]
    ran = run(*words, SCHEMAS / "bom-1.6.schema.json", good)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()


def test_the_validator_of_another_library_accepts_the_declarations(tmp_path: Path) -> None:
    good, bad = write_bills(tmp_path)
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(good.read_text(encoding="utf-8")) is None
    assert validator.validate_str(bad.read_text(encoding="utf-8")) is not None


JAVASCRIPT = """
const { Validation, Spec } = require('@cyclonedx/cyclonedx-library');
const text = require('fs').readFileSync(process.argv[1], 'utf8');
new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)
  .then(fault => console.log(fault === null ? 'accepted' : 'refused'));
"""


def test_the_javascript_library_accepts_the_declarations(tmp_path: Path) -> None:
    found = shutil.which("node") and run("node", "-e", "require('@cyclonedx/cyclonedx-library')").returncode == 0
    if not found:
        pytest.skip("node has no @cyclonedx/cyclonedx-library; NODE_PATH may lead to it")
    said = [run("node", "-e", JAVASCRIPT, bill).stdout.decode().strip() for bill in write_bills(tmp_path)]
    assert said == ["accepted", "refused"]


def test_jq_takes_the_statement_out_of_its_envelope(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    (tmp_path / "e").write_bytes(envelope_of(statement()))
    ran = run("jq", "-r", ".payload | @base64d | fromjson | .predicate.status", tmp_path / "e")
    assert ran.stdout.decode().strip() == "not-found with gaps"
