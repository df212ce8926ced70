"""Made-up calls that must be refused, held the way that a model's own calls are, so that nothing tells them apart.

1. Each is judged by the terms in force; one that they would not hold tests nobody, and none of the batch is shown.
2. The log commits to the whole batch before the first of it waits.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from remit.errors import UsageError
from remit.gateway.choice import Bearer
from remit.gateway.credential import ROWS, Credential, read_row
from remit.gateway.dialects.dialect import Ask, Offer, Runs
from remit.gateway.holding import Holding
from remit.gateway.oversight.seeded import commit_batch, new_session
from remit.gateway.record import Paper, act_draft
from remit.gateway.rehearsal import rehearse
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from datetime import datetime

    from remit.gateway.choice import ToolRuling
    from remit.gateway.ground import Rulebook
    from remit.ledger.entry import Draft
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer
    from remit.terms.fields import Fields

_TURNS = 20


class MadeUp(NamedTuple):
    """One made-up call, as a file names it."""

    use: str
    model: str
    tool: str
    arguments: str
    conversation: str


@dataclass(frozen=True, slots=True)
class _Seed:
    paper: Paper
    holding: Holding
    ruling: ToolRuling


def read_made_up(fields: Fields) -> MadeUp:
    """Read one row of a file; faults go to its document."""
    made_up = MadeUp(
        fields.ident("use", "the use case it seems to be of"),
        fields.ident("model", "the model that seems to propose it"),
        fields.text("tool", "the tool"),
        fields.text("arguments", "its arguments, as the model would write them"),
        fields.text("conversation", "the last that was said before it"),
    )
    fields.done()
    return made_up


def seed_calls(rows: list[MadeUp], writer: Writer, store: Store, keyring: Keyring, book: Rulebook, at: datetime) -> int:
    """Hold made-up calls after a commitment to all of them (2); return how many."""
    known = [read_row(content) for _, content in store.rows(ROWS)]
    seeds = [_judge(row, known, book, at) for row in rows]
    calls = [seed.holding.named(0) for seed in seeds]
    sealed, commitment = commit_batch(calls, keyring)

    def commit(desk: Desk) -> list[Draft]:
        for name, content in sealed.items():
            desk.put(name, content)
        return [commitment]

    writer.commit(settle=commit)
    for seed in seeds:
        writer.commit(settle=lambda desk, seed=seed: _hold(desk, seed))  # type: ignore[misc]
    return len(seeds)


def _judge(row: MadeUp, known: list[Credential], book: Rulebook, at: datetime) -> _Seed:
    """Judge a made-up call (1)."""
    if book.terms.register.use_case(row.use) is None:
        raise UsageError(f"Nothing was seeded: the register has no use case {row.use}.")
    ruling = rehearse(book, row.use, row.model, {}, at, (row.tool, row.arguments)).tool
    if ruling is None or ruling.rule or ruling.decision.effect is not Effect.HOLD:
        word = "not judged" if ruling is None else ruling.rule or ruling.decision.effect.word
        raise UsageError(f"Nothing was seeded: {row.tool} of {row.use} would not be held; it is {word}.")
    mine = [credential for credential in known if credential.use == row.use and not credential.is_over(at)]
    credential = secrets.choice(mine) if mine else Credential(secrets.token_hex(6), "", row.use, "")
    offers = (Offer(row.tool, "function", Runs.CLIENT),)
    texts = (row.conversation,)
    turn = 1 + secrets.randbelow(_TURNS)
    ask = Ask(row.model, offers=offers, turn=turn, session=new_session(), texts=lambda: iter(texts))
    who = Bearer(credential, ask, book.sheet.declared([], {}))
    paper = Paper(book, who, f"sha256:{secrets.token_hex(32)}", "")
    model = book.names.resolve(row.model)
    holding = Holding(None, who, row.model if model is None else model.id, 0.0)
    holding.begin(book, [ruling], at)
    return _Seed(paper, holding, ruling)


def _hold(desk: Desk, seed: _Seed) -> list[Draft]:
    draft = act_draft(seed.paper, seed.ruling, seed.holding.hidden(0))
    return seed.holding.open(desk, 0, draft, desk.first)
