"""Which clauses keep whoever asks from approving, for one use case: then it must be known which person asks.

A clause is left out only where what the register says of the use case surely keeps it from applying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.completion import complete_use
from remit.terms.quorum import REQUESTER
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from remit.terms.condition import Leaf
    from remit.terms.terms import Terms


def keeps_requester_apart(terms: Terms, case: str) -> tuple[str, ...]:
    """Return the clauses that may hold what a use case does, and whose approvals are never the requester's."""
    facts = complete_use(terms, Use(Action.INVOKE, {"use.case": Fact(case, VouchedBy.CONFIGURED)})).facts
    known = {name: fact.value for name, fact in facts.items() if isinstance(fact.value, str)}

    def may_hold(leaf: Leaf) -> bool:
        return leaf.attribute not in known or leaf.holds(known[leaf.attribute])

    return tuple(
        f"{instrument.id}/{clause.id}"
        for instrument in terms.instruments
        for clause in instrument.clauses
        if clause.verb is Verb.HOLD
        and any(REQUESTER in approval.excluded for approval in clause.until.approvals)
        and any(all(map(may_hold, row)) for row in clause.when.rows())
    )
