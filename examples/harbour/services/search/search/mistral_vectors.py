"""How near two texts are by their vectors, computed outside our cloud; off unless SEARCH_VECTORS says yes."""

import os

from mistralai import Mistral


def nearness(question: str, report: str) -> float:
    """Return the cosine between two texts; the vectors come with length one."""
    client = Mistral(api_key=os.environ["MISTRAL_API_KEY"])
    answer = client.embeddings.create(model="mistral-embed", inputs=[question, report])
    left, right = (row.embedding for row in answer.data)
    return sum(a * b for a, b in zip(left, right, strict=True))
