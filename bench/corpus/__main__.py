"""Scan labelled public repositories, and print how what is found differs from the labels.

usage: python -m bench.corpus --fetch [--into FOLDER] [--set NAME] [--from ADDRESS] [--errors]
       python -m bench.corpus [CHECKOUTS] [SCORER]

--fetch clones each repository of the sets beside this file at its commit, where it is not yet in FOLDER
(.corpus), scans it and prints the table; --errors names each difference. ADDRESS says where repositories are, with
{owner} and {name} in it.

Without it, CHECKOUTS holds one folder `owner__name` for each repository and SCORER is the `score.py` that came with
labels of somebody else; both may stand in the environment instead, as REMIT_CORPUS and REMIT_CORPUS_SCORER.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.corpus.checkout import SOURCE, fetch
from bench.corpus.labels import ASKED, read, sets
from bench.corpus.score import Found, Score, differences, table
from remit.scan.run import scan_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.scan.findings import Findings


def main() -> int:
    """Score either the sets beside this file or the checkouts of somebody else."""
    reader = argparse.ArgumentParser(prog="python -m bench.corpus", description=(__doc__ or "").split("\n", 1)[0])
    reader.add_argument("checkouts", nargs="?", default=os.environ.get("REMIT_CORPUS", ""))
    reader.add_argument("scorer", nargs="?", default=os.environ.get("REMIT_CORPUS_SCORER", ""))
    reader.add_argument("--fetch", action="store_true", help="clone the labelled repositories that are not there yet")
    reader.add_argument("--into", type=Path, default=Path(".corpus"), help="the folder of the clones")
    reader.add_argument("--set", action="append", choices=sets(), help="only this set")
    reader.add_argument("--from", dest="source", default=SOURCE, help="where repositories are")
    reader.add_argument("--errors", action="store_true", help="name each difference")
    given = reader.parse_args()
    if given.fetch:
        return measured(given.set or sets(), given.into, given.source, errors=given.errors)
    return handed(Path(given.checkouts), Path(given.scorer))


def measured(names: Iterable[str], folder: Path, source: str, *, errors: bool) -> int:
    """Fetch, scan and score the sets; a repository that is not to be had is told of and left out."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, Score]] = []
    absent, began = 0, time.perf_counter()
    for name in names:
        score = Score()
        for labels in read(name):
            place = fetch(labels, folder, source)
            if place is None:
                absent += 1
                print(f"{labels.repository}: not scanned, not to be had at {labels.commit}")
                continue
            found = found_by(scan_path(place))
            score.add(labels, found)
            for difference in differences(labels, found) if errors else ():
                print(f"{labels.repository}: {difference}")
        rows.append((name, score))
    print(table(rows))
    print(f"{time.perf_counter() - began:.0f} s, {absent} not to be had")
    return 1 if absent else 0


def found_by(findings: Findings) -> Found:
    """What the scan says, in the words of the labels."""
    row = scored(findings)
    return Found(
        makers=frozenset(row["providers"]),
        files=frozenset(row["anthropic_files"]),
        agents=frozenset(row["history"]),
        verdict=row["anthropic_verdict"],
    )


def scored(findings: Findings) -> dict[str, Any]:
    """Write findings in the form that the scorer reads."""
    found = findings.as_json()
    asked = found["makers"].get(ASKED, {})
    history = sorted(found["history"])
    verdict = asked.get("strength") or ("history-only" if ASKED in history else "none")
    return {
        "providers": sorted(found["makers"]),
        "anthropic_files": [file["path"] for file in asked.get("files", [])],
        "history": history,
        "anthropic_verdict": verdict,
    }


def handed(checkouts: Path, scorer: Path) -> int:
    """Scan every checkout, write the findings, and let the scorer print."""
    if not checkouts.name or not checkouts.is_dir():
        print("corpus: skipped, no checkouts; name their folder or set REMIT_CORPUS, or use --fetch")
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
    run = subprocess.run([sys.executable, str(scorer), "/dev/stdin"], input=json.dumps(found), text=True, check=False)
    return run.returncode


if __name__ == "__main__":
    raise SystemExit(main())
