"""Held calls in the ledger's store: each step changes its rows and writes its entries in one transaction, or neither.

    decision (hold) ─▶ release (approved, with each signature) ─▶ outcome (released to who asked, once)
                   └─▶ release (refused, expired, void, revoked)

1. A call that is known is joined, whatever connection it comes by: it has one decision, and one end.
2. Who was told to come back finds the call again in another turn of the session, as its kin.
3. What has ended keeps its digest and its end, and nothing of what was asked for; a repetition gets the same answer.
4. After a restart nobody waits for anything; what waits is void unless somebody asks again soon.
5. What ended is the answer to a repetition for two minutes; an equal call after that is a new one, for people again.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from remit.canonical import canonical
from remit.errors import EvidenceRefused, NothingToLookAt
from remit.gateway.oversight.attention import Look, Record
from remit.gateway.oversight.held import HeldCall, State
from remit.gateway.oversight.vote import APPROVED
from remit.ledger.entry import make_draft
from remit.ledger.kind import Answer as Said
from remit.ledger.kind import Kind
from remit.ledger.writer import write_time
from remit.terms.hold import Oversight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from remit.gateway.oversight.call import Call
    from remit.gateway.oversight.held import Answer
    from remit.gateway.oversight.shown import Sheet
    from remit.gateway.oversight.statement import PasskeyCheck
    from remit.gateway.oversight.stop import Stop
    from remit.gateway.oversight.vote import SignedVote
    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer
    from remit.terms.catalogue import Catalogue
    from remit.terms.hold import Hold
    from remit.terms.register import Register

LOOKS = "look/"
"""Since when a person has had a sheet before them, as the pages that show it note."""
HELD, KIN, ATTENTION, ENVELOPE, REVIEW, RELEASE = "hold/", "kin/", "attention/", "envelope/", "review/", "release/"
REPEATED = timedelta(minutes=2)
"""How long after its end an equal call is the same one, asked for again by a client that did not hear the answer."""
KEPT = timedelta(days=7)
"""How long it is remembered what became of a call."""
_SAID = {
    State.EXPIRED: Said.EXPIRED,
    State.VOID: Said.VOID,
    State.REVOKED: Said.REVOKED,
    State.REFUSED: Said.REFUSED,
    State.APPROVED: Said.APPROVED,
}


_ENDED = frozenset({State.EXPIRED, State.VOID, State.REVOKED, State.REFUSED})


@dataclass(slots=True)
class Step:
    """What a writer settles; `held` is what the call has become once it is durable."""

    act: Callable[[Desk], tuple[HeldCall | None, list[Draft]]]
    held: HeldCall | None = None

    def __call__(self, desk: Desk) -> list[Draft]:
        """Do it within a transaction."""
        self.held, drafts = self.act(desk)
        return drafts

    @property
    def call(self) -> HeldCall:
        """Return what the call has become."""
        if self.held is None:
            raise NothingToLookAt("Nothing was done: there is no such held call.")
        return self.held


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that is to be held: what for, what is shown, and the decision as the log takes it."""

    call: Call
    hold: Hold
    sheet: Sheet
    effects: tuple[str, ...]
    decision: Draft


def hold_call(proposal: Proposal, at: datetime) -> Step:
    """Hold a call, or join it where it is held or was just now (1) (2)."""
    return Step(lambda desk: hold_within(desk, proposal, desk.first, at))


def hold_within(desk: Desk, proposal: Proposal, place: int, at: datetime) -> tuple[HeldCall, list[Draft]]:
    """Hold a call within a transaction, in which its first entry will stand at a place."""
    known = _known(desk, proposal.call, at)
    if known is not None:
        now = known.at_time(at)
        return _keep(desk, known, now.joined() if now.state.live else now)
    held = _begin(proposal, place, at)
    start, drafts = _opened(desk, held, at), [proposal.decision]
    desk.put(_row(held), canonical(start.record()))
    if start.state is State.APPROVED:
        drafts.append(_release(start, Said.APPROVED, None))
    return start, drafts


def answer_call(  # the vote, and all that it is held against
    digest: str,
    signed: SignedVote,
    register: Register,
    at: datetime,
    *,
    ms: int = 0,
    check_passkey: PasskeyCheck | None = None,
) -> Step:
    """Take a person's vote on a held call; raises `EvidenceRefused` where it does not count."""

    def act(desk: Desk) -> tuple[HeldCall, list[Draft]]:
        held = look_up(desk, digest)
        person = signed.vote.person
        record = _attention(desk, person)
        after = held.answered(signed, register, record, at=at, ms=ms, check_passkey=check_passkey)
        approved = signed.vote.answer == APPROVED
        record = record.with_look(Look(at, ms, held.sheet.length, approved, held.id))
        for other in held.answers:
            agreed = other.answer == signed.vote.answer
            record = record.with_other(agreed=agreed)
            _keep_attention(desk, _attention(desk, other.person).with_other(agreed=agreed))
        _keep_attention(desk, record)
        if after.state is State.APPROVED:
            _open_envelope(desk, after, at)
        return _keep(desk, held, after)

    return Step(act)


def release_call(call: Call, digest: str, terms: str, at: datetime) -> Step:
    """Use an approval up: the call goes out to who asked, this once."""

    def act(desk: Desk) -> tuple[HeldCall, list[Draft]]:
        held = look_up(desk, digest)
        after = held.released(call, terms, at)
        until = max(held.expires, at + timedelta(minutes=5))
        name = f"{RELEASE}{call.act.removeprefix('sha256:')}/{held.id}"
        desk.put(name, canonical({"of": held.of, "stream": held.stream, "until": write_time(until), "used": False}))
        return _keep(desk, held, after, call.act)

    return Step(act)


def admit_call(call: Call, digest: str, terms: str, at: datetime) -> Step:
    """Use up an approval of the use of a model; its outcome is owed by whoever makes the call."""

    def act(desk: Desk) -> tuple[HeldCall, list[Draft]]:
        held = look_up(desk, digest)
        return _keep(desk, held, held.released(call, terms, at))

    return Step(act)


def move_call(digest: str, change: Callable[[HeldCall], HeldCall], at: datetime) -> Step:
    """Let time pass for a held call and then change it: it is joined, left, parked or revoked."""

    def act(desk: Desk) -> tuple[HeldCall, list[Draft]]:
        held = look_up(desk, digest)
        now = held.at_time(at)
        return _keep(desk, held, change(now) if now.state.live else now)

    return Step(act)


def revoke_call(digest: str, by: str, reason: str, at: datetime) -> Step:
    """Take a call back, and with it what else its approval would cover; raises where it has ended otherwise."""

    def act(desk: Desk) -> tuple[HeldCall, list[Draft]]:
        held = look_up(desk, digest)
        after = held.revoked(at, f"{by} took it back: {reason}")
        if held.area:
            desk.put(_envelope(held), None)
        desk.put(f"{RELEASE}{held.act.removeprefix('sha256:')}/{held.id}", None)
        return _keep(desk, held, after)

    return Step(act)


def end_reached(writer: Writer, store: Store, catalogue: Catalogue, stop: Stop) -> int:
    """End every call that a stop reaches, and return how many those were."""
    ended = 0
    at = datetime.fromisoformat(stop.since)
    for held in list(held_calls(store)):
        model = catalogue.model(held.call.model)
        if held.state.live and stop.reaches(held.call.use_case, held.call.model, "" if model is None else model.maker):
            try:
                writer.commit(settle=revoke_call(held.call.digest, stop.by, stop.reason, at))
            except EvidenceRefused:
                # It has ended by itself meanwhile.
                continue
            ended += 1
    return ended


def pass_time(digests: Iterable[str], at: datetime) -> Step:
    """Let time pass for several held calls: some expire, some are void, some have not been refused in time."""

    def act(desk: Desk) -> tuple[None, list[Draft]]:
        drafts: list[Draft] = []
        for digest in digests:
            content = desk.row(HELD + digest.removeprefix("sha256:"))
            if content is None:
                continue
            held = read_held(content)
            if not held.state.live and held.ended is not None and held.ended + KEPT <= at:
                desk.put(_row(held), None)
                continue
            drafts += _keep(desk, held, held.at_time(at))[1]
        return None, drafts

    return Step(act)


def held_calls(store: Store) -> Iterator[HeldCall]:
    """Yield every held call that is remembered."""
    for _, content in store.rows(HELD):
        yield read_held(content)


def find_held(store: Store, name: str) -> HeldCall:
    """Return the one held call that a short name, or the beginning of one, means; raise if there is none or several."""
    hexadecimal = name.removeprefix("sha256:")
    plain = bool(hexadecimal) and all(letter in "0123456789abcdef" for letter in hexadecimal)
    found = [read_held(content) for _, content in store.rows(HELD + hexadecimal)] if plain else []
    if len(found) != 1:
        says = "more than one call begins so" if found else "no call of that name is held"
        raise NothingToLookAt(f"Nothing was done: {says}: {name}.\n  See: remit approvals")
    return found[0]


def read_held(content: bytes) -> HeldCall:
    """Read a held call from its row."""
    return HeldCall.from_record(json.loads(content))


def attention_records(store: Store) -> Iterator[Record]:
    """Yield what is known of each reviewer."""
    for _, content in store.rows(ATTENTION):
        yield Record.from_record(json.loads(content))


def _row(held: HeldCall) -> str:
    return HELD + held.call.digest.removeprefix("sha256:")


def _envelope(held: HeldCall) -> str:
    return ENVELOPE + held.area.removeprefix("sha256:")


def _kin(held: HeldCall) -> str:
    return KIN + held.call.kin.removeprefix("sha256:")


def look_up(desk: Desk, digest: str) -> HeldCall:
    """Return a held call as it stands within a transaction; raise where there is none."""
    content = desk.row(HELD + digest.removeprefix("sha256:"))
    if content is None:
        raise EvidenceRefused("vote-other", "no such call is held")
    return read_held(content)


def _known(desk: Desk, call: Call, at: datetime) -> HeldCall | None:
    """Find the call, or the kin of it that who asked was told to come back for.

    What ended a while ago is no answer any more: an equal call is then a new one, and waits for people like any other.
    """
    content = desk.row(HELD + call.digest.removeprefix("sha256:"))
    if content is not None:
        held = read_held(content)
        return held if held.ended is None or at < held.ended + REPEATED else None
    parked = desk.row(KIN + call.kin.removeprefix("sha256:"))
    content = None if parked is None else desk.row(parked.decode())
    if content is None:
        return None
    held = read_held(content)
    return held if held.state.live and held.parked else None


def _begin(proposal: Proposal, of: int, at: datetime) -> HeldCall:
    hold = proposal.hold
    held = HeldCall(
        call=proposal.call,
        hold=hold,
        sheet=proposal.sheet,
        effects=proposal.effects,
        stream=proposal.decision.stream,
        of=of,
        nonce=secrets.token_hex(16),
        act=proposal.call.act,
        begun=at,
        # A hold without a limit would wait for ever; none is the same as none left.
        expires=at + (hold.expires_in or timedelta()),
    )
    return replace(held, area=held.find_area())


def _opened(desk: Desk, held: HeldCall, at: datetime) -> HeldCall:
    """Return the call as it begins: approved where an envelope covers it, or where it is reviewed afterwards."""
    if held.sheet.missing:
        return held
    if held.oversight is Oversight.AFTER:
        due = _reviews(desk, held)
        if any(datetime.fromisoformat(until) <= at for until in due.values()):
            return held
        desk.put(f"{REVIEW}{held.stream}", canonical({**due, held.call.digest: write_time(held.expires)}))
        return replace(held, state=State.APPROVED, why="to be reviewed afterwards")
    name = _envelope(held)
    content = desk.row(name) if held.area else None
    if content is None:
        return held
    envelope = json.loads(content)
    if envelope["left"] < 1 or datetime.fromisoformat(envelope["until"]) <= at:
        desk.put(name, None)
        return held
    desk.put(name, canonical({**envelope, "left": envelope["left"] - 1}))
    return replace(held, state=State.APPROVED, why=f"covered by the approval of {envelope['hold']}")


def _reviews(desk: Desk, held: HeldCall) -> dict[str, str]:
    """Return what is still to be reviewed of a use case, and until when; one that is overdue lets no other go on."""
    found: dict[str, str] = json.loads(desk.row(f"{REVIEW}{held.stream}") or b"{}")
    return found


def _end_review(desk: Desk, held: HeldCall) -> None:
    due = _reviews(desk, held)
    if due.pop(held.call.digest, None) is not None:
        desk.put(f"{REVIEW}{held.stream}", canonical(due) if due else None)


def _open_envelope(desk: Desk, held: HeldCall, at: datetime) -> None:
    envelope = held.hold.envelope
    if envelope is None or not held.area:
        return
    content = {"hold": held.id, "left": envelope.at_most - 1, "until": write_time(at + envelope.lasts)}
    desk.put(_envelope(held), canonical(content))


def _keep(desk: Desk, before: HeldCall, after: HeldCall, act: str = "") -> tuple[HeldCall, list[Draft]]:
    """Write what a call has become, and the entries that say so; `act` is what goes out, where anything does."""
    if after == before:
        return after, []
    desk.put(_row(after), canonical(after.record()))
    if after.parked and after.state.live:
        desk.put(_kin(after), _row(after).encode())
    elif before.parked and not after.state.live:
        desk.put(_kin(after), None)
    if (before.reviewing and not after.reviewing) or (before.state.live and after.state in _ENDED):
        _end_review(desk, after)
    return after, _entries(before, after, act)


def _entries(before: HeldCall, after: HeldCall, act: str) -> list[Draft]:
    """Return the entries that say what a call has become."""
    new = after.answers[len(before.answers) :]
    if before.reviewing and new:
        return [_reviewed(after, answer) for answer in new]
    drafts = [_release(after, Said(answer.answer), answer) for answer in new]
    if after.state is before.state:
        return drafts
    if before.state is State.RELEASED:
        hidden = {**_hidden(after, None), "of": after.of}
        return [make_draft(Kind.MESSAGE, after.stream, {"digest": after.call.digest, "type": "revoked"}, hidden)]
    if after.state is State.RELEASED:
        unopposed = before.state is State.OPEN
        drafts += [_release(after, Said.APPROVED, None)] if unopposed else []
        if act:
            drafts.append(
                make_draft(Kind.OUTCOME, after.stream, {"of": after.of}, {**_hidden(after, None), "act": act})
            )
    elif not drafts:
        drafts.append(_release(after, _SAID[after.state], None))
    return drafts


def _release(held: HeldCall, said: Said, answer: Answer | None) -> Draft:
    fields: dict[str, object] = {"o": said.value, "of": held.of}
    if answer is not None:
        fields["sig"] = answer.signature
    return make_draft(Kind.RELEASE, held.stream, fields, _hidden(held, answer))


def _reviewed(held: HeldCall, answer: Answer) -> Draft:
    """Say what a person thought of a call that went on at once; its decision has its outcome already."""
    kind = "reviewed" if answer.answer == APPROVED else "objected"
    hidden = {**_hidden(held, answer), "of": held.of, "signature": answer.signature}
    fields = {"by": answer.person, "digest": held.call.digest, "type": kind}
    return make_draft(Kind.MESSAGE, held.stream, fields, hidden)


def _hidden(held: HeldCall, answer: Answer | None) -> dict[str, object]:
    hidden: dict[str, object] = {"call": held.call.digest, "shown": held.sheet.digest, "why": held.why}
    if answer is not None:
        hidden |= {"ms": answer.ms, "person": answer.person, "role": answer.role, "statement": answer.statement}
    return hidden


def _attention(desk: Desk, person: str) -> Record:
    content = desk.row(ATTENTION + person)
    return Record(person) if content is None else Record.from_record(json.loads(content))


def _keep_attention(desk: Desk, record: Record) -> None:
    desk.put(ATTENTION + record.person, canonical(record.record()))
