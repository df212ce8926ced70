"""A quay with a crane that two officers must release: terms, people with keys, and calls to hold."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from remit.gateway.oversight.call import Call
from remit.gateway.oversight.shown import make_sheet
from remit.gateway.oversight.vote import NAMESPACE, SignedVote, make_vote
from remit.gateway.oversight.waiting import Proposal, answer_call, hold_call
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.sidecar import Sealer
from remit.ledger.writer import Writer, write_time
from remit.terms.action import Action
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy
from tests.fakes import Disk, MemoryStore
from tests.terms.world import FROM_JANUARY, document, world

if TYPE_CHECKING:
    from remit.gateway.oversight.held import HeldCall
    from remit.gateway.oversight.vote import Vote
    from remit.ledger.sidecar import Epoch
    from remit.terms.decision import Decision
    from remit.terms.hold import Hold
    from remit.terms.terms import Terms

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Signer:
    """An SSH key that never lies on a disk."""

    key: Ed25519PrivateKey

    @classmethod
    def named(cls, name: str) -> Signer:
        return cls(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()))

    @property
    def blob(self) -> bytes:
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _string(b"ssh-ed25519") + _string(public)

    @property
    def line(self) -> str:
        return f"ssh-ed25519 {base64.b64encode(self.blob).decode()}"

    def sign(self, content: bytes, namespace: str = NAMESPACE) -> bytes:
        """Sign as `ssh-keygen -Y sign` does (PROTOCOL.sshsig)."""
        parts = (namespace.encode(), b"", b"sha512", hashlib.sha512(content).digest())
        made = self.key.sign(b"SSHSIG" + b"".join(map(_string, parts)))
        inner = _string(b"ssh-ed25519") + _string(made)
        whole = b"SSHSIG\x00\x00\x00\x01" + b"".join(map(_string, (self.blob, *parts[:3], inner)))
        text = base64.b64encode(whole).decode()
        return f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n".encode()

    def vote(
        self, held: HeldCall, person: str, answer: str = "approved", role: str = "officer", **more: Any
    ) -> SignedVote:
        """Vote on a held call as somebody, at an instant; `more` replaces parts of what is signed."""
        at = more.pop("at", AT)
        vote = make_vote(held.call.digest, held.sheet.digest, held.nonce, person, role, answer, at=at)
        return self.signed(replace(vote, **more))

    def signed(self, vote: Vote) -> SignedVote:
        return SignedVote(vote, self.sign(vote.statement))


def _string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


AMADI, BAKER, CRUZ, DEEDS = map(Signer.named, ("amadi", "baker", "cruz", "deeds"))
REGISTER = f"""\
organisation: quayside
parties: [{{id: quayside}}, {{id: halden}}, {{id: ministry}}]
roles: [officer, harbourmaster, owner]
people:
  - {{id: amadi, roles: [officer], unit: north, key: {AMADI.line}}}
  - {{id: amadi-too, roles: [officer], unit: south, key: {AMADI.line}}}
  - {{id: baker, roles: [officer, owner], unit: south, key: {BAKER.line},
     qualifications: [{{id: cranes, until: 2026-07-01}}]}}
  - {{id: cruz, roles: [officer], unit: north, key: {CRUZ.line}, until: 2026-06-02}}
  - {{id: deeds, roles: [harbourmaster], unit: tower, key: {DEEDS.line}}}
  - {{id: keyless, roles: [officer], unit: west}}
tools:
  - {{id: crane, effect: [operate-infrastructure], says: moves the crane}}
  - {{id: letter, effect: [inform]}}
  - {{id: gun, effect: [force]}}
makers: [{{id: halden, domicile: DE}}]
models: [{{id: heron-1, maker: halden}}]
scopes: [{{id: quay, kind: harbour, serves: ["**"]}}]
use_cases: [{{id: unload, scope: quay, serves: ["**"]}}]
emergency: {{of: harbourmaster, second: owner, told: [halden, ministry], lasts: 1h, confirmed_within: 30m}}
"""
MAY = "{id: may, permit: [invoke, act]}"
TWO = "{of: officer, at_least: 2, separately: true, not: [requester]}"


@cache
def terms_with(until: str) -> Terms:
    """Terms under which every act waits for what `until` says."""
    wait = f"{{id: wait, hold: [act], says: Nothing moves by itself., until: {{{until}}}}}"
    return world(REGISTER, halden=document("policy", MAY, wait, by="halden", standing=FROM_JANUARY))


TWO_OFFICERS = f"approvals: {TWO}, expires_in: 10m"


def decision_of(
    terms: Terms, tool: str = "crane", effect: str = "operate-infrastructure", at: datetime = AT
) -> Decision:
    facts = {
        "tool.name": Fact(tool, VouchedBy.MEASURED),
        "tool.effect": Fact(effect, VouchedBy.CONFIGURED),
        "use.case": Fact("unload", VouchedBy.CONFIGURED),
    }
    return decide(terms, Use(Action.ACT, facts), at=at)


def hold_of(until: str, **more: Any) -> Hold:
    hold = decision_of(terms_with(until), **more).hold
    assert hold is not None
    return hold


def a_call(terms: Terms, /, **more: Any) -> Call:
    parts: dict[str, Any] = {
        "tool": "crane",
        "arguments": '{"berth": 4, "lift": "container 7"}',
        "model": "heron-1",
        "use_case": "unload",
        "requester": "agent-1",
        "session": "s1",
        "turn": 3,
        "terms": terms.digest,
        "schema": "",
    }
    return Call(**{**parts, **more})


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Rings:
    """The keys of epochs, in memory."""

    def __init__(self) -> None:
        from remit.ledger.sidecar import Epoch

        self.epoch = Epoch(1, bytes(range(32)))

    def current(self) -> Epoch:
        return self.epoch

    def find(self, number: int) -> Epoch | None:
        return self.epoch if number == 1 else None

    def begin(self) -> Epoch:
        return self.epoch

    def destroy(self, number: int) -> None:
        raise NotImplementedError


class Quay:
    """Held calls on a disk in memory, by terms of one kind; `crash` forgets everything that is not on the disk."""

    def __init__(self, until: str = TWO_OFFICERS, disk: Disk | None = None, terms: Terms | None = None) -> None:
        self.terms = terms_with(until) if terms is None else terms
        self.disk = disk or Disk()
        self.clock = Clock()
        self.keyring = Rings()
        self.writer = self._open()
        if disk is None:
            begins = {"from": "2026-01-01T00:00:00.000Z", "tm": self.terms.digest}
            self.writer.commit([make_draft(Kind.TERMS, LOG_STREAM, begins)])

    def _open(self) -> Writer:
        return Writer(lambda: MemoryStore(self.disk), self.keyring, self.clock)

    def crash(self) -> None:
        self.writer.close()
        self.writer = self._open()

    @property
    def store(self) -> MemoryStore:
        return MemoryStore(self.disk)

    def pass_on(self, **length: float) -> datetime:
        self.clock.at += timedelta(**length)
        return self.clock.at

    def proposal(self, tool: str = "crane", effect: str = "operate-infrastructure", **more: Any) -> Proposal:
        decision = decision_of(self.terms, tool, effect)
        call = a_call(self.terms, tool=tool, **more)
        assert decision.hold is not None
        sheet = make_sheet(call, decision, self.terms.register, decision.hold.shown, {})
        hidden = {"act": call.act, "call": call.digest, "session": call.session, "tool": call.tool}
        draft = make_draft(Kind.DECISION, "unload", {"o": "hold", "tm": self.terms.digest}, hidden)
        return Proposal(call, decision.hold, sheet, (effect,), draft)

    def hold(self, **more: Any) -> HeldCall:
        step = hold_call(self.proposal(**more), self.clock.at)
        self.writer.commit(settle=step)
        return step.call

    def vote(self, held: HeldCall, signer: Signer, person: str, answer: str = "approved", **more: Any) -> HeldCall:
        ms = more.pop("ms", 60_000)
        signed = signer.vote(held, person, answer, at=more.pop("at", self.clock.at), **more)
        return self.send(held, signed, ms)

    def send(self, held: HeldCall, signed: SignedVote, ms: int = 60_000) -> HeldCall:
        step = answer_call(held.call.digest, signed, self.terms.register, self.clock.at, ms=ms)
        self.writer.commit(settle=step)
        return step.call

    def said(self) -> list[str]:
        """What the log says, entry by entry: its kind and what it was."""
        from remit.ledger.invariants import Invariants

        invariants, found = Invariants(), []
        for raw in self.disk.entries:
            entry = invariants.take(raw)
            more = entry.fields.get("o") or entry.fields.get("type") or ""
            found.append(f"{entry.kind} {more}".strip())
        return found[1:]

    def hidden(self, n: int) -> dict[str, object]:
        return Sealer(self.keyring.epoch).unseal(n, self.disk.contents[n])


__all__ = ["AMADI", "AT", "BAKER", "CRUZ", "DEEDS", "Quay", "Signer", "a_call", "decision_of", "hold_of", "write_time"]
