"""A held call and what may become of it: pure, with time as a parameter.

    open ──────▶ approved ──────▶ released     one use, and never again; revoked, it ends what is still open
      │            │
      ├▶ refused   ├▶ expired                  refused by one is refused; time denies
      ├▶ expired   ├▶ void                     nobody waits for it any more
      └▶ void      └▶ revoked

1. Only an approved call is released, once, for exactly this call, by the terms it was judged by, before its time is up.
2. A call that could not be shown as the terms ask is never approved, not even by silence.
3. Nobody answers twice, and what one person refuses no other approves.
4. A call that nobody waits for is void after a while, unless who asked was told to come back for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from remit.canonical import digest
from remit.errors import EvidenceRefused
from remit.gateway.oversight.attention import attends, pace_of
from remit.gateway.oversight.call import Call, argument_named
from remit.gateway.oversight.demand import hold_record, read_hold
from remit.gateway.oversight.shown import Sheet
from remit.gateway.oversight.vote import APPROVED, REFUSED, demand_current, verify_vote
from remit.ledger.writer import write_time
from remit.terms.hold import Hold, Oversight, seriousness
from remit.terms.quorum import Standing, find_person, is_enough, may_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.gateway.oversight.attention import Record
    from remit.gateway.oversight.statement import PasskeyCheck
    from remit.gateway.oversight.vote import SignedVote
    from remit.terms.register import Register

GRACE = timedelta(seconds=60)
"""How long a held call outlives the last connection that waited for it; agents that give up ask again at once."""


class State(StrEnum):
    """Where a held call stands."""

    OPEN = "open"
    APPROVED = "approved"
    RELEASED = "released"
    REFUSED = "refused"
    EXPIRED = "expired"
    VOID = "void"
    REVOKED = "revoked"

    @property
    def live(self) -> bool:
        """Tell whether it may still be released."""
        return self in {State.OPEN, State.APPROVED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person answered, with what they signed."""

    person: str
    role: str
    answer: str
    at: datetime
    statement: str
    signature: str
    ms: int = 0
    """How long the sheet was before them."""


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call that waits, or has waited."""

    call: Call
    hold: Hold
    sheet: Sheet
    effects: tuple[str, ...]
    stream: str
    of: int
    """The place of the decision that holds it."""
    nonce: str
    begun: datetime
    expires: datetime
    state: State = State.OPEN
    answers: tuple[Answer, ...] = ()
    left: datetime | None = None
    """Since when nobody waits for it; None while somebody does."""
    act: str = ""
    """What the point of execution sees of it, kept for when the arguments are gone."""
    area: str = ""
    """What the calls share that one approval of this covers; empty where it covers no other."""
    parked: bool = False
    """Who asked was told that it is pending, and collects it later."""
    ended: datetime | None = None
    why: str = ""

    @property
    def id(self) -> str:
        """Return the short name that people use."""
        return self.call.id

    @property
    def oversight(self) -> Oversight:
        """Return what people do about this call: an envelope never covers an effect at or above its class."""
        hold = self.hold
        if hold.oversight is not Oversight.ENVELOPE or hold.envelope is None:
            return Oversight.EACH if hold.oversight is Oversight.ENVELOPE else hold.oversight
        below = seriousness(hold.envelope.below)
        mild = bool(self.effects) and all(seriousness(effect) < below for effect in self.effects)
        return Oversight.ENVELOPE if mild else Oversight.EACH

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Return who has approved, and in which role."""
        return tuple(Standing(answer.person, answer.role) for answer in self.answers if answer.answer == APPROVED)

    @property
    def reviewing(self) -> bool:
        """Tell whether it went on at once and people still have to say what they think of it."""
        after = self.oversight is Oversight.AFTER and self.state is State.RELEASED
        return after and not is_enough(self.hold, self.standing) and not any(a.answer == REFUSED for a in self.answers)

    @property
    def shown(self) -> bool:
        """Tell whether what was asked for is still kept, since somebody may still have to see it."""
        return self.state.live or self.reviewing

    def find_area(self) -> str:
        """Return what the calls that one approval covers share; nothing where no envelope covers this one."""
        envelope = self.hold.envelope
        if self.oversight is not Oversight.ENVELOPE or envelope is None:
            return ""
        same = {name: argument_named(self.call.arguments, name) for name in sorted(envelope.same)}
        if None in same.values():
            return ""
        call = {**self.call.record(), "arguments": same, "conversation": "", "number": 0, "session": "", "turn": 0}
        return digest(call)

    def at_time(self, at: datetime) -> HeldCall:
        """Return what it has become by an instant, with nobody doing anything."""
        if not self.state.live:
            return self
        if self.left is not None and not self.parked and self.left + GRACE <= at:  # (4)
            return self.end(State.VOID, self.left + GRACE, "whoever asked for it went away")
        if self.expires <= at:
            return self.end(State.EXPIRED, self.expires, "nobody answered in time")
        window = self.hold.window
        unopposed = self.state is State.OPEN and self.oversight is Oversight.VETO and window is not None
        if unopposed and window is not None and self.begun + window <= at and not self.sheet.missing:  # (2)
            return replace(self, state=State.APPROVED, why="nobody refused it within the window")
        return self

    def answered(  # the vote, and all that it is held against
        self,
        signed: SignedVote,
        register: Register,
        record: Record,
        *,
        at: datetime,
        ms: int = 0,
        check_passkey: PasskeyCheck | None = None,
    ) -> HeldCall:
        """Take a vote; raise `EvidenceRefused` with the step at which it does not count.

        1. The call is open and its time is not up, or it went on at once and is to be reviewed.
        2. The vote is of this call, of this hold of it, and of what was shown; and of now.
        3. The person may answer it at this instant.
        4. The signature is theirs.
        5. To approve, everything the terms ask for was shown, and they were seen to look well enough.
        6. One refusal ends it; the last of the approvals that are asked for approves it.
        """
        now, vote = self.at_time(at), signed.vote
        if now.state is not State.OPEN and not now.reviewing:  # (1)
            raise EvidenceRefused("vote-late", f"the call {self.id} is {now.state}: {now.why or 'it waits no more'}")
        if (vote.call, vote.nonce) != (self.call.digest, self.nonce):  # (2)
            raise EvidenceRefused("vote-other", f"the vote is not of the call {self.id} as it is held now")
        if vote.shown != self.sheet.digest:
            raise EvidenceRefused(
                "vote-shown", f"the vote is of another sheet than what the call {self.id} is shown as"
            )
        demand_current(vote, at)
        who = Standing(vote.person, vote.role)
        before = [Standing(answer.person, answer.role) for answer in self.answers]
        if says := may_answer(self.hold, register, who, before, self.call.requester, at):  # (3)
            raise EvidenceRefused("vote-person", says)
        person = find_person(register, vote.person)
        if person is None:
            raise EvidenceRefused("vote-person", f"the register knows nobody called {vote.person}")
        verify_vote(signed, person, check_passkey)  # (4)
        if vote.answer == APPROVED:
            self._demand_seen(who, record, at, ms)  # (5)
        statement = vote.statement.decode()
        answer = Answer(vote.person, vote.role, vote.answer, at, statement, signed.armour, ms)
        taken = replace(now, answers=(*self.answers, answer))
        if now.reviewing:
            return taken
        if vote.answer == REFUSED:  # (6)
            because = f": {vote.reason}" if vote.reason else ""
            return taken.end(State.REFUSED, at, f"a person refused it{because}")
        return replace(taken, state=State.APPROVED) if is_enough(self.hold, taken.standing) else taken

    def _demand_seen(self, who: Standing, record: Record, at: datetime, ms: int) -> None:
        if self.sheet.missing:
            missing = ", ".join(self.sheet.missing)
            raise EvidenceRefused("vote-missing", f"the terms ask to show {missing}, which cannot be shown here")
        asked = next(approval for approval in self.hold.approvals if approval.of == who.role)
        if says := attends(record, asked, at):
            raise EvidenceRefused("vote-attention", f"{who.person} may not approve now: {says}")
        wanted = asked.attention.pace
        if wanted is not None and (pace := pace_of(self.sheet.length, ms)) > wanted:
            says = f"read {self.sheet.length} characters at {pace} a second; at most {wanted} are wanted"
            raise EvidenceRefused("vote-attention", f"{who.person} may not approve now: {says}")

    def released(self, call: Call, terms: str, at: datetime) -> HeldCall:
        """Release the call once; raise `EvidenceRefused` where it may not be (1)."""
        now = self.at_time(at)
        if call.digest != self.call.digest and not (self.parked and call.kin == self.call.kin):
            raise EvidenceRefused("release-other", f"the call is not the one that {self.id} approves")
        if now.state is not State.APPROVED:
            raise EvidenceRefused("release-state", f"the call {self.id} is {now.state}, not approved")
        if terms != self.call.terms:
            raise EvidenceRefused("release-terms", f"the terms have changed since the call {self.id} was held")
        return now.end(State.RELEASED, at, "released to who asked")

    def revoked(self, at: datetime, why: str) -> HeldCall:
        """Take an approval back, used or not, or end what is open, whoever has approved."""
        now = self.at_time(at)
        if not now.state.live and now.state is not State.RELEASED:
            raise EvidenceRefused("revoke-late", f"the call {self.id} is {now.state} already")
        return now.end(State.REVOKED, at, why)

    def joined(self) -> HeldCall:
        """Note that somebody waits."""
        return replace(self, left=None)

    def left_at(self, at: datetime) -> HeldCall:
        """Note that nobody waits any more."""
        return replace(self, left=at) if self.left is None else self

    def parked_at(self, at: datetime) -> HeldCall:
        """Note that who asked was told to come back."""
        return replace(self, left=at, parked=True)

    def end(self, state: State, at: datetime, why: str) -> HeldCall:
        """Return it ended; what has ended never begins again."""
        return replace(self, state=state, ended=at, why=why)

    def record(self) -> dict[str, Any]:
        """Return it as a record; one that has ended keeps nothing of what was asked for."""
        kept = self.shown
        return {
            "act": self.act,
            "area": self.area,
            "answers": [_answer_record(answer, whole=kept) for answer in self.answers],
            "begun": write_time(self.begun),
            "call": {**self.call.record(), **({} if kept else {"arguments": ""})},
            "digest": self.call.digest,
            "effects": list(self.effects),
            "ended": _instant(self.ended),
            "expires": write_time(self.expires),
            "hold": hold_record(self.hold),
            "kin": self.call.kin,
            "left": _instant(self.left),
            "nonce": self.nonce,
            "of": self.of,
            "parked": self.parked,
            "sheet": self.sheet.record() if kept else Sheet(()).record(),
            "state": self.state.value,
            "stream": self.stream,
            "why": self.why,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> HeldCall:
        """Take it from its record."""
        call = Call.from_record(record["call"])
        # What has ended has no arguments any more, and is still known by the digest it had.
        call.__dict__.update(digest=record["digest"], kin=record["kin"])
        return cls(
            call=call,
            hold=read_hold(record["hold"]),
            sheet=Sheet.from_record(record["sheet"]),
            effects=tuple(record["effects"]),
            stream=record["stream"],
            of=record["of"],
            nonce=record["nonce"],
            begun=datetime.fromisoformat(record["begun"]),
            expires=datetime.fromisoformat(record["expires"]),
            act=record["act"],
            area=record["area"],
            state=State(record["state"]),
            answers=tuple(map(_read_answer, record["answers"])),
            left=_read_instant(record["left"]),
            parked=record["parked"],
            ended=_read_instant(record["ended"]),
            why=record["why"],
        )


def _answer_record(answer: Answer, *, whole: bool) -> list[Any]:
    signed = [answer.statement, answer.signature] if whole else ["", ""]
    return [answer.person, answer.role, answer.answer, write_time(answer.at), *signed, answer.ms]


def _read_answer(row: list[Any]) -> Answer:
    person, role, answer, at, *rest = row
    return Answer(person, role, answer, datetime.fromisoformat(at), *rest)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else write_time(at)


def _read_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
