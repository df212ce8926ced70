"""The receipt for an answer: a signed statement that we received these bytes from this supplier on this day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.attest.envelope import Envelope
from remit.attest.predicates.receipt import PREDICATE_TYPE, Receipt
from remit.attest.ssh_signature import message_to_sign, write_ssh_signature
from remit.attest.statement import Statement, Subject

if TYPE_CHECKING:
    from remit.attest.signer import EnvelopeSigner
    from remit.attest.suppliers.desk import Taken
    from remit.attest.suppliers.statement import Answer


def make_receipt(answer: Answer, taken: Taken, received_by: str, signer: EnvelopeSigner) -> bytes:
    """Write and sign the receipt; the answer is named by the digest of its bytes."""
    said = answer.statement
    receipt = Receipt(
        said.supplier,
        received_by,
        taken.received,
        taken.content,
        answer.form.value,
        said.nonce or None,
        answer.transcribed_by or None,
    )
    subject = Subject(taken.name, {"sha256": taken.content})
    envelope = Envelope(Statement((subject,), PREDICATE_TYPE, receipt.as_dict()).payload())
    return envelope.with_signature(signer.sign(envelope.message)).content()


def sign_file(content: bytes, signer: EnvelopeSigner) -> bytes:
    """Sign a file as `ssh-keygen -Y sign` would, with whichever key there is."""
    if signer.key.raw:
        raw = signer.sign(message_to_sign(content)).signature
        return write_ssh_signature(signer.key.blob, b"ssh-ed25519", raw)
    return signer.sign(content).signature
