"""Commands as documents show them: found in a text, run as a user would, held against what stands there.

The rules, for whoever writes a document:

1. A block fenced as ```console is run; each line `$ remit …` is one command, without pipes or redirection.
2. It runs where `examples/` is a copy of the project's, and commands of one block share that place.
3. The exit code is 0, or what a comment at the end of the line says: `# exit 10`.
4. Output shown under a command is held against the real one only when the fence says ```console exact.

Help texts keep rules 1 to 3 for the lines of their example, which begin with two spaces and `remit`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from remit.cli.commands import COMMANDS, module_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```console(?P<exact> exact)?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d+)$")
SHELL_ONLY = {"|", ">", ">>", "<", "&&", "||", ";"}


@dataclass(frozen=True)
class Invocation:
    """One command, the code it should exit with, and the output that is shown under it."""

    words: tuple[str, ...]
    code: int
    shown: str
    line: int

    @property
    def name(self) -> str:
        """Which of Remit's commands it is; empty when it is none, such as `remit --help`."""
        found = (" ".join(self.words[:length]) for length in (2, 1))
        return next((name for name in found if name in COMMANDS), "")


@dataclass(frozen=True)
class Block:
    """The commands of one fenced block, which run one after the other in one place."""

    place: str
    exact: bool
    invocations: tuple[Invocation, ...]


def blocks_in(path: Path) -> Iterator[Block]:
    """Find the blocks of one document that hold a command of ours."""
    text = path.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        first = text.count("\n", 0, fence.start("body")) + 1
        invocations = tuple(_invocations(fence["body"], first, prompt="$ "))
        if invocations:
            place = f"{path.relative_to(ROOT).as_posix()}:{first}"
            yield Block(place=place, exact=bool(fence["exact"]), invocations=invocations)


def block_of_help(name: str, epilog: str) -> Block:
    """Take the example that stands at the end of a command's help."""
    return Block(f"remit {name} --help", exact=False, invocations=tuple(_invocations(epilog, 1, prompt="  ")))


def _invocations(body: str, first: int, *, prompt: str) -> Iterator[Invocation]:
    lines = body.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith(f"{prompt}remit")]
    ends = [at for at, line in enumerate(lines) if line.startswith(prompt)] + [len(lines)]
    for at in starts:
        said = EXIT.search(lines[at])
        words = shlex.split(EXIT.sub("", lines[at]).removeprefix(prompt))
        shown = lines[at + 1 : min(end for end in ends if end > at)]
        code = int(said[1]) if said else 0
        yield Invocation(tuple(words[1:]), code, "\n".join(shown).strip(), first + at)


def run_block(block: Block, place: Path) -> None:
    """Run the commands of a block and compare; skip when one of them has not been written yet."""
    shutil.copytree(ROOT / "examples", place / "examples")
    for invocation in block.invocations:
        command = f"{block.place}: remit {shlex.join(invocation.words)}"
        assert not SHELL_ONLY & set(invocation.words), f"{command}\nneeds a shell; documents run without one"
        if invocation.name and find_spec(module_of(invocation.name)) is None:
            pytest.skip(f"{command}: the command has no module yet")
        ran = remit(*invocation.words, within=place)
        assert ran.returncode == invocation.code, f"{command}\n{ran.stdout}{ran.stderr}"
        if block.exact:
            assert (ran.stdout + ran.stderr).strip() == invocation.shown, command


def remit(*words: str, within: Path) -> subprocess.CompletedProcess[str]:
    """Run Remit as a user does, in a terminal of a known width that shows no colour."""
    return subprocess.run(
        [sys.executable, "-m", "remit", *words],
        cwd=within,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
