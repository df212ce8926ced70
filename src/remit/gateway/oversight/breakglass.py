"""Break-glass: named people go past a provider's clauses, for a short while, with a reason, loudly.

1. It is judged like everything else: an emergency grant of each provider stands beside the terms, in memory, and
   `decide` remains the only judge. A grant lifts no boundary, no order and no need of an authorisation; nor does this.
2. Who begins it is in the role that the register names, signs with their own key, and gives a reason.
3. Everyone whom the register names is told at once, by an entry that is addressed to them.
4. It ends after the time the register sets. A second person, of the role named for it, signs afterwards within the time
   set; otherwise it closes before its end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from remit.canonical import canonical, digest
from remit.errors import EvidenceRefused
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.writer import write_time
from remit.terms.action import Action
from remit.terms.clause import Clause, Duty, Verb
from remit.terms.condition import Condition, Leaf, OneOf
from remit.terms.instrument import Instrument
from remit.terms.instrument import Kind as Instruments
from remit.terms.quorum import find_person, is_there, same_people
from remit.terms.signature import SignatureRefused, key_blob, verify_signature
from remit.terms.standing import Entry, State, make_standing
from remit.terms.terms import Terms, make_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk
    from remit.terms.register import Emergency, Register

BREAKGLASS = "breakglass/"
NAMESPACE = "remit-breakglass@v1"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed: to begin it, or with the digest of what was begun, to confirm it."""

    person: str
    use_case: str
    reason: str
    at: str
    terms: str
    confirms: str = ""
    type: str = NAMESPACE

    @property
    def content(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(asdict(self))


@dataclass(frozen=True, slots=True)
class Opening:
    """One time that the glass was broken."""

    statement: Statement
    begins: datetime
    until: datetime
    confirm_by: datetime
    confirmed_by: str = ""
    closed: datetime | None = None

    @property
    def digest(self) -> str:
        """Return its name."""
        return digest(asdict(self.statement))

    @property
    def id(self) -> str:
        """Return its short name."""
        return self.digest.removeprefix("sha256:")[:12]

    @property
    def ends(self) -> datetime:
        """Return when it ends as things stand: sooner where nobody confirms it in time (4)."""
        ends = self.until if self.confirmed_by else min(self.until, self.confirm_by)
        return ends if self.closed is None else min(ends, self.closed)

    def is_open(self, at: datetime) -> bool:
        """Tell whether it counts at an instant."""
        return self.begins <= at < self.ends

    def record(self) -> bytes:
        """Return its row."""
        return canonical(
            {
                "begins": write_time(self.begins),
                "closed": None if self.closed is None else write_time(self.closed),
                "confirm_by": write_time(self.confirm_by),
                "confirmed_by": self.confirmed_by,
                "statement": asdict(self.statement),
                "until": write_time(self.until),
            }
        )


def read_emergency(content: bytes) -> Opening:
    """Read one from its row."""
    record = json.loads(content)
    instants = {name: datetime.fromisoformat(record[name]) for name in ("begins", "until", "confirm_by")}
    closed = None if record["closed"] is None else datetime.fromisoformat(record["closed"])
    return Opening(Statement(**record["statement"]), **instants, confirmed_by=record["confirmed_by"], closed=closed)


def openings(store: Store) -> Iterator[Opening]:
    """Yield every one that is remembered."""
    for _, content in store.rows(BREAKGLASS):
        yield read_emergency(content)


def with_emergencies(terms: Terms, open_now: Iterable[Opening]) -> Terms:
    """Return the terms with an emergency grant of each provider beside them (1); the same terms where none is open."""
    given = sorted(open_now, key=lambda emergency: emergency.id)
    if not given:
        return terms
    issuers = sorted({item.by for item in terms.instruments if item.kind is Instruments.POLICY})
    grants = [_grant(emergency, issuer, terms.register) for emergency in given for issuer in issuers]
    named = [[emergency.digest, write_time(emergency.ends)] for emergency in given]
    name = digest({"emergency": named, "terms": terms.digest})
    return make_terms(terms.register, (*terms.instruments, *grants), terms.catalogue, terms.vocabulary, name)


def _grant(emergency: Opening, issuer: str, register: Register) -> Instrument:
    said = emergency.statement
    clause = Clause(
        id=said.use_case,
        verb=Verb.PERMIT,
        actions=frozenset({Action.INVOKE, Action.ACT}),
        when=Condition((Leaf("use.case", OneOf(frozenset({said.use_case}))),)),
        says=f"{said.person} broke the glass: {said.reason}",
        duties=((Duty.REPORT, "to everyone whom the register names"), (Duty.REVIEW, "by a second person")),
        where="breakglass",
    )
    entry = Entry(State.IN_FORCE, emergency.begins, emergency.begins, emergency.ends, note=said.reason)
    return Instrument(
        id=f"emergency-{emergency.id}-{issuer}",
        kind=Instruments.GRANT,
        by=issuer,
        title=f"emergency of {said.person}, no grant by {issuer}",
        standing=make_standing([entry]),
        clauses=(clause,),
        binds=frozenset({register.organisation}) if register.organisation else frozenset(),
    )


def begin_emergency(desk: Desk, statement: Statement, signature: bytes, terms: Terms, at: datetime) -> list[Draft]:
    """Break the glass; raises `EvidenceRefused` where whoever signs may not.

    1. The terms name who may, and the statement is of these terms and of now.
    2. The person has the role now, and the signature is by their key.
    3. There is a reason, and a use case that the register knows.
    """
    rules = terms.register.emergency
    if rules is None or statement.terms != terms.digest or statement.confirms:  # (1)
        raise EvidenceRefused("breakglass-terms", "the terms in force name nobody who may go past them so")
    _demand_person(statement, signature, terms.register, rules.of, at)  # (2)
    known = {case.id for case in terms.register.use_cases}
    if not statement.reason.strip() or statement.use_case not in known:  # (3)
        raise EvidenceRefused("breakglass-reason", "it takes a reason, and a use case of the register")
    begun = Opening(statement, at, at + rules.lasts, at + rules.confirmed_within)
    if desk.row(BREAKGLASS + begun.id) is not None:
        raise EvidenceRefused("breakglass-again", "this statement was used already")
    desk.put(BREAKGLASS + begun.id, begun.record())
    hidden = {"signature": signature.decode("ascii", "replace"), "statement": statement.content.decode()}
    first = make_draft(Kind.BREAKGLASS, LOG_STREAM, {"by": statement.person, "tm": terms.digest}, hidden)
    return [first, *_told(begun, rules, "breakglass")]


def confirm_emergency(desk: Desk, statement: Statement, signature: bytes, terms: Terms, at: datetime) -> list[Draft]:
    """Take the second signature; raises `EvidenceRefused` where it does not count or comes too late."""
    rules = terms.register.emergency
    name = BREAKGLASS + statement.confirms.removeprefix("sha256:")[:12]
    content = desk.row(name)
    if rules is None or content is None:
        raise EvidenceRefused("breakglass-terms", "there is nothing of that name to confirm")
    begun = read_emergency(content)
    if begun.digest != statement.confirms or begun.confirmed_by or at >= begun.confirm_by:
        raise EvidenceRefused("breakglass-late", "it was confirmed already, or closed since nobody did in time")
    _demand_person(statement, signature, terms.register, rules.second, at)
    if begun.statement.person in same_people(terms.register, statement.person):
        raise EvidenceRefused("breakglass-person", "whoever began it cannot confirm it")
    desk.put(name, replace(begun, confirmed_by=statement.person).record())
    hidden = {"signature": signature.decode("ascii", "replace"), "statement": statement.content.decode()}
    fields = {"by": statement.person, "digest": begun.digest, "type": "breakglass-confirmed"}
    return [make_draft(Kind.MESSAGE, LOG_STREAM, fields, hidden)]


def close_emergency(desk: Desk, ident: str, by: str, terms: Terms, at: datetime) -> list[Draft]:
    """Close one before its time; anybody may, since it only takes away."""
    content = desk.row(BREAKGLASS + ident)
    rules = terms.register.emergency
    if content is None or rules is None:
        raise EvidenceRefused("breakglass-terms", "there is nothing of that name to close")
    begun = read_emergency(content)
    desk.put(BREAKGLASS + ident, replace(begun, closed=at).record())
    closed = make_draft(Kind.MESSAGE, LOG_STREAM, {"by": by, "digest": begun.digest, "type": "breakglass-closed"})
    return [closed, *_told(begun, rules, "breakglass-closed")]


def _told(begun: Opening, rules: Emergency, kind: str) -> list[Draft]:
    """Tell everyone whom the register names, each by an entry of their own (3)."""
    fields = {"by": begun.statement.person, "digest": begun.digest, "type": kind}
    hidden = {"reason": begun.statement.reason, "use_case": begun.statement.use_case}
    return [make_draft(Kind.MESSAGE, LOG_STREAM, {**fields, "to": to}, hidden) for to in rules.told]


def _demand_person(statement: Statement, signature: bytes, register: Register, role: str, at: datetime) -> None:
    person = find_person(register, statement.person)
    if person is None or role not in person.roles or not is_there(person.from_, person.until, at):
        raise EvidenceRefused("breakglass-person", f"{statement.person} does not have the role {role} now")
    made = datetime.fromisoformat(statement.at)
    if abs((at - made).total_seconds()) > 15 * 60:  # as long as a vote may lie
        raise EvidenceRefused("breakglass-time", f"the statement is of {statement.at}, and it is {write_time(at)}")
    try:
        if verify_signature(statement.content, signature, NAMESPACE) != key_blob(person.key):
            raise EvidenceRefused("breakglass-key", f"it was signed by another key than that of {person.id}")
    except (SignatureRefused, ValueError) as error:
        raise EvidenceRefused("breakglass-signature", f"the signature does not hold: {error}") from error
