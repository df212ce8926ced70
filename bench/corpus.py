"""Scan the labelled repositories and score what is found.

usage: corpus.py [CHECKOUTS] [SCORER]

CHECKOUTS holds one folder `owner__name` per repository, SCORER is the `score.py` that came with the labels; both may
stand in the environment instead, as REMIT_CORPUS and REMIT_CORPUS_SCORER.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.scan.run import scan_path

if TYPE_CHECKING:
    from remit.scan.findings import Findings


def scored(findings: Findings) -> dict[str, Any]:
    """Write findings in the form that the scorer reads."""
    found = findings.as_json()
    anthropic = found["makers"].get("anthropic", {})
    history = sorted(found["history"])
    verdict = anthropic.get("strength") or ("history-only" if "anthropic" in history else "none")
    return {
        "providers": sorted(found["makers"]),
        "anthropic_files": [file["path"] for file in anthropic.get("files", [])],
        "history": history,
        "anthropic_verdict": verdict,
    }


def main() -> int:
    """Scan every checkout, write the findings, and let the scorer print."""
    named = [*sys.argv[1:], "", ""]
    checkouts = Path(named[0] or os.environ.get("REMIT_CORPUS", ""))
    scorer = Path(named[1] or os.environ.get("REMIT_CORPUS_SCORER", ""))
    if not checkouts.name or not checkouts.is_dir():
        print("corpus: skipped, no checkouts; name their folder or set REMIT_CORPUS")
        return 0
    began = time.perf_counter()
    found = {}
    for checkout in sorted(checkouts.iterdir()):
        if "__" in checkout.name:
            found[checkout.name.replace("__", "/", 1)] = scored(scan_path(checkout))
    print(f"corpus: {len(found)} repositories in {time.perf_counter() - began:.2f} s")
    out = Path(os.environ.get("REMIT_CORPUS_FINDINGS", "/dev/null"))
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if not scorer.is_file():
        print("corpus: not scored, no scorer; name score.py or set REMIT_CORPUS_SCORER")
        return 0
    handed = json.dumps(found)
    run = subprocess.run([sys.executable, str(scorer), "/dev/stdin"], input=handed, text=True, check=False)
    return run.returncode


if __name__ == "__main__":
    raise SystemExit(main())
