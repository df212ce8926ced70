"""The signatures of one envelope, each held against the keys that count, step by step.

1. A signature by a key that is not among those that count is passed over, as if it were not there.
2. A key that counts and whose signature fails at any step refuses the whole, although another holds.
3. At least one key that counts must have signed, and the one that was asked for, where one was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from remit.attest.ssh_signature import demand_one_spelling, fingerprint, is_ssh_signature, kind_of, verify_ssh_signature
from remit.attest.trust import describe, raw_key
from remit.errors import EvidenceRefused
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from remit.attest.envelope import Envelope, EnvelopeSignature
    from remit.attest.trust import Trust, TrustedKey


def signers_of(envelope: Envelope, trust: Trust) -> tuple[TrustedKey, ...]:
    """Return the keys that count and have signed; raise at the step `signature`, `namespace` or `presence`."""
    found = [key for each in envelope.signatures if (key := _signer(each, envelope.message, trust)) is not None]
    if not found:  # (3)
        raise EvidenceRefused("signature", f"none of its {len(envelope.signatures)} signatures is by a key that counts")
    if trust.identity and all(key.principal != trust.identity for key in found):
        raise EvidenceRefused("signature", f"{trust.identity} has not signed it; {found[0].principal} has")
    for key in found:
        if not key.is_for(trust.namespace):
            says = f"the key of {describe(key)} counts for {', '.join(key.namespaces)} and not for {trust.namespace}"
            raise EvidenceRefused("namespace", says)
    return tuple(found)


def demand_valid(keys: tuple[TrustedKey, ...], at: datetime) -> None:
    """Say nothing if every key counts at an instant; raise otherwise."""
    for key in keys:
        if not key.is_valid(at):
            since = "" if key.start is None else f" from {write_instant(key.start)}"
            until = "" if key.end is None else f" until {write_instant(key.end)}"
            says = f"the key of {describe(key)} counts{since}{until}, and not at {write_instant(at)}"
            raise EvidenceRefused("key validity", says)


def demand_not_revoked(keys: tuple[TrustedKey, ...], trust: Trust) -> None:
    """Say nothing if no key is revoked; raise otherwise."""
    for key in keys:
        if trust.revoked is not None and trust.revoked.holds(key):
            raise EvidenceRefused("revocation", f"the key of {describe(key)} is revoked")


def has_presence(keys: tuple[TrustedKey, ...]) -> bool:
    """Tell whether one of the keys is a security key."""
    return any(kind_of(key.blob).startswith("sk-") for key in keys)


def _signer(signature: EnvelopeSignature, message: bytes, trust: Trust) -> TrustedKey | None:
    """Return the key that counts and made a signature, or none (1); raise where such a key's signature fails (2)."""
    if not is_ssh_signature(signature.signature):
        return _raw_signer(signature, message, trust)
    hinted = [key for key in trust.keys if not key.raw and key.answers_to(signature.keyid)]
    try:
        demand_one_spelling(signature.signature)
        blob = verify_ssh_signature(message, signature.signature, trust.namespace)
    except EvidenceRefused:
        if hinted:
            raise
        return None
    if signature.keyid not in {"", fingerprint(blob)}:
        if hinted or any(key.blob == blob for key in trust.keys):
            raise EvidenceRefused(
                "signature", f"a signature says it is by {signature.keyid!a:.80}, and is by another key"
            )
        return None
    return next((key for key in trust.keys if not key.raw and key.blob == blob), None)


def _raw_signer(signature: EnvelopeSignature, message: bytes, trust: Trust) -> TrustedKey | None:
    hinted = [key for key in trust.keys if key.raw and key.answers_to(signature.keyid)]
    for key in hinted:
        try:
            Ed25519PublicKey.from_public_bytes(raw_key(key.blob)).verify(signature.signature, message)
        except InvalidSignature:
            continue
        return key
    if hinted and signature.keyid:
        raise EvidenceRefused("signature", f"the signature of {describe(hinted[0])} does not fit what is signed")
    return None
