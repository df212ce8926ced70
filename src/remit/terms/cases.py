"""Example uses with the decisions they should come to: the terms' own tests, written by whoever writes the terms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.decision import Verdict
from remit.terms.document import Mapping
from remit.terms.fields import Fields, unknown
from remit.terms.judge import decide
from remit.terms.register import read_fact_value
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from datetime import datetime

    from remit.terms.attribute import Attribute
    from remit.terms.decision import Decision
    from remit.terms.document import Document, Node
    from remit.terms.register import FactValue
    from remit.terms.terms import Terms

Read = TypeVar("Read")

_EFFECTS = ("permit", "hold", "deny")
_BASES = ("boundary", "order", "authorisation", "grant", "policy", "nothing")


@dataclass(frozen=True, slots=True)
class Case:
    """One example: a use at an instant, and what is expected of the decision; an empty text expects nothing."""

    name: str
    use: Use
    at: datetime
    known: datetime
    effect: str
    verdict: str
    basis: str
    clause: str
    where: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with its decision and what differs from the expectation; no difference means it came out right."""

    case: Case
    decision: Decision
    differences: tuple[str, ...]


def read_cases(document: Document, terms: Terms) -> list[Case]:
    """Read a file of cases; faults go to the document."""
    if document.root is None:
        return []
    top = Fields.of(document, document.root)
    cases = [_read_case(fields, terms) for fields in top.each("cases", "a list of example uses")]
    top.done()
    return [case for case in cases if case is not None]


def _read_case(fields: Fields, terms: Terms) -> Case | None:
    name = fields.text("case", "what the example shows, in a few words")
    at = fields.instant("at", "the instant it is judged at")
    known = fields.instant("known")
    inner = fields.inner("use", "the use to judge: {action: invoke, facts: {...}}")
    use = None if inner is None else read_use(inner, terms)
    expect = fields.inner("expect", "what should come out: {effect, verdict, clause or basis}")
    fields.done()
    if expect is None:
        return None
    effect, basis = _among(expect, "effect", _EFFECTS), _among(expect, "basis", _BASES)
    verdict, clause = _among(expect, "verdict", tuple(Verdict)), expect.ident("clause")
    if clause and not _is_clause(terms, clause):
        expect.fault("clause", unknown("clause", clause, _clause_names(terms)))
    if not expect.node.entries:
        fields.fault("expect", "expects nothing: name an effect, verdict, clause or basis")
    expect.done()
    if use is None or at is None:
        return None
    where = f"{fields.document.path}:{fields.node.line}"
    return Case(name, complete_use(terms, use), at, known or at, effect, verdict, basis, clause, where)


def _among(fields: Fields, key: str, words: tuple[str, ...]) -> str:
    word = fields.text(key)
    if word and word not in words:
        fields.fault(key, unknown(key, word, words))
    return word


def _clause_names(terms: Terms) -> list[str]:
    return [f"{item.id}/{clause.id}" for item in terms.instruments for clause in item.clauses]


def _is_clause(terms: Terms, name: str) -> bool:
    ident, _, clause = name.partition("/")
    instrument = terms.instrument(ident)
    return instrument is not None and instrument.clause(clause) is not None


def read_use(fields: Fields, terms: Terms) -> Use:
    """Read one use: `action`, `facts`, and under `vouched_by` who vouches for a fact that is not merely declared."""
    action = fields.choice("action", Action, "one of " + ", ".join(Action)) or Action.INVOKE
    given = fields.node.entries.get("facts")
    names = given[1].entries if given is not None and isinstance(given[1], Mapping) else ()
    read = partial(_read_vouching, names)
    vouching = dict(_each_attribute(fields, "vouched_by", terms, read))
    values: Iterator[tuple[str, FactValue]] = _each_attribute(fields, "facts", terms, _read_fact)
    facts = {name: Fact(value, vouching.get(name, VouchedBy.DECLARED)) for name, value in values}
    fields.done()
    return Use(action, facts)


def _each_attribute(
    fields: Fields, key: str, terms: Terms, read: Callable[[Fields, Attribute, Node], Read | None]
) -> Iterator[tuple[str, Read]]:
    """Yield what stands for each attribute named in a mapping; a name that is no attribute is a fault."""
    inner = fields.inner(key)
    if inner is None:
        return
    attributes = terms.vocabulary.attributes
    for name, (place, node) in inner.node.entries.items():
        attribute = attributes.get(name)
        if attribute is None:
            inner.fault(name, unknown("attribute", name, attributes), place)
            continue
        found = read(inner, attribute, node)
        if found is not None:
            yield name, found


def _read_fact(fields: Fields, attribute: Attribute, node: Node) -> FactValue | None:
    value = read_fact_value(attribute, node)
    if value is None:
        fields.fault(attribute.ident, f"expected a {attribute.type}", node)
    return value


def _read_vouching(given: Container[str], fields: Fields, attribute: Attribute, _: Node) -> VouchedBy | None:
    """Read who vouches for a fact; for one that is not given, it would be without effect."""
    if attribute.ident not in given:
        fields.fault(attribute.ident, "no fact of this name is given; what is filled in is vouched for by its source")
        return None
    word = fields.text(attribute.ident)
    words = {vouching.word: vouching for vouching in VouchedBy}
    if word not in words:
        fields.fault(attribute.ident, unknown("word", word, words))
    return words.get(word)


def run_case(terms: Terms, case: Case) -> Outcome:
    """Judge one case and say what differs."""
    decision = decide(terms, case.use, at=case.at, known=case.known)
    cited = [reason.rule.reference for reason in decision.because]
    found = {"effect": decision.effect.word, "verdict": decision.verdict.value, "basis": decision.basis.value}
    wanted = {"effect": case.effect, "verdict": case.verdict, "basis": case.basis}
    differences = [
        f"{key}: expected {wanted[key]}, found {found[key]}" for key in found if wanted[key] not in {"", found[key]}
    ]
    if case.clause and case.clause not in cited:
        differences.append(f"clause: expected {case.clause}, found {', '.join(cited) or 'none'}")
    return Outcome(case, decision, tuple(differences))
