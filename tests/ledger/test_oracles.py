"""Other people's programs on our logs, each in its own process; the network is not asked for anything.

tlog-scales comes with the dev group. aics-tlog and aics-witness need Python 3.12; where the one that runs the tests has
them not, the variable REMIT_ORACLES may name one that has.
"""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from remit.ledger.cosignature import verify_cosignatures
from remit.ledger.note import SignedNote, parse_key, parse_signatures
from remit.ledger.proof import make_consistency
from remit.ledger.witness import write_request
from tests.ledger.small_log import LOG_KEY, ORIGIN, SmallLog

LOG = SmallLog(600)


def python_with(module: str) -> str:
    for python in filter(None, (sys.executable, os.environ.get("REMIT_ORACLES"))):
        if subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True).returncode == 0:
            return python
    pytest.skip(f"{module} is not installed; REMIT_ORACLES may name a Python that has it")


def run(python: str, module: str, *words: str | Path, within: Path) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", module, *map(str, words)]
    return subprocess.run(command, cwd=within, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LOG.write(tmp_path / "log")
    (tmp_path / "log.vkey").write_text(LOG_KEY.text, encoding="ascii")
    return tmp_path


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 599])
def test_tlog_scales_makes_the_proof_that_we_make(index: int, folder: Path) -> None:
    python = python_with("tlog_scales")
    made = run(python, "tlog_scales.cli", "gen-proof", folder / "log", str(index), within=folder)
    assert (made.stdout, made.stderr) == (LOG.proof(index).decode(), "")
    read = run(python, "tlog_scales.cli", "get-leaf", "--check", folder / "log", str(index), within=folder)
    assert read.stdout.encode() == LOG.entries[index]


def test_aics_tlog_makes_the_tiles_that_we_make(folder: Path) -> None:
    python = python_with("aics_tlog")
    (folder / "leaves").write_bytes(b"".join(entry + b"\n" for entry in LOG.entries))
    made = run(python, "aics_tlog", "build-tiles", "--leaves", "leaves", "--out", "theirs", within=folder)
    assert made.returncode == 0, made.stderr
    for path, content in LOG.files().items():
        assert (folder / "theirs" / path).read_bytes() == content, path


def test_aics_tlog_accepts_the_checkpoint_and_an_entry_and_no_other(folder: Path) -> None:
    python = python_with("aics_tlog")
    known = ["--tiles", "log", "--vkey-file", "log.vkey", "--origin", ORIGIN]
    accepted = run(python, "aics_tlog", "verify-checkpoint", *known, within=folder)
    assert accepted.returncode == 0, accepted.stderr
    for leaf, code in ((LOG.entries[300], 0), (LOG.entries[301], 1)):
        (folder / "leaf").write_bytes(leaf)
        words = ["verify-inclusion", "--leaf", "leaf", "--index", "300", *known]
        assert run(python, "aics_tlog", *words, within=folder).returncode == code


def test_aics_tlog_accepts_the_growth_of_a_log_and_no_other(folder: Path) -> None:
    python = python_with("aics_tlog")
    known = ["--tiles", "log", "--vkey-file", "log.vkey", "--origin", ORIGIN]
    forked = SmallLog(300)
    forked.leaves.reverse()
    for log, code in ((LOG, 0), (forked, 1)):
        (folder / "old").write_bytes(log.checkpoint(300).content())
        words = ["verify-consistency", "--old-checkpoint", "old", *known]
        assert run(python, "aics_tlog", *words, within=folder).returncode == code


def test_aics_witness_cosigns_a_log_that_grows_and_says_which_size_it_knows(folder: Path) -> None:
    python = python_with("aics_witness")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    words = ["--config", "w.json", "--name", "w.example/w1", "--listen", address, "--db", "w.db", "--key-file", "w.key"]
    said = run(python, "aics_witness", "init", *words, within=folder)
    key = parse_key(re.findall(r"\S+\+[0-9a-f]{8}\+\S+", said.stdout)[0])
    known = ["--config", "w.json", "--origin", ORIGIN, "--vkey", LOG_KEY.text]
    run(python, "aics_witness", "add-log", *known, within=folder)
    command = [python, "-m", "aics_witness", "serve", "--config", "w.json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
        try:
            first = ask(address, write_request(0, [], LOG.checkpoint(300).content()))
            assert first.status == 200
            second = ask(address, write_request(300, make_consistency(300, 600, LOG.node), LOG.checkpoint().content()))
            lines = parse_signatures(second.body)
            (made,) = verify_cosignatures(SignedNote(LOG.checkpoint().text, lines), [key])
            assert (second.status, made.key) == (200, key)
            stale = ask(address, write_request(0, [], LOG.checkpoint(300).content()))
            assert (stale.status, stale.body) == (409, "600\n")
        finally:
            serving.terminate()


class Answer(NamedTuple):
    status: int
    body: str


def ask(address: str, body: bytes) -> Answer:
    """Send a request, waiting for a server that has just been started."""
    host, port = address.split(":")
    for _ in range(100):
        with suppress(ConnectionRefusedError), socket.create_connection((host, int(port)), timeout=10):
            break
        time.sleep(0.1)
    connection = HTTPConnection(address, timeout=10)
    connection.request("POST", "/add-checkpoint", body)
    answer = connection.getresponse()
    found = Answer(answer.status, answer.read().decode())
    connection.close()
    return found
