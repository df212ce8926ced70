"""Who counts: whether a person may answer a hold, and whether those who have answered are enough.

A person may answer at an instant, in a role that the hold asks for, if

1. the register has them then, in that role, with every qualification asked for, each valid then;
2. they are not excluded: not who asks, nor by name, role or unit. Where who asks is not known, nobody can be told apart
   from them, and nobody may;
3. no other person who has answered holds one of their keys: two names under one key are one person;
4. where units must differ, nobody of their unit has answered, and they have a unit.

One person counts once, in one role. A model never counts: it is not in the register's people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from remit.terms.signature import key_blob

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from remit.terms.hold import Approval, Hold
    from remit.terms.register import Person, Register

REQUESTER = "requester"


class Standing(NamedTuple):
    """Somebody who has answered, in a role."""

    person: str
    role: str


def find_person(register: Register, ident: str) -> Person | None:
    """Return a person of the register by their name."""
    return next((person for person in register.people if person.id == ident), None)


def is_there(begins: datetime | None, ends: datetime | None, at: datetime) -> bool:
    """Tell whether a stretch of time has an instant."""
    return (begins is None or begins <= at) and (ends is None or at < ends)


def keys_of(person: Person) -> frozenset[bytes]:
    """Return what a person can sign with: the binary form of the SSH key, the public keys of the passkeys."""
    found = {passkey.key.rstrip("=").encode() for passkey in person.passkeys if passkey.key}
    if person.key:
        try:
            found.add(key_blob(person.key))
        except ValueError:
            # A key that cannot be read signs nothing; one who has no other cannot vote.
            return frozenset(found)
    return frozenset(found)


def same_people(register: Register, ident: str) -> frozenset[str]:
    """Return every name under which a person stands in the register: those who share a key, and those with them."""
    names, keys = {ident}, set[bytes]()
    grew = True
    while grew:
        grew = False
        for person in register.people:
            own = keys_of(person)
            if (person.id in names or own & keys) and not (person.id in names and own <= keys):
                names.add(person.id)
                keys |= own
                grew = True
    return frozenset(names)


def may_answer(  # what the docstring of the file lists
    hold: Hold, register: Register, who: Standing, before: Iterable[Standing], requester: str, at: datetime
) -> str:
    """Say why a person may not answer a hold; nothing where they may."""
    person = find_person(register, who.person)
    asked = next((approval for approval in hold.approvals if approval.of == who.role), None)
    if person is None:
        return f"the register knows nobody called {who.person}"
    if asked is None:
        roles = ", ".join(approval.of for approval in hold.approvals) or "nobody"
        return f"the hold asks for {roles}, not for {who.role}"
    if says := _unfit(person, asked, at) or _excluded(person, asked, register, requester):  # (1) (2)
        return says
    same = same_people(register, person.id)
    for other in before:
        if other.person in same:  # (3)
            name = "" if other.person == person.id else f", who is the same person as {other.person} by their keys"
            return f"{person.id}{name} has answered already"
        if asked.different_units and not _different_units(register, person, other):  # (4)
            return f"{person.id} is not surely of another unit than {other.person}"
    return ""


def _unfit(person: Person, asked: Approval, at: datetime) -> str:
    if not is_there(person.from_, person.until, at):
        return f"{person.id} is not in the register at that time"
    if asked.of not in person.roles:
        return f"{person.id} does not have the role {asked.of}"
    valid = {row.id for row in person.qualifications if is_there(row.from_, row.until, at)}
    lacking = sorted(asked.qualified - valid)
    return f"{person.id} is not qualified for {', '.join(lacking)} at that time" if lacking else ""


def _excluded(person: Person, asked: Approval, register: Register, requester: str) -> str:
    if REQUESTER in asked.excluded:
        if not requester:
            return "who asks may not answer, and who asks is not known"
        if requester in same_people(register, person.id):
            return f"{person.id} is who asks"
    names = {person.id, person.unit, *person.roles} & asked.excluded
    return f"{person.id} is excluded as {min(names)}" if names else ""


def _different_units(register: Register, person: Person, other: Standing) -> bool:
    found = find_person(register, other.person)
    return bool(person.unit) and found is not None and bool(found.unit) and found.unit != person.unit


def is_enough(hold: Hold, answered: Sequence[Standing]) -> bool:
    """Tell whether those who have approved are enough; a hold that asks for nobody is never released by people."""
    counts = {approval.of: approval.at_least for approval in hold.approvals}
    for who in answered:
        counts[who.role] = counts.get(who.role, 0) - 1
    return bool(hold.approvals) and all(left <= 0 for left in counts.values()) and len(answered) >= hold.people


MOST_TRIED = 20_000
"""Ways of sharing a hold out among people that are tried before it is taken to be one that people can release."""


def can_release(hold: Hold, register: Register, requester: str, at: datetime) -> bool:
    """Tell whether the people of the register could release a hold between them at an instant."""
    roles = [approval.of for approval in hold.approvals for _ in range(approval.at_least)]
    roles += [hold.approvals[0].of] * (hold.people - len(roles)) if hold.approvals else []
    tried = 0

    def fill(answered: tuple[Standing, ...], left: tuple[str, ...]) -> bool:
        nonlocal tried
        tried += 1
        if not left or tried > MOST_TRIED:
            return tried > MOST_TRIED or is_enough(hold, answered)
        for person in register.people:
            who = Standing(person.id, left[0])
            if not may_answer(hold, register, who, answered, requester, at) and fill((*answered, who), left[1:]):
                return True
        return False

    return fill((), tuple(roles))
