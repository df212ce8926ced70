"""What the commands of approvers share: the state they look at, who they are, and how they sign."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.log_place import clock, writing
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from remit.gateway.oversight.held import HeldCall
    from remit.gateway.oversight.vote import SignedVote, Vote
    from remit.ledger.folder import LogFolder
    from remit.ledger.store import Store
    from remit.ledger.writer import Writer
    from remit.terms.register import Person
    from remit.terms.terms import Terms


@dataclass(frozen=True, slots=True)
class Place:
    """The state of a gateway that is open: its log, its store, and the terms that are in force there."""

    log: LogFolder
    store: Store
    state: Path

    def terms(self) -> Terms:
        """Read the terms that are in force."""
        from remit.gateway.activation import active_terms
        from remit.gateway.state import KEPT

        return active_terms(self.store, self.state / KEPT)

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """Open a writer to its log."""
        with writing(self.log) as writer:
            yield writer


@contextmanager
def open_place(args: argparse.Namespace) -> Iterator[Place]:
    """Open the state that was named."""
    from remit.gateway.state import LEDGER
    from remit.ledger.folder import is_folder, read_folder

    state = Path(args.state)
    if not is_folder(state / LEDGER):
        raise NothingToLookAt(f"Nothing was looked at: {state} is no state of a gateway; remit serve makes one.")
    log = read_folder(state / LEDGER)
    store = log.open_store()
    try:
        yield Place(log, store, state)
    finally:
        store.close()


def add_signing(parser: argparse.ArgumentParser) -> None:
    """Add who signs, with which key."""
    group = parser.add_argument_group("who signs")
    group.add_argument(
        "--key", metavar="FILE", required=True, help="the SSH key, or the public key of one that an agent holds"
    )
    group.add_argument("--as", dest="person", metavar="PERSON", help="who of the register (default: whose key it is)")
    group.add_argument("--role", metavar="ROLE", help="in which role (default: the one that is asked for)")


def find_signer(args: argparse.Namespace, held: HeldCall, terms: Terms) -> tuple[Person, str]:
    """Return who signs and in which role; raise where the key or the roles leave that open."""
    person = find_owner(args.key, args.person, terms)
    roles = [approval.of for approval in held.hold.approvals if approval.of in person.roles]
    role = args.role or (roles[0] if len(roles) == 1 else "")
    if not role:
        asked = ", ".join(approval.of for approval in held.hold.approvals)
        raise UsageError(f"Nothing was signed: it asks for {asked}, and {person.id} has {', '.join(person.roles)}.")
    return person, role


def find_owner(key: str, name: str | None, terms: Terms) -> Person:
    """Return whose key it is, or who says so by name; raise where that is open."""
    from remit.terms.quorum import find_person, keys_of
    from remit.terms.signature import key_blob

    if name is not None:
        person = find_person(terms.register, name)
        if person is None:
            raise UsageError(f"Nothing was signed: the register knows nobody called {name}.")
        return person
    blob = key_blob(public_line(Path(key)))
    people = [person for person in terms.register.people if blob in keys_of(person)]
    if len(people) != 1:
        names = ", ".join(each.id for each in people) or "nobody"
        raise UsageError(f"Nothing was signed: the register has this key for {names}; say who with --as.")
    return people[0]


def public_line(key: Path) -> str:
    """Return the public key that belongs to a file: the file itself, the one beside it, or what ssh-keygen says."""
    from remit.attest.signer import run_program

    for path in (key, key.with_name(f"{key.name}.pub")):
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.startswith(("ssh-", "ecdsa-", "sk-")):
            return text
    if not key.is_file():
        raise NothingToLookAt(f"Nothing was signed: there is no key {key}.")
    return run_program(["ssh-keygen", "-y", "-f", str(key)], b"").decode().strip()


def sign_vote(args: argparse.Namespace, vote: Vote) -> SignedVote:
    """Have the vote signed by ssh-keygen, which reaches files, agents and security keys."""
    from remit.gateway.oversight.vote import NAMESPACE, SignedVote

    return SignedVote(vote, sign(Path(args.key), vote.statement, NAMESPACE))


def sign(key: Path, content: bytes, namespace: str) -> bytes:
    """Sign by ssh-keygen."""
    from remit.attest.signer import run_program

    words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace]
    if key.suffix == ".pub":
        words.append("-U")
    return run_program(words, content)


def cast_vote(args: argparse.Namespace, place: Place, held: HeldCall, answer: str, ms: int) -> HeldCall:
    """Sign an answer to a held call and have it taken."""
    from remit.gateway.oversight.seeded import open_answered
    from remit.gateway.oversight.vote import make_vote
    from remit.gateway.oversight.waiting import answer_call

    terms = place.terms()
    person, role = find_signer(args, held, terms)
    made = make_vote(held.call.digest, held.sheet.digest, held.nonce, person.id, role, answer, at=clock())
    signed = sign_vote(args, replace(made, reason=getattr(args, "reason", None) or ""))
    with place.writer() as writer:
        step = answer_call(held.call.digest, signed, terms.register, clock(), ms=ms)
        writer.commit(settle=step)
        open_answered(writer, place.store, place.log.keyring)
    return step.call


def whoami(given: str | None) -> str:
    """Return by whom it is done: as was said, or as the system knows them."""
    return given or getpass.getuser()


def show_sheet(held: HeldCall) -> None:
    """Print what whoever answers must have seen."""
    width = max(len(name) for name, _ in held.sheet.parts)
    for name, text in held.sheet.parts:
        first, *rest = text.split("\n") or [""]
        print(f"  {name:<{width}}  {first}")
        for line in rest:
            print(f"  {'':<{width}}  {line}")
    for name in held.sheet.missing:
        print(f"  {name:<{width}}  cannot be shown, though the terms ask for it: it cannot be approved")


def left(until: datetime, at: datetime) -> str:
    """Say how long there is until an instant."""
    seconds = int((until - at).total_seconds())
    if seconds < 0:
        return "over"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
