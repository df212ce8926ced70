#!/usr/bin/env python3
"""Summarise last week's minutes at night, over plain HTTP, with the model that the environment names."""

import json
import os
import sys
from pathlib import Path
from urllib.request import Request, urlopen

ADDRESS = "https://generativelanguage.googleapis.com/v1beta/models"


def summarise(minutes: str) -> str:
    """Return five sentences on one meeting."""
    model = os.environ["MINUTES_MODEL"]
    body = {"contents": [{"parts": [{"text": f"Summarise in five sentences:\n\n{minutes}"}]}]}
    request = Request(  # noqa: S310 - the address stands above.
        f"{ADDRESS}/{model}:generateContent",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-goog-api-key": os.environ["GEMINI_API_KEY"]},
    )
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - as above.
        return json.load(answer)["candidates"][0]["content"]["parts"][0]["text"]


def main() -> None:
    """Write a summary beside each file of minutes in a folder."""
    for path in sorted(Path(sys.argv[1]).glob("*.txt")):
        path.with_suffix(".summary").write_text(summarise(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
