"""What approvers do at a terminal: see, approve, refuse, revoke, check, and break the glass, with keys in files."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from remit.cli.main import main
from remit.gateway.oversight.held import HeldCall
from tests.gateway.oversight.scene import AMADI, BAKER, DEEDS, Signer
from tests.gateway.oversight.served import CRANE, Harbour, a_harbour
from tests.gateway.oversight.test_served import ask, may_run

UNTIL = "approvals: {of: officer, at_least: 2}, expires_in: 10m"
Run = Callable[..., tuple[int, str]]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with a_harbour(tmp_path_factory.mktemp("harbour"), UNTIL) as found:
        yield found


@pytest.fixture
def run(harbour: Harbour, capsys: pytest.CaptureFixture[str]) -> Run:
    def invoke(*words: str) -> tuple[int, str]:
        code = main([*words, "--state", str(harbour.state)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return invoke


def key_file(folder: Path, signer: Signer, name: str) -> str:
    path = folder / name
    path.write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    Path(path).chmod(0o600)
    return str(path)


def hold(harbour: Harbour, pool: ThreadPoolExecutor, text: str) -> tuple[Future[str], HeldCall]:
    asked = pool.submit(ask, harbour, text)
    return asked, harbour.until_held()


def test_two_approvers_with_their_own_keys_release_a_call_from_the_terminal(
    harbour: Harbour, run: Run, tmp_path: Path
) -> None:
    amadi, baker = key_file(tmp_path, AMADI, "amadi"), key_file(tmp_path, BAKER, "baker")
    with ThreadPoolExecutor(1) as pool:
        asked, held = hold(harbour, pool, "From the terminal.")
        assert held.id in run("approvals")[1]
        code, told = run("approve", held.id, "--key", amadi, "--yes")
        assert code == 2
        assert "amadi, amadi-too; say who with --as" in told
        code, told = run("approve", held.id[:6], "--key", amadi, "--as", "amadi", "--yes")
        assert code == 0
        assert "container 7" in told
        assert "open; it waits for others" in told
        assert run("approve", held.id, "--key", amadi, "--as", "amadi-too", "--yes")[0] == 12
        assert run("approve", held.id, "--key", baker, "--yes")[0] == 0
        assert may_run(asked.result(20))
    code, told = run("approvals", "--reviewers")
    assert "amadi: caught 0 of 0" in told


def test_what_was_released_is_carried_out_once_and_nothing_else_is(harbour: Harbour, run: Run, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked, held = hold(harbour, pool, "Carry it out.")
        harbour.answer(held, AMADI, "amadi")
        harbour.answer(held, BAKER, "baker")
        assert may_run(asked.result(20))
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps(json.loads(CRANE), indent=4))
    uses = 0
    while run("check-release", "crane", str(arguments))[0] == 0:
        uses += 1
    assert 1 <= uses <= 2, "one for each call that this file has released so far"
    arguments.write_text('{"berth": 5}')
    code, told = run("check-release", "crane", str(arguments), "--format", "json")
    assert (code, json.loads(told)["may"]) == (10, False)


def test_a_refusal_from_the_terminal_tells_the_agent_why(harbour: Harbour, run: Run, tmp_path: Path) -> None:
    baker = key_file(tmp_path, BAKER, "baker")
    with ThreadPoolExecutor(1) as pool:
        asked, held = hold(harbour, pool, "Refuse from the terminal.")
        assert run("refuse", held.id, "--reason", "the crane is closed", "--key", baker)[0] == 0
        assert "the crane is closed" in asked.result(20)


def test_an_approval_is_taken_back_from_the_terminal(harbour: Harbour, run: Run) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked, held = hold(harbour, pool, "Take it back.")
        assert run("revoke", held.id, "--reason", "not today", "--by", "deeds") == (0, f"{held.id}: revoked\n")
        assert "not today" in asked.result(20)
    assert run("revoke", held.id, "--reason", "again")[0] == 12
    assert run("revoke", "--reason", "nothing")[0] == 2
    assert run("revoke", "ffff", "--reason", "nobody")[0] == 3


def test_traces_are_written_for_each_session(run: Run, tmp_path: Path) -> None:
    code, told = run("approvals", "--traces", str(tmp_path / "traces"))
    assert code == 0
    files = sorted((tmp_path / "traces").glob("*.jsonl"))
    assert told == f"wrote {len(files)} traces to {tmp_path / 'traces'}\n"
    for path in files:
        assert json.loads(path.read_text().splitlines()[-1])["type"] == "session_end"


def test_breaking_the_glass_lifts_the_wait_and_closing_it_brings_it_back(
    harbour: Harbour, run: Run, tmp_path: Path
) -> None:
    deeds = key_file(tmp_path, DEEDS, "deeds")
    assert run("breakglass")[1] == "The glass is whole.\n"
    assert run("breakglass", "--use-case", "unload", "--key", deeds)[0] == 2
    assert run("breakglass", "--use-case", "unload", "--reason", "fire on the quay", "--key", deeds)[0] == 0
    (opening,) = json.loads(run("breakglass", "--format", "json")[1])
    assert (opening["open"], opening["person"]) == (True, "deeds")
    for _ in range(40):
        time.sleep(0.25)
        if harbour.terms().digest != harbour.plain_digest():
            break
    assert may_run(ask(harbour, "While it burns."))
    assert run("breakglass", "--close", opening["id"], "--as", "amadi")[0] == 0
    for _ in range(40):
        time.sleep(0.25)
        if harbour.terms().digest == harbour.plain_digest():
            break
    with ThreadPoolExecutor(1) as pool:
        asked, held = hold(harbour, pool, "After the fire.")
        run("revoke", held.id, "--reason", "done")
        assert not may_run(asked.result(20))
