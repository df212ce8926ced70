"""The terms as a whole: what is kept between decisions, and what they refuse to be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from remit.errors import UsageError
from remit.terms.judge import decide
from remit.terms.standing import State
from tests.terms.writing import AT, IN_FORCE, PERMISSIVE, SCENE, clause, instrument, use

if TYPE_CHECKING:
    from remit.terms.use import Use

STAYED = [
    IN_FORCE,
    {"state": "stayed", "from": "2026-02-01", "until": "2026-02-10", "known": "2026-02-03"},
    {"state": "set-aside", "from": "2026-03-01", "known": "2026-03-05", "covers": ["brook"]},
]


@pytest.mark.parametrize("which", ["at", "known"])
def test_an_instant_without_a_zone_is_refused(which: str) -> None:
    instants = {"at": AT, "known": AT, which: AT.replace(tzinfo=None)}
    with pytest.raises(UsageError, match="an instant needs a zone"):
        decide(SCENE.read(), use(), **instants)


def test_the_layout_is_kept_until_something_changes() -> None:
    terms = SCENE.with_instruments(instrument("o", "order", clause("no", "forbid"), standing=STAYED)).read()
    assert terms.instants == tuple(datetime(2026, *day, tzinfo=UTC) for day in ((1, 1), (2, 1), (2, 10), (3, 1)))
    assert terms.learned == tuple(datetime(2026, *day, tzinfo=UTC) for day in ((1, 1), (2, 3), (3, 5)))
    tick = timedelta(microseconds=1)
    for instant in terms.instants:
        before, since, later = (terms.force(at, AT) for at in (instant - tick, instant, instant + tick))
        assert before is not since
        assert since is later


def test_one_instrument_has_at_most_one_standing_for_each_party() -> None:
    terms = SCENE.with_instruments(instrument("o", "order", clause("no", "forbid"), standing=STAYED)).read()
    standing = terms.instruments[0].standing
    late = datetime(2026, 4, 1, tzinfo=UTC)
    states = {party: standing.entry_at(late, late, party) for party in ("quayside", "brook", None)}
    assert {party: entry.state for party, entry in states.items() if entry is not None} == {
        "quayside": State.IN_FORCE,
        "brook": State.SET_ASIDE,
        None: State.IN_FORCE,
    }
    assert standing.covered_parties() == {"brook"}


def test_a_use_says_its_facts_as_words() -> None:
    asked: Use = use(people__call=5, use__purpose=frozenset({"search", "answer"}), drill=True)
    assert asked.words("people.call") == ("5",)
    assert asked.words("use.purpose") == ("answer", "search")
    assert asked.words("model.id") == ()


def test_who_vouches_has_a_word() -> None:
    decision = decide(SCENE.with_instruments(PERMISSIVE).read(), use(), at=AT)
    assert decision.rests_on is not None
    assert (decision.rests_on.word, decision.effect.word) == ("attested", "permit")
