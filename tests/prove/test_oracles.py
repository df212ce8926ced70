"""Engines that others wrote say what the prover says: Cedar of single uses, and Z3 of all uses at once."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import cedarpy
import z3
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from remit.prove.cedar import cedar_context, cedar_policies, cedar_schema
from remit.prove.moment import make_moment
from remit.prove.search import ALLOWED, Budget, find
from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.condition import Leaf, OneOf, Within
from remit.terms.decision import Effect
from remit.terms.instrument import Kind
from remit.terms.judge import decide
from remit.terms.rule import Light, Rule, Tier
from tests.prove.test_regions import single_uses
from tests.terms.drawing import folders, instants, late_instants, uses
from tests.terms.world import AT, FROM_JANUARY, policy, world

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from remit.prove.moment import Moment
    from remit.terms.terms import Terms
    from remit.terms.use import Use
    from tests.terms.writing import Folder

TERMS = 150 if settings().max_examples < 1000 else 10_000

questions = st.lists(uses(), min_size=6, max_size=6)


@settings(max_examples=TERMS, suppress_health_check=list(HealthCheck))
@given(folders(), instants, late_instants, questions)
def test_cedar_says_what_the_judge_says(folder: Folder, at: datetime, known: datetime, asked: list[Use]) -> None:
    moment = make_moment(folder.read(), at, known)
    policies, schema = cedar_policies(moment), cedar_schema(moment)
    checked = cedarpy.validate_policies(policies, schema)
    assert checked.validation_passed, (policies, checked.errors)
    for use in (single for several in asked for single in single_uses(several)[:2]):
        said = decide(moment.terms, use, at=at, known=known).effect
        assert _cedar(moment, use, policies, schema) is said, use


def test_a_condition_that_no_name_meets_is_written_without_an_empty_set() -> None:
    one = "{id: c, forbid: [invoke], when: {organisation: quayside}}"
    moment = make_moment(world(p=policy(one, standing=f"binds: [tidewater]\n{FROM_JANUARY}")), AT, AT)
    checked = cedarpy.validate_policies(cedar_policies(moment), cedar_schema(moment))
    assert checked.validation_passed, checked.errors


def _cedar(moment: Moment, use: Use, policies: str, schema: str) -> Effect:
    context = cedar_context(moment, use)
    answers = [
        cedarpy.is_authorized(_request(use, {**context, "approved": approved}), policies, [], schema)
        for approved in (False, True)
    ]
    assert not any(answer.diagnostics.errors for answer in answers)
    if answers[0].allowed:
        return Effect.PERMIT
    return Effect.HOLD if answers[1].allowed else Effect.DENY


def _request(use: Use, context: dict[str, Any]) -> dict[str, Any]:
    return {
        "principal": 'Caller::"caller"',
        "action": f'Action::"{use.action}"',
        "resource": 'Model::"model"',
        "context": context,
    }


@settings(max_examples=TERMS, suppress_health_check=list(HealthCheck))
@given(folders(), instants, late_instants, st.sampled_from(Action), st.sampled_from([Effect.PERMIT, Effect.HOLD]))
def test_z3_finds_a_use_with_an_effect_just_where_the_prover_does(
    folder: Folder, at: datetime, known: datetime, action: Action, wanted: Effect
) -> None:
    terms = folder.read()
    rules = [rule for rule in terms.force(at, known).rules if rule.light is Light.LIVE]
    assume(rules)
    moment = make_moment(terms, at, known)
    layout = moment.layout(action)
    ours = find(layout, [layout.everything], {wanted}, Budget())
    solver = z3.Solver()
    solver.add(Facts(terms, rules).effect(action) == int(wanted))
    assert (ours is not None) is (solver.check() == z3.sat)
    allowed = find(layout, [layout.everything], ALLOWED, Budget())
    assert allowed is not None or ours is None


class Facts:
    """The judge in Z3's words, from the clauses alone: each fact is unknown or has one value."""

    def __init__(self, terms: Terms, rules: list[Rule]) -> None:
        self.terms, self.rules = terms, rules
        leaves = [leaf for rule in rules for row in rule.condition.rows() for leaf in (*row, *rule.parties)]
        tests = [leaf.test for leaf in leaves]
        listed = {name for test in tests if isinstance(test, OneOf) for name in test.names}
        levels = {level.id for level in terms.register.levels}
        # Names that nobody lists, so that every glob of the drawn terms is matched and missed by some.
        self.names = sorted(listed | levels | {"heron-9", "kestrel-1", "heron-9-1", "kestrel", "DX", "sx", "x"})
        self.known = {leaf.attribute: z3.Bool(f"known {leaf.attribute}") for leaf in leaves}
        self.known.setdefault("scope.level", z3.Bool("known scope.level"))
        self.values = {name: self._value(name, leaves) for name in self.known}

    def _value(self, name: str, leaves: list[Leaf]) -> Any:
        test = next((leaf.test for leaf in leaves if leaf.attribute == name), None)
        if isinstance(test, Within):
            return z3.Real(name)
        return z3.Int(name) if test is None or isinstance(test, OneOf) else z3.Bool(name)

    def _leaf(self, leaf: Leaf, *, generous: bool) -> Any:
        known, value, test = self.known[leaf.attribute], self.values[leaf.attribute], leaf.test
        unsure: Any = z3.Not(known)
        if isinstance(test, OneOf):
            listed = [n for n, name in enumerate(self.names) if name in test.names]
            maybe = [
                n
                for n, name in enumerate(self.names)
                if name not in test.names and any(fnmatchcase(name, glob) for glob in test.patterns)
            ]
            passes: Any = z3.Or([value == n for n in listed])
            unsure = z3.Or(unsure, *(value == n for n in maybe))
        elif isinstance(test, Within):
            low = (
                []
                if test.low is None
                else [value >= _number(test.low) if test.low_included else value > _number(test.low)]
            )
            high = (
                []
                if test.high is None
                else [value <= _number(test.high) if test.high_included else value < _number(test.high)]
            )
            passes = z3.And(low + high)
        else:
            passes = value if test.value else z3.Not(value)
        passes = z3.Not(passes) if leaf.negated else passes
        return z3.Or(unsure, passes) if generous else z3.And(z3.Not(unsure), passes)

    def _applies(self, rule: Rule, *, generous: bool) -> Any:
        rows = [
            z3.And([self._leaf(leaf, generous=generous) for leaf in (*row, *rule.parties)])
            for row in rule.condition.rows()
        ]
        return z3.Or(rows)

    def effect(self, action: Action) -> Any:
        """Go down the order of precedence as docs/judge.md has it."""
        about = [rule for rule in self.rules if action in rule.clause.actions]
        restricts = {r: self._applies(r, generous=True) for r in about if r.restricting}
        permits = {r: self._applies(r, generous=False) for r in about if not r.restricting}
        waivers = [r for r in permits if r.clause.verb is Verb.LIFT]
        maybe_waived = {r: self._applies(r, generous=True) for r in waivers}
        demanded = z3.Or(
            [
                z3.And(p, *(z3.Not(maybe_waived[w]) for w in waivers if _names(w, r)))
                for r, p in permits.items()
                if r.clause.verb is Verb.COMPEL
            ]
        )
        grants = [r for r in permits if r.clause.verb is Verb.PERMIT and r.instrument.kind is Kind.GRANT]

        def counts(rule: Rule) -> Any:
            if rule.tier is Tier.BOUNDARY:
                return restricts[rule]
            if rule.tier is Tier.ORDER:
                return z3.And(restricts[rule], *(z3.Not(permits[w]) for w in waivers if _names(w, rule)))
            lifting = [permits[g] for g in grants if _lifts(g, rule)]
            return z3.And(restricts[rule], z3.Not(demanded), *(z3.Not(lift) for lift in lifting))

        denied = z3.Or([counts(r) for r in restricts if r.clause.verb is Verb.FORBID])
        held = z3.Or([counts(r) for r in restricts if r.clause.verb is Verb.HOLD])
        served = z3.Or([p for r, p in permits.items() if r.clause.verb is Verb.AUTHORISE])
        permitted = z3.Or(demanded, *(p for r, p in permits.items() if r.clause.verb is Verb.PERMIT))
        wanting = z3.And(self._asks(), z3.Not(served))
        return z3.If(
            z3.Or(denied, wanting, z3.Not(permitted)),
            int(Effect.DENY),
            z3.If(held, int(Effect.HOLD), int(Effect.PERMIT)),
        )

    def _asks(self) -> Any:
        if self.terms.free_levels is None:
            return z3.BoolVal(val=False)
        free = [n for n, name in enumerate(self.names) if name in self.terms.free_levels]
        level = self.values["scope.level"]
        return z3.Not(z3.And(self.known["scope.level"], z3.Or([level == n for n in free])))


def _number(number: int | Decimal) -> Any:
    return z3.RealVal(str(number))


def _names(lifter: Rule, rule: Rule) -> bool:
    return bool({rule.reference, rule.instrument.id} & set(lifter.clause.lifts))


def _lifts(grant: Rule, rule: Rule) -> bool:
    if grant.clause.lifts:
        return _names(grant, rule)
    return rule.tier is Tier.POLICY and rule.instrument.by == grant.instrument.by
