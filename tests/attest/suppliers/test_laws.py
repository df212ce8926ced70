"""Laws of the resolver, over drawn chains of suppliers, and a second one that is written as simply as can be."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from remit.attest.suppliers.resolver import Resolution
from remit.attest.suppliers.statement import Answer, Claim, Edge, Form
from remit.attest.suppliers.status import SEVERITY, UNANSWERED, Status
from tests.attest.suppliers.asked import ANSWERED, AT, ORDER, answer, round_of, settle, statement, supplier

NAMES = [f"s{number}" for number in range(7)]
BY_CHANGE: dict[Status, dict[str, object]] = {
    Status.CLEAN: {},
    Status.FOUND: {"claim": Claim.FOUND},
    Status.REMOVED: {"claim": Claim.REMOVED},
    Status.GAPS: {"surfaces": ()},
    Status.EXPIRED: {"valid_until": AT - timedelta(days=1)},
    Status.WRONG_ORDER_VERSION: {"order": replace(ORDER, version=2)},
    Status.REPLAYED: {"nonce": "nobody"},
}
BY_COMING: dict[Status, dict[str, object]] = {
    Status.BAD_SIGNATURE: {"damage": "torn"},
    Status.UNKNOWN_KEY: {"key": "another"},
    Status.TRANSCRIBED: {"form": Form.TRANSCRIBED, "key": ""},
}
STANDING = {Status.CLEAN, Status.FOUND, Status.REMOVED, Status.GAPS, Status.TRANSCRIBED}


@dataclass(frozen=True)
class Chain:
    """Who supplies whom, where each stands on its own, and whom we ask ourselves."""

    asked: tuple[str, ...]
    statuses: dict[str, Status]
    edges: dict[str, tuple[str, ...]]

    def answers(self) -> list[Answer]:
        return [found for name in NAMES if (found := self._answer(name)) is not None]

    def _answer(self, name: str) -> Answer | None:
        status = self.statuses[name]
        if status is Status.MISSING:
            return None
        edges = tuple(Edge(below) for below in self.edges[name])
        said = statement(name, edges=edges, none_reason="" if edges else "none", **BY_CHANGE.get(status, {}))
        return answer(said, **BY_COMING.get(status, {}))

    def settle(self, answers: list[Answer]) -> Resolution:
        rounds = round_of(*(supplier(name, exempt="" if name in self.asked else "not asked") for name in NAMES))
        return settle(rounds, *answers)


statuses = st.sampled_from([*BY_CHANGE, *BY_COMING, Status.MISSING])
chains = st.builds(
    Chain,
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(tuple),
    st.fixed_dictionaries(dict.fromkeys(NAMES, statuses)),
    st.fixed_dictionaries(
        {name: st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple) for name in NAMES}
    ),
)


def ways(chain: Chain) -> dict[str, tuple[str, ...]]:
    """Every supplier that is reached, with the shortest way: walk every way that names nobody twice."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(way: tuple[str, ...]) -> None:
        name = way[-1]
        best = found.get(name)
        if best is None or (len(way), way) < (len(best), best):
            found[name] = way
        if chain.statuses[name] in STANDING:
            for below in chain.edges[name]:
                if below not in way:
                    walk((*way, below))

    for name in chain.asked:
        walk(("quayside", name))
    return found


@settings(max_examples=150, deadline=None)
@given(chains)
def test_the_worst_and_the_counts_are_those_of_a_second_resolver(chain: Chain) -> None:
    resolution = chain.settle(chain.answers())
    reached = ways(chain)
    assert {name: node.status for name, node in resolution.nodes.items()} == {
        name: chain.statuses[name] for name in reached
    }
    assert {name: len(node.path) for name, node in resolution.nodes.items()} == {
        name: len(way) for name, way in reached.items()
    }
    worst = min((chain.statuses[name] for name in reached), key=SEVERITY.__getitem__)
    assert resolution.whole.worst is worst
    assert resolution.whole.required == len(reached)
    assert resolution.whole.answered == sum(chain.statuses[name] not in UNANSWERED for name in reached)
    assert resolution.whole.path == min(
        (way for name, way in reached.items() if chain.statuses[name] is worst), key=lambda way: (len(way), way)
    )


@settings(max_examples=60, deadline=None)
@given(chains, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(chain: Chain, chance: object) -> None:
    answers = chain.answers()
    shuffled = list(answers)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert chain.settle(answers) == chain.settle(shuffled)


@settings(max_examples=60, deadline=None)
@given(chains, st.sampled_from(NAMES))
def test_one_more_supplier_that_must_answer_and_has_not_never_makes_it_better(chain: Chain, above: str) -> None:
    before = chain.settle(chain.answers())
    silent = supplier("s-silent")
    rounds = replace(before.rounds, suppliers=(*before.rounds.suppliers, silent))
    after = settle(rounds, *chain.answers())
    known = tuple(
        replace(each, supplies_from=(*each.supplies_from, "s-silent")) if each.id == above else each
        for each in before.rounds.suppliers
    )
    behind = settle(replace(before.rounds, suppliers=known), *chain.answers())
    for later in (after, behind):
        assert SEVERITY[later.whole.worst] <= SEVERITY[before.whole.worst]
        assert later.whole.is_green <= before.whole.is_green
    assert not after.whole.is_green


@settings(max_examples=60, deadline=None)
@given(chains)
def test_every_way_that_is_shown_is_one_and_circles_end(chain: Chain) -> None:
    resolution = chain.settle(chain.answers())
    for ident, node in resolution.nodes.items():
        assert node.path[0] == "quayside"
        assert node.path[-1] == ident
        assert all(below in resolution.edges[above] for above, below in pairwise(node.path))
    for circle in resolution.circles:
        assert all(set(resolution.edges[name]) & set(circle) for name in circle)


def test_a_long_circle_is_one_circle_and_no_recursion() -> None:
    names = [f"n{number}" for number in range(3000)]
    after = dict(zip(names, [*names[1:], names[0]], strict=True))
    answers = [
        answer(statement(name, edges=(Edge(after[name]),), none_reason=""), key=f"key-of-{name}") for name in names
    ]
    rounds = round_of(*(supplier(name, exempt="" if name == "n0" else "x") for name in names))
    resolution = settle(rounds, *answers)
    assert (resolution.depth, len(resolution.circles), resolution.whole.is_green) == (3000, 1, True)
    assert ANSWERED < AT
