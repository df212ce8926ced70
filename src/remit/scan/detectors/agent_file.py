"""Find files whose name says that a coding agent works in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.occurrence import Occurrence, Relation, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document

IDENT = "agent-file"


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield one place for a file that an agent reads, whatever it holds."""
    agent = context.signatures.agent_of(document.path)
    if agent is None or not agent.maker:
        return
    yield Occurrence(
        detector=IDENT,
        path=document.path,
        line=1,
        maker=agent.maker,
        relation=Relation.DEVELOPMENT_TOOL,
        role=Role.AGENT_FILE,
        says=f"is read by {agent.name}",
    )
