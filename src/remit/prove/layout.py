"""The rules of one action at an instant as boxes, with what each does and what takes it away.

The judge's order of precedence comes down to three sorts of rows and one relation. A row denies, holds or permits, and
it counts unless a row that lifts it applies: a waiver lifts what an order says, a grant what its issuer's policy says,
a demand all that providers say below their boundaries, an authorisation the need for one. Then a use is denied if some
denial counts or no permission does, held if some hold counts, and permitted otherwise. A boundary has no lifters.

A waiver stands here twice: as what lifts it must surely apply, as what ends a demand it must only not surely miss.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from remit.errors import Fault, TermsUnusable
from remit.prove.box import bits
from remit.terms.clause import Verb
from remit.terms.instrument import Kind
from remit.terms.rule import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.terms.action import Action
    from remit.terms.clause import Clause
    from remit.terms.condition import Leaf
    from remit.terms.rule import Rule

LEVEL = "scope.level"
MOST_ROWS = 20_000
"""Conjunctions that are laid out for one action."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One conjunction as a box, and the rule it belongs to; the need for an authorisation belongs to none."""

    box: Box
    rule: Rule | None


@dataclass(slots=True, eq=False)
class Layout:
    """The rows of one action, each a bit: what they do, and `lifters`, which has for a row those that take it away."""

    axes: tuple[Axis, ...]
    rows: list[Row] = field(default_factory=list)
    deny: int = 0
    hold: int = 0
    permit: int = 0
    demand: int = 0
    """Those of the permissions that an order demands, which a waiver can end."""
    boundary: int = 0
    lifters: dict[int, int] = field(default_factory=dict)
    liftable: int = 0
    _sets: list[dict[int, int]] = field(default_factory=list)
    _meeting: list[dict[int, int]] = field(default_factory=list)
    _covering: list[dict[int, int]] = field(default_factory=list)
    _columns: list[list[int]] = field(default_factory=list)

    @property
    def everything(self) -> Box:
        """Return the box that holds every use."""
        return tuple(axis.full for axis in self.axes)

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def axis_of(self, attribute: str) -> int | None:
        """Return the place of an attribute's axis; nothing where no condition tests it."""
        return next((place for place, axis in enumerate(self.axes) if axis.attribute == attribute), None)

    def rows_of(self, clause: Clause) -> int:
        """Return the rows of one clause."""
        return sum(1 << place for place, row in enumerate(self.rows) if row.rule and row.rule.clause is clause)

    def rules_in(self, mask: int) -> list[Rule]:
        """Return the rules that have a row in a mask, each once, in the order of the terms."""
        rules = (self.rows[place].rule for place in bits(mask))
        return list(dict.fromkeys(rule for rule in rules if rule is not None))

    def look(self, box: Box) -> tuple[int, int]:
        """Return the rows that meet a box, and those that cover it."""
        meets = whole = (1 << len(self.rows)) - 1
        for axis, mask in enumerate(box):
            found = self._meeting[axis].get(mask)
            if found is None:
                found = self._meet(axis, mask)
            meets &= found
            whole &= self._covering[axis][mask]
        return meets, whole

    def covering(self, axis: int, mask: int) -> int:
        """Return the rows that leave a mask of one axis whole."""
        if mask not in self._covering[axis]:
            self._meet(axis, mask)
        return self._covering[axis][mask]

    def _meet(self, axis: int, mask: int) -> int:
        meets = covers = 0
        for own, rows in self._sets[axis].items():
            if own & mask:
                meets |= rows
                covers |= 0 if mask & ~own else rows
        self._meeting[axis][mask], self._covering[axis][mask] = meets, covers
        return meets

    def parts(self, axis: int, mask: int, rows: int) -> list[int]:
        """Split a mask of one axis into classes of elements that some rows treat alike."""
        if not self._columns[axis]:
            self._columns[axis] = [0] * len(self.axes[axis].elements)
            for own, having in self._sets[axis].items():
                for element in bits(own):
                    self._columns[axis][element] |= having
        classes: dict[int, int] = defaultdict(int)
        for element in bits(mask):
            classes[self._columns[axis][element] & rows] |= 1 << element
        return list(classes.values())

    def seal(self) -> None:
        """Index the rows once all are there."""
        for axis in range(len(self.axes)):
            sets: dict[int, int] = defaultdict(int)
            for place, row in enumerate(self.rows):
                sets[row.box[axis]] |= 1 << place
            self._sets.append(dict(sets))
            self._meeting.append({})
            self._covering.append({})
            self._columns.append([])


@dataclass(slots=True)
class _Names:
    """The rows that lift, by whom or what they lift."""

    by_name: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_issuer: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    grants: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    authorise: int = 0


def make_layout(
    axes: tuple[Axis, ...],
    rules: Iterable[Rule],
    action: Action,
    free_levels: frozenset[str] | None,
    *,
    kind: bool = False,
) -> Layout:
    """Lay out the rules that count; `kind` resolves what is not known in favour of the use, as the judge also does."""
    layout = Layout(axes)
    names = _Names()
    for rule in rules:
        if action in rule.clause.actions:
            _add_rule(layout, names, rule, kind=kind)
    if free_levels is not None:
        _add_need(layout, names, free_levels, kind=kind)
    _add_lifters(layout, names)
    layout.seal()
    return layout


def _add_rule(layout: Layout, names: _Names, rule: Rule, *, kind: bool) -> None:
    verb = rule.clause.verb
    if verb is Verb.OBLIGE:  # It adds duties and changes no effect.
        return
    for box in rule_boxes(layout.axes, rule, generous=rule.restricting is not kind):
        place = _add_row(layout, box, rule)
        _sort_row(layout, names, rule, 1 << place)
    if verb is Verb.LIFT:
        for box in rule_boxes(layout.axes, rule, generous=not kind):
            bit = 1 << _add_row(layout, box, rule)
            for name in rule.clause.lifts:
                names.ends[name] |= bit


def rule_boxes(axes: Sequence[Axis], rule: Rule, *, generous: bool) -> Iterator[Box]:
    """Yield the boxes of a rule's conjunctions, but for those that hold nothing."""
    where = {axis.attribute: place for place, axis in enumerate(axes)}
    full = [axis.full for axis in axes]

    def narrow(masks: list[int], leaves: Iterable[Leaf]) -> list[int]:
        for leaf in leaves:
            place = where[leaf.attribute]
            masks[place] &= axes[place].mask(leaf, generous=generous)
        return masks

    parties = narrow(full, rule.parties)
    for leaves in rule.condition.rows():
        box = tuple(narrow(parties.copy(), leaves))
        if all(box):
            yield box


def _add_row(layout: Layout, box: Box, rule: Rule | None) -> int:
    layout.rows.append(Row(box, rule))
    if len(layout.rows) > MOST_ROWS:
        found = Counter(row.rule for row in layout.rows if row.rule is not None)
        refuse(found.most_common(1)[0][0], f"the clauses in force multiply to more than {MOST_ROWS} cases")
    return len(layout.rows) - 1


def refuse(rule: Rule | None, says: str) -> NoReturn:
    """Raise that a question is too large, at the clause that makes it so."""
    path, _, line = (rule.clause.where if rule is not None else "").rpartition(":")
    about = rule.reference if rule is not None else ""
    fault = Fault(path, int(line or 0), 1, about, f"{says}; this clause is the largest of them")
    raise TermsUnusable([fault], "The question is too large; nothing was proved.")


def _sort_row(layout: Layout, names: _Names, rule: Rule, bit: int) -> None:
    """Note what a row does, and by which names it lifts others."""
    clause = rule.clause
    if rule.tier is Tier.BOUNDARY:
        layout.boundary |= bit
    match clause.verb:
        case Verb.FORBID:
            layout.deny |= bit
        case Verb.HOLD:
            layout.hold |= bit
        case Verb.PERMIT | Verb.COMPEL:
            layout.permit |= bit
            layout.demand |= bit if clause.verb is Verb.COMPEL else 0
            _sort_grant(names, rule, bit)
        case Verb.AUTHORISE:
            names.authorise |= bit
        case Verb.LIFT:
            for name in clause.lifts:
                names.by_name[name] |= bit
        case Verb.OBLIGE:
            return


def _sort_grant(names: _Names, rule: Rule, bit: int) -> None:
    """Note what a permission lifts: what it names, or for a grant that names nothing its issuer's own rules."""
    if rule.clause.verb is not Verb.PERMIT or rule.instrument.kind is Kind.POLICY:
        return
    for name in rule.clause.lifts:
        names.grants[name] |= bit
    if not rule.clause.lifts and rule.instrument.kind is Kind.GRANT:
        names.by_issuer[rule.instrument.by] |= bit


def _add_need(layout: Layout, names: _Names, free: frozenset[str], *, kind: bool) -> None:
    """Add the need for an authorisation as a denial that each authorisation lifts."""
    place = layout.axis_of(LEVEL)
    if place is None:
        return
    axis = layout.axes[place]
    asking = axis.full & ~sum(axis.mask_of(level) for level in free)
    if kind:
        asking &= ~axis.missing
    if asking:
        box = (*layout.everything[:place], asking, *layout.everything[place + 1 :])
        row = _add_row(layout, box, None)
        layout.deny |= 1 << row
        layout.lifters[row] = names.authorise


def _add_lifters(layout: Layout, names: _Names) -> None:
    """Note for each row which rows take it away; a boundary has none."""
    for place in bits((layout.deny | layout.hold | layout.demand) & ~layout.boundary):
        rule = layout.rows[place].rule
        if rule is None:
            continue
        cited = (rule.reference, rule.instrument.id)
        layout.lifters[place] = _either(names.ends if layout.demand >> place & 1 else names.by_name, cited)
        if layout.demand >> place & 1:
            continue
        ordered = rule.tier is Tier.ORDER
        if not ordered:
            layout.lifters[place] |= layout.demand
        if not (ordered and layout.deny >> place & 1):
            layout.lifters[place] |= _either(names.grants, cited)
        if rule.tier is Tier.POLICY:
            layout.lifters[place] |= names.by_issuer.get(rule.instrument.by, 0)
    layout.liftable = sum(1 << place for place, lifters in layout.lifters.items() if lifters)


def _either(names: dict[str, int], cited: tuple[str, str]) -> int:
    return names.get(cited[0], 0) | names.get(cited[1], 0)
