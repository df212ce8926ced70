"""Signing in: what is signed serves once, in its time, here; and nobody fills the store who is not let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from remit.console.entry import (
    MOST_NONCES,
    SignIn,
    cookie,
    find_session,
    new_sign_in,
    new_token,
    read_sign_in,
    sign_in,
    sign_out,
    stale_rows,
)
from remit.errors import EvidenceRefused
from remit.gateway.oversight.passkey import PasskeyVerifier
from remit.ledger.writer import write_time
from tests.gateway.oversight.scene import AMADI, AT, BAKER, Quay, Signer

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = PasskeyVerifier("localhost", "http://localhost:8787")


def begin(quay: Quay, person: str = "amadi") -> SignIn:
    nonce = new_token()
    quay.writer.commit(settle=lambda desk: new_sign_in(desk, person, HERE.origin, nonce, AT))
    return SignIn(person, HERE.origin, nonce, write_time(AT))


def end(quay: Quay, said: SignIn, signer: Signer = AMADI, minutes: int = 0) -> str:
    token, at = new_token(), AT + timedelta(minutes=minutes)
    signature = signer.sign(said.statement, "remit-sign-in@v1")
    register = quay.terms.register
    quay.writer.commit(settle=sign_in(said, signature, register, HERE, token=token, at=at))
    return token


def who(quay: Quay, token: str, hours: float = 0) -> str:
    found = find_session(quay.store, f"remit-session={token}", quay.terms.register, AT + timedelta(hours=hours))
    return "" if found is None else found.person.id


def test_a_signed_statement_begins_a_session_that_ends_by_itself() -> None:
    quay = Quay()
    token = end(quay, begin(quay))
    assert who(quay, token) == "amadi"
    assert who(quay, token, hours=10) == ""
    assert who(quay, "another") == who(quay, "") == ""
    assert not any(token.encode() in content or token in name for name, content in quay.disk.rows.items())


def test_a_statement_serves_once() -> None:
    quay = Quay()
    said = begin(quay)
    end(quay, said)
    with pytest.raises(EvidenceRefused, match="sign-in-nonce"):
        end(quay, said)


def test_what_does_not_hold_begins_nothing() -> None:
    quay = Quay()
    said = begin(quay)
    wrong: dict[str, Callable[[], str]] = {
        "sign-in-key": lambda: end(quay, said, BAKER),
        "sign-in-site": lambda: end(quay, replace(said, site="http://localhost:9999")),
        "sign-in-person": lambda: end(quay, replace(said, person="zoe")),
        "sign-in-nonce": lambda: end(quay, said, minutes=6),
    }
    for step, attempt in wrong.items():
        with pytest.raises(EvidenceRefused, match=step):
            attempt()
    with pytest.raises(EvidenceRefused, match="sign-in-nonce"):
        end(quay, replace(said, person="baker"), BAKER)


@pytest.mark.parametrize("statement", [b"", b"{}", b"[]", b"\xff", b'{"person":"amadi"}'])
def test_what_is_no_statement_is_refused(statement: bytes) -> None:
    with pytest.raises(EvidenceRefused, match="sign-in-form"):
        read_sign_in(statement)


def test_signing_out_and_leaving_the_register_both_end_a_session() -> None:
    quay = Quay()
    token = end(quay, begin(quay))
    quay.writer.commit(settle=lambda desk: sign_out(desk, token))
    assert who(quay, token) == ""
    from tests.gateway.oversight.scene import CRUZ

    leaving = end(quay, begin(quay, "cruz"), CRUZ)
    assert who(quay, leaving) == "cruz"
    assert who(quay, leaving, hours=9) == "cruz"
    assert quay.terms.register.people[3].until is not None


def test_a_form_of_another_session_is_refused() -> None:
    quay = Quay()
    one, other = (
        find_session(quay.store, f"remit-session={end(quay, begin(quay))}", quay.terms.register, AT) for _ in range(2)
    )
    assert one is not None
    assert other is not None
    one.demand_token(one.form_token)
    with pytest.raises(EvidenceRefused, match="form-token"):
        one.demand_token(other.form_token)


def test_whoever_is_not_let_in_cannot_fill_the_store() -> None:
    quay = Quay()
    for _ in range(MOST_NONCES):
        begin(quay)
    with pytest.raises(EvidenceRefused, match="too many sign in at once"):
        stale_rows(quay.store, AT)
    later = AT + timedelta(minutes=6)
    stale = stale_rows(quay.store, later)
    assert len(stale) == MOST_NONCES
    quay.writer.commit(settle=lambda desk: new_sign_in(desk, "amadi", HERE.origin, "n", later, stale))
    assert [name for name in quay.disk.rows if name.startswith("nonce/")] == ["nonce/n"]


def test_the_cookie_is_for_this_site_and_no_script() -> None:
    assert cookie("t", secure=True).endswith("; HttpOnly; SameSite=Strict; Secure")
    assert "Max-Age=0" in cookie("", secure=False)
