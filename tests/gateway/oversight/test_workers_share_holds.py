"""Two workers behind one port: a call that one holds is the other's too, and people answer from a third process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gateway.oversight.scene import AMADI, BAKER, Signer
from tests.gateway.oversight.sdks import CHAT_TOOLS
from tests.gateway.oversight.served import Harbour, a_harbour
from tests.gateway.oversight.test_commands import key_file
from tests.gateway.oversight.test_served import may_run

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed"),
    pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="which worker has a connection is read from /proc"),
]
PEOPLE = {"amadi": AMADI, "baker": BAKER}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with a_harbour(tmp_path_factory.mktemp("harbour"), _TWO, "--workers", "2") as found:
        yield found


_TWO = "approvals: {of: officer, at_least: 2}, expires_in: 10m"


def workers_of(harbour: Harbour) -> list[int]:
    """Return the processes that serve."""
    assert harbour.process is not None
    parent, found = harbour.process.pid, []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def worker_of(harbour: Harbour, connection: HTTPConnection) -> int:
    """Return the worker that has taken a connection; 0 where none has yet."""
    mine = connection.sock.getsockname()[1]
    ends = f":{harbour.port:04X}", f":{mine:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    socket = next((f"socket:[{row[9]}]" for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])), "")
    return next((worker for worker in workers_of(harbour) if socket and socket in _open_files(worker)), 0)


def _open_files(process: int) -> set[str]:
    found: set[str] = set()
    for place in Path(f"/proc/{process}/fd").iterdir():
        # A file may be closed while we look.
        with suppress(OSError):
            found.add(str(place.readlink()))
    return found


def a_line(harbour: Harbour) -> tuple[int, HTTPConnection]:
    """Open a connection, and return it with the worker that took it."""
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=20)
    for _ in range(100):
        # The port is bound before the workers listen on it.
        with suppress(OSError):
            connection.connect()
            break
        time.sleep(0.1)
    for _ in range(100):
        if worker := worker_of(harbour, connection):
            return worker, connection
        time.sleep(0.02)
    raise AssertionError("no worker took the connection")


def lines_to_both(harbour: Harbour) -> list[HTTPConnection]:
    """Return a connection to each worker."""
    found: dict[int, HTTPConnection] = {}
    for _ in range(200):
        worker, connection = a_line(harbour)
        if worker in found:
            connection.close()
        found.setdefault(worker, connection)
        if len(found) == 2:
            return list(found.values())
    raise AssertionError("one worker took every connection")


def ask_on(connection: HTTPConnection, harbour: Harbour, text: str, *, stream: bool = False) -> str:
    body = {"model": "heron-1", "messages": [{"role": "user", "content": text}], "tools": CHAT_TOOLS, "stream": stream}
    headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        return connection.getresponse().read().decode()
    except (HTTPException, OSError) as error:
        return f"broken: {type(error).__name__}"
    finally:
        connection.close()


def say(harbour: Harbour, folder: Path, person: str, word: str, call: str, *more: str) -> None:
    """Answer from a process of its own, as a person at a terminal does."""
    signer: Signer = PEOPLE[person]
    key = key_file(folder, signer, person)
    words = [word, call, "--key", key, "--as", person, "--state", str(harbour.state), *more]
    done = subprocess.run([sys.executable, "-m", "remit", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("streamed", [(False, True), (True, False)])
def test_a_call_that_one_worker_holds_is_joined_at_the_other_and_goes_out_once(
    streamed: tuple[bool, bool], harbour: Harbour, tmp_path: Path
) -> None:
    text, before = f"At both, {streamed}.", harbour.said()
    first, second = lines_to_both(harbour)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(ask_on, first, harbour, text, stream=streamed[0])
        held = harbour.until_held()
        other = pool.submit(ask_on, second, harbour, text, stream=streamed[1])
        say(harbour, tmp_path, "amadi", "approve", held.id, "--yes")
        say(harbour, tmp_path, "baker", "approve", held.id, "--yes")
        replies = [one.result(20), other.result(20)]
    assert sorted(may_run(reply) for reply in replies) == [False, True]
    assert sum("serves once" in reply for reply in replies) == 1
    said = harbour.said()
    assert said.count("decision hold") == before.count("decision hold") + 1
    assert said.count("release approved") == before.count("release approved") + 2


def test_a_refusal_at_a_terminal_reaches_whoever_waits_at_either_worker(harbour: Harbour, tmp_path: Path) -> None:
    lines = lines_to_both(harbour)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask_on, line, harbour, "Refuse at both.") for line in lines]
        held = harbour.until_held()
        time.sleep(0.5)
        say(harbour, tmp_path, "amadi", "approve", held.id, "--yes")
        say(harbour, tmp_path, "baker", "refuse", held.id, "--reason", "the wrong berth")
        replies = [waiting.result(20) for waiting in asked]
    assert not any(may_run(reply) for reply in replies)
    assert ["the wrong berth" in reply for reply in replies] == [True, True]


def test_the_other_worker_goes_on_with_a_call_whose_worker_was_killed(harbour: Harbour, tmp_path: Path) -> None:
    before = harbour.said().count("decision hold")
    worker, line = a_line(harbour)
    with ThreadPoolExecutor(2) as pool:
        broken = pool.submit(ask_on, line, harbour, "Kill the one.")
        held = harbour.until_held()
        os.kill(worker, signal.SIGKILL)
        assert broken.result(20).startswith("broken")
        say(harbour, tmp_path, "amadi", "approve", held.id, "--yes")
        again = pool.submit(ask_on, a_line(harbour)[1], harbour, "Kill the one.")
        time.sleep(0.5)
        say(harbour, tmp_path, "baker", "approve", held.id, "--yes")
        assert may_run(again.result(20))
    assert "serves once" in ask_on(a_line(harbour)[1], harbour, "Kill the one.")
    assert harbour.said().count("decision hold") == before + 1
