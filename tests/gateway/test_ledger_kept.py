"""A ledger that somebody else keeps: calls wait for a bounded time, are refused, and nothing goes round it."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from remit.gateway.alarm import Alarm
from remit.gateway.body import BOUNDS
from remit.gateway.observer import Decided
from remit.gateway.state import LEDGER
from tests.gateway.live import Live, live

if TYPE_CHECKING:
    from collections.abc import Iterator

DECIDED = Decided(1, "translate", "allow", ())


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("kept")) as running:
        yield running


@contextmanager
def keeping(gateway: Live) -> Iterator[None]:
    """Keep the store as another process would that does not let go."""
    connection = sqlite3.connect(gateway.state / LEDGER / "ledger.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def readiness(gateway: Live) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def test_a_call_that_cannot_be_recorded_in_time_is_refused_and_says_when_to_ask_again(gateway: Live) -> None:
    assert gateway.ask()[0] == 200
    before = len(gateway.peer.requests)
    with keeping(gateway), ThreadPoolExecutor(3) as pool:
        began = time.monotonic()
        found = list(pool.map(lambda _: gateway.ask(), range(3)))
        took = time.monotonic() - began
        assert readiness(gateway)[0] == 503
    for status, headers, body in found:
        assert (status, headers["retry-after"], headers["x-should-retry"]) == (503, "1", "true")
        assert b"others kept the store" in body
    # One group may wait behind another, so that what came in between waits twice.
    assert took < 2 * BOUNDS.ledger + 3
    assert len(gateway.peer.requests) == before
    assert gateway.ask()[0] == 200
    assert "the ledger did not take" in (gateway.folder / "stderr").read_text(encoding="utf-8")
    assert readiness(gateway)[0] == 200


def test_an_outcome_that_could_not_be_recorded_at_once_is_recorded_when_the_ledger_is_free(gateway: Live) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(gateway.ask, "#paced", stream=True)
        while not gateway.peer.requests or b"#paced" not in gateway.peer.requests[-1]:
            time.sleep(0.02)
        with keeping(gateway):
            assert asked.result()[0] == 200
            time.sleep(BOUNDS.ledger + 0.5)
    assert not gateway.without_end()


def test_an_alarm_is_raised_once_and_taken_back() -> None:
    told: list[str] = []
    now = [0.0]
    alarm = Alarm(lambda: now[0], told.append)
    alarm.decided(DECIDED)
    assert (told, alarm.why()) == ([], "")
    for _ in range(3):
        alarm.not_recorded("the disk is full")
    assert told == ["the ledger did not take an entry, and what waited for it was refused: the disk is full"]
    assert alarm.why() == "the ledger does not take entries: the disk is full"
    now[0] = 61.0
    assert not alarm.why()
    alarm.not_recorded("the disk is full")
    assert len(told) == 2
    alarm.decided(DECIDED)
    assert told[2:] == ["the ledger takes entries again; 4 were refused meanwhile"]
    assert not alarm.why()
