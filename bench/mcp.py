"""What a tool call costs through `remit mcp`, judge and durable ledger on, against the same server started directly.

Both sides are a program that answers each call at once, so the difference is all ours: two more pipes, the judge, a
decision that is on the disk before the call leaves, and an outcome.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ratio import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = 20
SERVER = """\
import json, sys
for line in sys.stdin:
    ident = json.loads(line)["id"]
    result = {"content": [{"type": "text", "text": "done"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": ident, "result": result}), flush=True)
"""
REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}]
scopes: [{id: harbour, kind: civil, serves: ["**"]}]
use_cases: [{id: ask, scope: harbour, serves: ["**"]}]
tools: [{id: look, effect: [read]}]
"""
HOUSE = """\
instrument: house
kind: policy
by: quayside
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: no-force, boundary: true, forbid: [act], when: {tool.effect: force}}
  - {id: may, permit: [act]}
"""


class Talk:
    """Calls a tool again and again, one call at a time."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, env={**os.environ, **environment})
        self._n = 0

    def __call__(self) -> None:
        """Make some calls."""
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError
        for _ in range(CALLS):
            self._n += 1
            params = {"name": "look", "arguments": {"berth": self._n}}
            call = {"jsonrpc": "2.0", "id": self._n, "method": "tools/call", "params": params}
            self.process.stdin.write(json.dumps(call).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            if answer["result"].get("isError"):
                raise AssertionError(answer)

    def end(self) -> None:
        """Go away."""
        self.process.communicate(timeout=20)


@contextmanager
def talks(place: Path) -> Iterator[tuple[Talk, Talk]]:
    """Start the server directly, and behind the proxy."""
    server = [sys.executable, "-c", SERVER]
    (place / "terms/instruments").mkdir(parents=True)
    row = f"tool_servers: [{{id: quay, command: {json.dumps(server)}}}]\n"
    (place / "terms/remit.yaml").write_text(REGISTER + row, encoding="utf-8")
    (place / "terms/instruments/house.yaml").write_text(HOUSE, encoding="utf-8")
    remit = [sys.executable, "-m", "remit"]
    folders = ["--terms", str(place / "terms"), "--state", str(place / "state")]
    made = subprocess.run([*remit, "key", "new", *folders, "--use", "ask"], capture_output=True, text=True, check=True)
    key = {"REMIT_KEY": made.stdout.split()[0]}
    direct, judged = Talk(server, {}), Talk([*remit, "mcp", "quay", *folders], key)
    try:
        yield judged, direct
    finally:
        judged.end()
        direct.end()


def main() -> None:
    """Print what twenty calls cost."""
    with tempfile.TemporaryDirectory() as place, talks(Path(place)) as (judged, direct):
        compare(f"{CALLS} tool calls over stdio", judged, direct)


if __name__ == "__main__":
    main()
