"""A vote: what a person signs, and the check that it is theirs, of this call, of what they saw, and of now.

The statement is one record in its canonical form, signed by the person's SSH key (`ssh-keygen -Y sign -n
remit-approval@v1`) or by a passkey, whose challenge is the statement's SHA-256. It holds

1. the digest of the call, which holds tool, schema, arguments, model, use case, who asks, session, turn and terms;
2. the digest of what was shown, and the nonce of this one hold, so that no vote serves twice;
3. who votes, in which role, and what: approved, or refused with a reason;
4. from when to when the vote may be used.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from remit.canonical import canonical
from remit.errors import EvidenceRefused
from remit.ledger.strict import read_json
from remit.ledger.writer import write_time
from remit.terms.quorum import is_there
from remit.terms.signature import SignatureRefused, key_blob, verify_signature

if TYPE_CHECKING:
    from remit.terms.register import Person

NAMESPACE = "remit-approval@v1"
LASTS = timedelta(minutes=15)
"""How long a vote may lie between signing and arriving."""
_SLACK = timedelta(seconds=60)
"""How far the clock of who signs may be ahead."""
_FIELDS = {"answer", "at", "call", "nonce", "person", "reason", "role", "shown", "type", "until"}
APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True, slots=True)
class Vote:
    """What is signed."""

    call: str
    shown: str
    nonce: str
    person: str
    role: str
    answer: str
    at: str
    until: str
    reason: str = ""
    type: str = NAMESPACE

    @property
    def statement(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(asdict(self))

    @property
    def challenge(self) -> bytes:
        """Return what a passkey is asked to sign."""
        return sha256(self.statement).digest()


@dataclass(frozen=True, slots=True)
class SignedVote:
    """A vote with its signature: an armoured SSH signature, or what the browser gave for a passkey, as JSON."""

    vote: Vote
    signature: bytes

    @property
    def armour(self) -> str:
        """Return the signature as an entry bears it."""
        return base64.b64encode(self.signature).decode()


class PasskeyCheck(Protocol):
    """Verifies what a passkey gave; it raises `EvidenceRefused` where that does not hold."""

    def __call__(self, signature: bytes, challenge: bytes, key: bytes) -> None:
        """Hold an assertion against a challenge and a public key."""


def make_vote(  # noqa: PLR0913  # what the docstring of the file lists
    call: str, shown: str, nonce: str, person: str, role: str, answer: str, *, at: datetime
) -> Vote:
    """Make the vote that a person is about to sign."""
    return Vote(call, shown, nonce, person, role, answer, write_time(at), write_time(at + LASTS))


def read_vote(statement: bytes) -> Vote:
    """Read a statement; raise if it is not, byte for byte, the one form of a vote."""
    try:
        record = read_json(statement.decode())
        if type(record) is not dict or set(record) != _FIELDS or not all(type(v) is str for v in record.values()):
            raise EvidenceRefused("vote-form", "the statement is not a vote")
        vote = Vote(**record)
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused("vote-form", f"the statement cannot be read: {error}") from error
    if vote.statement != statement or vote.type != NAMESPACE or vote.answer not in {APPROVED, REFUSED}:
        raise EvidenceRefused("vote-form", "the statement is not in the one form of a vote")
    return vote


def demand_current(vote: Vote, at: datetime) -> None:
    """Refuse a vote before its time, or after it."""
    try:
        made, ends = datetime.fromisoformat(vote.at), datetime.fromisoformat(vote.until)
        current = is_there(made - _SLACK, ends, at) and ends - made <= LASTS
    except (ValueError, TypeError):
        current = False
    if not current:
        raise EvidenceRefused("vote-time", f"the vote is of {vote.at} until {vote.until}, and it is {write_time(at)}")


def verify_vote(signed: SignedVote, person: Person, check_passkey: PasskeyCheck | None = None) -> None:
    """Say nothing if the signature on a vote is of a key that the register has for a person; raise if not.

    1. An SSH signature of our namespace over the statement, by the person's own key.
    2. Or an assertion of one of the person's passkeys over the statement's digest, where passkeys can be checked.
    """
    if signed.signature.lstrip().startswith(b"-----BEGIN SSH SIGNATURE"):  # (1)
        _verify_ssh(signed, person)
        return
    keys = {passkey.id.rstrip("="): passkey.key for passkey in person.passkeys}  # (2)
    key = keys.get(str(_assertion(signed.signature).get("id", "")).rstrip("="))
    if key is None:
        raise EvidenceRefused("vote-key", f"the register has no such passkey of {person.id}")
    if check_passkey is None:
        raise EvidenceRefused("vote-key", "a passkey cannot be checked here: the extra remit[console] is not installed")
    check_passkey(signed.signature, signed.vote.challenge, from_base64url(key))


def _verify_ssh(signed: SignedVote, person: Person) -> None:
    try:
        own = key_blob(person.key)
    except ValueError as error:
        raise EvidenceRefused("vote-key", f"the register has no SSH key of {person.id}") from error
    try:
        made_by = verify_signature(signed.vote.statement, signed.signature, NAMESPACE)
    except SignatureRefused as refused:
        raise EvidenceRefused("vote-signature", f"the signature does not hold: {refused}") from refused
    if made_by != own:
        raise EvidenceRefused("vote-key", f"the vote was signed by another key than that of {person.id}")


def _assertion(signature: bytes) -> dict[str, Any]:
    try:
        found = json.loads(signature)
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused("vote-signature", "the signature is neither an SSH signature nor a passkey's") from error
    if not isinstance(found, dict):
        raise EvidenceRefused("vote-signature", "the signature is neither an SSH signature nor a passkey's")
    return found


def from_base64url(text: str) -> bytes:
    """Decode base64url with or without padding; raise where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise EvidenceRefused("vote-key", "a passkey of the register is not base64url") from error
