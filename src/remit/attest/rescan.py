"""Looking again: whether the same contents give the same findings, and the same facts the same verdicts.

1. The contents must be those that the statement names, by every digest of every subject.
2. What was found, dismissed and not read must come out again; that the rules differ is told, and is no excuse.
3. A verdict follows from the terms and the facts alone, so whoever has the terms decides again without the contents.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from remit.attest.files import FINDINGS
from remit.attest.predicates.model_integration import ModelIntegration
from remit.attest.scanned import differences, verdicts_of
from remit.errors import EvidenceRefused
from remit.ledger.strict import read_json
from remit.terms.action import Action
from remit.terms.attribute import AttributeType
from remit.terms.instant import parse_instant
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.attest.statement import Subject
    from remit.attest.verify import Verified
    from remit.terms.decision import Decision
    from remit.terms.terms import Terms
    from remit.terms.use import Value

_SHOWN = 5
SURFACES = ("repository", "history")
_VOUCHED = {each.word: each for each in VouchedBy}


@dataclass(frozen=True, slots=True)
class Earlier:
    """The findings of a bundle, as they were signed for."""

    predicate: ModelIntegration
    found: dict[str, Any]
    rules: str


def read_earlier(verified: Verified, step: str) -> Earlier:
    """Return the findings that were signed for; raise where a statement has none."""
    content = verified.files.get(FINDINGS)
    if not isinstance(verified.predicate, ModelIntegration) or content is None:
        raise EvidenceRefused(step, f"there is no {FINDINGS} to hold it against")
    try:
        record = read_json(content.decode().rstrip("\n"))
        found, rules = record["found"], record["rules"]["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise EvidenceRefused(step, f"{FINDINGS} cannot be read: {fault}") from fault
    if not isinstance(found, dict) or not isinstance(rules, str):
        raise EvidenceRefused(step, f"{FINDINGS} holds no findings")
    return Earlier(verified.predicate, found, rules)


def demand_same_contents(signed: Sequence[Subject], here: Sequence[Subject]) -> None:
    """Say nothing if a place holds what was signed for (1); raise otherwise."""
    wanted, found = [dict(each.digest) for each in signed], [dict(each.digest) for each in here]
    if wanted != found:
        raise EvidenceRefused("rescan", f"the place has {_brief(found)}, and the statement is about {_brief(wanted)}")


def demand_same_findings(earlier: Earlier, found: Mapping[str, Any], rules: str) -> str:
    """Say what was compared if the findings are the same (2); raise with the first differences otherwise."""
    apart = list(differences(earlier.found, found))
    changed = "" if rules == earlier.rules else ", by other rules than then"
    if apart:
        more = f"; and {len(apart) - _SHOWN} more" if len(apart) > _SHOWN else ""
        raise EvidenceRefused("rescan", f"it gives something else{changed}: {'; '.join(apart[:_SHOWN])}{more}")
    return f"the same findings{changed}"


def redecide(earlier: Earlier, terms: Terms) -> str:
    """Decide every use again by the facts that were signed for (3); raise where a verdict differs."""
    said = earlier.predicate.terms
    if said is None or "scopes" not in earlier.found:
        raise EvidenceRefused("redecide", "the statement bears no verdicts")
    if terms.digest != f"sha256:{said['digest']['sha256']}":
        raise EvidenceRefused(
            "redecide", f"the terms are {terms.digest}, and it was decided by {said['digest']['sha256']}"
        )
    apart = list(differences(said, _told(earlier.found)))
    if apart:
        raise EvidenceRefused("redecide", f"the statement and its findings differ: {'; '.join(apart[:_SHOWN])}")
    try:
        at, known = parse_instant(said["at"]), parse_instant(said["known"])
        uses = [(scope["scope"], use) for scope in earlier.found["scopes"] for use in scope["uses"]]
        for scope, use in uses:
            _demand_same(decide(terms, _use(use["decision"], terms), at=at, known=known), use, scope)
    except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
        raise EvidenceRefused("redecide", f"the facts of a decision cannot be read: {fault!r:.120}") from fault
    return f"{len(uses)} verdicts come out again"


def _demand_same(decision: Decision, use: Mapping[str, Any], scope: str) -> None:
    record = use["decision"]
    if (decision.verdict.value, decision.effect.word) != (record["verdict"], record["effect"]):
        says = f"{use['maker']} in {scope} is {decision.verdict}, and was said to be {record['verdict']}"
        raise EvidenceRefused("redecide", says)


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return verdicts_of(found)
    except (KeyError, TypeError, AttributeError) as fault:
        raise EvidenceRefused("redecide", f"the findings cannot be read: {fault!r:.120}") from fault


def _use(record: Mapping[str, Any], terms: Terms) -> Use:
    facts = {
        name: Fact(_value(name, fact["value"], terms), _VOUCHED[fact["vouched_by"]], fact["source"] or "")
        for name, fact in record["facts"].items()
    }
    return Use(Action(record["action"]), facts)


def _value(name: str, value: Any, terms: Terms) -> Value:  # noqa: ANN401 - whatever JSON can hold.
    """Take a value as the judge has it: a list is a set, and a number with a fraction is written as text."""
    if isinstance(value, list):
        return frozenset(value)
    attribute = terms.vocabulary.attributes.get(name)
    if isinstance(value, str) and attribute is not None and attribute.type is AttributeType.NUMBER:
        return Decimal(value)
    found: Value = value
    return found


def _brief(digests: list[dict[str, str]]) -> str:
    return ", ".join(f"{name}:{value}" for digest in digests for name, value in sorted(digest.items())) or "nothing"
