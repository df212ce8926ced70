"""How long `remit --help` takes against a Python that does nothing."""

import sys

from bench.ratio import command, compare

if __name__ == "__main__":
    compare(
        "remit --help / python -c pass",
        command(sys.executable, "-m", "remit", "--help"),
        command(sys.executable, "-c", "pass"),
    )
