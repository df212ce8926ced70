"""Decides recorded decisions again, from the terms that were kept and the facts that were committed to.

1. A sample is drawn by a seed, so that two who look draw the same.
2. Its contents are opened and held against the entry's commitments; its terms are read from where they are kept, and
   their digest is held against the entry's.
3. The judge is asked again, with the same facts, at the instant of the entry.
4. The effect, the clauses and the answer of each boundary must be those of the entry. A clause that an instant between
   judging and writing put in or out of force shows as a difference; entries are written milliseconds later.
5. What the gateway refused by a rule of its own was not the judge's to decide; it is counted apart.
"""

from __future__ import annotations

import random
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.errors import NothingToLookAt, RemitError
from remit.gateway.activation import place_of
from remit.gateway.ground import make_rulebook
from remit.gateway.record import safe_name
from remit.gateway.recorded import read_use
from remit.gateway.traffic import open_entry
from remit.ledger.entry import read_entry
from remit.ledger.kind import Kind
from remit.terms.decision import Basis, Effect
from remit.terms.folder import load_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from remit.gateway.ground import Rulebook
    from remit.gateway.traffic import Period
    from remit.ledger.entry import Entry
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.terms.decision import Decision

_OWN_RULES = ("remit#", "kill/")
_JUDGED = frozenset(f"remit#{basis.value}" for basis in Basis)
_PERMITTED = frozenset(("allow", "redirect"))


class Found(StrEnum):
    """What came of deciding one again."""

    AGREES = "agrees"
    DIFFERS = "differs"
    OWN_RULE = "own-rule"
    """The gateway refused it by a rule of its own."""
    NOT_OPENED = "not-opened"
    NO_TERMS = "no-terms"


class Replayed(NamedTuple):
    """One decision, decided again."""

    n: int
    use: str
    at: str
    found: Found
    recorded: str = ""
    again: str = ""


def draw(store: Store, number: int, seed: int, period: Period) -> list[Entry]:
    """Draw decisions (1); all of them where there are no more than were asked for. One pass, and bounded memory."""
    chance = random.Random(seed)  # noqa: S311 - for a sample that can be drawn again, not for a secret.
    kept: list[Entry] = []
    seen = 0
    for raw in store.entries(0, store.head().size):
        entry = read_entry(raw)
        if entry.kind != Kind.DECISION or not period.holds(entry.at):
            continue
        seen += 1
        if len(kept) < number:
            kept.append(entry)
        elif (place := chance.randrange(seen)) < number:
            kept[place] = entry
    return sorted(kept, key=lambda entry: entry.n)


def replay(store: Store, keyring: Keyring, kept: Path, entries: Iterable[Entry]) -> Iterator[Replayed]:
    """Decide each of some decisions again."""
    books: dict[str, Rulebook | None] = {}
    for entry in entries:
        opened = open_entry(store, keyring, entry)
        found = Replayed(entry.n, entry.stream, entry.at, Found.OWN_RULE, _said(entry))
        if opened.why_not:
            yield found._replace(found=Found.NOT_OPENED, again=opened.why_not)
            continue
        if _by_own_rule(entry):
            yield found
            continue
        digest = entry.fields["tm"]
        if digest not in books:
            books[digest] = _book(kept, digest)
        book = books[digest]
        if book is None:
            yield found._replace(found=Found.NO_TERMS, again=f"the terms {digest} are not kept here")
            continue
        yield _decided(found, entry, book, opened.fields)


def _decided(found: Replayed, entry: Entry, book: Rulebook, contents: Mapping[str, Any]) -> Replayed:
    use = read_use(book.terms, contents)
    if use is None:
        return found._replace(found=Found.NOT_OPENED, again="it commits to no use that can be read")
    decision = book.decide(use, datetime.fromisoformat(entry.at))  # (3)
    shown = _shown(book, decision)
    again = f"{decision.effect.word} by {', '.join(shown['r'])}"
    agrees = shown == _as_judged(entry)  # (4)
    return found._replace(found=Found.AGREES if agrees else Found.DIFFERS, again=again)


def _shown(book: Rulebook, decision: Decision) -> dict[str, Any]:
    """Return what an entry shows of a decision: the effect, the clauses, and how each boundary answered."""
    named = list(dict.fromkeys(reason.rule.reference for reason in decision.because))
    verdicts = dict.fromkeys(map(safe_name, book.boundaries(decision.use.action, decision.at)), "ok")
    for reason in decision.because:
        if reason.rule.clause.boundary and decision.effect is Effect.DENY:
            verdicts[safe_name(reason.rule.reference)] = "crossed" if reason.surely else "open"
    rules = [safe_name(name) for name in named or [f"remit#{decision.basis.value}"]]
    return {"o": decision.effect.word, "r": rules, **({"b": verdicts} if verdicts else {})}


def _as_judged(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = {name: entry.fields[name] for name in ("r", "b") if name in entry.fields}
    effect = entry.fields["o"]
    return {**fields, "o": "permit" if effect in _PERMITTED else effect}


def _by_own_rule(entry: Entry) -> bool:
    """Tell whether the first rule that an entry names is the gateway's own (5)."""
    rule = next(iter(entry.fields.get("r", ())), "")
    return rule.startswith(_OWN_RULES) and rule not in _JUDGED


def _said(entry: Entry) -> str:
    return f"{entry.fields['o']} by {', '.join(entry.fields.get('r', ()))}"


def _book(kept: Path, digest: str) -> Rulebook | None:
    """Return the terms of a digest from where they are kept (2)."""
    try:
        terms = load_terms(place_of(kept, digest))
    except (NothingToLookAt, RemitError, OSError):
        return None
    return make_rulebook(terms) if terms.digest == digest else None
