"""Find the reports that resemble a question."""

import os
from heapq import nlargest

from search import mistral_vectors

REPORTS: list[str] = []


def find_reports(question: str, limit: int) -> list[str]:
    """Return the reports nearest to a question: by shared words, unless SEARCH_VECTORS says yes."""
    nearness = mistral_vectors.nearness if os.environ.get("SEARCH_VECTORS") == "yes" else shared_words
    return nlargest(limit, REPORTS, key=lambda report: nearness(question, report))


def shared_words(question: str, report: str) -> float:
    """Return which part of a question's words a report has too."""
    words = set(question.lower().split())
    return len(words & set(report.lower().split())) / max(len(words), 1)
