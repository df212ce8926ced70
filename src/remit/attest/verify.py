"""Verifies a bundle: numbered steps, each of which passes, fails, or says why it was not checked.

What it is given is bytes, keys, an instant and what was asked for; it reads no file and no clock.

1. files: every name is plain, and there is an envelope.
2. envelope: it is strict DSSE of an in-toto statement (DSSE, "envelope").
3. signature: a key that came from elsewhere has signed these bytes, and no such key's signature fails.
4. namespace: that signature was made for statements, and the key counts for them.
5. presence: where the key is a security key, somebody touched it, which ssh-keygen does not ask.
6. key validity: the key counts at the instant.
7. revocation: the key is on no list of revoked ones.
8. statement: it is an in-toto statement, with subjects that cannot change.
9. predicate: its type is known, and it has no fault.
10. validity: the statement counts at the instant.
11. order, 12. scope, 13. subject, 14. nonce: it answers what was asked, and nothing else.
15. companions: each file named in it is here with that digest, and nothing else is here.
16. reading copy: the copy for people says the same.
17. log: an entry of a cosigned log commits to it.
18. reconciliation, 19. assessment: others have signed for it.
20. rescan, 21. redecide: what it says was found comes out again.

A step that fails ends it: what comes after would rest on it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from remit.attest.envelope import IN_TOTO, Envelope, read_envelope
from remit.attest.files import ASSESSMENT, BESIDE, ENTRY, ENVELOPE, PROOF, READING, RECONCILIATION, is_name
from remit.attest.grade import Support, grades_of, lowest
from remit.attest.predicates.assessment import Assessment, Result
from remit.attest.predicates.model_integration import ModelIntegration
from remit.attest.predicates.reconciliation import Reconciliation
from remit.attest.predicates.register import named_files, read_predicate
from remit.attest.signatures import demand_not_revoked, demand_valid, has_presence, signers_of
from remit.attest.statement import read_statement
from remit.attest.trust import describe
from remit.errors import EvidenceRefused
from remit.ledger.entry import read_entry
from remit.ledger.grade import Grade
from remit.ledger.kind import Kind
from remit.ledger.tlog_proof import verify_proof
from remit.ledger.tree import leaf_hash
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from remit.attest.predicates.register import Predicate
    from remit.attest.statement import Statement
    from remit.attest.trust import Trust, TrustedKey
    from remit.ledger.policy import WitnessPolicy


Other = TypeVar("Other", Reconciliation, Assessment)


class Outcome(StrEnum):
    """How a step ended."""

    PASS = "pass"  # noqa: S105 - a word for a step, and no secret.
    FAIL = "FAIL"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, how it ended, and what was seen."""

    number: int
    name: str
    outcome: Outcome
    says: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What whoever verifies has asked for; what is empty was not asked."""

    order: str = ""
    version: int | None = None
    contract: str = ""
    subject: str = ""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the steps so far have shown to be signed; a repetition is handed this."""

    files: Mapping[str, bytes]
    statement: Statement
    predicate: Predicate
    signers: tuple[TrustedKey, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """Looks again at what a statement says was found: says what it saw, or raises."""

    run: Callable[[Verified], str]
    surfaces: tuple[str, ...] = ()
    """The parts that count as repeated when it passes."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a verification goes by, beside the files."""

    trust: Trust
    at: datetime
    expected: Expected = field(default_factory=Expected)
    policy: WitnessPolicy | None = None
    repetitions: Mapping[str, Repetition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it."""

    steps: tuple[Step, ...]
    verified: Verified | None
    grades: Mapping[str, Grade]
    grade: Grade

    @property
    def refused(self) -> Step | None:
        """The step that failed; nothing where none did."""
        return next((step for step in self.steps if step.outcome is Outcome.FAIL), None)

    def demand(self) -> Verified:
        """Return what was verified, or raise at the step that failed."""
        refused = self.refused
        if refused is not None or self.verified is None:
            name, says = ("files", "nothing was verified") if refused is None else (refused.name, refused.says)
            raise EvidenceRefused(name, says)
        return self.verified


def verify_bundle(files: Mapping[str, bytes], question: Question) -> Verification:
    """Verify a bundle, step by step; what does not hold is a step that failed."""
    return _Course(files, question).run()


def verify_envelope(content: bytes, trust: Trust, at: datetime) -> tuple[Statement, tuple[TrustedKey, ...]]:
    """Return the statement of an envelope and who signed it; raise at the first of the steps 2 to 8 that fails."""
    envelope = _in_toto(content)
    keys = signers_of(envelope, trust)
    demand_valid(keys, at)
    demand_not_revoked(keys, trust)
    return read_statement(envelope.payload), keys


def _in_toto(content: bytes) -> Envelope:
    envelope = read_envelope(content)
    if envelope.payload_type != IN_TOTO:
        raise EvidenceRefused("envelope", f"the payload is of the type {envelope.payload_type!a:.80}, not {IN_TOTO}")
    return envelope


class _NotChecked(Exception):
    """A step has nothing to look at; it carries why."""


class _Course:
    """One verification under way: what the steps so far have brought to light."""

    def __init__(self, files: Mapping[str, bytes], question: Question) -> None:
        self.files = files
        self.question = question
        self.envelope = Envelope(b"")
        self.keys: tuple[TrustedKey, ...] = ()
        self.refusal: EvidenceRefused | None = None
        self.statement: Statement
        self.predicate: Predicate
        self.verified: Verified | None = None
        self.shown: set[str] = set()
        """The steps that passed with something to look at."""

    def run(self) -> Verification:
        """Go through the steps; after one that fails the rest is not checked."""
        steps: list[Step] = []
        failed = ""
        for number, (name, check) in enumerate(self._checks(), start=1):
            if failed:
                outcome, says = Outcome.NOT_CHECKED, f"the step {failed} failed"
            else:
                outcome, says = self._take(name, check)
            failed = failed or (name if outcome is Outcome.FAIL else "")
            steps.append(Step(number, name, outcome, says))
        if failed or self.verified is None:
            return Verification(tuple(steps), None, {}, Grade.E0)
        grades = grades_of(self.predicate, self._support())
        return Verification(tuple(steps), self.verified, grades, lowest(grades, self._support()))

    def _checks(self) -> tuple[tuple[str, Callable[[], str]], ...]:
        return (
            ("files", self._files),
            ("envelope", self._envelope),
            ("signature", self._signature),
            ("namespace", self._namespace),
            ("presence", self._presence),
            ("key validity", self._key_validity),
            ("revocation", self._revocation),
            ("statement", self._statement),
            ("predicate", self._predicate),
            ("validity", self._validity),
            ("order", self._order),
            ("scope", self._scope),
            ("subject", self._subject),
            ("nonce", self._nonce),
            ("companions", self._companions),
            ("reading copy", self._reading_copy),
            ("log", self._log),
            ("reconciliation", self._reconciliation),
            ("assessment", self._assessment),
            ("rescan", lambda: self._repeat("rescan")),
            ("redecide", lambda: self._repeat("redecide")),
        )

    def _take(self, name: str, check: Callable[[], str]) -> tuple[Outcome, str]:
        try:
            says = check()
        except EvidenceRefused as refused:
            return Outcome.FAIL, refused.says
        except _NotChecked as why:
            return Outcome.NOT_CHECKED, str(why)
        self.shown.add(name)
        return Outcome.PASS, says

    def _support(self) -> Support:
        repeated = (
            surface
            for name, repetition in self.question.repetitions.items()
            if name in self.shown
            for surface in repetition.surfaces
        )
        return Support(
            pinned=self.question.trust.pinned,
            repeated=frozenset(repeated),
            cosigned="cosigned" in self.shown,
            reconciled="reconciled" in self.shown,
            assessed="assessed" in self.shown,
        )

    def _files(self) -> str:  # (1)
        wrong = sorted(name for name in self.files if not is_name(name))
        if wrong:
            raise EvidenceRefused("files", f"{wrong[0]!a:.120} is no name for a file of a bundle")
        if ENVELOPE not in self.files:
            raise EvidenceRefused("files", f"there is no {ENVELOPE}")
        return f"{len(self.files)} files"

    def _envelope(self) -> str:  # (2)
        self.envelope = _in_toto(self.files[ENVELOPE])
        count = len(self.envelope.signatures)
        return f"DSSE of an in-toto statement, {count} signature{'s' if count > 1 else ''}"

    def _signature(self) -> str:  # (3)
        try:
            self.keys = signers_of(self.envelope, self.question.trust)
        except EvidenceRefused as refused:
            if refused.step == "signature":
                raise
            self.refusal = refused  # It belongs to one of the next two steps.
            return "by a key that counts"
        inside = "" if self.question.trust.pinned else ", a key found inside the bundle, which shows nothing"
        return f"by {', '.join(map(describe, self.keys))}{inside}"

    def _namespace(self) -> str:  # (4)
        if self.refusal is not None and self.refusal.step == "namespace":
            raise self.refusal
        if self.refusal is None and all(key.raw for key in self.keys):
            raise _NotChecked("a key in PEM signs in no namespace")
        return self.question.trust.namespace

    def _presence(self) -> str:  # (5)
        if self.refusal is not None:
            raise self.refusal
        if not has_presence(self.keys):
            raise _NotChecked("no security key has signed it")
        return "somebody touched the security key"

    def _key_validity(self) -> str:  # (6)
        demand_valid(self.keys, self.question.at)
        return f"at {write_instant(self.question.at)}"

    def _revocation(self) -> str:  # (7)
        if self.question.trust.revoked is None:
            raise _NotChecked("no list of revoked keys was given")
        demand_not_revoked(self.keys, self.question.trust)
        return "on no list that was given"

    def _statement(self) -> str:  # (8)
        self.statement = read_statement(self.envelope.payload)
        return ", ".join(subject.name for subject in self.statement.subjects)

    def _predicate(self) -> str:  # (9)
        self.predicate = read_predicate(self.statement)
        self.verified = Verified(self.files, self.statement, self.predicate, self.keys)
        return self.statement.predicate_type.rpartition("attestation/")[2]

    def _validity(self) -> str:  # (10)
        validity = getattr(self.predicate, "validity", None)
        if validity is None:
            raise _NotChecked("a statement of this kind says that something happened, and does not run out")
        at = self.question.at
        start, end = write_instant(validity.start), write_instant(validity.end)
        if not validity.start <= at < validity.end:
            raise EvidenceRefused("validity", f"it counts from {start} until {end}, and not at {write_instant(at)}")
        return f"from {start} until {end}"

    def _order(self) -> str:  # (11)
        expected = self.question.expected
        if not expected.order:
            raise _NotChecked("no order was asked for")
        order = getattr(self.predicate, "order", None)
        if order is None or order.id != expected.order:
            found = "names no order" if order is None else f"is about the order {order.id}"
            raise EvidenceRefused("order", f"it {found}, and {expected.order} was asked for")
        if expected.version is not None and order.version != expected.version:
            says = f"it is about version {order.version} of {order.id}, and version {expected.version} was asked for"
            raise EvidenceRefused("order", says)
        return f"{order.id} version {order.version}"

    def _scope(self) -> str:  # (12)
        contract = self.question.expected.contract
        if not contract:
            raise _NotChecked("no contract was asked for")
        contracts = self.predicate.scope.contracts if isinstance(self.predicate, ModelIntegration) else ()
        if contract not in contracts:
            raise EvidenceRefused("scope", f"it is about {', '.join(contracts) or 'no contract'}, not {contract}")
        return contract

    def _subject(self) -> str:  # (13)
        wanted = self.question.expected.subject
        if not wanted:
            raise _NotChecked("no digest was asked for")
        for subject in self.statement.subjects:
            for algorithm, value in subject.digest.items():
                if wanted in {value, f"{algorithm}:{value}"}:
                    return f"{subject.name} is {algorithm}:{value}"
        raise EvidenceRefused("subject", f"no subject has the digest {wanted}")

    def _nonce(self) -> str:  # (14)
        nonce = self.question.expected.nonce
        if not nonce:
            raise _NotChecked("no nonce was asked for")
        found = getattr(self.predicate, "request", None)
        if found != nonce:
            raise EvidenceRefused("nonce", f"it answers the nonce {found or 'of nobody'}, not {nonce}")
        return nonce

    def _companions(self) -> str:  # (15)
        named = named_files(self.predicate)
        for file in named:
            if not is_name(file.name) or file.name in BESIDE:
                raise EvidenceRefused("companions", f"{file.name!a:.120} is no name for a companion")
        if set(self.files) == {ENVELOPE} and named:
            raise _NotChecked("the envelope came alone")
        for file in named:
            content = self.files.get(file.name)
            if content is None:
                raise EvidenceRefused("companions", f"{file.name} is named and not here")
            if hashlib.sha256(content).hexdigest() != file.sha256:
                raise EvidenceRefused("companions", f"{file.name} is not the file that was signed for")
        strange = sorted(set(self.files) - {file.name for file in named} - BESIDE)
        if strange:
            raise EvidenceRefused("companions", f"{strange[0]} is here, and nobody signed for it")
        if not named:
            raise _NotChecked("it names no file")
        return ", ".join(file.name for file in named)

    def _reading_copy(self) -> str:  # (16)
        content = self.files.get(READING)
        if content is None:
            raise _NotChecked(f"there is no {READING}")
        if content != write_reading(self.statement):
            raise EvidenceRefused("reading copy", f"{READING} is not what was signed")
        return READING

    def _log(self) -> str:  # (17)
        entry, proof = self.files.get(ENTRY), self.files.get(PROOF)
        if entry is None or proof is None:
            raise _NotChecked("no proof of a log is here")
        if self.question.policy is None:
            raise _NotChecked("no policy was given that says whose log counts")
        found, verified = verify_proof(proof, leaf_hash(entry), self.question.policy)
        fields = read_entry(entry).fields
        if fields["k"] != Kind.MESSAGE or fields["digest"] != f"sha256:{digest_of(self.envelope)}":
            raise EvidenceRefused("log", f"the entry {found.index} does not commit to this statement")
        if verified.cosigned_by:
            self.shown.add("cosigned")
        by = ", ".join(sorted(verified.cosigned_by)) or "nobody"
        return f"entry {found.index} of {verified.checkpoint.origin}, cosigned by {by}"

    def _reconciliation(self) -> str:  # (18)
        found, who = self._other(RECONCILIATION, Reconciliation)
        if found.statement != digest_of(self.envelope):
            raise EvidenceRefused("reconciliation", f"{who} speaks of another statement")
        if found.found == found.checked:
            self.shown.add("reconciled")
        return f"{who} found {found.found} of {found.checked} {found.records}"

    def _assessment(self) -> str:  # (19)
        found, who = self._other(ASSESSMENT, Assessment)
        if digest_of(self.envelope) not in found.statements:
            raise EvidenceRefused("assessment", f"{who} speaks of another statement")
        if found.result is Result.NOT_UPHELD:
            raise EvidenceRefused("assessment", f"{who} does not uphold it")
        if not found.validity.start <= self.question.at < found.validity.end:
            raise EvidenceRefused("assessment", f"what {who} says does not count at {write_instant(self.question.at)}")
        self.shown.add("assessed")
        return f"{who}: {found.result}{''.join(f'; {each}' for each in found.reservations)}"

    def _other(self, name: str, kind: type[Other]) -> tuple[Other, str]:
        """Return what somebody else says in an envelope of their own, and who that is."""
        content = self.files.get(name)
        if content is None:
            raise _NotChecked(f"there is no {name}")
        statement, keys = verify_envelope(content, self.question.trust, self.question.at)
        predicate = read_predicate(statement)
        if not isinstance(predicate, kind):
            raise EvidenceRefused(name, f"{name} holds a statement of another kind")
        own = {key.blob for key in self.keys}
        if any(key.blob in own for key in keys):
            raise EvidenceRefused(name, f"{name} is signed by a key that signed the statement itself")
        return predicate, keys[0].principal

    def _repeat(self, name: str) -> str:  # (20, 21)
        repetition = self.question.repetitions.get(name)
        if repetition is None or self.verified is None:
            raise _NotChecked("not asked for")
        return repetition.run(self.verified)


def digest_of(envelope: Envelope) -> str:
    """Return the SHA-256 of what is signed, by which others name a statement."""
    return hashlib.sha256(envelope.payload).hexdigest()


def write_reading(statement: Statement) -> bytes:
    """Write a statement for people: indented, with its keys in order."""
    return (json.dumps(statement.as_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
