"""Who is signed in: people of the register, by a passkey or by an SSH key, for a working day at most.

1. To sign in is to sign a statement of one's name, this site, and a nonce that serves once.
2. A session is a secret in a cookie that scripts cannot read and other sites cannot send; a digest is kept.
3. Every form bears a token of its session, and comes from this site's own pages.
4. Whoever the register does not have any more is signed out at once.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from remit.canonical import canonical
from remit.errors import EvidenceRefused
from remit.gateway.oversight.statement import Statement, read_statement, verify_person
from remit.ledger.writer import write_time
from remit.terms.quorum import find_person, is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from remit.gateway.oversight.passkey import PasskeyVerifier
    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk
    from remit.terms.register import Person, Register

NAMESPACE = "remit-sign-in@v1"
COOKIE = "remit-session"
SESSIONS, NONCES = "session/", "nonce/"
LASTS, NONCE_LASTS = timedelta(hours=10), timedelta(minutes=5)
MOST_NONCES = 500


@dataclass(frozen=True, slots=True)
class SignIn(Statement):
    """What is signed to sign in (1)."""

    person: str
    site: str
    nonce: str
    at: str
    type: str = NAMESPACE


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, and the token that their forms bear."""

    person: Person
    token: str
    until: datetime

    @property
    def form_token(self) -> str:
        """Return what every form of this session bears (3)."""
        return sha256(f"form {self.token}".encode()).hexdigest()

    def demand_token(self, given: str) -> None:
        """Refuse a form that is not of this session's pages."""
        if not compare_digest(given.encode(), self.form_token.encode()):
            raise EvidenceRefused("form-token", "the form is not of this session; reload the page")


def stale_rows(store: Store, at: datetime) -> list[str]:
    """Return the rows of nonces and sessions whose time is over; raise where too many sign in at once.

    Whoever is not signed in can make no more rows than these, however often they begin.
    """
    stale, fresh = [], 0
    for name, content in (*store.rows(NONCES), *store.rows(SESSIONS)):
        if datetime.fromisoformat(json.loads(content)["until"]) <= at:
            stale.append(name)
        elif name.startswith(NONCES):
            fresh += 1
    if fresh >= MOST_NONCES:
        raise EvidenceRefused("sign-in-many", "too many sign in at once; try again in a few minutes")
    return stale


def new_sign_in(  # who, where, by what and when
    desk: Desk, person: str, site: str, nonce: str, at: datetime, stale: Sequence[str] = ()
) -> list[Draft]:
    """Remember a nonce that was given to somebody who signs in, and forget what is over."""
    for name in stale:
        desk.put(name, None)
    desk.put(NONCES + nonce, canonical({"person": person, "site": site, "until": write_time(at + NONCE_LASTS)}))
    return []


def read_sign_in(statement: bytes) -> SignIn:
    """Read what was signed; raise where it is not one."""
    return read_statement(SignIn, statement, NAMESPACE, "sign-in")


def sign_in(  # what a signature is held against
    said: SignIn, signature: bytes, register: Register, verifier: PasskeyVerifier, *, token: str, at: datetime
) -> Callable[[Desk], Sequence[Draft]]:
    """Return what begins a session, once the signature holds; raises `EvidenceRefused` where it does not."""
    person = find_person(register, said.person)
    if person is None or not is_there(person.from_, person.until, at):
        raise EvidenceRefused("sign-in-person", "the register has nobody of that name now")
    if said.site != verifier.origin:
        raise EvidenceRefused("sign-in-site", f"the statement is for {said.site}, and this is {verifier.origin}")
    verify_person(said, signature.strip(), person, about="sign-in", namespace=NAMESPACE, passkeys=verifier)

    def settle(desk: Desk) -> Sequence[Draft]:
        known = desk.row(NONCES + said.nonce)
        nonce = None if known is None else json.loads(known)
        if nonce is None or nonce["person"] != said.person or datetime.fromisoformat(nonce["until"]) <= at:
            raise EvidenceRefused("sign-in-nonce", "the statement was used already, or is too old; begin again")
        desk.put(NONCES + said.nonce, None)
        desk.put(_row(token), canonical({"person": said.person, "until": write_time(at + LASTS)}))
        return []

    return settle


def sign_out(desk: Desk, token: str) -> list[Draft]:
    """End a session."""
    desk.put(_row(token), None)
    return []


def find_session(store: Store, cookies: str, register: Register, at: datetime) -> Session | None:
    """Return the session that a request is of; nothing where there is none, or it has ended (4)."""
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return None
    if morsel is None:
        return None
    name = _row(morsel.value)
    content = next((content for row, content in store.rows(name) if row == name), None)
    record: dict[str, Any] = {} if content is None else json.loads(content)
    person = find_person(register, record.get("person", ""))
    if person is None or not is_there(person.from_, person.until, at):
        return None
    until = datetime.fromisoformat(record["until"])
    return Session(person, morsel.value, until) if at < until else None


def new_token() -> str:
    """Draw a secret."""
    return secrets.token_urlsafe(32)


def cookie(token: str, *, secure: bool) -> str:
    """Write the cookie of a session (2)."""
    lasts = int(LASTS.total_seconds())
    plain = f"{COOKIE}={token}; Path=/console; Max-Age={lasts if token else 0}; HttpOnly; SameSite=Strict"
    return f"{plain}; Secure" if secure else plain


def _row(token: str) -> str:
    return SESSIONS + sha256(token.encode("utf-8", "replace")).hexdigest()
