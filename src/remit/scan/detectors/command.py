"""Find commands that install a package or start an agent: in shell, container files, workflows, cells and subprocesses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import is_scoped
from remit.scan.signatures import normal_name
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Package

IDENT = "command"
_INSTALL = re.compile(
    r"\b(?:(?P<pypi>pip3?|uv(?:\s+pip)?|poetry|pipx|pdm|conda|mamba|uvx)|(?P<npm>npm|yarn|pnpm|bun|npx|bunx)|(?P<go>go)|(?P<cargo>cargo)|(?P<gem>gem|bundle)|(?P<composer>composer)|(?P<nuget>dotnet))"
    r"\s+(?:(?:install|add|get|i|require|global|tool|run|exec|dlx|package|--?[\w\-=]+)\s+)*(?P<rest>[^\n;&|]+)"
)
_STARTED = re.compile(r"(?:subprocess|Popen|check_output|check_call|\brun\b|exec|spawn|execa|Command|system|shell|which|shutil|command|cmd|args|argv|\$)", re.IGNORECASE)
_FLAGS = re.compile(r"\s(?:-p\b|--print\b|--model\b|-m\s|--output-format|exec\b|--prompt|--dangerously|--yolo|run\b|--full-auto)")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each line that installs a package that reaches models, or starts an agent."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK, Part.MANIFEST} or document.language in {"text", "json"}:
        return
    lines = {mention.line for mention in document.mentions if not mention.is_silent}
    for line in sorted(lines):
        text = document.line_text(line)
        for package in _installed(text, context):
            yield from _occurrences(document, line, package, context)
    yield from _started(document, context)


def _installed(text: str, context: Context) -> Iterator[Package]:
    for match in _INSTALL.finditer(text):
        ecosystem = match.lastgroup if match.lastgroup != "rest" else next(key for key, value in match.groupdict().items() if value)
        for word in re.split(r"[\s\"',\]]+", match["rest"]):
            name = re.split(r"[=<>~!\[;]|(?<=.)@", word, maxsplit=1)[0]
            if package := context.signatures.packages.get((str(ecosystem), normal_name(str(ecosystem), name))):
                yield package


def _occurrences(document: Document, line: int, package: Package, context: Context) -> Iterator[Occurrence]:
    tool = package.kind in {"agent", "tool"}
    for maker, channel in report(context, package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=line,
            maker=maker,
            channel=channel,
            relation=Relation.DEVELOPMENT_TOOL if tool and document.part is Part.CI else Relation.RUNTIME_CALL,
            role=Role.DEPENDENCY,
            bound="run",
            says=f"installs {package.name}",
        )


def _started(document: Document, context: Context) -> Iterator[Occurrence]:
    """An agent is started where its command stands first in a call that starts programs, or on a line of a script."""
    commands = context.signatures.commands
    for mention in document.mentions:
        if mention.is_silent:
            continue
        first = mention.token.strip().split(" ", 1)[0] if mention.kind is Kind.STRING else ""
        agent = commands.get(first)
        started = agent is not None and any(_STARTED.search(name) for name in mention.names[:3])
        line = document.line_text(mention.line)
        if not started and document.language in {"shell", "dockerfile", "yaml", "make", "powershell"}:
            match = re.match(r"^\s*(?:-?\s*run:\s*|RUN\s+|\$\s|.*[|;&(]\s*)?([\w\-]+)(\s.*)?$", line)
            agent = commands.get(match[1]) if match else None
            started = agent is not None and bool(match and match[2] and _FLAGS.search(match[2]))
        if started and agent is not None and agent.maker:
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=mention.line,
                maker=agent.maker,
                relation=Relation.DEVELOPMENT_TOOL if document.part is Part.CI else Relation.RUNTIME_CALL,
                role=Role.CALL_SITE,
                grip=Grip.FIRM,
                scoped=is_scoped(document, mention, mention.line, context.signatures),
                says=f"starts {agent.name}",
            )
