"""Counts for Prometheus: what was decided, what came back, and what the gateway took, by use case.

1. Labels are names of the register and of clauses, statuses and effects: a bounded number of them, and no contents,
   no keys and no sessions.
2. Several workers write into files of one folder, and each answers for all of them; a worker that dies is counted
   with what it had counted.
3. It is answered on this machine alone, unless a token is set, and then to whoever bears it.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from remit.gateway.observer import STOPPED, Came, Decided, Observer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from prometheus_client import CollectorRegistry, Counter, Histogram

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the folder that workers share; it must be set before it is imported."""
TOKEN_VARIABLE = "REMIT_METRICS_TOKEN"  # noqa: S105 - the name of a variable.
_ADDED = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_TOOK = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LOCAL = frozenset(("127.0.0.1", "::1", "::ffff:127.0.0.1"))


def share_counts(folder: Path) -> None:
    """Prepare the folder that the workers of one start share (2); what an earlier start counted there ends."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink()
    os.environ[FOLDER_VARIABLE] = str(folder)


class Metrics(Observer):
    """Counts what is told, and writes it as Prometheus reads it."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram  # noqa: PLC0415 - an extra.

        self._registry = registry = CollectorRegistry()
        self._decisions = Counter("remit_decisions", "Decisions on record", ("use", "effect"), registry=registry)
        self._refusals = Counter("remit_refusals", "Refusals and holds by clause", ("use", "rule"), registry=registry)
        self._calls = Counter("remit_calls", "Calls that went on, by what came", ("use", "status"), registry=registry)
        self._declined = Counter("remit_declined", "Replies in which the model declined", ("use",), registry=registry)
        self._unrecorded = Counter("remit_unrecorded", "What the ledger did not take", (), registry=registry)
        self._added = Histogram(
            "remit_added_seconds", "Time the gateway took", ("use",), registry=registry, buckets=_ADDED
        )
        self._took = Histogram(
            "remit_call_seconds", "From decision to outcome", ("use",), registry=registry, buckets=_TOOK
        )
        self._kept: dict[tuple[object, ...], Counter | Histogram] = {}

    def decided(self, decided: Decided) -> None:
        """Count a decision, and each clause of one that did not go on."""
        self._counter(self._decisions, decided.use, decided.effect).inc()
        if decided.effect in STOPPED:
            for rule in decided.rules:
                self._counter(self._refusals, decided.use, rule).inc()

    def came(self, came: Came) -> None:
        """Count what came back of a call; of a tool call nothing comes."""
        if came.added_ms is None:
            return
        self._counter(self._calls, came.use, str(came.status) if came.status else "none").inc()
        if came.declined:
            self._counter(self._declined, came.use).inc()
        self._histogram(self._added, came.use).observe(came.added_ms / 1000)
        if came.took is not None:
            self._histogram(self._took, came.use).observe(came.took)

    def not_recorded(self, because: str) -> None:  # noqa: ARG002 - a cause is no name to count under.
        """Count what the ledger did not take."""
        self._unrecorded.inc()

    def write(self) -> bytes:
        """Write everything there is, of all workers where there are several."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - an extra.

        registry: CollectorRegistry = self._registry
        if os.environ.get(FOLDER_VARIABLE):
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415 - as above.

            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types.
        return generate_latest(registry)

    def _counter(self, counter: Counter, *labels: str) -> Counter:
        key = (counter, *labels)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = counter.labels(*labels)
        return found  # type: ignore[return-value]  # the key begins with what it came from.

    def _histogram(self, histogram: Histogram, *labels: str) -> Histogram:
        key = (histogram, *labels)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = histogram.labels(*labels)
        return found  # type: ignore[return-value]  # as above.


def may_read(client: str, headers: Iterable[tuple[bytes, bytes]], environment: Mapping[str, str]) -> bool:
    """Tell whether somebody may read the counts (3)."""
    token = environment.get(TOKEN_VARIABLE, "")
    if not token:
        return client in _LOCAL and not any(name in _FORWARDED for name, _ in headers)
    expected = f"Bearer {token}".encode()
    return any(name == b"authorization" and hmac.compare_digest(value, expected) for name, value in headers)


_FORWARDED = frozenset((b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"))
"""A request with one of these came through a proxy on this machine, and from anywhere."""
