"""How many distinct people a use case may touch, and by what they are told apart: a row of the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from remit.terms.fields import unknown

if TYPE_CHECKING:
    from remit.terms.fields import Fields

PERSON_KINDS = ("email", "phone", "national-id", "iban", "card", "device", "passport", "plate", "ip-address")
"""The kinds of identifier that people can be told apart by."""
LONGEST = timedelta(days=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PeopleBudget:
    """How many distinct people a use case may touch within a window, counted by which kinds of identifier.

    `declared` is how many it is said to touch; a count that is surely higher is written down and decides nothing.
    """

    kinds: tuple[str, ...]
    window: timedelta
    at_most: int
    declared: int | None = None
    unseen: bool = False
    """Whether a request may bring what nobody is counted in: pictures, files, what lies elsewhere."""


def read_people_budget(fields: Fields) -> PeopleBudget | None:
    """Read what stands under `people` in a use case; faults go to the document."""
    people = fields.inner("people")
    budget = None if people is None else people.inner("budget", "how many people, of which kinds, in which window")
    if people is None or budget is None:
        return None
    kinds = budget.names("kinds", "the kinds of identifier that people are told apart by")
    for kind in kinds:
        if kind not in PERSON_KINDS:
            # A kind that nothing finds would be a budget that is never used up.
            budget.fault("kinds", unknown("kind of identifier", kind, PERSON_KINDS))
    window = budget.length("window", "the window people are counted in, such as 30d")
    if window is not None and (window > LONGEST or window % _DAY):
        budget.fault("window", "expected whole days, at most 30d")
    at_most = budget.count("at_most", "the most distinct people in that window")
    declared = budget.count("declared")
    stated = budget.has("declared")
    unseen = budget.flag("unseen")
    budget.done()
    people.done()
    return None if window is None else PeopleBudget(kinds, window, at_most, declared if stated else None, unseen)
