"""How many uses the judge decides in a second at 1,000 clauses, against cedarpy with parsed handles.

920 clauses are grants over organisation, model, purpose, level, dates and oversight; 50 are boundaries and 30 orders.
Four in five of the 400 uses are permitted. Cedar gets the same rules as policies, the dates as comparisons, in the
form it answers quickest: parsed handles, scopes in the heads, the context as ready text. Both must give one answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import cedarpy

from bench.ratio import compare
from remit.terms.action import Action
from remit.terms.decision import Effect
from remit.terms.folder import Files, read_terms
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.terms.terms import Terms

ORGANISATIONS = [f"customer-{n}" for n in range(40)]
MODELS = [f"heron-{n}" for n in range(25)]
PURPOSES = [f"purpose-{n}" for n in range(20)]
EFFECTS = ["none", "read", "write", "spend", "track-people", "force"]
LEVELS = ["open", "internal", "restricted", "secret"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [0, 59, 120, 181, 243, 304, 365]
VOUCHED_BY = {
    "organisation": VouchedBy.CONFIGURED,
    "model.id": VouchedBy.MEASURED,
    "use.purpose": VouchedBy.DECLARED,
    "scope.level": VouchedBy.CONFIGURED,
    "use.effect": VouchedBy.CONFIGURED,
    "people.window_30d": VouchedBy.MEASURED,
    "oversight.people": VouchedBy.ATTESTED,
}
GRANTS, CLAUSES_PER_GRANT = 115, 8
BOUNDARIES, ORDERS = 50, 30
USES = 400


@dataclass(frozen=True)
class Rule:
    """One rule as both engines get it: whom it is about, since when, and the least or the names of each attribute."""

    permits: bool
    organisation: str
    first: int
    last: int
    names: dict[str, list[str]]
    above: dict[str, int]
    at_most: dict[str, int]

    def covers(self, facts: dict[str, Any], day: int) -> bool:
        """Tell whether the rule is about a use; the benchmark aims its uses with it."""
        return (
            self.organisation in {"", facts["organisation"]}
            and self.first <= day < self.last
            and all(facts[name] in among for name, among in self.names.items())
            and all(facts[name] > bound for name, bound in self.above.items())
            and all(facts[name] <= bound for name, bound in self.at_most.items())
        )


def make_rules(chance: Random) -> tuple[list[list[Rule]], list[Rule], list[Rule]]:
    """Make grants, each of several rules for one customer and one time, and then boundaries and orders."""
    grants = []
    for _ in range(GRANTS):
        organisation, begin = chance.choice(ORGANISATIONS), chance.randrange(3)
        last = DAYS[chance.randrange(begin + 3, len(DAYS))]
        grants.append([_grant(chance, organisation, DAYS[begin], last) for _ in range(CLAUSES_PER_GRANT)])
    boundaries = [
        Rule(
            permits=False,
            organisation="",
            first=0,
            last=DAYS[-1],
            names={"use.purpose": [purpose], "use.effect": [chance.choice(EFFECTS[4:])]},
            above={"people.window_30d": chance.choice([100, 500, 1000])},
            at_most={},
        )
        for purpose in chance.choices(PURPOSES, k=BOUNDARIES)
    ]
    orders = [
        Rule(
            permits=False,
            organisation=organisation,
            first=DAYS[chance.randrange(3)],
            last=DAYS[-1],
            names={"model.id": chance.sample(MODELS, 2), "scope.level": chance.sample(LEVELS, 2)},
            above={},
            at_most={},
        )
        for organisation in chance.choices(ORGANISATIONS, k=ORDERS)
    ]
    return grants, boundaries, orders


def _grant(chance: Random, organisation: str, first: int, last: int) -> Rule:
    return Rule(
        permits=True,
        organisation=organisation,
        first=first,
        last=last,
        names={
            "model.id": chance.sample(MODELS, 3),
            "use.purpose": chance.sample(PURPOSES, 2),
            "scope.level": LEVELS[: chance.randint(1, len(LEVELS))],
        },
        above={"oversight.people": chance.choice([-1, 0, 1])},
        at_most={"people.window_30d": chance.choice([200, 500, 2000])},
    )


def make_uses(chance: Random, permits: list[Rule], forbids: list[Rule]) -> list[tuple[dict[str, Any], int]]:
    """Make facts with the day they are judged on, four in five of them aimed so that they are permitted."""
    uses: list[tuple[dict[str, Any], int]] = []
    while len(uses) < USES:
        rule = chance.choice(permits)
        facts: dict[str, Any] = {
            "organisation": rule.organisation,
            "model.id": chance.choice(rule.names["model.id"]),
            "use.purpose": chance.choice(rule.names["use.purpose"]),
            "scope.level": chance.choice(rule.names["scope.level"]),
            "use.effect": chance.choice(EFFECTS),
            "people.window_30d": chance.randrange(rule.at_most["people.window_30d"]),
            "oversight.people": rule.above["oversight.people"] + 1,
        }
        day = chance.randrange(rule.first, rule.last)
        wanted = len(uses) % 5 > 0
        if not wanted:
            facts["model.id"] = chance.choice(MODELS)
            facts["use.purpose"] = chance.choice(PURPOSES)
        permitted = any(r.covers(facts, day) for r in permits) and not any(r.covers(facts, day) for r in forbids)
        if permitted is wanted:
            uses.append((facts, day))
    return uses


def write_terms(grants: list[list[Rule]], boundaries: list[Rule], orders: list[Rule]) -> Terms:
    """Write the rules as a register and instruments, and read them as a folder is read."""
    register = {
        "parties": [{"id": name} for name in ("halden", "ministry", *ORGANISATIONS)],
        "levels": [{"id": name, "authorisation": "none"} for name in LEVELS],
        "models": [{"id": name} for name in MODELS],
        "names": {"use.purpose": PURPOSES},
        "attributes": [{"id": "oversight.people", "type": "number"}],
    }
    instruments = [_instrument("grant", number, rules) for number, rules in enumerate(grants)]
    instruments.append(_instrument("policy", 0, boundaries))
    instruments += [_instrument("order", number, [rule]) for number, rule in enumerate(orders)]
    files = {f"instruments/{item['instrument']}.yaml": _yaml(item).encode() for item in instruments}
    return read_terms(Files(_yaml(register).encode(), files, {}))


def _instrument(kind: str, number: int, rules: list[Rule]) -> dict[str, Any]:
    since = (YEAR + timedelta(rules[0].first)).isoformat()
    entry = {"state": "in-force", "from": since, "known": since}
    document: dict[str, Any] = {
        "instrument": f"{kind}-{number}",
        "kind": kind,
        "by": "ministry" if kind == "order" else "halden",
        "standing": [entry],
        "clauses": [_clause(f"c{n}", kind, rule) for n, rule in enumerate(rules)],
    }
    if kind == "grant":
        entry["until"] = (YEAR + timedelta(rules[0].last)).isoformat()
        document["to"] = rules[0].organisation
    elif kind == "order":
        document["binds"] = rules[0].organisation
    return document


def _clause(ident: str, kind: str, rule: Rule) -> dict[str, Any]:
    when: dict[str, Any] = dict(rule.names)
    when |= {name: {"above": bound} for name, bound in rule.above.items()}
    when |= {name: {"at_most": bound} for name, bound in rule.at_most.items()}
    return {"id": ident, "permit" if rule.permits else "forbid": "invoke", "boundary": kind == "policy", "when": when}


def _yaml(document: dict[str, Any]) -> str:
    """Write flow style, which JSON is."""
    return json.dumps(document)


def write_policies(rules: list[Rule]) -> str:
    """Write the rules as Cedar policies; whose they are stands in the head, where it is looked at first."""
    return "\n".join(_policy(rule) for rule in rules)


def _policy(rule: Rule) -> str:
    principal = f' == Organisation::"{rule.organisation}"' if rule.organisation else ""
    tests = [
        *(f"{json.dumps(names)}.contains(context.{_key(name)})" for name, names in rule.names.items()),
        *(f"context.{_key(name)} > {bound}" for name, bound in rule.above.items()),
        *(f"context.{_key(name)} <= {bound}" for name, bound in rule.at_most.items()),
        f"context.day >= {rule.first}",
        f"context.day < {rule.last}",
    ]
    effect = "permit" if rule.permits else "forbid"
    return f'{effect}(principal{principal}, action == Action::"invoke", resource) when {{ {" && ".join(tests)} }};'


def _key(name: str) -> str:
    return name.replace(".", "_")


def cedar_request(facts: dict[str, Any], day: int) -> dict[str, Any]:
    """Write a use as Cedar gets it, its context as text so that none is written while the clock runs."""
    context = {_key(name): value for name, value in facts.items()} | {"day": day}
    return {
        "principal": {"type": "Organisation", "id": facts["organisation"]},
        "action": {"type": "Action", "id": "invoke"},
        "resource": {"type": "Model", "id": facts["model.id"]},
        "context": json.dumps(context),
    }


def seconds_of(task: Callable[[], object]) -> float:
    """Return how long the processor worked on a task."""
    start = process_time()
    task()
    return process_time() - start


def main() -> None:
    """Check that both give the same answers, and print the decisions a second of each and the ratio."""
    chance = Random(1)  # noqa: S311  # drawn alike on every run
    grants, boundaries, orders = make_rules(chance)
    permits, forbids = [rule for rules in grants for rule in rules], [*boundaries, *orders]
    drawn = make_uses(chance, permits, forbids)
    terms = write_terms(grants, boundaries, orders)
    questions = [
        (
            Use(Action.INVOKE, {name: Fact(value, VOUCHED_BY[name]) for name, value in facts.items()}),
            YEAR + timedelta(day, hours=12),
        )
        for facts, day in drawn
    ]
    policies = cedarpy.PolicySet.from_str(write_policies([*permits, *forbids]))
    entities = cedarpy.Entities.from_json_str("[]")
    requests = [cedar_request(facts, day) for facts, day in drawn]

    def ours() -> list[bool]:
        return [decide(terms, use, at=at).effect is Effect.PERMIT for use, at in questions]

    def one_by_one() -> list[bool]:
        return [cedarpy.is_authorized(request, policies, entities).allowed for request in requests]

    def batch() -> list[bool]:
        return [result.allowed for result in cedarpy.is_authorized_batch(requests, policies, entities)]

    answers = ours()
    if answers != one_by_one() or answers != batch():
        raise SystemExit("The two engines do not give the same answers; nothing was measured.")
    clauses = sum(len(item.clauses) for item in terms.instruments)
    print(f"{clauses} clauses, {len(questions)} uses of which {sum(answers)} are permitted: the same answers")
    compare("400 decisions / cedarpy", ours, one_by_one, pairs=7)
    compare("400 decisions / cedarpy in one batch", ours, batch, pairs=7)
    rates = [len(questions) / median(seconds_of(task) for _ in range(7)) for task in (ours, one_by_one, batch)]
    best = max(rates[1:])
    print(
        f"{'decisions in a second of the processor':<40}{rates[0]:>12,.0f} /s{best:>12,.0f} /s{rates[0] / best:>10.1f}"
    )


if __name__ == "__main__":
    main()
