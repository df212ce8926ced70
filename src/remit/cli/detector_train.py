"""`remit detector train`: weights for the built-in detector from labelled rows of your own."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.detector_measure import read_file
from remit.cli.exit import Exit
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The same rows give the same file. The file holds what was measured by cross-validation: each row is judged by weights
that were made without it.

example:
  remit detector train examples/detector/labelled.csv --output weights.json
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "train", description="Make weights for the built-in detector from labelled rows.", epilog=EPILOG
    )
    parser.add_argument("rows", metavar="CSV", help="rows with the columns text and label")
    parser.add_argument("--output", required=True, metavar="FILE", help="where to write the weights")
    parser.add_argument("--note", default="", metavar="TEXT", help="what to say of the rows in the file")


def run(args: argparse.Namespace) -> int:
    """Make the weights, measure them, and write both."""
    from dataclasses import replace

    from remit.gateway.detectors.labelled import read_rows
    from remit.gateway.detectors.linear import NEITHER
    from remit.gateway.detectors.measure import measure
    from remit.gateway.detectors.training import FOLDS, cross_validate, train

    path = Path(args.rows)
    content = read_file(path)
    rows = read_rows(content.decode("utf-8-sig", "replace"), path.as_posix())
    counts = Counter(row.label for row in rows)
    if not counts.keys() - {NEITHER} or NEITHER not in counts:
        raise UsageError(f"Nothing was made: {path} needs rows of the label {NEITHER} and of one other at least.")
    figures = measure(rows, cross_validate(rows))
    made_from = {"sha256": sha256(content).hexdigest(), "rows": len(rows), "labels": dict(counts), "note": args.note}
    measured = {"how": f"cross-validated in {FOLDS} parts", **figures.record()}
    detector = replace(train(rows), made_from=made_from, measured=measured)
    output = Path(args.output)
    beside = output.with_name(f".{output.name}.new")
    beside.write_text(detector.to_json(), encoding="utf-8")
    beside.replace(output)
    print(f"Wrote {output}")
    for each in figures.classes:
        print(f"  {each.label}: found {each.recall}, right where it says so {each.precision}")
    return Exit.WITHIN
