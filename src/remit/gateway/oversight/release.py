"""The check at the point of execution: an act may be carried out that was released, once.

A gateway sees calls that are proposed. Whoever carries them out asks here, or by `remit check-release`, and only then
may say "executed". An act is a tool with its arguments; a release covers one, once, for a time.

1. A release of exactly this act is there.
2. Its time is not up.
3. It was not used. Using it is durable before the answer is yes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from remit.canonical import canonical
from remit.errors import EvidenceRefused
from remit.gateway.oversight.call import act_digest
from remit.gateway.oversight.waiting import RELEASE
from remit.ledger.entry import make_draft
from remit.ledger.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer


@dataclass(frozen=True, slots=True)
class Use:
    """A release that was used up: the short name of its call, and the decision that held it."""

    call: str
    of: int


@dataclass(slots=True)
class Using:
    """A release of an act being used up, of those that were found for it."""

    tool: str
    arguments: str
    names: Sequence[str]
    at: datetime
    used: Use | None = None

    def settle(self, desk: Desk) -> list[Draft]:
        """Use one up within a transaction; raise `EvidenceRefused` where none serves any more."""
        refused = EvidenceRefused("release-used", f"every release of {self.tool} with these arguments was used already")
        for name in self.names:
            release = json.loads(desk.row(name) or b'{"used": true}')
            if release["used"]:  # (3)
                continue
            if datetime.fromisoformat(release["until"]) <= self.at:  # (2)
                refused = EvidenceRefused("release-late", f"the release of {self.tool} ended at {release['until']}")
                continue
            desk.put(name, canonical({**release, "used": True}))
            self.used = Use(name.rpartition("/")[2], release["of"])
            fields = {"digest": act_digest(self.tool, self.arguments), "type": "executed"}
            return [make_draft(Kind.MESSAGE, release["stream"], fields, {"of": release["of"], "tool": self.tool})]
        raise refused


def prefix_of(tool: str, arguments: str) -> str:
    """Return what the rows of the releases of an act begin with."""
    return f"{RELEASE}{act_digest(tool, arguments).removeprefix('sha256:')}/"


def check_release(writer: Writer, store: Store, tool: str, arguments: str, *, at: datetime) -> Use:
    """Use a release of an act up and return it; raise `EvidenceRefused` where the act may not be carried out."""
    names = [name for name, _ in store.rows(prefix_of(tool, arguments))]
    if not names:  # (1)
        raise EvidenceRefused("release-other", f"nobody released {tool} with these arguments")
    using = Using(tool, arguments, names, at)
    writer.commit(settle=using.settle)
    if using.used is None:
        raise EvidenceRefused("release-used", f"no release of {tool} was used")
    return using.used
