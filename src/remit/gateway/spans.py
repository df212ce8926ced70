"""Spans for OpenTelemetry by its names for generative models, sent where the environment says and nowhere else.

1. Without an endpoint in the environment nothing is made and nothing is sent.
2. A span holds the name of the model, the status and the decision; no contents, no keys.
3. A refusal is a span too, with the effect and the first clause, so that a trace shows where it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.gateway.observer import STOPPED, Came, Decided, Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_LEAST_ERROR = 400
_NANO = 1_000_000_000


def make_spans(environment: Mapping[str, str], now: Callable[[], datetime]) -> Spans | None:
    """Return what sends spans, or nothing where nobody asked for it (1)."""
    if not any(environment.get(name) for name in ENDPOINTS):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra.
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    name = environment.get("OTEL_SERVICE_NAME") or "remit"
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider, now)


class Spans(Observer):
    """Makes a span of each call and each refusal."""

    def __init__(self, provider: TracerProvider, now: Callable[[], datetime]) -> None:
        self._tracer = provider.get_tracer("remit.gateway")
        self._provider = provider
        self._now = now

    def decided(self, decided: Decided) -> None:
        """Make a span of what did not go on (3)."""
        if decided.effect not in STOPPED:
            return
        attributes: dict[str, str | int] = {
            "remit.decision": decided.n,
            "remit.effect": decided.effect,
            "remit.rule": next(iter(decided.rules), ""),
            "remit.use": decided.use,
        }
        at = self._nanoseconds()
        self._tracer.start_span(f"remit {decided.effect}", start_time=at, attributes=attributes).end(end_time=at)

    def came(self, came: Came) -> None:
        """Make a span of a call; the outcome of a tool call is none."""
        if came.added_ms is None:
            return
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.response.model": came.model,
            "http.response.status_code": came.status,
            "remit.decision": came.of,
            "remit.use": came.use,
        }
        if came.status == 0 or came.status >= _LEAST_ERROR:
            attributes["error.type"] = str(came.status or "unreached")
        end = self._nanoseconds()
        start = end - round((came.took or 0) * _NANO)
        self._tracer.start_span(f"chat {came.model}".strip(), start_time=start, attributes=attributes).end(end_time=end)

    def not_recorded(self, because: str) -> None:
        """Nothing has a span that is not on record."""

    def close(self) -> None:
        """Send what has gathered."""
        self._provider.shutdown()

    def _nanoseconds(self) -> int:
        return round(self._now().timestamp() * _NANO)
