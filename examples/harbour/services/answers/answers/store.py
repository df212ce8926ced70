"""The reports with their vectors, in memory; a thousand of them need nothing better."""

from heapq import nlargest

REPORTS: list[tuple[list[float], str]] = []


def nearest(vector: list[float], limit: int) -> list[str]:
    """Return the texts whose vectors point most nearly the same way."""
    return [text for _, text in nlargest(limit, ((_dot(vector, other), text) for other, text in REPORTS))]


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
