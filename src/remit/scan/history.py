"""Which coding agents left a trail in the history of a checkout: trailers, lines, session links, authors.

1. One `git log`, with everything off by which a repository could make git run something or ask the network.
2. An agent is known by an address, a login or a link of its own. A first name is a person's, an employer's domain
   is a person's, and prose proves nothing.
3. Trailers can be left out, so finding none says nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from os.path import lexists  # It says no in a folder that may not be read, where a path's own question raises.
from typing import TYPE_CHECKING

from remit.scan.coverage import AROUND, READ, SHALLOW
from remit.scan.revision import quiet_environment, run_git

if TYPE_CHECKING:
    from pathlib import Path

    from remit.scan.coverage import Coverage
    from remit.scan.signatures import Agent, Signatures

_COMMAND = (
    "git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "log.showSignature=false", "-c", "log.mailmap=false", "-c", "core.pager=cat",
)  # fmt: skip
_FORMAT = "--format=%H%x00%an%x00%ae%x00%cn%x00%ce%x00%B%x00%x01"
_TRAILER = re.compile(
    r"^\s*(?P<key>co-?-?authored?-by|assisted-by|generated-by|generated-with|made-with|created-by|written-by|co-?developed-by|ai-assisted-by|ai-assistant|ai-agent|agent|tool|model|signed-off-by|authored-by|helped-by|pair-programmed-with|[\w]+-session(?:-id)?)\s*:\s*(?P<value>.+?)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"<?\b([\w.+\-\[\]]+@[\w\-]+(?:\.[\w\-]+)+)>?")
_LOGIN = re.compile(r"^(?:\d+\+)?(?P<login>[^@]+)@users\.noreply\.github\.com$")
_TOOL_WORDS = {
    "code",
    "agent",
    "ai",
    "bot",
    "cli",
    "assistant",
    "action",
    "thinking",
    "context",
    "model",
    "via",
    "with",
    "and",
    "the",
}
_MACHINE = re.compile(r"no-?reply@(?!.*github\.com)|\[bot\]|\bbot\b|agent@|^(?:ai|agent|assistant)@")
_ONLY_ADDRESS = {"signed-off-by"}


@dataclass(frozen=True, slots=True)
class Trail:
    """What one agent left in the history."""

    maker: str
    commits: int
    by: tuple[tuple[str, int], ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """What the log says of one commit."""

    ident: str
    author: str
    author_mail: str
    committer: str
    committer_mail: str
    message: str


def checkout_around(place: Path) -> Path | None:
    """Return the nearest folder above a place that has a git directory; nothing where none has."""
    whole = place.resolve()
    return next((above for above in whole.parents if lexists(above / ".git")), None)


def trails(root: Path, signatures: Signatures, coverage: Coverage, *, around: bool = False) -> list[Trail]:
    """Read the history of a checkout, or around a place that of its paths, and count the commits of each maker."""
    above = None if lexists(root / ".git") else checkout_around(root)
    if not lexists(root / ".git") and (above is None or not around):
        coverage.history = "no git directory in this place" if above is None else AROUND
        return []
    below = ("--", f":(top,literal){os.path.relpath(root.resolve(), above)}") if above else ()
    try:
        run = subprocess.run(  # noqa: S603
            [*_COMMAND, "-C", str(above or root), "log", "--no-decorate", _FORMAT, "HEAD", *below],
            capture_output=True, check=False, timeout=600, stdin=subprocess.DEVNULL, env=quiet_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        coverage.history = f"git did not answer: {type(fault).__name__}"
        return []
    if run.returncode:
        first = run.stderr.decode("utf-8", "replace").strip().split("\n", 1)[0]
        coverage.history = "no commits yet" if "does not have any commits" in first else f"git failed: {first[:200]}"
        return []
    commits = list(_commits(run.stdout))
    coverage.commits = len(commits)
    coverage.history = SHALLOW if shallow_file(above or root).exists() else READ
    return count(commits, signatures)


def shallow_file(root: Path) -> Path:
    """Say where a checkout keeps where its history was cut off; a further work tree keeps it with the first one."""
    return root / os.fsdecode(run_git(root, "rev-parse", "--git-path", "shallow").removesuffix(b"\n"))


def _commits(output: bytes) -> list[Commit]:
    found = []
    for record in output.decode("utf-8", "replace").split("\0\x01"):
        fields = record.lstrip("\n").split("\0")
        if len(fields) == 6:  # noqa: PLR2004
            found.append(Commit(*fields))
    return found


def count(commits: list[Commit], signatures: Signatures) -> list[Trail]:
    """Count the commits of each maker's agents, by the form of the trace."""
    marks = _Marks(signatures)
    forms: dict[str, dict[str, int]] = {}
    examples: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for commit in commits:
        seen = marks.of(commit)
        for maker in {maker for maker, _ in seen}:
            totals[maker] = totals.get(maker, 0) + 1
            examples.setdefault(maker, []).append(commit.ident)
        for maker, form in seen:
            forms.setdefault(maker, {})[form] = forms.get(maker, {}).get(form, 0) + 1
    return [
        Trail(maker, totals[maker], tuple(sorted(forms[maker].items())), tuple(examples[maker][:3]))
        for maker in sorted(totals)
    ]


class _Marks:
    """The traces of every agent, indexed."""

    def __init__(self, signatures: Signatures) -> None:
        agents = [agent for agent in signatures.agents if agent.maker]
        self.mails = {mail.lower(): agent for agent in agents for mail in agent.emails}
        self.authors = {author.lower(): agent for agent in agents for author in agent.authors}
        self.names = {name.lower(): agent for agent in agents for name in agent.names}
        self.lines = [(line.lower(), _phrase(line), agent) for agent in agents for line in agent.lines]
        self.links = [(link.lower(), agent) for agent in agents for link in agent.links]
        self.starts = sorted(self.names, key=len, reverse=True)
        self.words = {word for model in signatures.models for word in re.split(r"[^a-z]+", model) if word} | _TOOL_WORDS

    def of(self, commit: Commit) -> set[tuple[str, str]]:
        """List the makers whose agents left a trace in a commit, each with its form."""
        seen: set[tuple[str, str]] = set()
        for name, mail in ((commit.author, commit.author_mail), (commit.committer, commit.committer_mail)):
            agent = self.by_mail(mail) or self.by_author(name)
            if agent is not None:
                seen.add((agent.maker, "author"))
        message = commit.message
        for match in _TRAILER.finditer(message):
            key, value = match["key"].lower(), match["value"]
            agent = self.by_trailer(value, only_address=key in _ONLY_ADDRESS)
            if agent is not None:
                seen.add((agent.maker, "session-link" if "session" in key else "trailer"))
        lower = message.lower()
        seen |= {(agent.maker, "session-link") for link, agent in self.links if link in lower}
        seen |= {
            (agent.maker, "generated-with")
            for words, line, agent in self.lines
            if words in lower and line.search(message)
        }
        return seen

    def by_mail(self, mail: str) -> Agent | None:
        lower = mail.strip().lower()
        if agent := self.mails.get(lower):
            return agent
        login = _LOGIN.match(lower)
        return self.authors.get(login["login"]) if login else None

    def by_author(self, name: str) -> Agent | None:
        """An author counts by name only when the name is a login of an agent, such as one that ends in [bot]."""
        lower = name.strip().lower()
        return self.authors.get(lower) if "[bot]" in lower or "-" in lower else None

    def by_trailer(self, value: str, *, only_address: bool) -> Agent | None:
        address = _ADDRESS.search(value)
        if address is not None:
            if agent := self.by_mail(address[1]):
                return agent
            if not _MACHINE.search(address[1].lower()):
                return self.by_author(value.split("<", 1)[0])
        if only_address:
            return None
        return self.by_name(value.split("<", 1)[0], machine=address is not None)

    def by_name(self, name: str, *, machine: bool) -> Agent | None:
        """Match the agent's name, or the name with a version after it: `Claude Opus 4.6`."""
        lower = re.sub(r"\(.*|[^a-z0-9 .\-\[\]]", " ", name.lower()).strip()
        for start in self.starts:
            if not lower.startswith(start):
                continue
            rest = lower[len(start) :]
            if machine and not rest[:1].isalpha():
                return self.names[start]
            # What follows is a version or a word of a model's id; anything else is a surname.
            if all(
                word in self.words or any(sign.isdigit() for sign in word)
                for word in re.split(r"[ \-\[\]]+", rest)
                if word
            ):
                return self.names[start]
        return None


def _phrase(line: str) -> re.Pattern[str]:
    """A line that an agent writes: `Generated with [Claude Code]`, at the start of a line but for signs."""
    return re.compile(r"^\W{0,8}" + re.escape(line), re.IGNORECASE | re.MULTILINE)
