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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.gateway.oversight.statement import Statement, read_statement, verify_person
from remit.ledger.writer import write_time
from remit.terms.quorum import is_there

if TYPE_CHECKING:
    from remit.gateway.oversight.statement import PasskeyCheck
    from remit.terms.register import Person

NAMESPACE = "remit-approval@v1"
LASTS = timedelta(minutes=15)
"""How long a vote may lie between signing and arriving."""
_SLACK = timedelta(seconds=60)
"""How far the clock of who signs may be ahead."""
APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True, slots=True)
class Vote(Statement):
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


@dataclass(frozen=True, slots=True)
class SignedVote:
    """A vote with its signature: an armoured SSH signature, or what the browser gave for a passkey, as JSON."""

    vote: Vote
    signature: bytes

    @property
    def armour(self) -> str:
        """Return the signature as an entry bears it."""
        return base64.b64encode(self.signature).decode()


def make_vote(  # noqa: PLR0913  # what the docstring of the file lists
    call: str, shown: str, nonce: str, person: str, role: str, answer: str, *, at: datetime
) -> Vote:
    """Make the vote that a person is about to sign."""
    return Vote(call, shown, nonce, person, role, answer, write_time(at), write_time(at + LASTS))


def read_vote(statement: bytes) -> Vote:
    """Read a statement; raise if it is not, byte for byte, the one form of a vote."""
    vote = read_statement(Vote, statement, NAMESPACE, "vote")
    if vote.answer not in {APPROVED, REFUSED}:
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
    """Say nothing if the signature on a vote is of a key that the register has for a person; raise if not."""
    verify_person(signed.vote, signed.signature, person, about="vote", namespace=NAMESPACE, passkeys=check_passkey)
