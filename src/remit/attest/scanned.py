"""What a scan found, read from its JSON: the part that concerns one maker, and where one looked and did not look.

The wing that scans is a stranger here, so that a statement is made of what was published and nothing else.

1. A use concerns a target where its maker is the target's, or where a model of it was derived from one of theirs.
2. A model that is not named may be any, and so concerns every target of its maker.
3. Where terms were asked, only the uses of the contracts that are asked about count, and what is within is accepted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.model_integration import NOT_INQUIRED, Surface
from remit.attest.predicates.parts import INCLUDING_DERIVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from remit.attest.predicates.parts import Target

    Ancestors = Callable[[str], Iterable[tuple[str, str]]]
    """Names, for a model, each maker and model that it was derived from."""

AUTHORED = "ai-authored-code"
WITHIN = "within"
SUPPLIERS = "suppliers and their suppliers"
_AROUND = "not read: it is that of the checkout around this place; --history reads it"
_NO_HISTORY = {"no git directory in this place", "not asked for", _AROUND}
"""What a scan says where there is none to read: outside of a checkout, and of a file or an archive."""


@dataclass(frozen=True, slots=True)
class Concern:
    """One use that concerns a target."""

    maker: str
    relation: str
    strength: str
    channel: str
    models: tuple[str, ...]
    accepted: bool = False


def concerns(
    record: Mapping[str, Any], target: Target, contracts: Iterable[str], ancestors: Ancestors
) -> list[Concern]:
    """Return the uses that concern a target, in the findings of a scan or the report of a check."""
    found = _judged(record, frozenset(contracts)) if "scopes" in record else _found(record)
    return [each for each in found if is_about(target, each.maker, each.models, ancestors)]


def _judged(record: Mapping[str, Any], contracts: frozenset[str]) -> Iterator[Concern]:
    """Yield the uses in the contracts that the register knows, and all of them where it knows none (3)."""
    known = contracts & {scope["scope"] for scope in record["scopes"]}
    if not known:
        yield from _found(record["findings"])
        return
    for scope in record["scopes"]:
        if scope["scope"] in known:
            for use in scope["uses"]:
                yield _concern(use["maker"], use, accepted=use["decision"]["verdict"] == WITHIN)


def _found(findings: Mapping[str, Any]) -> Iterator[Concern]:
    for maker, said in findings["makers"].items():
        for each in said["integrations"]:
            yield _concern(maker, each)
    for maker, commits in findings["history"].items():
        if commits:
            yield Concern(maker, AUTHORED, "history-only", "direct", ())


def _concern(maker: str, use: Mapping[str, Any], *, accepted: bool = False) -> Concern:
    return Concern(maker, use["relation"], use["strength"], use["channel"], tuple(use["models"]), accepted)


def is_about(target: Target, maker: str, models: Iterable[str], ancestors: Ancestors) -> bool:
    """Tell whether a use of a maker's models concerns a target (1, 2)."""
    names = tuple(models)
    if maker == target.provider and (not names or any(_fits(name, target) for name in names)):
        return True
    return target.lineage == INCLUDING_DERIVED and any(
        origin == target.provider and _fits(base, target) for name in names for origin, base in ancestors(name)
    )


def _fits(name: str, target: Target) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in target.models)


def count_relations(found: Iterable[Concern]) -> dict[str, int]:
    """Count uses by relation, which are never merged."""
    return dict(sorted(Counter(each.relation for each in found).items()))


def count_dismissed(findings: Mapping[str, Any], target: Target) -> tuple[tuple[str, int], ...]:
    """Count the near-hits of a target's maker by the reason they were dismissed for."""
    reasons = Counter(row["why"] for row in findings["dismissed"] if row["maker"] == target.provider)
    return tuple(sorted(reasons.items()))


def surfaces_of(
    findings: Mapping[str, Any], complete_without: frozenset[str], inquired: Mapping[str, str]
) -> tuple[Surface, ...]:
    """Say where one looked: the files, the history, and what no file shows with how it was asked about, or not."""
    coverage = findings["coverage"]
    unread = sum(said["files"] for why, said in coverage["skipped"].items() if why not in complete_without)
    surfaces = [Surface("repository", coverage["read"], unread, coverage["present"])]
    history = coverage["history"]
    if history["read"]:
        surfaces.append(Surface("history", history["commits"], 0, history["commits"]))
    elif history["why"] not in _NO_HISTORY:
        surfaces.append(Surface("history", 0, history["why"]))
    for row in coverage["not_inquired"]:
        how = inquired.get(row["surface"])
        asked = Surface(row["surface"], 1, 0, how=how)
        surfaces.append(Surface(row["surface"], 0, NOT_INQUIRED) if how is None else asked)
    return tuple(surfaces)


def verdicts_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdicts of a report, as a statement bears them."""
    rows = [
        {
            "scope": scope["scope"],
            "useCase": use["use_case"] or "",
            "maker": use["maker"],
            "channel": use["channel"],
            "relation": use["relation"],
            "verdict": use["decision"]["verdict"],
        }
        for scope in report["scopes"]
        for use in scope["uses"]
    ]
    return {
        "digest": {"sha256": report["terms"].removeprefix("sha256:")},
        "at": report["at"],
        "known": report["known"],
        "boundaryCrossed": report["boundary_crossed"],
        "verdicts": rows,
    }


def findings_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the findings, which stand in a report or alone."""
    found: Mapping[str, Any] = record["findings"] if "scopes" in record else record
    return found


def differences(old: object, new: object, place: str = "") -> Iterator[str]:
    """Yield each place at which two records differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            below = f"{place}.{key}" if place else key
            if key not in old or key not in new:
                yield f"{below} is {'not in the statement' if key not in old else 'gone'}"
            else:
                yield from differences(old[key], new[key], below)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(left, right, f"{place}[{index}]")
    elif old != new:
        yield f"{place} was {_brief(old)} and is {_brief(new)}"


def _brief(value: object) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else f"{value!r:.60}"
