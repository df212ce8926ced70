"""Where every supplier stands at an instant, and the worst of them with the way to it (evidence, section 7.2).

1. Start with those the register says must answer; what answers that stand name is added, until nothing is added.
   A supplier is one node however many name it, and circles end because nothing is added twice.
2. Only answers that had come in by the instant count; what a supplier withdrew does not.
3. Give each node its status (node.py), and then take the worst on any way from us to it.
4. State what is required, what is answered and what is not covered; nothing is green while one is missing.

The order of answers does not matter: everything is a set, and where one must be first it is by date and digest.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from remit.attest.suppliers.assess import Trust, assess, is_held_to, is_revoked
from remit.attest.suppliers.circles import circles_in
from remit.attest.suppliers.node import Node, Place, node_of
from remit.attest.suppliers.status import ALARMING, GREEN, SEVERITY, UNANSWERED, Status, worst_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from remit.attest.suppliers.assess import Assessment
    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.statement import Answer, Issued, Sighting


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the register: requests sent, answers in, what we saw ourselves."""

    issued: tuple[Issued, ...] = ()
    answers: tuple[Answer, ...] = ()
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class RollUp:
    """The worst of some nodes with the way to it, and how many are required and answered."""

    worst: Status
    path: tuple[str, ...]
    required: int
    answered: int

    @property
    def is_green(self) -> bool:
        """Whether nothing is left to ask; never so while one who must answer has not."""
        return self.worst in GREEN and self.answered == self.required


@dataclass(frozen=True)
class Resolution:
    """What a round of asking has come to at an instant."""

    rounds: Round
    at: datetime
    nodes: dict[str, Node]
    edges: dict[str, tuple[str, ...]]
    """Who is supplied by whom, sorted; the one who asks stands under its own name."""
    whole: RollUp
    by_contract: dict[str, RollUp]

    @property
    def by_status(self) -> dict[Status, int]:
        """How many nodes stand where, worst first."""
        counts = Counter(node.status for node in self.nodes.values())
        return {status: counts[status] for status in Status if counts[status]}

    @property
    def depth(self) -> int:
        """How many steps the farthest node is from us."""
        return max((len(node.path) - 1 for node in self.nodes.values()), default=0)

    @cached_property
    def unresolved(self) -> list[tuple[str, str]]:
        """The edges that lead to somebody who has not answered so that we could read it."""
        return [
            (above, below)
            for above, found in sorted(self.edges.items())
            for below in found
            if self.nodes[below].status in UNANSWERED
        ]

    @cached_property
    def circles(self) -> list[tuple[str, ...]]:
        """The suppliers that supply each other."""
        return circles_in(self.edges)

    @property
    def remainder(self) -> dict[str, tuple[str, ...]]:
        """What was asked of each supplier and no statement that stands covers."""
        return {ident: node.remainder for ident, node in sorted(self.nodes.items()) if node.remainder}

    @property
    def is_alarming(self) -> bool:
        """Whether what was asked about is there, or may be."""
        return any(node.status in ALARMING for node in self.nodes.values())


@dataclass(slots=True)
class _Closure:
    """The nodes and edges found so far, and what the answers that stand add to the trust in each supplier."""

    rounds: Round
    issued: dict[str, Issued]
    at: datetime
    answers: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    digests: dict[str, str] = field(default_factory=dict)
    """The supplier of each statement that came in, by every digest that it goes by."""
    places: dict[str, Place] = field(default_factory=dict)
    edges: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    keys: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pins: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    assessed: dict[str, dict[tuple[str, ...], Assessment]] = field(default_factory=dict)
    waiting: deque[str] = field(default_factory=deque)

    def follow(self) -> None:
        """Add what answers name until nothing is added (1)."""
        for supplier in self.rounds.suppliers:
            if supplier.is_required:
                self.name(self.rounds.by, supplier.id)
        while self.waiting:
            self._visit(self.waiting.popleft())

    def name(self, above: str, below: str) -> Place:
        """Note that one is supplied by another; whoever is new will be visited.

        Who names us closes a circle through the one who asks, and we owe ourselves no answer.
        """
        if below == self.rounds.by:
            return Place()
        place = self.places.get(below)
        if place is None:
            place = self.places[below] = Place()
            self.waiting.append(below)
        self.edges[above].add(below)
        return place

    def _visit(self, ident: str) -> None:
        supplier = self.rounds.by_id.get(ident)
        if supplier is not None:
            for below in supplier.supplies_from:
                self.name(ident, below)
        trust = Trust(frozenset(self.keys[ident]), frozenset(self.pins[ident]))
        found = self.assessed.setdefault(ident, {})
        for answer in self.answers.get(ident, ()):
            before = found.get(answer.ident)
            if before is None or not before.stands:
                now = found[answer.ident] = assess(answer, self.rounds, self.issued, trust, self.at, supplier)
                if now.stands:
                    self._take(ident, answer, may_vouch=supplier is not None and supplier.may_vouch)

    def _take(self, ident: str, answer: Answer, *, may_vouch: bool) -> None:
        """Add what an answer that stands names."""
        statement = answer.statement
        for edge in statement.edges:
            known = self.digests.get(edge.statement)
            sealed = edge.sealed and known is None
            below = known if edge.sealed and known is not None else edge.supplier
            place = self.name(ident, f"{ident}/{edge.supplier}" if sealed else below)
            if sealed:
                place.sealed.add(edge.statement)
            elif edge.missing:
                place.missing.add(f"{ident} says: {edge.missing}")
            elif edge.statement and known is None:
                place.missing.add(f"{ident} names a statement {edge.statement[:19]} that was not handed in")
            self._trust(below, {edge.statement} - {""}, set(edge.keys) if may_vouch else set())
        if statement.summary is not None:
            self.name(ident, f"{ident}/rolled-up").summaries.add(statement.summary)

    def _trust(self, ident: str, pins: set[str], keys: set[str]) -> None:
        """Let a supplier be visited again when there is more to trust it by; there can only ever be more."""
        if pins <= self.pins[ident] and keys <= self.keys[ident]:
            return
        self.pins[ident] |= pins
        self.keys[ident] |= keys
        if ident in self.assessed:
            self.waiting.append(ident)


def resolve(rounds: Round, known: Known, at: datetime) -> Resolution:
    """Say where every supplier stands at an instant."""
    answers = _in_by(known.answers, at)  # (2)
    withdrawn = _withdrawn(rounds, answers, at)
    issued = {request.nonce: request for request in known.issued if request.asked <= at}
    closure = _Closure(rounds, issued, at)
    for answer in answers:
        closure.digests.update(dict.fromkeys(answer.statement.names, answer.statement.supplier))
        if answer.statement.digest not in withdrawn:
            closure.answers[answer.statement.supplier].append(answer)
    closure.follow()  # (1)
    sightings: defaultdict[str, list[Sighting]] = defaultdict(list)
    for sighting in known.sightings:
        if sighting.seen is None or sighting.seen <= at:
            sightings[sighting.supplier].append(sighting)
    for digest, (supplier, by) in withdrawn.items():
        if supplier in closure.places:
            closure.places[supplier].withdrawn[digest] = by
    edges = {above: tuple(sorted(below)) for above, below in closure.edges.items()}
    paths = _paths(rounds.by, edges)
    nodes = {
        ident: node_of(ident, rounds, place, list(closure.assessed[ident].values()), (sightings[ident], paths[ident]))
        for ident, place in closure.places.items()
    }  # (3)
    by_contract = {
        contract: _roll_up(nodes, _reached(starts, edges)) for contract, starts in _contracts(rounds).items()
    }
    return Resolution(rounds, at, nodes, edges, _roll_up(nodes, nodes), by_contract)


def _in_by(answers: Iterable[Answer], at: datetime) -> list[Answer]:
    """Return the answers that had come in by an instant, each once, in an order that is not that of their coming."""
    found: dict[tuple[str, str, str, str], Answer] = {}
    for answer in answers:
        before = found.get(answer.ident)
        if answer.received <= at and (before is None or answer.received < before.received):
            found[answer.ident] = answer
    return [found[ident] for ident in sorted(found)]


def _withdrawn(rounds: Round, answers: list[Answer], at: datetime) -> dict[str, tuple[str, str]]:
    """Return what a supplier took back by a later statement, with that supplier and the digest of the statement.

    It takes a key that the register pins, or the very key that signed what is taken back.
    """
    by_name: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        for name in answer.statement.names:
            by_name[name].append(answer)
    found: dict[str, tuple[str, str]] = {}
    for answer in answers:
        statement = answer.statement
        for old in (old for name in statement.supersedes for old in by_name.get(name, ())):
            if old.statement.supplier != statement.supplier or old.statement.digest == statement.digest:
                continue
            same_key = bool(answer.key) and answer.key == old.key and not (answer.damage or old.damage)
            held = is_held_to(answer, rounds, at, rounds.by_id.get(statement.supplier))
            if held or (same_key and not is_revoked(answer, rounds, at)):
                found.setdefault(old.statement.digest, (statement.supplier, statement.digest))
    return found


def _paths(root: str, edges: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the shortest way from us to every node; of several the first by name."""
    paths: dict[str, tuple[str, ...]] = {root: (root,)}
    waiting = deque([root])
    while waiting:
        above = waiting.popleft()
        for below in edges.get(above, ()):
            if below not in paths:
                paths[below] = (*paths[above], below)
                waiting.append(below)
    return paths


def _reached(starts: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> set[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        for below in edges.get(waiting.pop(), ()):
            if below not in found:
                found.add(below)
                waiting.append(below)
    return found


def _contracts(rounds: Round) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for supplier in rounds.suppliers:
        for contract in supplier.covers.contracts if supplier.is_required else ():
            found[contract].add(supplier.id)
    return dict(sorted(found.items()))


def _roll_up(nodes: Mapping[str, Node], among: Iterable[str]) -> RollUp:
    """Take the worst of some nodes, and count them (4); a summary counts for those it speaks of."""
    chosen = [nodes[ident] for ident in among if ident in nodes]
    worst = min(chosen, key=lambda node: (SEVERITY[node.status], len(node.path), node.path), default=None)
    return RollUp(
        worst_of(node.status for node in chosen),
        () if worst is None else worst.path,
        sum(node.required for node in chosen),
        sum(node.answered for node in chosen),
    )
