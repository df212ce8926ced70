"""A round of asking in memory: a prime, its suppliers, what they were asked and what they said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from remit.attest.predicates.model_integration import Role
from remit.attest.suppliers.keys import PinnedKey
from remit.attest.suppliers.register import Round, Supplier
from remit.attest.suppliers.resolver import Known, Resolution, resolve
from remit.attest.suppliers.statement import (
    Answer,
    Claim,
    Coverage,
    Edge,
    Form,
    Issued,
    Order,
    Statement,
    Surface,
    Target,
)

ORDER = Order("order-12", 3, "sha256:" + "a" * 64)
TARGET = Target("halden")
ASKED = datetime(2026, 8, 3, tzinfo=UTC)
ANSWERED = ASKED + timedelta(days=10)
AT = ASKED + timedelta(days=20)
COVERS = Coverage(frozenset({"harbour-watch"}))


def key_of(supplier: str) -> str:
    return f"key-of-{supplier}"


def supplier(ident: str, **changes: object) -> Supplier:
    made = Supplier(ident, ident.upper(), Role.DEVELOPER, COVERS, (PinnedKey(key_of(ident)),))
    return replace(made, **changes)  # type: ignore[arg-type]


def round_of(*suppliers: Supplier, **changes: object) -> Round:
    made = Round(
        "round-1",
        "quayside",
        "Quayside",
        "suppliers@quayside.example",
        ORDER,
        TARGET,
        ASKED,
        ASKED + timedelta(days=28),
        timedelta(days=90),
        surfaces=("repositories",),
        suppliers=suppliers,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def statement(ident: str, **changes: object) -> Statement:
    made = Statement(
        digest="",
        supplier=ident,
        asked_by="quayside",
        nonce=f"nonce-{ident}",
        order=ORDER,
        target=TARGET,
        claim=Claim.NOT_FOUND,
        covers=COVERS,
        made=ANSWERED,
        valid_from=ANSWERED,
        valid_until=ANSWERED + timedelta(days=90),
        surfaces=(Surface("repositories", 12, 0),),
        none_reason="We do all of it ourselves.",
    )
    made = replace(made, **changes)  # type: ignore[arg-type]
    return made if made.digest else replace(made, digest=f"sha256:{sha256(repr(made).encode()).hexdigest()}")


def answer(said: Statement, **changes: object) -> Answer:
    made = Answer(said, ANSWERED, Form.SSH, key_of(said.supplier))
    return replace(made, **changes)  # type: ignore[arg-type]


def answers_of(*idents: str, **changes: object) -> tuple[Answer, ...]:
    return tuple(answer(statement(ident, **changes)) for ident in idents)


def naming(*idents: str) -> dict[str, object]:
    """What a statement says that names suppliers."""
    return {"edges": tuple(Edge(ident) for ident in idents), "none_reason": ""}


def issued(*idents: str) -> tuple[Issued, ...]:
    return tuple(Issued(f"nonce-{ident}", ident, "round-1", ORDER, ASKED) for ident in idents)


def settle(rounds: Round, *answers: Answer, at: datetime = AT, **known: object) -> Resolution:
    """Resolve, with a request sent to everybody that is named anywhere."""
    named = {each.id for each in rounds.suppliers} | {each.statement.supplier for each in answers}
    known = {"issued": issued(*sorted(named)), "answers": answers, **known}
    return resolve(rounds, Known(**known), at)  # type: ignore[arg-type]
