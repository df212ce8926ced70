"""Real coding agents, unmodified and headless: does the command that the model asks for run?

They are fetched with npm into a temporary folder, so that only `make test-deep` runs them; REMIT_AGENTS names a folder
that has them already. People take eight seconds to answer, and then 330, when every agent's own patience with a silent
stream is over; REMIT_AGENT_HOLD says another number.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.agent_model import MARK, answer
from tests.gateway.live import is_deep
from tests.gateway.oversight.scene import AMADI, BAKER, REGISTER, TWO_OFFICERS
from tests.gateway.oversight.served import Harbour, Model, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.gateway.oversight.held import HeldCall

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not is_deep(), reason="fetches coding agents and waits for them: make test-deep runs it"),
]
HOLD, LONG_HOLD = 8.0, float(os.environ.get("REMIT_AGENT_HOLD", "330"))
PACKAGES = ["@anthropic-ai/claude-code", "@openai/codex", "opencode-ai"]
PROGRAMS = {
    "claude": "@anthropic-ai/claude-code-*/claude",
    "codex": "@openai/codex-*/vendor/*/bin/codex",
    "opencode": "opencode-*/bin/opencode",
}
AGENTS = sorted(PROGRAMS)
MOST_ASKED = 12
"""Requests of one run: an agent that answers a refusal by asking again and again makes more."""
TERMS = {
    "allowed": "",
    "denied": "  - {id: never, boundary: true, forbid: [act], when: {tool.effect: write}, says: Nothing is written.}\n",
    "held": f"  - {{id: wait, hold: [act], when: {{tool.effect: write}}, until: {{{TWO_OFFICERS}}}}}\n",
}


class ShellModel(Model):
    """Wants one command run."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
                body = json.loads(await reader.readexactly(length))
                self.asked.append(body)
                content = answer(head.split()[1].decode(), body)
                kind = b"text/event-stream" if body.get("stream") else b"application/json"
                start = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(content))
                writer.write(start + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


class Desk(Harbour):
    """A gateway for agents, under terms of one kind."""

    def __init__(self, folder: Path, model: Model, verdict: str) -> None:
        self.verdict = verdict
        super().__init__(folder, model, TWO_OFFICERS)

    def start(self) -> None:
        makers = ("anthropic", "openai")
        place = f'channel: local, base_url: "http://127.0.0.1:{self.model.port}"'
        rows = "".join(f"  - {{id: {maker}, maker: {maker}, {place}}}\n" for maker in makers)
        shells = "tools:\n  - {id: Bash, effect: [write]}\n  - {id: exec_command, effect: [write]}\n"
        register = REGISTER.replace("tools:\n", shells) + "upstreams:\n" + rows
        (self.terms_folder / "remit.yaml").write_text(register)
        policy = "instrument: halden\nkind: policy\nby: halden\n"
        policy += "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]\n"
        policy += "clauses:\n  - {id: may, permit: [invoke, act]}\n" + TERMS[self.verdict]
        (self.terms_folder / "instruments/halden.yaml").write_text(policy)
        super().start()

    def wait_for_held(self) -> HeldCall:
        for _ in range(1200):
            if found := [held for held in self.held() if held.state.live]:
                return found[0]
            time.sleep(0.1)
        raise AssertionError("nothing was held")


@contextmanager
def a_desk(folder: Path, verdict: str) -> Iterator[Desk]:
    model = ShellModel()
    with answering(model):
        desk = Desk(folder, model, verdict)
        try:
            yield desk
        finally:
            desk.stop()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = os.environ.get("REMIT_AGENTS", "")
    if not place:
        if which("npm") is None:
            pytest.skip("npm, which fetches the agents, is not there")
        place = str(tmp_path_factory.mktemp("agents"))
        words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", place, *PACKAGES]
        if subprocess.run(words, capture_output=True, timeout=600, check=False).returncode:
            pytest.skip("npm could not fetch the agents")
    found = {name: sorted(Path(place, "node_modules").glob(form)) for name, form in PROGRAMS.items()}
    absent = [name for name, paths in found.items() if not paths]
    if absent:
        pytest.skip(f"no program for this machine was found: {', '.join(absent)}")
    return {name: paths[0] for name, paths in found.items()}


def run_agent(name: str, programs: dict[str, Path], desk: Desk, folder: Path) -> tuple[int, str, int]:
    """Run an agent in an empty home; return its exit code, its last words, and how often the command ran."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    words, more = CONFIGURED[name](programs[name], desk, home)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), **more}
    limit = LONG_HOLD + 180
    done = subprocess.run(
        words, cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False
    )
    made = work / MARK
    ran = len(made.read_text().splitlines()) if made.exists() else 0
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:], ran


def claude(program: Path, desk: Desk, _: Path) -> tuple[list[str], dict[str, str]]:
    words = [str(program), "-p", "run the thing", "--output-format", "stream-json", "--verbose"]
    more = {"ANTHROPIC_BASE_URL": desk.address, "ANTHROPIC_API_KEY": desk.key, "IS_SANDBOX": "1"}
    return [*words, "--allowedTools", "Bash"], more | {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def codex(program: Path, desk: Desk, home: Path) -> tuple[list[str], dict[str, str]]:
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text(
        'model = "gpt-5-codex"\nmodel_provider = "m"\napproval_policy = "never"\nsandbox_mode = "danger-full-access"\n'
        f'[model_providers.m]\nname = "m"\nbase_url = "{desk.address}/v1"\nenv_key = "K"\nwire_api = "responses"\n'
    )
    return [str(program), "exec", "--skip-git-repo-check", "run the thing"], {"K": desk.key}


def opencode(program: Path, desk: Desk, home: Path) -> tuple[list[str], dict[str, str]]:
    options = {"baseURL": f"{desk.address}/v1", "apiKey": desk.key}
    provider: dict[str, Any] = {"npm": "@ai-sdk/openai-compatible", "name": "m", "options": options}
    provider["models"] = {"gpt-4o-mini": {"name": "m"}}
    setting: dict[str, Any] = {"autoupdate": False, "share": "disabled", "model": "m/gpt-4o-mini"}
    setting |= {"small_model": "m/gpt-4o-mini", "provider": {"m": provider}}
    (home / ".config/opencode").mkdir(parents=True)
    (home / ".config/opencode/opencode.json").write_text(json.dumps(setting))
    more = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    return [str(program), "run", "run the thing"], more


CONFIGURED = {"claude": claude, "codex": codex, "opencode": opencode}


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_runs_what_is_allowed(name: str, programs: dict[str, Path], tmp_path: Path) -> None:
    with a_desk(tmp_path, "allowed") as desk:
        code, said, ran = run_agent(name, programs, desk, tmp_path)
    assert (code, ran) == (0, 1), said


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_does_not_run_what_is_denied_and_ends_in_peace(
    name: str, programs: dict[str, Path], tmp_path: Path
) -> None:
    with a_desk(tmp_path, "denied") as desk:
        code, said, ran = run_agent(name, programs, desk, tmp_path)
        asked = len(desk.model.asked)
    assert (code, ran) == (0, 0), said
    assert asked <= MOST_ASKED


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_waits_for_people_and_runs_what_they_approve_once(
    name: str, programs: dict[str, Path], tmp_path: Path
) -> None:
    demand_run_once(name, programs, tmp_path, HOLD)


def test_every_agent_waits_for_people_longer_than_it_has_patience(programs: dict[str, Path], tmp_path: Path) -> None:
    with ThreadPoolExecutor(len(AGENTS)) as pool:
        runs = []
        for name in AGENTS:
            (folder := tmp_path / name).mkdir()
            runs.append(pool.submit(demand_run_once, name, programs, folder, LONG_HOLD))
        for run in runs:
            run.result()


def demand_run_once(name: str, programs: dict[str, Path], folder: Path, seconds: float) -> None:
    """Have two people answer an agent after a while; what it wanted to run ran once, and not before."""
    with a_desk(folder, "held") as desk, ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_agent, name, programs, desk, folder)
        held = desk.wait_for_held()
        time.sleep(seconds)
        assert not (folder / "work" / MARK).exists()
        desk.answer(held, AMADI, "amadi")
        desk.answer(held, BAKER, "baker")
        code, said, ran = running.result()
    assert (code, ran) == (0, 1), said
