"""A held call over the death of the gateway, and of whoever answers, on both sides of every step it takes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event
from typing import TYPE_CHECKING

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.held import State
from remit.gateway.state import LEDGER
from remit.ledger.folder import read_folder
from tests.gateway.live import is_deep
from tests.gateway.oversight.scene import AMADI, BAKER
from tests.gateway.oversight.served import Harbour, Model, answering
from tests.gateway.oversight.test_commands import key_file
from tests.gateway.oversight.test_served import ask, may_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.gateway.oversight.held import HeldCall

DYING = Path(__file__).with_name("dying.py")
TWO = "approvals: {of: officer, at_least: 2}, expires_in: 10m"
SIDES = ["before", "after"]
PEOPLE = {"amadi": AMADI, "baker": BAKER}
TEXT = "Over and over."


class Mortal(Harbour):
    """A gateway that is killed at one of its own steps the first time it serves."""

    dies: tuple[str, ...] = ()

    def start(self) -> None:
        self.program = (sys.executable, str(DYING), *self.dies) if self.dies else Harbour.program
        self.dies = ()
        super().start()


@contextmanager
def a_mortal(folder: Path, *dies: str) -> Iterator[Mortal]:
    class Once(Mortal):
        pass

    Once.dies = dies
    model = Model()
    with answering(model):
        harbour = Once(folder, model, TWO)
        try:
            yield harbour
        finally:
            harbour.stop()


def start_again(harbour: Harbour) -> None:
    """Wait for the gateway to be dead, and start it."""
    assert harbour.process is not None
    assert harbour.process.wait(20) == -signal.SIGKILL
    harbour.stop()
    harbour.start()


def vote(harbour: Harbour, held: HeldCall, person: str) -> None:
    harbour.answer(held, PEOPLE[person], person)


def go_on(harbour: Harbour) -> list[str]:
    """Ask again twice, and have everybody vote who has not yet; return what came."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, TEXT)
        while not asked.done() and not harbour.held():
            time.sleep(0.05)
        for held in harbour.held():
            done = {answer.person for answer in held.answers}
            for person in PEOPLE.keys() - done if held.state is State.OPEN else ():
                vote(harbour, held, person)
        return [asked.result(20), ask(harbour, TEXT)]


def demand_one_story(harbour: Harbour, replies: list[str], goes_out: int) -> None:
    """Demand that the call went out so often and never again, and that the log tells of one call and two votes."""
    assert sum(map(may_run, replies)) == goes_out
    assert "serves once" in replies[-1]
    said = harbour.said()
    assert said.count("decision hold") == 1
    assert said.count("release approved") == 2
    harbour.stop()
    store = read_folder(harbour.state / LEDGER).open_store()
    try:
        assert list(store.rows("open/")) == [], "what was let go on has an outcome, or is known to be lost"
    finally:
        store.close()


@pytest.mark.parametrize("side", SIDES)
def test_a_gateway_that_dies_as_a_call_is_proposed_finds_it_again_or_never_had_it(side: str, tmp_path: Path) -> None:
    with a_mortal(tmp_path, side, "decision hold", "1") as harbour:
        broken = ask(harbour, TEXT)
        assert not may_run(broken)
        assert len(harbour.held()) == SIDES.index(side)
        start_again(harbour)
        demand_one_story(harbour, [broken, *go_on(harbour)], 1)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("which", ["first", "second"])
def test_a_vote_whose_process_dies_counts_once_or_not_at_all(which: str, side: str, tmp_path: Path) -> None:
    with a_mortal(tmp_path) as harbour, ThreadPoolExecutor(1) as pool:
        broken = pool.submit(ask, harbour, TEXT)
        held = harbour.until_held()
        if which == "second":
            vote(harbour, held, "amadi")
        person = "amadi" if which == "first" else "baker"
        harbour.kill()
        words = ["approve", held.id, "--key", key_file(tmp_path, PEOPLE[person], person), "--as", person, "--yes"]
        dying = [sys.executable, str(DYING), side, "release approved", "1", *words, "--state", str(harbour.state)]
        assert subprocess.run(dying, capture_output=True, check=False).returncode == -signal.SIGKILL
        (found,) = harbour.held()
        assert len(found.answers) == (which == "second") + (side == "after")
        harbour.start()
        demand_one_story(harbour, [broken.result(20), *go_on(harbour)], 1)


@pytest.mark.parametrize("side", SIDES)
def test_a_gateway_that_dies_as_a_call_is_released_lets_it_out_at_most_once(side: str, tmp_path: Path) -> None:
    with a_mortal(tmp_path, side, "outcome", "1") as harbour, ThreadPoolExecutor(1) as pool:
        broken = pool.submit(ask, harbour, TEXT)
        held = harbour.until_held()
        for person in PEOPLE:
            vote(harbour, held, person)
        assert not may_run(broken.result(20)), "nothing flows before it is on record"
        start_again(harbour)
        # Once it is on record as released nobody can tell whether the client has it, and it does not go out again.
        demand_one_story(harbour, [broken.result(), *go_on(harbour)], 1 if side == "before" else 0)


@pytest.mark.parametrize("side", SIDES)
def test_a_gateway_that_dies_as_the_outcome_is_written_has_let_it_out_once(side: str, tmp_path: Path) -> None:
    with a_mortal(tmp_path, side, "outcome", "2") as harbour, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, TEXT)
        held = harbour.until_held()
        for person in PEOPLE:
            vote(harbour, held, person)
        first = asked.result(20)
        assert may_run(first)
        # What ended is written with the next decision, if not before.
        broken = ask(harbour, TEXT)
        start_again(harbour)
        demand_one_story(harbour, [first, broken, *go_on(harbour)], 1)


@pytest.mark.deep
@pytest.mark.skipif(not is_deep(), reason="it takes a minute: make test-deep runs it")
def test_however_often_the_gateway_is_killed_no_call_goes_out_twice(tmp_path: Path) -> None:
    texts = [f"The {number}th of them." for number in range(24)]
    ended, instants = Event(), Random(7)  # noqa: S311 - when to kill.
    with a_mortal(tmp_path) as harbour, ThreadPoolExecutor(len(texts) + 1) as pool:
        asking = [pool.submit(ask_until_told, harbour, text) for text in texts]
        voting = pool.submit(vote_until, harbour, ended)
        while not all(each.done() for each in asking):
            time.sleep(instants.uniform(0, 1.5))
            harbour.kill()
            harbour.start()
        ended.set()
        voting.result(20)
        came = [each.result() for each in asking]
        after = [ask(harbour, text) for text in texts]
        said = harbour.said()
    assert all(sum(map(may_run, replies)) <= 1 for replies in came)
    assert any(may_run(replies[-1]) for replies in came)
    assert not any(map(may_run, after))
    assert said.count("decision hold") == len(texts)


def ask_until_told(harbour: Harbour, text: str) -> list[str]:
    """Ask until the call has gone out, here or unheard."""
    found: list[str] = []
    while not found or not (may_run(found[-1]) or "serves once" in found[-1]):
        found.append(ask(harbour, text))
        time.sleep(0.1)
    return found


def vote_until(harbour: Harbour, ended: Event) -> None:
    """Have the two vote on everything that is open, one on one look and the other on the next."""
    while not ended.wait(0.3):
        for held in (held for held in harbour.held() if held.state is State.OPEN):
            waits = [person for person in PEOPLE if person not in {answer.person for answer in held.answers}]
            # It may have ended since it was looked at.
            with suppress(EvidenceRefused):
                vote(harbour, held, waits[0])
