from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from remit.errors import TermsUnusable
from remit.terms.folder import Files, read_terms

REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}]
roles: [officer]
makers: [{id: halden}]
models: [{id: heron-1, maker: halden}]
"""
ROW = "{id: guard, model: heron-1, policy: Say violence or none., key: {env: GUARD}, labels: {Violence: force}}"
POLICY = """\
instrument: it
kind: policy
by: halden
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
"""
UNTIL = "until: {approvals: {of: officer}, expires_in: 1h}"


def read(row: str = ROW, clause: str = "{id: a, permit: [invoke]}") -> tuple[str, ...]:
    files = Files(f"{REGISTER}detectors:\n  - {row}\n".encode(), {"it.yaml": f"{POLICY}  - {clause}\n".encode()}, {})
    try:
        read_terms(files)
    except TermsUnusable as error:
        return tuple(fault.says for fault in error.faults)
    return ()


def test_a_detector_is_read_with_what_its_answers_stand_for() -> None:
    files = Files(f"{REGISTER}detectors: [{ROW}]\n".encode(), {}, {})
    (row,) = read_terms(files).register.detectors
    assert (row.model, row.key_from, row.labels) == ("heron-1", "GUARD", {"violence": "force"})
    assert (row.share, row.use_cases, row.lasts) == (Decimal(1), frozenset(), timedelta(days=1))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROW.replace("force}", "forse}"), "did you mean force?"),  # misspelt on purpose
        (ROW.replace("{Violence: force}", "{}"), "stands for nothing"),
        (ROW.replace("GUARD", "sk-live-1"), "never the key itself"),
        (ROW.replace("heron-1", "heron-9"), "unknown"),
        (ROW.replace("model: heron-1, ", ""), "the model that is asked"),
        (ROW.replace("force}", "~}"), "empty: expected a value"),
        (ROW[:-1] + ", share: 0}", "above 0 and up to 1"),
        (ROW[:-1] + ", share: half}", "above 0 and up to 1"),
        (ROW[:-1] + ", share: 2}", "above 0 and up to 1"),
        (ROW.replace("key: {env: GUARD}, ", ""), "where its key stands"),
        (ROW.replace("labels: {Violence: force}", "share: 0.1"), "which effect each answer stands for"),
    ],
)
def test_a_fault_in_a_detector_says_what_was_expected(row: str, says: str) -> None:
    found = read(row)
    assert any(says in each for each in found)


def test_a_signal_may_hold_or_oblige_and_nothing_else() -> None:
    when = "when: {signal.effect: force}"
    assert read(clause=f"{{id: a, hold: [invoke], {when}, {UNTIL}}}") == ()
    assert read(clause=f"{{id: a, oblige: [invoke], {when}, duties: [{{log: all}}]}}") == read(
        clause="{id: a, oblige: [invoke], duties: [{log: all}]}"
    )
    for verb in ("permit", "forbid"):
        (says,) = read(clause=f"{{id: a, {verb}: [invoke], {when}}}")
        assert says == f"signal.effect is a detector's guess: it may hold or oblige, and it cannot {verb}"


def test_a_rival_reading_may_not_forbid_by_a_signal_either() -> None:
    reading = (
        "reading: {term: a, means: b, by: halden, on: 2026-01-01, "
        "rival: {means: d, by: quayside, when: {signal.effect: force}}}"
    )
    (says,) = read(clause=f"{{id: a, forbid: [invoke], when: {{use.effect: force}}, {reading}}}")
    assert "cannot forbid" in says
