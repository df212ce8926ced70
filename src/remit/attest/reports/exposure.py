"""How far an organisation depends on one maker: which contracts, how, with what in its place, and what is not known.

It says what was found where one looked. What was not looked at is as much a part of it, and stands before the details.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit import __version__
from remit.attest.reports.paper import SIGNED_BY, Paper, Section, Table
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

STRENGTHS = ("integrated", "optional", "test-only", "devtool", "history-only")
"""How seriously a model is used, the most serious first (DESIGN, section 5)."""

MOST_PLACES = 6
MOST_FAMILIES = 12
HEAD = (
    "contract", "use case", "place", "maker", "models", "channel", "relation", "strength", "verdict", "because",
    "where", "permitted in its place", "held in its place",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract or programme of the register."""

    id: str
    says: str = ""
    level: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Dependence:
    """One way in which something depends on the maker; `contract` is empty where the register names none for it."""

    contract: str
    use_case: str
    place: str
    maker: str
    models: tuple[str, ...]
    channel: str
    relation: str
    strength: str
    where: tuple[str, ...]
    verdict: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the terms would let take the place of the maker for one use case: families, with how many models of each."""

    permitted: tuple[tuple[str, int], ...] = ()
    held: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """One place that was looked at, and how much of it."""

    place: str
    present: int
    read: int
    skipped: tuple[tuple[str, int], ...] = ()
    history: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not known, and what would settle it."""

    what: str
    where: str
    settled_by: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """Everything the report says."""

    target: str
    at: datetime
    terms: str
    contracts: tuple[Contract, ...]
    dependences: tuple[Dependence, ...]
    alternatives: dict[tuple[str, str], Alternatives]
    unknowns: tuple[Unknown, ...]
    looked: tuple[Looked, ...]
    suppliers: tuple[tuple[str, ...], ...] | None = None
    """Status, name, way and reason of each supplier; nothing where no round of asking was named."""


def exposure_paper(exposure: Exposure) -> Paper:
    """Make the report."""
    found = sorted(exposure.dependences, key=_rank)
    return Paper(
        f"What depends on {exposure.target}",
        (
            f"As of {write_instant(exposure.at)}, by the terms {exposure.terms}, with remit {__version__}.",
            "It says what was found where one looked, and what is not known. A person concludes and signs.",
        ),
        (
            _contracts(exposure, found),
            _unknowns(exposure),
            _alternatives(exposure, found),
            _details(found),
            *_suppliers(exposure),
            _looked(exposure),
            Section("Who stands for this", ("Whoever signs has read what is not known, above.",), blanks=SIGNED_BY),
        ),
        Table(HEAD, tuple(_row(exposure, each) for each in found)),
        alarm=_alarm(exposure, found),
    )


def _rank(each: Dependence) -> tuple[object, ...]:
    strength = STRENGTHS.index(each.strength) if each.strength in STRENGTHS else len(STRENGTHS)
    return strength, not each.contract, each.contract, each.use_case, each.relation, each.place, each.models


def _alarm(exposure: Exposure, found: list[Dependence]) -> str:
    """Say what to read first: use cases that would be left without a model."""
    bare = sorted(
        f"{each.contract}{f' ({each.use_case})' if each.use_case else ''}"
        for each in {(each.contract, each.use_case): each for each in found if each.strength == "integrated"}.values()
        if each.contract and not _left(exposure, each).permitted and not _left(exposure, each).held
    )
    return f"No other model known here is permitted or held for: {', '.join(bare)}." if bare else ""


def _left(exposure: Exposure, each: Dependence) -> Alternatives:
    return exposure.alternatives.get((each.contract, each.use_case), Alternatives())


def _contracts(exposure: Exposure, found: list[Dependence]) -> Section:
    rows = []
    for contract in exposure.contracts:
        own = [each for each in found if each.contract == contract.id]
        cases = ", ".join(dict.fromkeys(each.use_case for each in own if each.use_case))
        how = ", ".join(dict.fromkeys(f"{each.relation} ({each.strength})" for each in own))
        level = ", ".join(filter(None, (contract.level, contract.environment)))
        rows.append((own[0].strength if own else "", contract.id, contract.says, level, how or "nothing found", cases))
    rows.sort(key=lambda row: STRENGTHS.index(row[0]) if row[0] in STRENGTHS else len(STRENGTHS))
    loose = sum(not each.contract for each in found)
    says = [f"{loose} more serve no contract that the register names; they stand below."] if loose else []
    head = ("strength", "contract", "what it is", "level", "depends by", "use cases")
    return Section("Contracts", tuple(says), table=Table(head, tuple(rows), "The register names no contract."))


def _unknowns(exposure: Exposure) -> Section:
    rows = tuple((each.what, each.where, each.settled_by) for each in exposure.unknowns)
    return Section(
        "What is not known",
        table=Table(("what", "where", "what would settle it"), rows, "Nothing that this report could name."),
    )


def _alternatives(exposure: Exposure, found: list[Dependence]) -> Section:
    rows = []
    for contract, case in dict.fromkeys((each.contract, each.use_case) for each in found if each.contract):
        left = exposure.alternatives.get((contract, case), Alternatives())
        rows.append((contract, case, _families(left.permitted), _families(left.held)))
    return Section(
        "What may take its place",
        (
            "Families of models that the terms permit, or hold for people, for the same use by the same channel.",
            "Whether one of them can do the work is another question.",
        ),
        table=Table(("contract", "use case", "permitted", "held for people"), tuple(rows)),
    )


def _families(found: tuple[tuple[str, int], ...]) -> str:
    """List families with how many models of each, the largest of many first; the table has all of them."""
    shown = (
        found if len(found) <= MOST_FAMILIES else sorted(found, key=lambda each: (-each[1], each[0]))[:MOST_FAMILIES]
    )
    more = f" and {len(found) - len(shown)} families more" if len(found) > len(shown) else ""
    return ", ".join(f"{family} ({count})" for family, count in shown) + more or "none"


def _details(found: list[Dependence]) -> Section:
    rows = tuple(
        (
            each.strength,
            each.contract or "none",
            each.use_case,
            ", ".join(each.models) or "not named",
            f"{each.relation}{'' if each.channel in {'', 'direct'} else f', by way of {each.channel}'}",
            f"{each.verdict}{f': {each.because}' if each.because else ''}",
            "\n".join(_places(each)),
        )
        for each in found
    )
    head = ("strength", "contract", "use case", "models", "how", "what the terms say", "where")
    return Section("How it depends", table=Table(head, rows, "Nothing of this maker was found where one looked."))


def _places(each: Dependence) -> Iterator[str]:
    yield from each.where[:MOST_PLACES]
    if len(each.where) > MOST_PLACES:
        yield f"and {len(each.where) - MOST_PLACES} more"


def _suppliers(exposure: Exposure) -> Iterator[Section]:
    if exposure.suppliers is not None:
        head = ("status", "supplier", "way", "why")
        yield Section("What suppliers say", table=Table(head, exposure.suppliers, "Nobody has to answer.", marked=0))


def _looked(exposure: Exposure) -> Section:
    return Section(
        "Where one looked",
        table=looked_table(exposure.looked),
        facts=(("Terms", exposure.terms), ("Tool", f"remit {__version__}"), ("As of", write_instant(exposure.at))),
    )


def looked_table(looked: tuple[Looked, ...]) -> Table:
    """Write how much of each place was looked at: what was read of what is there, and what was not and why."""
    rows = tuple(
        (
            each.place,
            f"{each.read} of {each.present}",
            "\n".join(f"{count}: {why}" for why, count in each.skipped),
            each.history,
            each.source,
        )
        for each in looked
    )
    return Table(("place", "files read", "not read", "history", "recorded in"), rows, "No place was looked at.")


def _row(exposure: Exposure, each: Dependence) -> tuple[str, ...]:
    left = _left(exposure, each)
    return (
        each.contract, each.use_case, each.place, each.maker, " | ".join(each.models), each.channel, each.relation,
        each.strength, each.verdict, each.because, " | ".join(each.where),
        " | ".join(family for family, _ in left.permitted), " | ".join(family for family, _ in left.held),
    )  # fmt: skip
