"""A gateway whose terms ask that people look well: checks are seeded while it serves, and who misses one is out."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from remit.cli.main import main
from remit.errors import EvidenceRefused
from remit.gateway.oversight.held import State
from tests.gateway.oversight.scene import AMADI
from tests.gateway.oversight.served import Harbour, a_harbour
from tests.gateway.oversight.test_served import ask, may_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from remit.gateway.oversight.held import HeldCall

WATCHED = "approvals: {of: officer, attention: {catch_rate: 0.5}}, expires_in: 1m"
ENOUGH = 5
"""Five of five show a rate of 0.549 at least, and five of six only 0.418."""


def seed(harbour: Harbour, folder: Path, count: int) -> list[HeldCall]:
    """Seed made-up calls as somebody does at a terminal; return them as they wait."""
    before = {held.id for held in harbour.held()}
    row = {"use": "unload", "model": "heron-1", "tool": "crane", "conversation": "Clear the view."}
    rows = [{**row, "arguments": json.dumps({"berth": n, "lift": "the harbour office"})} for n in range(count)]
    calls = folder / "calls.yaml"
    calls.write_text(json.dumps({"calls": rows}))
    assert main(["drill", "--seeded", str(calls), "--state", str(harbour.state)]) == 0
    return [held for held in harbour.held() if held.id not in before]


def until(said: Callable[[], bool]) -> None:
    for _ in range(200):
        if said():
            return
        time.sleep(0.05)
    raise AssertionError("it has not come to that")


def opened(harbour: Harbour, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is told of a reviewer."""
    assert main(["approvals", "--reviewers", "--state", str(harbour.state)]) == 0
    return capsys.readouterr().out


def test_who_has_shown_nothing_approves_nothing_who_catches_may_and_who_misses_may_not_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_harbour(tmp_path / "harbour", WATCHED) as harbour, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Before anything was shown.")
        held = harbour.until_held()
        with pytest.raises(EvidenceRefused, match="0 of 0 seeded checks were refused"):
            harbour.answer(held, AMADI, "amadi")

        for check in seed(harbour, tmp_path, ENOUGH):
            harbour.answer(check, AMADI, "amadi", "refused")
        until(lambda: f"caught {ENOUGH} of {ENOUGH}" in opened(harbour, capsys))
        assert harbour.answer(held, AMADI, "amadi").state is State.APPROVED
        assert may_run(asked.result(20))

        (check,) = seed(harbour, tmp_path, 1)
        asked_before = len(harbour.model.asked)
        assert harbour.answer(check, AMADI, "amadi").state is State.APPROVED
        until(lambda: f"caught {ENOUGH} of {ENOUGH + 1}" in opened(harbour, capsys))
        assert len(harbour.model.asked) == asked_before, "a made-up call goes nowhere"

        asked = pool.submit(ask, harbour, "After a miss.")
        held = harbour.until_held(2)
        with pytest.raises(EvidenceRefused, match=f"{ENOUGH} of {ENOUGH + 1} seeded checks were refused"):
            harbour.answer(held, AMADI, "amadi")
        assert harbour.answer(held, AMADI, "amadi", "refused").state is State.REFUSED
        assert not may_run(asked.result(20))
        said = harbour.said()
    assert said.count("message") == 2 + ENOUGH + 1, "two batches were committed to, and each check was opened"
    assert said.count("release approved") == 2
    assert said.count("decision hold") == ENOUGH + 3
