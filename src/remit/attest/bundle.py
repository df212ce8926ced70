"""A bundle put together: the statement signed, its companions by their digests, and how to check all of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from remit.attest.about import write_about
from remit.attest.declarations import with_declarations
from remit.attest.envelope import Envelope
from remit.attest.files import ABOUT, BOM, ENVELOPE, FINDINGS, READING, SARIF, SCRIPT, SIGNER_PEM, SIGNERS
from remit.attest.predicates.model_integration import PREDICATE_TYPE, ModelIntegration
from remit.attest.predicates.parts import File
from remit.attest.predicates.register import read_predicate
from remit.attest.signer import public_pem, public_text
from remit.attest.statement import Statement
from remit.attest.verify import write_reading
from remit.errors import EvidenceRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from remit.attest.signer import EnvelopeSigner
    from remit.attest.statement import Subject


@dataclass(frozen=True, slots=True)
class Companions:
    """What a scan wrote: its findings with their subjects, the same as SARIF, and the bill without declarations."""

    findings: bytes
    sarif: bytes
    bill: Mapping[str, Any]


def seal_integration(
    predicate: ModelIntegration, subjects: Sequence[Subject], companions: Companions, signers: Sequence[EnvelopeSigner]
) -> dict[str, bytes]:
    """Return the files of a bundle about the models in a system."""
    files = {FINDINGS: companions.findings, SARIF: companions.sarif}
    bill = with_declarations(companions.bill, predicate, subjects, name_files(files))
    files[BOM] = write_json(bill)

    def complete(evidence: tuple[File, ...]) -> dict[str, Any]:
        return replace(predicate, findings=replace(predicate.findings, evidence=evidence)).as_dict()

    return _seal(files, subjects, PREDICATE_TYPE, complete, signers)


def seal_record(
    record: Mapping[str, Any],
    predicate_type: str,
    subjects: Sequence[Subject],
    files: Mapping[str, bytes],
    signers: Sequence[EnvelopeSigner],
) -> dict[str, bytes]:
    """Return the files of a bundle about any other predicate, with the files that go with it."""

    def complete(evidence: tuple[File, ...]) -> dict[str, Any]:
        return {**record, "evidence": [file.as_dict() for file in evidence]}

    return _seal(dict(files), subjects, predicate_type, complete, signers)


def _seal(
    files: dict[str, bytes],
    subjects: Sequence[Subject],
    predicate_type: str,
    complete: Callable[[tuple[File, ...]], dict[str, Any]],
    signers: Sequence[EnvelopeSigner],
) -> dict[str, bytes]:
    files[SCRIPT] = (resources.files("remit.attest") / SCRIPT).read_bytes()
    files[ABOUT] = write_about(subjects, sorted(files), raw=signers[0].key.raw)
    statement = Statement(tuple(subjects), predicate_type, complete(name_files(files)))
    try:
        read_predicate(statement)
    except EvidenceRefused as refused:
        raise UsageError(f"Nothing was attested: {refused.says}.") from refused
    envelope = sign(statement, signers)
    files |= {ENVELOPE: envelope.content(), READING: write_reading(statement)}
    raw = [public_pem(signer.key) for signer in signers if signer.key.raw]
    lines = [public_text(signer.key) for signer in signers if not signer.key.raw]
    if raw:
        files[SIGNER_PEM] = raw[0].encode()
    if lines:
        files[SIGNERS] = "".join(lines).encode()
    return files


def sign(statement: Statement, signers: Iterable[EnvelopeSigner]) -> Envelope:
    """Put a statement into an envelope, with a signature of each signer."""
    envelope = Envelope(statement.payload())
    for signer in signers:
        envelope = envelope.with_signature(signer.sign(envelope.message))
    return envelope


def name_files(files: Mapping[str, bytes]) -> tuple[File, ...]:
    """Name files by their digests, in the order of their names."""
    return tuple(File(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(files.items()))


def write_json(record: object) -> bytes:
    """Write a companion: indented, its keys in order."""
    return (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
