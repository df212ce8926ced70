"""Killed at random moments, with 64 writers in two processes: nothing acknowledged is missing, and no gap is left."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.ledger.entry import read_entry
from remit.ledger.folder import LogFolder, make_folder
from remit.ledger.invariants import Invariants
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.verification import verify_place
from remit.ledger.writer import Writer
from tests.house.console import ROOT
from tests.ledger.small_log import LOG_SIGNER, ORIGIN
from tests.ledger.written import terms

SCRIPT = Path(__file__).with_name("crashing.py")
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
KILLS = 100 if DEEP else 3
KILLS_OF_ONE_LOG = 10
"""After so many a new log is begun, since every one of them is read from its beginning after each kill."""
LONGEST = 0.3


def begin(folder: Path) -> LogFolder:
    log = make_folder(folder, ORIGIN, LOG_SIGNER)
    writer = Writer(log.open_store, log.keyring, lambda: datetime.now(UTC))
    writer.commit([terms()])
    writer.close()
    return log


def kill_while_writing(log: LogFolder, acknowledged: Path, wait: float) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, str(SCRIPT), str(log.path), str(acknowledged)]
    running = [subprocess.Popen([*words, *more], stdout=subprocess.PIPE, env=environment) for more in ([], ["publish"])]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        time.sleep(wait)
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.communicate()


def check(log: LogFolder, acknowledged: Path) -> int:
    """Hold what was acknowledged against what is there, and return how much that was."""
    store = log.open_store()
    head = store.head()
    entries = list(store.entries(0, head.size))
    assert root_of(map(leaf_hash, entries)) == head.root()
    invariants = Invariants()
    for raw in entries:
        invariants.take(raw)
    lines = acknowledged.read_text().splitlines()
    for line in lines:
        n, name, _ = line.split()
        assert read_entry(entries[int(n)]).stream == name, line
        assert store.contents(int(n)) is not None
    assert len({line.split()[0] for line in lines}) == len(lines), "no place was given twice"
    log.publisher(store).publish()
    store.close()
    assert verify_place(log.site, log.policy).findings is not None
    return len(lines)


@pytest.mark.hypothesis
@pytest.mark.deep
def test_no_kill_loses_what_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(None if DEEP else 7)  # noqa: S311  # moments, not keys
    log, acknowledged, checked = begin(tmp_path / "log-0"), tmp_path / "acknowledged-0", 0
    for kill in range(KILLS):
        if kill and kill % KILLS_OF_ONE_LOG == 0:
            log, acknowledged = begin(tmp_path / f"log-{kill}"), tmp_path / f"acknowledged-{kill}"
        kill_while_writing(log, acknowledged, chance.uniform(0, LONGEST))
        checked += check(log, acknowledged)
    assert checked > 0
