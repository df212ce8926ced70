"""Vectors from outside our cloud, for the day on which it is down; off unless EMBED_ELSEWHERE says yes."""

import os


def embed(text: str) -> list[float]:
    """Turn a text into a vector at the maker's own service."""
    from mistralai import Mistral  # noqa: PLC0415 - the package is an extra that most installations leave out.

    client = Mistral(api_key=os.environ["MISTRAL_API_KEY"])
    answer = client.embeddings.create(model="mistral-embed", inputs=[text])
    return answer.data[0].embedding
