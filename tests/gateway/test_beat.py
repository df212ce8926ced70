"""The log says when the gateway began, that it lived, and whether it stopped or was ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from remit.cli.log_place import publish
from remit.gateway.beat import EVERY
from remit.gateway.state import LEDGER
from remit.ledger.folder import read_folder
from remit.ledger.invariants import Invariants
from remit.ledger.kind import Kind
from tests.gateway.live import Live, live

if TYPE_CHECKING:
    from pathlib import Path

LIFE = {Kind.BEAT, Kind.START, Kind.STOP}


def told(gateway: Live) -> list[str]:
    return [str(entry.kind) for entry in gateway.entries() if entry.kind in LIFE]


def check(gateway: Live) -> Invariants:
    invariants = Invariants()
    store = read_folder(gateway.state / LEDGER).open_store()
    for raw in store.entries(0, store.head().size):
        invariants.take(raw)
    store.close()
    return invariants


def test_a_gateway_that_is_told_to_stop_leaves_a_stop_and_one_that_is_killed_none(tmp_path: Path) -> None:
    with live(tmp_path) as gateway:
        process = gateway.process
        assert gateway.ask()[0] == 200
        gateway.stop()
        assert process is not None
        assert process.returncode == 0
        # The first start is the log's own.
        assert told(gateway) == ["start", "start", "beat", "stop"]
        assert check(gateway).finish().unstopped == 0
        gateway.start()
        gateway.stop(signal.SIGKILL)
        gateway.start()
        gateway.stop()
        assert told(gateway)[4:] == ["start", "beat", "start", "beat", "stop"]
        findings = check(gateway).finish()
        assert (findings.unstopped, findings.silent) == (1, [])
        beats = [entry.fields for entry in gateway.entries() if entry.kind == Kind.BEAT]
        assert {fields["every"] for fields in beats} == {EVERY}
        shown = _remit("log", "show", str(gateway.state / LEDGER), "--kind", "beat")
        assert f"every={EVERY}" in shown
        publish(read_folder(gateway.state / LEDGER))
        verified = _remit("log", "verify", str(gateway.state / LEDGER), "--trust-key-inside")
        assert "1 start with no stop before" in verified


def _remit(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", "remit", *words], capture_output=True, text=True, check=True).stdout
