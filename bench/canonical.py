"""How long the byte form of a record takes against the rfc8785 package."""

from typing import Any

import rfc8785

from bench.ratio import compare
from remit.canonical import canonical

RECORD: dict[str, Any] = {
    f"decision-{n}": {
        "effect": "deny",
        "because": [f"clause-{n}", "no grant"],
        "at": 1_790_000_000 + n,
        "who": None,
    }
    for n in range(200)
}

if __name__ == "__main__":
    compare("canonical / rfc8785, 200 decisions", lambda: canonical(RECORD), lambda: rfc8785.dumps(RECORD))
