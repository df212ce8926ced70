"""Where one supplier stands, from everything that it said, that others said of it, and that we saw ourselves.

1. Of several statements that stand, the newest speaks for what it covers; the older for what only they cover.
2. Two that stand, overlap and say `not-found` and `found` contradict each other, unless one between says `removed`.
3. What we saw ourselves contradicts a statement of `not-found` or `removed`; both are cited.
4. What no statement that stands covers is the remainder, and a remainder is a wrong scope.
5. Where no statement stands, the worst of what was found of them is the status; where there is none, it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.attest.suppliers.assess import Finding
from remit.attest.suppliers.statement import Claim, Coverage
from remit.attest.suppliers.status import SEVERITY, UNANSWERED, Status, worst_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from remit.attest.suppliers.assess import Assessment
    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.statement import Sighting, Statement, Summary


@dataclass(slots=True)
class Place:
    """What others say of a node: that it is sealed, that it is missing, or how many it stands for."""

    sealed: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    summaries: set[Summary] = field(default_factory=set)
    withdrawn: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """One supplier, where it stands and why."""

    id: str
    name: str
    status: Status
    says: tuple[str, ...]
    path: tuple[str, ...]
    required: int = 1
    answered: int = 0
    grade: str = ""
    cited: tuple[str, ...] = ()
    set_aside: tuple[tuple[str, Status, str], ...] = ()
    remainder: tuple[str, ...] = ()


def node_of(
    ident: str,
    rounds: Round,
    place: Place,
    assessed: Sequence[Assessment],
    seen_and_path: tuple[Sequence[Sighting], tuple[str, ...]],
) -> Node:
    """Say where one supplier stands."""
    sightings, path = seen_and_path
    supplier = rounds.by_id.get(ident)
    name = supplier.name if supplier else ident
    if place.summaries and not assessed:
        return _summed_up(ident, place, path)
    seen = [sighting for sighting in sightings if _counts(sighting, rounds)]
    standing = sorted((each for each in assessed if each.stands), key=_newest, reverse=True)
    fallen = [each for each in assessed if not each.stands]
    if standing:
        speaking = _speaking(standing)
        remainder = _remainder(supplier.covers, standing) if supplier else ()
        found = [finding for each in speaking for finding in each.findings]
        found += _contradictions(standing, seen)
        if remainder:
            found.append(Finding(Status.WRONG_SCOPE, f"not covered: {', '.join(remainder)}"))
        grade = min(each.grade for each in speaking)
    else:
        speaking, remainder, grade = [], _remainder(supplier.covers, ()) if supplier else (), ""
        found = list(_without_statement(place, fallen, seen))
    status = worst_of(finding.status for finding in found)
    found.sort(key=lambda finding: (SEVERITY[finding.status], finding.says))
    return Node(
        ident,
        name,
        status,
        tuple(dict.fromkeys(finding.says for finding in found)),
        path,
        1,
        int(status not in UNANSWERED),
        grade,
        tuple(each.answer.statement.digest for each in speaking),
        _set_aside(place, standing, speaking, fallen),
        remainder,
    )


def _newest(each: Assessment) -> tuple[object, ...]:
    """Order by date; of two of one day the signed one speaks rather than what somebody typed in."""
    statement = each.answer.statement
    return min(statement.made, each.answer.received), each.grade, each.answer.received, statement.digest


def _counts(sighting: Sighting, rounds: Round) -> bool:
    """Tell whether what we saw is of what was asked about; a use whose model is not known may be of it."""
    models = sighting.models or rounds.target.models
    return (
        sighting.maker == rounds.target.maker
        and sighting.relation in rounds.relations
        and any(fnmatchcase(model, pattern) for model in models for pattern in rounds.target.models)
    )


def _items(covers: Coverage) -> set[tuple[str, str]]:
    """Everything a statement is about, as single items."""
    return {
        *(("contract", name) for name in covers.contracts),
        *(("system", name) for name in covers.systems),
        *((f"delivered {subject.name}", subject.digest) for subject in covers.subjects),
    }


def _speaking(standing: Sequence[Assessment]) -> list[Assessment]:
    """Return the newest, and older ones that alone cover something (1)."""
    speaking, covered = [standing[0]], _items(standing[0].answer.statement.covers)
    for each in standing[1:]:
        items = _items(each.answer.statement.covers)
        if items - covered:
            speaking.append(each)
            covered |= items
    return speaking


def _remainder(asked: Coverage, standing: Iterable[Assessment]) -> tuple[str, ...]:
    covered: set[tuple[str, str]] = set()
    for each in standing:
        covered |= _items(each.answer.statement.covers)
    rest = _items(asked) - covered
    return tuple(sorted(what if what.startswith("delivered") else f"{what} {name}" for what, name in rest))


def _overlap(one: Statement, other: Statement) -> bool:
    ours, theirs = _items(one.covers), _items(other.covers)
    return bool(ours & theirs) or not ours or not theirs


def _contradictions(standing: Sequence[Assessment], seen: Sequence[Sighting]) -> list[Finding]:
    found = []
    statements = [each.answer.statement for each in standing]
    for place, newer in enumerate(statements):  # (2) The newest stand first.
        for later, older in enumerate(statements[place + 1 :], start=place + 1):
            between = statements[place : later + 1]
            differ = {newer.claim, older.claim} == {Claim.FOUND, Claim.NOT_FOUND}
            if differ and _overlap(newer, older) and not any(_removes(each, older) for each in between):
                says = f"{newer.digest[:19]} says {newer.claim}, {older.digest[:19]} says {older.claim}"
                found.append(Finding(Status.CONTRADICTED, says))
    for statement in statements[:1]:  # (3)
        if statement.claim in {Claim.NOT_FOUND, Claim.REMOVED}:
            found.extend(
                Finding(
                    Status.CONTRADICTED,
                    f"{statement.digest[:19]} says {statement.claim}, {sighting.source} shows {sighting.relation} "
                    f"at {sighting.where}",
                )
                for sighting in seen
            )
    return found


def _removes(statement: Statement, older: Statement) -> bool:
    return statement.claim is Claim.REMOVED and _overlap(statement, older)


def _without_statement(place: Place, fallen: Sequence[Assessment], seen: Sequence[Sighting]) -> Iterator[Finding]:
    """Say what there is where no statement stands (5)."""
    for each in fallen:
        yield from each.findings
    for sighting in seen:
        yield Finding(Status.FOUND, f"{sighting.source} shows {sighting.relation} at {sighting.where}")
    if fallen:
        return
    if place.sealed:
        yield Finding(Status.SEALED, f"sealed: {', '.join(digest[:19] for digest in sorted(place.sealed))}")
        return
    said = sorted(place.missing) or ["no answer"]
    if place.withdrawn:
        said = [f"withdrew its answer {digest[:19]}" for digest in sorted(place.withdrawn)] + sorted(place.missing)
    for says in said:
        yield Finding(Status.MISSING, says)


def _set_aside(
    place: Place, standing: Sequence[Assessment], speaking: Sequence[Assessment], fallen: Sequence[Assessment]
) -> tuple[tuple[str, Status, str], ...]:
    """List the statements that do not speak, and why not."""
    rows = [(each.answer.statement.digest, each.status, each.findings[0].says) for each in fallen]
    rows += [
        (each.answer.statement.digest, each.status, "a newer one covers the same")
        for each in standing
        if each not in speaking
    ]
    rows += [(digest, Status.MISSING, f"withdrawn by {by[:19]}") for digest, by in place.withdrawn.items()]
    return tuple(sorted(rows))


def _summed_up(ident: str, place: Place, path: tuple[str, ...]) -> Node:
    """Stand for those that a supplier only counted: nobody can look at them, so they are sealed at best."""
    required = max(summary.required for summary in place.summaries)
    answered = min(summary.answered for summary in place.summaries)
    worst = worst_of(summary.worst for summary in place.summaries)
    status = Status.MISSING if answered < required else worst_of([worst, Status.SEALED])
    says = f"{path[-2]} says: {answered} of {required} answered, the worst is {worst}"
    return Node(ident, ident, status, (says,), path, required, min(answered, required))
