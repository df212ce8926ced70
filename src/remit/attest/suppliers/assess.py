"""One answer held against the register at an instant: signature first, then freshness, then content.

1. The signature holds, by a key that is pinned for the supplier, at the time the answer came in.
2. That key was not revoked before then.
3. The answer bears a nonce that we gave this supplier, or a supplier whose answer stands names it by its digest.
4. It speaks of the order in the version we asked about, and of the maker we asked about.
5. Its time has begun and is not over; what it says of what was delivered is about that very thing.
6. Only then is its content looked at: the claim, the places looked in, what was left out, what it is worth.

The first of 1 to 5 that fails is the status; of the findings of 6 it is the worst.
The time of a signature is that of its coming in, because whoever stole a key writes any date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from remit.attest.suppliers.statement import Claim, Form
from remit.attest.suppliers.status import FORGED, SEVERITY, Status
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from remit.attest.suppliers.keys import PinnedKey
    from remit.attest.suppliers.register import Round, Supplier
    from remit.attest.suppliers.statement import Answer, Issued, Statement, Surface


class Finding(NamedTuple):
    """A status and the reason for it."""

    status: Status
    says: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What other answers add to what the register says of a supplier: keys vouched for, digests named."""

    keys: frozenset[str] = frozenset()
    pins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assessment:
    """One answer and what was found of it, worst first; `stands` is whether its content may be relied on."""

    answer: Answer
    findings: tuple[Finding, ...]
    stands: bool

    @property
    def status(self) -> Status:
        """The worst of what was found."""
        return self.findings[0].status if self.findings else Status.CLEAN

    @property
    def is_signed(self) -> bool:
        """Whether somebody can be held to it."""
        return self.status not in FORGED

    @property
    def grade(self) -> str:
        """What the answer is worth as evidence (evidence, section 5): E1 where it stands by a signature."""
        return "E1" if self.is_signed and self.answer.form is not Form.TRANSCRIBED else "E0"


def assess(
    answer: Answer, rounds: Round, issued: Mapping[str, Issued], trust: Trust, at: datetime, supplier: Supplier | None
) -> Assessment:
    """Hold one answer against the register at an instant."""
    fault = (
        _forged(answer, rounds, supplier, trust, at)  # (1), (2)
        or _replayed(answer, rounds, issued, trust)  # (3)
        or _unfresh(answer.statement, rounds, at, supplier)  # (4), (5)
    )
    if fault is not None:
        return Assessment(answer, (fault,), stands=False)
    found = sorted(_content(answer, rounds, supplier), key=lambda finding: SEVERITY[finding.status])  # (6)
    return Assessment(answer, tuple(found), stands=True)


def _forged(answer: Answer, rounds: Round, supplier: Supplier | None, trust: Trust, at: datetime) -> Finding | None:
    if answer.form is Form.TRANSCRIBED:
        return None
    if answer.damage or not answer.key:
        return Finding(Status.BAD_SIGNATURE, answer.damage or "it bears no signature")
    ours = supplier.keys if supplier else ()
    pinned: list[PinnedKey] = [key for key in ours if key.ident == answer.key]
    # Nobody vouches for a supplier whose keys we have ourselves, or it could answer in that one's name.
    vouched = not ours and answer.key in trust.keys
    if not pinned and not vouched:
        return Finding(Status.UNKNOWN_KEY, "its key is not pinned for this supplier")
    if not vouched and not any(key.counts_at(answer.received) for key in pinned):
        return Finding(Status.UNKNOWN_KEY, "its key did not count at the time it came in")
    return _revoked(answer, rounds, at)


def is_revoked(answer: Answer, rounds: Round, at: datetime) -> bool:
    """Tell whether the key of an answer no longer counted when it came in."""
    return _revoked(answer, rounds, at) is not None


def _revoked(answer: Answer, rounds: Round, at: datetime) -> Finding | None:
    for revocation in rounds.revoked:
        if revocation.ident == answer.key and revocation.from_ <= answer.received and revocation.known <= at:
            why = f": {revocation.why}" if revocation.why else ""
            return Finding(Status.REVOKED_KEY, f"its key is revoked from {write_instant(revocation.from_)}{why}")
    return None


def is_held_to(answer: Answer, rounds: Round, at: datetime, supplier: Supplier | None) -> bool:
    """Tell whether the register alone holds the supplier to an answer: what it withdraws is then withdrawn."""
    return answer.form is not Form.TRANSCRIBED and _forged(answer, rounds, supplier, Trust(), at) is None


def _replayed(answer: Answer, rounds: Round, issued: Mapping[str, Issued], trust: Trust) -> Finding | None:
    statement = answer.statement
    if statement.names & trust.pins:
        return None
    request = issued.get(statement.nonce)
    if request is None:
        return Finding(Status.REPLAYED, "its nonce is none that we gave out")
    if request.supplier != statement.supplier:
        return Finding(Status.REPLAYED, f"its nonce was given to {request.supplier}")
    if request.round != rounds.id:
        return Finding(Status.REPLAYED, f"it answers the round {request.round}")
    if statement.asked_by != rounds.by:
        return Finding(Status.REPLAYED, f"it answers {statement.asked_by}, not {rounds.by}")
    return None


def _unfresh(statement: Statement, rounds: Round, at: datetime, supplier: Supplier | None) -> Finding | None:
    order, asked = statement.order, rounds.order
    if order != asked:
        what = f"{order.id} version {order.version}" if order.digest == asked.digest else "another text"
        if (order.id, order.version) != (asked.id, asked.version):
            what = f"{order.id} version {order.version}"
        return Finding(Status.WRONG_ORDER_VERSION, f"it speaks of {what}, asked was {asked.id} version {asked.version}")
    if statement.target.maker != rounds.target.maker or not _covers_models(statement, rounds):
        models = ", ".join(statement.target.models)
        return Finding(Status.WRONG_SCOPE, f"it speaks of {statement.target.maker} ({models}), not of what was asked")
    if at < statement.valid_from:
        return Finding(Status.EXPIRED, f"it counts from {write_instant(statement.valid_from)} on")
    ends = min(statement.valid_until, statement.made + rounds.valid_for)
    if at >= ends:
        return Finding(Status.EXPIRED, f"it counted until {write_instant(ends)}")
    return _stale(statement, supplier)


def _covers_models(statement: Statement, rounds: Round) -> bool:
    """Tell whether a statement is about every model that was asked about, and about what is derived from them."""
    said, asked = statement.target, rounds.target
    wide = "*" in said.models or set(asked.models) <= set(said.models)
    return wide and (said.lineage == "including-derived" or asked.lineage == "named-only")


def _stale(statement: Statement, supplier: Supplier | None) -> Finding | None:
    delivered = {subject.name: subject.digest for subject in supplier.covers.subjects} if supplier else {}
    for subject in statement.covers.subjects:
        if delivered.get(subject.name, subject.digest) != subject.digest:
            says = f"it speaks of {subject.name} {subject.digest[:19]}, delivered is {delivered[subject.name][:19]}"
            return Finding(Status.STALE, says)
    return None


def _content(answer: Answer, rounds: Round, supplier: Supplier | None) -> Iterator[Finding]:
    statement = answer.statement
    match statement.claim:
        case Claim.FOUND:
            yield Finding(Status.FOUND, "it says that what was asked about is there")
        case Claim.REMOVED:
            yield Finding(Status.REMOVED, _removal(statement))
        case Claim.UNDER_REVIEW | Claim.NOT_INQUIRED:
            yield Finding(Status.GAPS, f"it says {statement.claim}")
        case Claim.NOT_FOUND:
            pass
    yield from _gaps(statement, rounds, is_scope=answer.form is Form.DSSE)
    if supplier is not None and not _overlaps(statement, supplier):
        yield Finding(Status.WRONG_SCOPE, "it is about none of what was asked")
    if answer.form is Form.TRANSCRIBED:
        yield Finding(Status.TRANSCRIBED, f"transcribed by {answer.transcribed_by or 'somebody who is not named'}")
    elif rounds.grade > "E1":
        yield Finding(Status.GAPS, f"grade E1, asked was {rounds.grade}")


def _removal(statement: Statement) -> str:
    parts = (
        f"{each.what}{f' on {write_instant(each.on)}' if each.on else ''}"
        f"{f', replaced by {each.replaced_by}' if each.replaced_by else ''}"
        for each in statement.removed
    )
    return f"removed: {'; '.join(parts) or 'what, it does not say'}"


def _gaps(statement: Statement, rounds: Round, *, is_scope: bool) -> Iterator[Finding]:
    if statement.claim in {Claim.UNDER_REVIEW, Claim.NOT_INQUIRED}:
        return
    told = {surface.name: surface for surface in statement.surfaces}
    for name in rounds.surfaces:
        surface = told.get(name)
        if surface is None:
            yield Finding(Status.GAPS, f"{name}: not mentioned")
    for surface in statement.surfaces:
        if surface.unread != 0:
            yield Finding(Status.GAPS, _gap(surface))
    answers = {edge.supplier for edge in statement.edges}
    for each in statement.excluded:
        if not each.see or each.see not in answers:
            # What a filled-in request leaves out was asked for; what an envelope does bounds its scope, and is told.
            status = Status.CLEAN if is_scope else Status.GAPS
            yield Finding(status, f"left out: {each.what}, {each.why}")
    if not statement.edges and not statement.none_reason and statement.summary is None:
        yield Finding(Status.GAPS, "it names no supplier, and does not say why there is none")


def _gap(surface: Surface) -> str:
    """Say what was not looked at in one place."""
    why = f", {surface.why}" if surface.why else ""
    if not surface.seen:
        return f"{surface.name}: not looked at{why}"
    of = "an unknown number" if surface.unread is None else f"{surface.unread} of {surface.seen + surface.unread}"
    return f"{surface.name}: {of} not read{why}"


def _overlaps(statement: Statement, supplier: Supplier) -> bool:
    asked, said = supplier.covers, statement.covers
    if not (asked.contracts or asked.systems or asked.subjects):
        return True
    return bool(
        asked.contracts & said.contracts or asked.systems & said.systems or set(asked.subjects) & set(said.subjects)
    )
