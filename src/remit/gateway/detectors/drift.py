"""Whether a use case has become another: the share of its texts that look more serious than what it is registered as.

No single text says anything. A warning comes when the lower bound of the share, over the last texts, is above a limit
that stands well above what the detector gets wrong on ordinary texts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.gateway.detectors.linear import EFFECTS, NEITHER
from remit.gateway.detectors.measure import Share
from remit.terms.hold import seriousness

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 0.25
"""The share at which a use case looks like another; lookalikes are taken for more in about 8 of 100 cases."""
LAST = 200
"""The texts that are looked back at."""


@dataclass(slots=True)
class DriftWatch:
    """The last labels of one use case; texts themselves are never kept."""

    registered: frozenset[str]
    limit: float = LIMIT
    last: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    warned: bool = False

    def add(self, label: str) -> Share | None:
        """Take the label of one more text; return the share once, when it has passed the limit."""
        effect = "" if label == NEITHER else EFFECTS.get(label, label)
        self.last.append(bool(effect) and effect not in self.registered and self._more_serious(effect))
        share = Share(sum(self.last), len(self.last))
        least = share.bounds[0]
        tells = least > self.limit and not self.warned
        # It is told again only after it has been well below the limit for a while.
        self.warned = tells or (self.warned and least > self.limit / 2)
        return share if tells else None

    def _more_serious(self, effect: str) -> bool:
        return seriousness(effect) > max(map(seriousness, self.registered), default=-1)


def watch_for(effects: Iterable[str]) -> DriftWatch:
    """Begin to watch a use case that is registered with some effects."""
    return DriftWatch(frozenset(effects))
