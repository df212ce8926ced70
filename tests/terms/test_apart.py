"""Which clauses need to know who asks, for a use case."""

from __future__ import annotations

import pytest

from remit.terms.apart import keeps_requester_apart
from tests.terms.world import FROM_JANUARY, document, world

REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}]
roles: [officer]
people: [{id: amadi, roles: [officer]}]
scopes: [{id: quay, kind: harbour, serves: ["**"]}, {id: office, kind: civil, serves: ["o/**"]}]
use_cases: [{id: unload, scope: quay, serves: ["**"]}, {id: letters, scope: office, serves: ["o/**"]}]
"""
OTHERS = "until: {approvals: {of: officer, not: [requester]}, expires_in: 10m}"
ANYBODY = "until: {approvals: {of: officer}, expires_in: 10m}"


@pytest.mark.parametrize(
    ("clause", "unload", "letters"),
    [
        (f"{{id: wait, hold: [act], {OTHERS}}}", True, True),
        (f"{{id: wait, hold: [act], {ANYBODY}}}", False, False),
        (f"{{id: wait, hold: [act], when: {{use.case: unload}}, {OTHERS}}}", True, False),
        (f"{{id: wait, hold: [invoke], when: {{scope.kind: {{not: harbour}}}}, {OTHERS}}}", False, True),
        (
            f"{{id: wait, hold: [act], when: {{any: [{{use.case: letters}}, {{tool.effect: force}}]}}, {OTHERS}}}",
            True,
            True,
        ),
        ("{id: wait, forbid: [act]}", False, False),
    ],
)
def test_a_clause_counts_where_it_may_hold_what_the_use_case_does(clause: str, unload: bool, letters: bool) -> None:  # noqa: FBT001
    terms = world(REGISTER, halden=document("policy", clause, by="halden", standing=FROM_JANUARY))
    found = {case: bool(keeps_requester_apart(terms, case)) for case in ("unload", "letters")}
    assert found == {"unload": unload, "letters": letters}
    assert set(keeps_requester_apart(terms, "unload")) <= {"halden/wait"}
