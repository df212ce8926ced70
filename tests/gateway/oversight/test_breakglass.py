"""Break-glass: named, short, loud, judged, and never past a boundary."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.breakglass import (
    NAMESPACE,
    Statement,
    begin_emergency,
    close_emergency,
    confirm_emergency,
    openings,
    with_emergencies,
)
from remit.ledger.writer import write_time
from remit.terms.action import Action
from remit.terms.decision import Basis, Effect
from remit.terms.judge import decide
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, VouchedBy
from tests.gateway.oversight.scene import AMADI, AT, BAKER, DEEDS, REGISTER, Quay, Signer
from tests.terms.world import FROM_JANUARY, document, world

FORBIDS = "{id: no-cranes, forbid: [act], when: {tool.name: crane}}"
BOUNDARY = "{id: no-guns, boundary: true, forbid: [act], when: {tool.effect: force}}"
MAY = "{id: may, permit: [invoke, act]}"
ORDER = document("order", "{id: ban, forbid: [act], when: {tool.name: letter}}", by="ministry", standing=FROM_JANUARY)
TERMS = world(
    REGISTER, halden=document("policy", MAY, FORBIDS, BOUNDARY, by="halden", standing=FROM_JANUARY), law=ORDER
)


def judged(terms: Terms, tool: str, effect: str, at: datetime = AT, case: str = "unload") -> Effect:
    facts = {"organisation": "quayside", "tool.name": tool, "tool.effect": effect, "use.case": case}
    use = Use(Action.ACT, {name: Fact(value, VouchedBy.CONFIGURED) for name, value in facts.items()})
    decision = decide(terms, use, at=at)
    assert decision.effect is not Effect.PERMIT or decision.basis in {Basis.GRANT, Basis.POLICY}
    return decision.effect


def statement(person: str = "deeds", **more: str) -> Statement:
    return replace(Statement(person, "unload", "the quay is on fire", write_time(AT), TERMS.digest), **more)


def begin(quay: Quay, said: Statement, signer: Signer = DEEDS, at: datetime = AT) -> None:
    signature = signer.sign(said.content, NAMESPACE)
    quay.writer.commit(settle=lambda desk: begin_emergency(desk, said, signature, TERMS, at))


def terms_now(quay: Quay, at: datetime) -> Terms:
    return with_emergencies(TERMS, [opening for opening in openings(quay.store) if opening.is_open(at)])


def test_it_lifts_a_providers_clause_and_neither_a_boundary_nor_an_order() -> None:
    quay = Quay()
    assert judged(TERMS, "crane", "write") is Effect.DENY
    begin(quay, statement())
    now = terms_now(quay, AT)
    assert judged(now, "crane", "write") is Effect.PERMIT
    assert judged(now, "gun", "force") is Effect.DENY
    assert judged(now, "letter", "inform") is Effect.DENY
    assert judged(now, "crane", "write", case="load") is Effect.DENY
    assert now.digest != TERMS.digest


def test_everyone_whom_the_register_names_is_told_at_once() -> None:
    quay = Quay()
    begin(quay, statement())
    assert quay.said() == ["breakglass", "message breakglass", "message breakglass"]
    assert quay.hidden(2) == {"reason": "the quay is on fire", "use_case": "unload"}
    assert [b'"to":"halden"' in entry for entry in quay.disk.entries[2:]] == [True, False]


def test_it_closes_when_nobody_confirms_it_in_time_and_lasts_longer_when_somebody_does() -> None:
    quay = Quay()
    begin(quay, statement())
    (opening,) = openings(quay.store)
    assert opening.ends == AT + timedelta(minutes=30)
    later = AT + timedelta(minutes=20)
    said = statement("baker", at=write_time(later), confirms=opening.digest)
    quay.writer.commit(
        settle=lambda desk: confirm_emergency(desk, said, BAKER.sign(said.content, NAMESPACE), TERMS, later)
    )
    (opening,) = openings(quay.store)
    assert opening.ends == AT + timedelta(hours=1)
    assert (
        judged(terms_now(quay, AT + timedelta(minutes=59)), "crane", "write", AT + timedelta(minutes=59))
        is Effect.PERMIT
    )
    assert terms_now(quay, AT + timedelta(minutes=60)) is TERMS


def test_a_confirmation_that_comes_too_late_changes_nothing() -> None:
    quay = Quay()
    begin(quay, statement())
    (opening,) = openings(quay.store)
    later = AT + timedelta(minutes=31)
    said = statement("baker", at=write_time(later), confirms=opening.digest)
    with pytest.raises(EvidenceRefused, match="breakglass-late"):
        quay.writer.commit(
            settle=lambda desk: confirm_emergency(desk, said, BAKER.sign(said.content, NAMESPACE), TERMS, later)
        )


def test_anybody_may_close_it() -> None:
    quay = Quay()
    begin(quay, statement())
    (opening,) = openings(quay.store)
    quay.writer.commit(settle=lambda desk: close_emergency(desk, opening.id, "amadi", TERMS, AT + timedelta(minutes=1)))
    assert terms_now(quay, AT + timedelta(minutes=2)) is TERMS


@pytest.mark.parametrize(
    ("said", "signer", "step"),
    [
        (statement(), AMADI, "breakglass-key"),
        (statement("amadi"), AMADI, "breakglass-person"),
        (statement("zoe"), DEEDS, "breakglass-person"),
        (statement(reason=" "), DEEDS, "breakglass-reason"),
        (statement(use_case="load"), DEEDS, "breakglass-reason"),
        (statement(terms="sha256:" + "0" * 64), DEEDS, "breakglass-terms"),
        (statement(at=write_time(AT - timedelta(hours=1))), DEEDS, "breakglass-time"),
    ],
)
def test_who_may_not_break_the_glass_does_not(said: Statement, signer: Signer, step: str) -> None:
    quay = Quay()
    with pytest.raises(EvidenceRefused, match=step):
        begin(quay, said, signer)
    assert quay.said() == []


def test_a_statement_serves_once() -> None:
    quay = Quay()
    begin(quay, statement())
    with pytest.raises(EvidenceRefused, match="used already"):
        begin(quay, statement())
