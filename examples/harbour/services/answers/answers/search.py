"""Find the reports that resemble a question."""

import json
import os

from answers import embed_mistral
from answers.cloud import models
from answers.store import nearest

EMBED_MODEL = os.environ.get("EMBED_MODEL", "cohere.embed-multilingual-v3")
ELSEWHERE = os.environ.get("EMBED_ELSEWHERE") == "yes"


def find_reports(question: str, limit: int = 8) -> list[str]:
    """Return the texts of the reports nearest to a question."""
    vector = embed_mistral.embed(question) if ELSEWHERE else embed(question)
    return nearest(vector, limit)


def embed(text: str) -> list[float]:
    """Turn a text into a vector with the model of our own cloud."""
    body = json.dumps({"texts": [text], "input_type": "search_query"})
    answer = models().invoke_model(modelId=EMBED_MODEL, body=body)
    return json.loads(answer["body"].read())["embeddings"][0]
