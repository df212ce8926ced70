"""Find commands that install a package or start an agent: in scripts, workflows, cells and subprocesses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import relation_of, report, shows_use
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.signatures import normal_name
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Agent, Package

IDENT = "command"
_LONGEST = 2_000
_INSTALL = re.compile(
    r"\b(?:(?P<pypi>pip3?|uv(?:\s+pip)?|poetry|pipx|pdm|conda|mamba|uvx)|(?P<npm>npm|yarn|pnpm|bun|npx|bunx)|(?P<go>go)|(?P<cargo>cargo)|(?P<gem>gem|bundle)|(?P<composer>composer)|(?P<nuget>dotnet))"
    r"(?:(?<=npx)|(?<=bunx)|(?<=uvx)|(?<=pipx)|(?=(?:\s+-\S+)*+\s+(?:install|add|get|i|require|global|tool|run|exec|dlx|pip)\s))"
    r"\s+(?:(?:install|add|get|i|require|global|tool|run|exec|dlx|package|--?[\w\-=]+)\s+)*(?P<rest>[^\n;&|]+)"
)
_STARTED = re.compile(
    r"(?:^|[._])(?:subprocess|popen|check_output|check_call|run|exec\w*|spawn\w*|execa\w*|command|system|shell|which|cmd|argv|create_subprocess_\w+)$",
    re.IGNORECASE,
)
_FLAGS = re.compile(
    r"\s(?:-p\b|--print\b|--model\b|-m\s|--output-format|exec\s|--prompt|--dangerously|--yolo|--full-auto)"
)


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each line that installs a package that reaches models, or starts an agent."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK, Part.MANIFEST} or document.language in {"text", "json"}:
        return
    for line in document.live_lines:
        text = document.line_text(line)[:_LONGEST]
        for package in _installed(text, context):
            yield from _occurrences(document, line, package, context)
    yield from _started(document, context)


def _installed(text: str, context: Context) -> Iterator[Package]:
    for match in _INSTALL.finditer(text):
        ecosystem = (
            match.lastgroup
            if match.lastgroup != "rest"
            else next(key for key, value in match.groupdict().items() if value)
        )
        for word in re.split(r"[\s\"',\]]+", match["rest"]):
            name = re.split(r"[=<>~!\[;]|(?<=.)@", word, maxsplit=1)[0]
            key = (str(ecosystem), normal_name(str(ecosystem), name))
            package = context.signatures.packages.get(key)
            if package is not None and key not in context.own_packages:
                yield package


def _occurrences(document: Document, line: int, package: Package, context: Context) -> Iterator[Occurrence]:
    if not shows_use(package):
        return
    tool = package.kind == "agent"
    for maker, channel in report(context, package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=line,
            maker=maker,
            channel=channel,
            relation=Relation.DEVELOPMENT_TOOL if tool and document.part is Part.CI else relation_of(package),
            role=Role.DEPENDENCY,
            bound="run",
            says=f"installs {package.name}",
        )


def _grip(agent: Agent, command: str) -> Grip:
    """A short command, or one that does not bear the agent's name, may be anything."""
    if agent.maker.startswith("other:"):
        return Grip.LOOSE
    return Grip.FIRM if len(command) > 4 and command.split("-", maxsplit=1)[0] in agent.name.lower() else Grip.LOOSE  # noqa: PLR2004


def _started(document: Document, context: Context) -> Iterator[Occurrence]:
    """An agent is started where its command stands first in a call that starts programs, or on a line of a script."""
    commands = context.signatures.commands
    for mention in document.mentions:
        if mention.is_silent:
            continue
        first = mention.token.strip().split(" ", 1)[0] if mention.kind is Kind.STRING else ""
        agent = commands.get(first)
        started = agent is not None and any(_STARTED.search(name) for name in mention.names[:3])
        line = document.line_text(mention.line)[:_LONGEST]
        if not started and document.language in {"shell", "dockerfile", "yaml", "make", "powershell"}:
            match = re.match(r"^\s*+(?:(?:-\s*+)?run:\s*+|RUN\s++|\$\s|.*[|;&(]\s*+)?([\w\-]++)(\s.*)?$", line)
            first = match[1] if match else ""
            agent = commands.get(first)
            started = agent is not None and bool(match and match[2] and _FLAGS.search(match[2]))
        if started and agent is not None and agent.maker:
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=mention.line,
                maker=agent.maker,
                relation=Relation.DEVELOPMENT_TOOL if document.part is Part.CI else Relation.RUNTIME_CALL,
                role=Role.CALL_SITE,
                grip=Grip.LOOSE if document.part is Part.TEST else _grip(agent, first),
                scoped=scope_of(document, mention, mention.line, context.signatures),
                says=f"starts {agent.name}",
            )
