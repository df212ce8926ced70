"""The two places a model answers from: the cloud we run in, and the watch room itself when there is no network."""

import json
from urllib.request import Request, urlopen

import boto3


def ask_cloud(model: str, instructions: str, text: str) -> str:
    """Put a text to a model of the cloud; region and credentials come from the machine this runs on."""
    answer = boto3.client("bedrock-runtime").converse(
        modelId=model,
        system=[{"text": instructions}],
        messages=[{"role": "user", "content": [{"text": text}]}],
    )
    return answer["output"]["message"]["content"][0]["text"]


def ask_beside(address: str, model: str, instructions: str, text: str) -> str:
    """Put a text to the model server that runs beside this service."""
    body = {"model": model, "system": instructions, "prompt": text, "stream": False}
    request = Request(f"{address}/api/generate", data=json.dumps(body).encode())  # noqa: S310 - compose.yaml sets it.
    with urlopen(request, timeout=120) as answer:  # noqa: S310 - as above.
        return json.load(answer)["response"]
