"""Rehearses the loss of a maker against the shape of recorded traffic: the same judge, and nothing sent.

1. The shape: how often each use case went to each model, with what its callers declared, by the decisions on record.
2. The loss: every model of the maker is cut off, as the kill switch cuts it.
3. What the gateway would do of each is asked of the gateway's own choice, at an instant and by terms that are named.
   Counts are those of a first call: whether a limit would be reached by what moves to another model is not asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.choice import Bearer, choose
from remit.gateway.credential import Credential
from remit.gateway.dialects.dialect import Ask
from remit.gateway.facts import Declared, FactsRefused
from remit.gateway.meter import Amount, Meter
from remit.gateway.recorded import read_use
from remit.gateway.routing import Cuts
from remit.gateway.saying import say_refusal
from remit.gateway.traffic import open_entry
from remit.ledger.kind import Effect, Kind
from remit.terms.action import Action
from remit.terms.use import VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from remit.gateway.ground import Rulebook
    from remit.gateway.traffic import Period
    from remit.ledger.entry import Entry
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.terms.terms import Terms
    from remit.terms.use import Fact


class Shape(NamedTuple):
    """What went on: a use case, the model it went to, and what its caller declared."""

    use: str
    model: str
    declared: tuple[tuple[str, Fact], ...]


class Traffic(NamedTuple):
    """How often each shape went on, and how many decisions could not be opened."""

    shapes: Counter[Shape]
    unopened: int


class Rehearsed(NamedTuple):
    """What would become of the traffic of one use case to one model."""

    use: str
    model: str
    calls: int
    affected: bool
    """Whether the model is one of those cut off."""
    served_by: str = ""
    upstream: str = ""
    says: str = ""
    """Which clause refuses, or why there is none left."""


def read_shapes(store: Store, keyring: Keyring, entries: Iterable[Entry], period: Period, terms: Terms) -> Traffic:
    """Count the shapes of what went on (1)."""
    shapes: Counter[Shape] = Counter()
    unopened = 0
    for entry in entries:
        gone_on = entry.kind == Kind.DECISION and entry.fields["o"] in {Effect.ALLOW, Effect.REDIRECT}
        if not gone_on or not period.holds(entry.at):
            continue
        opened = open_entry(store, keyring, entry)
        use = None if opened.why_not else read_use(terms, opened.fields)
        if use is None:
            unopened += 1
        elif use.action is Action.INVOKE:
            said = tuple((name, fact) for name, fact in use.facts.items() if fact.vouched_by is VouchedBy.DECLARED)
            shapes[Shape(entry.stream, "".join(use.words("model.id")[:1]), said)] += 1
    return Traffic(shapes, unopened)


def rehearse(book: Rulebook, shapes: Counter[Shape], makers: frozenset[str], at: datetime) -> Iterator[Rehearsed]:
    """Say for each use case and model what would happen without some makers, the worst first."""
    found: dict[Rehearsed, int] = defaultdict(int)
    for shape, calls in shapes.items():
        found[_without(book, shape, makers, at)] += calls
    rows = [row._replace(calls=calls) for row, calls in found.items()]
    yield from sorted(rows, key=lambda row: (bool(row.served_by), not row.affected, -row.calls, row.use, row.model))


def _without(book: Rulebook, shape: Shape, makers: frozenset[str], at: datetime) -> Rehearsed:
    model = book.names.resolve(shape.model)
    if model is None:
        return Rehearsed(shape.use, shape.model, 0, affected=False, says="the terms know no such model now")
    row = Rehearsed(shape.use, model.id, 0, affected=model.maker in makers)
    who = Bearer(Credential("", "", shape.use, ""), Ask(model.id), Declared(shape.declared))
    cuts = Cuts(makers=makers)
    found = book.routes.find(model, model.id, who.credential, "", cuts=cuts, is_down=lambda _: False)
    first = Meter(None, int(at.timestamp())).with_call(Amount(1, 0, 0))
    try:
        choice = choose(book, who, found, book.counted(first, len(found.targets)), at)
    except FactsRefused as error:
        return row._replace(says=str(error))
    if choice.target is not None:
        return row._replace(served_by=choice.target.model, upstream=choice.target.upstream.id)
    if choice.rule or choice.deciding is None:
        return row._replace(says=choice.says)
    others = f"; {'; '.join(found.why_not)}" if found.why_not else ""
    return row._replace(says=say_refusal(book.terms, choice.deciding, "the next model") + others)
