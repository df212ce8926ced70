"""A statement with its bundle in memory, by keys that are the same every time, and ways to change and to verify it."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remit.attest.bundle import Companions, seal_integration, sign
from remit.attest.envelope import Envelope, EnvelopeSignature
from remit.attest.files import ENVELOPE
from remit.attest.predicates.model_integration import (
    PREDICATE_TYPE,
    Findings,
    Method,
    ModelIntegration,
    Role,
    Scope,
    Status,
    Surface,
)
from remit.attest.predicates.parts import Affirmation, Order, Target, Validity
from remit.attest.signer import EnvelopeSigner, PemSigner, SshSigner
from remit.attest.ssh_signature import message_to_sign, string, write_ssh_signature
from remit.attest.statement import Statement, Subject
from remit.attest.trust import Trust, TrustedKey
from remit.attest.verify import Expected, Question, Verification, verify_bundle
from remit.errors import EvidenceRefused
from remit.ledger.signer import FileSigner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
VALIDITY = Validity(AT, AT + timedelta(days=90))
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
QUAYSIDE = SshSigner(SECRET, "quayside")
TIDEWATER = SshSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))), "tidewater")
MACHINE = PemSigner(FileSigner.from_seed(bytes(range(64, 96))), "quayside-ci")
PREDICATE = ModelIntegration(
    Order("ministry-order-12", 3, "0" * 64),
    Target("halden", ("heron-*",)),
    Status.WITH_GAPS,
    Role.INTEGRATOR,
    Scope("quayside", ("harbour-watch",), ("nav",), (("third_party/", "see supplier S2"),)),
    Method("scan", "remit 0.1.0", (Surface("repository", 33, 0, 40), Surface("hosted services", 0, "not inquired"))),
    Findings(0, dismissed=(("in a comment", 2),)),
    VALIDITY,
    request="nonce-7",
    affirmed_by=Affirmation("R. Amadi", "system owner", "reasonable inquiry"),
)
SUBJECT = Subject("git+https://git.quayside.example/nav", {"gitCommit": "d" * 40, "gitTree": "e" * 40})
BILL: dict[str, Any] = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "application", "bom-ref": "place:.", "name": "."}},
    "components": [],
}
COMPANIONS = Companions(b'{"found":{}}\n', b'{"runs":[]}\n', BILL)
TRUST = Trust((QUAYSIDE.key,))


def bundle(*signers: EnvelopeSigner, predicate: ModelIntegration = PREDICATE) -> dict[str, bytes]:
    return seal_integration(predicate, [SUBJECT], COMPANIONS, signers or (QUAYSIDE,))


BUNDLE = bundle()


def statement(predicate: Mapping[str, Any] | None = None, kind: str = PREDICATE_TYPE) -> Statement:
    return Statement((SUBJECT,), kind, PREDICATE.as_dict() if predicate is None else predicate)


def envelope_of(said: Statement, *signers: EnvelopeSigner) -> bytes:
    return sign(said, signers or (QUAYSIDE,)).content()


def with_payload(payload: bytes, signer: EnvelopeSigner = QUAYSIDE) -> bytes:
    envelope = Envelope(payload)
    return envelope.with_signature(signer.sign(envelope.message)).content()


def changed(content: bytes, **fields: Any) -> bytes:
    """Change fields of an envelope and sign nothing anew."""
    return json.dumps({**json.loads(content), **fields}, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def verify(
    files: Mapping[str, bytes] = BUNDLE,
    trust: Trust = TRUST,
    at: datetime = AT,
    expected: Expected | None = None,
    **more: Any,
) -> Verification:
    return verify_bundle(files, Question(trust, at, expected or Expected(), **more))


def alone(content: bytes, trust: Trust = TRUST, at: datetime = AT) -> Verification:
    return verify({ENVELOPE: content}, trust, at)


def refusal(result: Verification) -> str:
    step = result.refused
    assert step is not None, "it was accepted"
    assert result.verified is None
    assert all(after.outcome == "not checked" for after in result.steps[step.number :])
    return step.name


@contextmanager
def refused(step: str) -> Iterator[None]:
    with pytest.raises(EvidenceRefused) as raised:
        yield
    assert raised.value.step == step, raised.value


SK_KIND = b"sk-ssh-ed25519@openssh.com"
SK_BLOB = string(SK_KIND) + string(SECRET.public_key().public_bytes_raw()) + string(b"ssh:")


class SoftwareSecurityKey(EnvelopeSigner):
    """A security key made of software, which says of itself whether somebody touched it."""

    def __init__(self, flags: int) -> None:
        self.key = TrustedKey("quayside", SK_BLOB)
        self._flags = flags

    def sign(self, message: bytes) -> EnvelopeSignature:
        rest = bytes([self._flags, 0, 0, 0, 9])
        hashed = hashlib.sha256(message_to_sign(message)).digest()
        signature = SECRET.sign(hashlib.sha256(b"ssh:").digest() + rest + hashed)
        plain = write_ssh_signature(SK_BLOB, SK_KIND, signature)
        return EnvelopeSignature(_with_rest(plain, rest), self.key.ident)


def _with_rest(armoured: bytes, rest: bytes) -> bytes:
    """Put the flags and the counter behind the signature, as PROTOCOL.u2f has them."""
    import base64

    head, *lines, end = armoured.split(b"\n")[:-1]
    blob = base64.b64decode(b"".join(lines))
    signature = 4 + len(SK_KIND) + 4 + 64
    start = len(blob) - signature - 4
    blob = blob[:start] + (signature + len(rest)).to_bytes(4, "big") + blob[start + 4 :] + rest
    return b"\n".join([head, base64.b64encode(blob), end, b""])


def renewed(**fields: Any) -> ModelIntegration:
    return replace(PREDICATE, **fields)
