"""An answer as it came in, made into a record: which form it has, whose it is, and which key signed it.

1. Refuse what is larger than any answer, packed, or not text, before anything is made of it.
2. An envelope holds an in-toto statement of ours; anything else is a filled-in request with a signature beside it.
3. A signature that does not hold makes no answer unreadable: it is taken in as what it is, and stands as forged.
4. What nobody signed has to be called a transcription, by name.

What is said here of the bytes is true for ever; whether a key counts is asked anew at every instant (assess.py).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from remit.attest.envelope import IN_TOTO, read_envelope
from remit.attest.predicates.model_integration import PREDICATE_TYPE, ModelIntegration, Status
from remit.attest.ssh_signature import is_ssh_signature, kind_of, verify_ssh_signature
from remit.attest.statement import read_statement
from remit.attest.suppliers.answer import LARGEST_ANSWER, digest_of, read_answer
from remit.attest.suppliers.keys import MINISIGN, key_ident
from remit.attest.suppliers.minisign import is_minisign, verify_minisign
from remit.attest.suppliers.register import id_fault
from remit.attest.suppliers.statement import (
    Answer,
    Claim,
    Coverage,
    Edge,
    Exclusion,
    Form,
    Order,
    Removal,
    Statement,
    Subject,
    Surface,
    Target,
)
from remit.errors import EvidenceRefused
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from remit.attest.envelope import Envelope
    from remit.attest.predicates import model_integration
    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.statement import Issued

_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"(\xb5/\xfd": "a zstandard file",
    b"%PDF": "a PDF, which somebody has to transcribe",
}
_CLAIMS = {
    Status.FOUND: Claim.FOUND,
    Status.NOT_FOUND: Claim.NOT_FOUND,
    Status.WITH_GAPS: Claim.NOT_FOUND,
    Status.REMOVED: Claim.REMOVED,
    Status.UNDER_REVIEW: Claim.UNDER_REVIEW,
    Status.NOT_INQUIRED: Claim.NOT_INQUIRED,
}


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes of an answer with those of the signature beside it, and what whoever took it in adds."""

    name: str
    content: bytes
    signature: bytes = b""
    transcribed_by: str = ""
    supplier: str = ""
    """Whose it is, where neither a nonce nor a key tells."""


def read_original(original: Original, rounds: Round, issued: Mapping[str, Issued], received: datetime) -> Answer:
    """Make a record of an answer; raise where nothing can be made of it."""
    content = original.content
    if len(content) > LARGEST_ANSWER:  # (1)
        raise _refused(f"{original.name} has more than {LARGEST_ANSWER // 1024} KB, and no answer has")
    for magic, what in _PACKED.items():
        if content.startswith(magic):
            raise _refused(f"{original.name} is {what}; hand in the file itself")
    if not content.strip():
        raise _refused(f"{original.name} is empty")
    if content.lstrip()[:1] == b"{":  # (2)
        return _from_envelope(original, rounds, issued, received)
    statement = read_answer(original.name, content)
    if original.transcribed_by:
        return Answer(statement, received, Form.TRANSCRIBED, transcribed_by=original.transcribed_by)
    if not original.signature:  # (4)
        raise _refused(
            f"{original.name} bears no signature: none lies beside it as {original.name}.sig or .minisig; "
            "what came unsigned is taken in with --transcribed-by NAME"
        )
    supplier = rounds.by_id.get(statement.supplier)
    keys = [key.ident for key in supplier.keys] if supplier else []
    form = Form.MINISIGN if is_minisign(original.signature) else Form.SSH
    try:
        if form is Form.MINISIGN:
            key = verify_minisign(content, original.signature, keys) or f"{MINISIGN}:unknown"
        else:
            key = key_ident(verify_ssh_signature(content, original.signature))
    except EvidenceRefused as refused:  # (3)
        return Answer(statement, received, form, damage=refused.says)
    return Answer(statement, received, form, key)


def _from_envelope(original: Original, rounds: Round, issued: Mapping[str, Issued], received: datetime) -> Answer:
    envelope = read_envelope(original.content)
    if envelope.payload_type != IN_TOTO:
        raise _refused(f"{original.name} holds {envelope.payload_type:.80}, not an in-toto statement")
    found = read_statement(envelope.payload)
    if found.predicate_type != PREDICATE_TYPE:
        raise _refused(f"{original.name} states {found.predicate_type:.80}, not {PREDICATE_TYPE}")
    predicate = ModelIntegration.from_dict(dict(found.predicate))
    signed, damage = _signed_by(envelope)
    supplier = _whose(original, predicate, rounds, issued, signed)
    key, damage = _key_that_counts(envelope, rounds, supplier, signed, damage)
    subjects = tuple(
        Subject(each.name, f"{name}:{value}") for each in found.subjects for name, value in each.digest.items()
    )
    statement = _statement(predicate, supplier, subjects)
    request = issued.get(predicate.request or "")
    statement = replace(
        statement,
        digest=digest_of(original.content),
        payload=digest_of(envelope.payload),
        asked_by=rounds.by if request is not None else "",
    )
    return Answer(statement, received, Form.DSSE, key, "" if key else damage)


def _signed_by(envelope: Envelope) -> tuple[list[str], str]:
    """Return the SSH keys whose signatures hold, and why the first that does not does not."""
    keys, damage = [], ""
    for each in envelope.signatures:
        if not is_ssh_signature(each.signature):
            continue
        try:
            keys.append(key_ident(verify_ssh_signature(envelope.message, each.signature)))
        except EvidenceRefused as refused:
            damage = damage or refused.says
    return keys, damage


def _whose(
    original: Original,
    predicate: ModelIntegration,
    rounds: Round,
    issued: Mapping[str, Issued],
    signed: Iterable[str],
) -> str:
    """Say whose statement it is: by our nonce, by what we are told, or by whose key signed it."""
    request = issued.get(predicate.request or "")
    if request is not None:
        return request.supplier
    if original.supplier:
        if fault := id_fault(original.supplier):
            raise _refused(f"{original.supplier!r} is {fault}")
        return original.supplier
    owners = {each.id for each in rounds.suppliers for key in each.keys if key.ident in set(signed)}
    if len(owners) != 1:
        raise _refused(
            f"nothing in {original.name} says whose it is: its nonce is none of ours, and its key is pinned for "
            f"{'several suppliers' if owners else 'no supplier'}; say it with --supplier"
        )
    return owners.pop()


def _key_that_counts(
    envelope: Envelope, rounds: Round, supplier: str, signed: list[str], damage: str
) -> tuple[str, str]:
    """Return the key to hold the supplier to: one that is pinned for it before any other."""
    known = rounds.by_id.get(supplier)
    pinned = [key.ident for key in known.keys] if known else []
    for ident in pinned:
        if ident in signed or any(_is_raw_by(ident, envelope, each.signature) for each in envelope.signatures):
            return ident, ""
    return (signed[0], "") if signed else ("", damage or "no signature in it holds by a key that is pinned")


def _is_raw_by(ident: str, envelope: Envelope, signature: bytes) -> bool:
    """Tell whether raw bytes are the Ed25519 signature of a pinned key."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # slow to import
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    if ident.startswith(f"{MINISIGN}:") or len(signature) != 64:  # noqa: PLR2004  # RFC 8032
        return False
    blob = base64.b64decode(ident)
    if kind_of(blob) != "ssh-ed25519":
        return False
    try:
        Ed25519PublicKey.from_public_bytes(blob[-32:]).verify(signature, envelope.message)
    except InvalidSignature:
        return False
    return True


def _statement(predicate: ModelIntegration, supplier: str, subjects: tuple[Subject, ...]) -> Statement:
    scope, order, target = predicate.scope, predicate.order, predicate.target
    affirmed = predicate.affirmed_by
    return Statement(
        digest="",
        supplier=supplier,
        asked_by="",
        nonce=predicate.request or "",
        order=Order(order.id, order.version, f"sha256:{order.sha256}"),
        target=Target(target.provider, target.models, target.lineage),
        claim=_CLAIMS[predicate.status],
        covers=Coverage(frozenset(scope.contracts), frozenset(scope.systems), subjects),
        made=predicate.validity.start,
        valid_from=predicate.validity.start,
        valid_until=predicate.validity.end,
        surfaces=tuple(map(_surface, predicate.method.surfaces)),
        excluded=tuple(Exclusion(what, why) for what, why in scope.excluded),
        removed=tuple(Removal(each.what, _day(each.on), each.replaced_by or "") for each in predicate.removed),
        edges=tuple(map(_edge, predicate.suppliers)),
        none_reason=predicate.none or "",
        supersedes=frozenset({f"sha256:{predicate.supersedes}"} if predicate.supersedes else ()),
        affirmed_by="" if affirmed is None else f"{affirmed.name}, {affirmed.role}",
    )


def _surface(surface: model_integration.Surface) -> Surface:
    """Take a surface; a text in place of a number says why nobody looked, or not everywhere."""
    if isinstance(surface.unread, str):
        return Surface(surface.name, surface.seen, None, surface.unread)
    return Surface(surface.name, surface.seen, surface.unread)


def _edge(supplier: model_integration.Supplier) -> Edge:
    if fault := id_fault(supplier.id):
        raise _refused(f"it names a supplier {supplier.id!r}, which is {fault}")
    return Edge(
        supplier.id, f"sha256:{supplier.statement}" if supplier.statement else "", missing=supplier.missing or ""
    )


def _day(text: str) -> datetime | None:
    """Return the day of a removal where it is one; the predicate lets it be any text."""
    try:
        return parse_instant(text)
    except ValueError:
        return None


def _refused(says: str) -> EvidenceRefused:
    return EvidenceRefused("answer", says)
