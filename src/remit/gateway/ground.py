"""What the gateway goes by at a moment: terms, keys, switches; replaced as a whole when any of it changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from remit.gateway.credential import ROWS as KEYS
from remit.gateway.credential import Keyring, read_row
from remit.gateway.facts import FactSheet
from remit.gateway.identity import Names
from remit.gateway.meter import ATTRIBUTES
from remit.gateway.people.interval import has_span, judge_use
from remit.gateway.routing import NO_CUTS, Cuts, Routes
from remit.terms.decision import Effect
from remit.terms.judge import decide
from remit.terms.use import Fact, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from remit.ledger.entry import Draft
    from remit.terms.action import Action
    from remit.terms.decision import Decision
    from remit.terms.force import Table
    from remit.terms.terms import Terms
    from remit.terms.upstream import Price
    from remit.terms.use import Use

KILLS = "kill/"
CONTENT = "content.unseen"
ALL_READ = {CONTENT: Fact("none", VouchedBy.MEASURED, "seen by the gateway")}
"""What is known of a call of which everything can be read."""
_MOST_KEPT = 4096
ACTIVE = "terms/active"
"""The row that holds the digest of the terms in force; a decision by any others is refused and made anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """Terms with all that is made of them once."""

    terms: Terms
    sheet: FactSheet
    names: Names
    routes: Routes
    prices: dict[str, Price]
    metered: bool
    """Whether any clause speaks of what a use case has used, so that counts must be read before it is judged."""
    asks_for_content: bool = False
    """Whether any clause asks what a call brings that cannot be read."""
    _boundaries: dict[int, tuple[Table, tuple[str, ...]]] = field(default_factory=dict)
    forms: dict[tuple[object, ...], tuple[Decision, Draft]] = field(default_factory=dict)
    """Entries that were drafted before, each by its decision, and differ in what is hidden alone."""
    _decided: dict[tuple[int, int], tuple[Table, Decision]] = field(default_factory=dict)

    def decide(self, use: Use, at: datetime) -> Decision:
        """Ask the judge; the same facts under the same rules are not asked about twice.

        What the register says of a use case is the same facts each time, and a table of rules holds for as long as no
        instrument begins or ends; nothing else goes into a decision. People are known to lie between two numbers, and
        the judge is asked at each number that matters.
        """
        if has_span(use):
            return judge_use(self.terms, use, at).decision
        table = self.terms.force(at, at).tables[use.action]
        key = id(use.facts), id(table)
        kept = self._decided.get(key)
        if kept is not None and kept[0] is table and kept[1].use.facts is use.facts:
            # What permits says nothing of the instant; what refuses is told with it.
            permits = kept[1].effect is Effect.PERMIT
            return kept[1] if permits else replace(kept[1], at=at, known=at)
        decision = decide(self.terms, use, at=at)
        if self.sheet.is_kept(use.facts):
            if len(self._decided) > _MOST_KEPT:
                self._decided.clear()
            self._decided[key] = table, decision
        return decision

    def counted(self, used: Mapping[str, Fact], calls: int) -> list[Mapping[str, Fact]]:
        """Return what so many calls would have counted of them that are words alone; nothing where no clause asks."""
        if not self.metered and not self.asks_for_content:
            return []
        return [{**(used if self.metered else {}), **(ALL_READ if self.asks_for_content else {})}] * calls

    def boundaries(self, action: Action, at: datetime) -> tuple[str, ...]:
        """Return the references of the boundaries that are in force for an action."""
        table = self.terms.force(at, at).tables[action]
        kept = self._boundaries.get(id(table))
        if kept is None or kept[0] is not table:
            names = tuple(dict.fromkeys(rule.reference for rule in table.rules_in(table.live.boundary_forbid)))
            kept = self._boundaries[id(table)] = (table, names)
        return kept[1]


@dataclass(frozen=True, slots=True)
class Switches:
    """What people can change from one call to the next: keys, and what is switched off."""

    keyring: Keyring = field(default_factory=Keyring)
    cuts: Cuts = NO_CUTS


def make_rulebook(terms: Terms) -> Rulebook:
    """Make of terms what calls are judged by."""
    return Rulebook(
        terms,
        FactSheet(terms),
        Names(terms.catalogue, terms.register),
        Routes(terms),
        {price.model: price for price in terms.register.prices},
        _asks_for(terms, ATTRIBUTES),
        _asks_for(terms, frozenset({CONTENT})),
    )


def read_switches(rows: Iterable[tuple[str, bytes]]) -> Switches:
    """Read keys and kill switches from the rows of a store."""
    credentials, cuts = [], {"use": set[str](), "model": set[str](), "maker": set[str]()}
    for name, content in rows:
        if name.startswith(KEYS):
            credentials.append(read_row(content))
        elif name.startswith(KILLS):
            kind, _, ident = name.removeprefix(KILLS).partition("/")
            cuts.setdefault(kind, set()).add(ident)
    return Switches(
        Keyring(credentials), Cuts(frozenset(cuts["use"]), frozenset(cuts["model"]), frozenset(cuts["maker"]))
    )


def _asks_for(terms: Terms, attributes: frozenset[str]) -> bool:
    clauses = [clause for instrument in terms.instruments for clause in instrument.clauses]
    conditions = [clause.when for clause in clauses] + [clause.rival.when for clause in clauses if clause.rival]
    return any(attributes & condition.attributes() for condition in conditions)
