"""Terms and uses drawn at random: registers, instruments of every kind, and facts that are missing or ill-typed.

Terms are drawn as the documents somebody would write, and read as files are; whatever is drawn must load.
The worlds are small on purpose: few names and few instants make clauses meet, lift, stay and contradict each other.
Every choice is one whole number from Hypothesis, which is quick to draw and shrinks to the first of its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st

from remit.terms.action import Action
from remit.terms.use import Fact, Use, VouchedBy
from tests.terms.writing import Document, Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

Thing = TypeVar("Thing")

MAKERS = ("halden", "orrin")
AUTHORITIES = ("ministry", "board")
USERS = ("quayside", "brook", "tidewater")
MOST_USERS = (USERS, USERS, USERS[:2], USERS[:1])
MODELS = ("heron-1", "heron-2", "osprey-1")
PURPOSES = ("answer", "search", "summarise")
EFFECTS = ("none", "write", "spend", "force")
LEVELS = ("open", "restricted", "secret")
ACTIONS = tuple(action.value for action in Action)
ACTION_SETS = (ACTIONS, ACTIONS, ("invoke",), ("act", "integrate"))
DAYS = tuple(datetime(2026, 3, day, 12, tzinfo=UTC) for day in range(1, 8))
# Instants at which entries begin, and those just before and between them.
INSTANTS = tuple(day + timedelta(seconds=offset) for day in DAYS for offset in (-1, 0, 43_200))

REGISTER: Document = {
    "organisation": "quayside",
    "parties": [{"id": name} for name in (*MAKERS, *AUTHORITIES, *USERS)],
    "roles": ["officer"],
    "makers": [{"id": "halden", "domicile": "DE"}, {"id": "orrin", "domicile": "FR"}],
    "models": [{"id": name, "maker": "halden" if "heron" in name else "orrin"} for name in MODELS],
    "attributes": [{"id": "drill", "type": "flag"}],
    "names": {"use.purpose": list(PURPOSES)},
}
FREE, ASKING = {"authorisation": "none"}, {"authorisation": "required"}
LEVEL_SETS = (
    [{"id": name, **FREE} for name in LEVELS],
    [{"id": name, **FREE} for name in LEVELS],
    [{"id": "open", **FREE}, {"id": "restricted", **FREE}, {"id": "secret", **ASKING}],
)


@cache
def _up_to(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@dataclass(frozen=True)
class Lots:
    """Choices, each one whole number drawn by Hypothesis."""

    draw: st.DrawFn

    def below(self, count: int) -> int:
        return self.draw(_up_to(count - 1))

    def pick(self, things: Sequence[Thing]) -> Thing:
        return things[self.below(len(things))]

    def some(self, things: Sequence[Thing], most: int = 2) -> list[Thing]:
        """Pick between one and `most` different ones."""
        return list(self.pick(_subsets(tuple(things), most)))

    def once_in(self, times: int) -> bool:
        return self.below(times) == times - 1


@cache
def _subsets(things: tuple[Any, ...], most: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(chosen for size in range(1, most + 1) for chosen in combinations(things, size))


NAMES: dict[str, tuple[str, ...]] = {
    "organisation": USERS,
    "model.id": (*MODELS, "heron-*", "*-1"),
    "model.domicile": ("DE", "FR", "D*"),
    "use.purpose": (*PURPOSES, "s*"),
    "tool.effect": EFFECTS,
    "scope.level": LEVELS,
}
ATTRIBUTES = (*NAMES, "people.call", "drill")


def draw_test(lots: Lots, attribute: str) -> Any:
    """Draw what a condition may say of an attribute."""
    test: Any
    if attribute == "drill":
        test = lots.pick((True, False))
    elif attribute == "people.call":
        number = lots.pick((3, 5, Decimal("2.5"), 10))
        key = lots.pick(("above", "at_least", "below", "at_most", ""))
        test = {key: number} if key else number
    else:
        test = lots.some(NAMES[attribute])
    return {"not": test} if lots.once_in(3) else test


def draw_condition(lots: Lots, depth: int = 0) -> Document:
    """Draw a conjunction of up to three tests, sometimes with alternatives."""
    size = lots.pick((1, 0, 1, 0, 2, 1, 3)[: 7 - 2 * depth])
    names = lots.pick(tuple(combinations(ATTRIBUTES, size)))
    condition: Document = {name: draw_test(lots, name) for name in names}
    if depth < 2 and lots.once_in(5):
        condition["any"] = [draw_condition(lots, depth + 1) for _ in range(1 + lots.below(2))]
    return condition


VERBS = {
    "policy": ("forbid", "permit", "hold", "permit", "oblige"),
    "grant": ("permit", "permit", "forbid", "hold", "oblige"),
    "authorisation": ("authorise",),
    "order": ("forbid", "hold", "oblige", "compel", "compel"),
    "waiver": ("lift",),
    "statement": ("forbid", "hold", "oblige", "compel", "permit"),
}
HOLD: Document = {"approvals": {"of": "officer"}, "expires_in": "10m"}


def draw_clause(lots: Lots, ident: str, kind: str, liftable: tuple[str, ...]) -> Document:
    """Draw one clause of an instrument of some kind."""
    verb = lots.pick(VERBS[kind])
    # What permits asks for less, so that it is not nearly always missed.
    clause: Document = {"id": ident, "when": draw_condition(lots, 0 if verb in {"forbid", "hold", "oblige"} else 1)}
    clause[verb] = lots.some(liftable) if verb == "lift" else list(lots.pick(ACTION_SETS))
    if verb == "permit" and kind == "grant" and liftable and lots.once_in(2):
        clause["lifts"] = lots.some(liftable)
    if verb in {"forbid", "hold", "oblige"} and kind == "policy":
        clause["boundary"] = lots.pick((False, False, True))
    if verb == "hold":
        clause["until"] = HOLD
    if verb == "oblige":
        clause["duties"] = {"log": "every call"}
    if lots.once_in(6):
        rival = {"means": "lethal force", "by": "board", "when": draw_condition(lots, 1)}
        clause["reading"] = {"term": "force", "means": "any", "by": "halden", "on": "2026-03-01", "rival": rival}
    return clause


STATES = (*["in-force"] * 7, "stayed", "stayed", "set-aside", "lifted", "superseded")


def draw_entry(lots: Lots, kind: str) -> Document:
    """Draw one line of a standing."""
    begins = lots.pick((0, 0, 1, 2, 3, 4, 5))
    state = "asserted" if kind == "statement" else lots.pick(STATES)
    known = DAYS[lots.pick((begins, 0, begins + 1))]
    entry: Document = {"state": state, "from": DAYS[begins].isoformat(), "known": known.isoformat()}
    must_end = kind in {"grant", "authorisation", "waiver"} and state == "in-force"
    if must_end or lots.once_in(3):
        entry["until"] = DAYS[len(DAYS) - 1 - lots.below(len(DAYS) - 1 - begins)].isoformat()
    if lots.once_in(4):
        entry["covers"] = lots.some(USERS)
    if lots.once_in(5):
        entry["contested_by"] = "orrin"
    return entry


def draw_instrument(lots: Lots, ident: str, kind: str, before: Sequence[Document]) -> Document:
    """Draw one instrument that may lift clauses of those before it."""
    by = lots.pick(AUTHORITIES if kind in {"order", "waiver", "authorisation"} else MAKERS)
    target = {"grant": "policy", "waiver": "order"}.get(kind, "")
    liftable = tuple(name for item in before if item["kind"] == target for name in names_to_lift(item, by))
    document: Document = {
        "instrument": ident,
        "kind": kind,
        "by": by,
        "standing": [draw_entry(lots, kind) for _ in range(1 + lots.below(3))],
        "clauses": [draw_clause(lots, f"c{n}", kind, liftable) for n in range(1 + lots.below(3))],
    }
    if kind in {"grant", "waiver"}:
        document["to"] = list(lots.pick(MOST_USERS))
    elif lots.once_in(4):
        document["binds"] = list(lots.pick(MOST_USERS))
    if kind == "order":
        document["waivable_by"] = list(AUTHORITIES)
    return document


def names_to_lift(item: Document, by: str) -> list[str]:
    """Name what a waiver, or a grant of the same issuer, may lift of an instrument."""
    if item["kind"] == "policy" and item["by"] != by:
        return []
    own = [clause["id"] for clause in item["clauses"] if not clause.get("boundary") and "permit" not in clause]
    return [item["instrument"], *(f"{item['instrument']}/{name}" for name in own)]


PERMISSIVE: Document = {
    "instrument": "permissive",
    "kind": "policy",
    "by": "orrin",
    "standing": [{"state": "in-force", "from": "2026-01-01", "known": "2026-01-01"}],
    "clauses": [{"id": "everything", "permit": list(ACTIONS)}],
}
"""Under this, what restricts is seen at work; without it most uses are denied because nothing permits them."""

KINDS = ("policy", "policy", "order", "order", "authorisation", "statement", "grant", "grant", "waiver", "waiver")
"""In the order of writing: an exception stands after what it is an exception to."""


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    """Draw a register and its instruments, as they would be written."""
    lots = Lots(draw)
    kinds = [lots.below(len(KINDS)) for _ in range(3 + lots.below(6))]
    written: list[Document] = []
    if lots.once_in(2):
        written.append(PERMISSIVE)
    for number, kind in enumerate(KINDS[place] for place in sorted(kinds)):
        if kind != "waiver" or any(item["kind"] == "order" for item in written):
            written.append(draw_instrument(lots, f"i{number}", kind, written))
    register = {**REGISTER, "levels": lots.pick(LEVEL_SETS)}
    if written and lots.once_in(4):
        item = lots.pick(written)
        register["standing"] = [{"instrument": item["instrument"], **draw_entry(lots, item["kind"])}]
    return Folder(register, tuple(written))


def _names_and_sets(*names: str) -> tuple[Any, ...]:
    return (*names, *names, *map(frozenset, _subsets(names, 2)))


VALUES: dict[str, tuple[Any, ...]] = {
    "organisation": _names_and_sets(*USERS, "unheard-of"),
    "model.id": _names_and_sets(*MODELS, "heron-9", "kestrel-1", "kestrel"),
    "model.domicile": _names_and_sets("DE", "FR", "DK", "US"),
    "use.purpose": _names_and_sets(*PURPOSES, "spying", "other"),
    "tool.effect": _names_and_sets(*EFFECTS),
    "scope.level": _names_and_sets(*LEVELS, "unlisted"),
    "people.call": (0, Decimal("2.5"), 3, 4, 5, 7, 10, 11),
    "drill": (True, False),
}
ILL_TYPED: tuple[Any, ...] = (
    *(2.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), "", None, b"heron-1"),
    *(frozenset(), frozenset({1}), frozenset({"", "open"}), ("heron-1",), ["heron-1"]),
)
NOT_OF_ITS_TYPE: dict[str, tuple[Any, ...]] = {
    name: (*ILL_TYPED, *({"people.call": ("many", True), "drill": ("true", 1)}.get(name, (7, True)))) for name in VALUES
}
VOUCHINGS = tuple(VouchedBy)


@st.composite
def uses(draw: st.DrawFn) -> Use:
    """Draw a use; of the facts, one in eight is missing, and one in sixteen of no type that its attribute has."""
    lots = Lots(draw)
    facts = {}
    for name, values in VALUES.items():
        chance = lots.below(16)
        if chance < 14:
            value = lots.pick(values if chance < 13 else NOT_OF_ITS_TYPE[name])
            facts[name] = Fact(value, lots.pick(VOUCHINGS))
    return Use(lots.pick(tuple(Action)), facts)


instants = st.sampled_from(INSTANTS)
late_instants = st.sampled_from([INSTANTS[-1]] * 20 + list(INSTANTS))
"""When what is asked was known: mostly after everything was learned, so that it counts."""
