#!/usr/bin/env python3
"""Summarise last week's minutes at night, through a router, with the model that the machine's environment names."""

import json
import os
import sys
from pathlib import Path
from urllib.request import Request, urlopen

ADDRESS = "https://openrouter.ai/api/v1/chat/completions"


def summarise(minutes: str) -> str:
    """Return five sentences on one meeting."""
    body = {
        "model": os.environ["MINUTES_MODEL"],
        "messages": [{"role": "user", "content": f"Summarise in five sentences:\n\n{minutes}"}],
    }
    headers = {"Authorization": f"Bearer {os.environ['OPENROUTER_API_KEY']}", "Content-Type": "application/json"}
    request = Request(ADDRESS, data=json.dumps(body).encode(), headers=headers)
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - the address stands above.
        return json.load(answer)["choices"][0]["message"]["content"]


def main() -> None:
    """Write a summary beside each file of minutes in a folder."""
    for path in sorted(Path(sys.argv[1]).glob("*.txt")):
        path.with_suffix(".summary").write_text(summarise(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
