"""Find actions of coding agents and their commands in the workflows of the four big services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document

IDENT = "workflow"
USES = re.compile(r"^\s*+(?:-\s*+)?uses:\s*+[\"']?([\w.\-]+/[\w.\-/]+)@")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each step of a workflow that runs a maker's action."""
    if document.language != "yaml":
        return
    for line in document.live_lines:
        match = USES.match(document.line_text(line))
        if match is None:
            continue
        parts = match[1].lower().split("/")
        for length in range(len(parts), 1, -1):
            package = context.signatures.packages.get(("actions", "/".join(parts[:length])))
            if package is not None and package.maker:
                tool = document.part is Part.CI or package.kind in {"agent", "tool"}
                yield Occurrence(
                    detector=IDENT,
                    path=document.path,
                    line=line,
                    maker=package.maker,
                    channel=package.channel or "direct",
                    relation=Relation.DEVELOPMENT_TOOL if tool else Relation.RUNTIME_CALL,
                    role=Role.CALL_SITE,
                    grip=Grip.FIRM,
                    says=f"runs the action {match[1]}",
                )
                break
