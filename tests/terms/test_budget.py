from __future__ import annotations

from datetime import timedelta

import pytest

from remit.errors import TermsUnusable
from remit.terms.budget import PeopleBudget
from remit.terms.folder import Files, read_terms

WHOLE = "{kinds: [email, card], window: 7d, at_most: 20, declared: 10}"


def read(budget: str) -> PeopleBudget | None:
    register = f"""\
organisation: quayside
parties: [{{id: quayside}}]
scopes: [{{id: office, serves: ["**"]}}]
use_cases: [{{id: desk, scope: office, people: {{budget: {budget}}}}}]
"""
    return read_terms(Files(register.encode(), {}, {})).register.use_cases[0].people


def test_a_budget_is_read_with_what_is_declared() -> None:
    assert read(WHOLE) == PeopleBudget(("email", "card"), timedelta(days=7), 20, 10)
    undeclared = read(WHOLE.replace(", declared: 10", ""))
    assert undeclared is not None
    assert undeclared.declared is None


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (WHOLE.replace("email", "emial"), "did you mean email?"),  # misspelt on purpose
        (WHOLE.replace("7d", "31d"), "at most 30d"),
        (WHOLE.replace("7d", "36h"), "whole days"),
        (WHOLE.replace("window: 7d, ", ""), "the window people are counted in"),
        (WHOLE.replace("kinds: [email, card], ", ""), "the kinds of identifier"),
        (WHOLE.replace("at_most: 20, ", ""), "the most distinct people"),
    ],
)
def test_a_fault_in_a_budget_says_what_was_expected(budget: str, says: str) -> None:
    with pytest.raises(TermsUnusable) as error:
        read(budget)
    assert any(says in fault.says for fault in error.value.faults)
