"""`remit detector measure`: what a detector finds of labelled rows, and what it takes for something it is not."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.cli.exit import Exit
from remit.cli.folder import find_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from remit.cli.parser import Subparsers
    from remit.gateway.detectors.labelled import LabelledRow
    from remit.gateway.detectors.linear import LinearDetector
    from remit.gateway.detectors.measure import Figures
    from remit.terms.detector import DetectorRow

EPILOG = """\
The CSV has the columns text and label, and if you like negative: what a row of the label neither looks like.
Rows that made the weights are judged by weights made without them, and the output says so. With --detector the
gateway asks the model that the register names, for which its key must stand in the environment.

example:
  remit detector measure examples/detector/labelled.csv
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "measure", description="Measure a detector on labelled rows, with how sure the figures are.", epilog=EPILOG
    )
    parser.add_argument("rows", metavar="CSV", help="the labelled rows")
    which = parser.add_argument_group("detector").add_mutually_exclusive_group()
    which.add_argument("--weights", metavar="FILE", help="weights of your own (default: those that ship with Remit)")
    which.add_argument("--detector", metavar="NAME", help="a detector of the register, asked through the gateway")
    asked = parser.add_argument_group("asking a model")
    asked.add_argument("--terms", metavar="FOLDER", help="the folder of terms (default: remit)")
    asked.add_argument(
        "--gateway", default="http://127.0.0.1:8787", metavar="URL",
        help="where the gateway is (default: http://127.0.0.1:8787)",
    )  # fmt: skip
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Measure, and print."""
    from remit.gateway.detectors.labelled import read_rows
    from remit.gateway.detectors.measure import measure

    path = Path(args.rows)
    content = read_file(path)
    rows = read_rows(content.decode("utf-8-sig", "replace"), path.as_posix())
    if args.detector:
        given, how, unread = _ask(args, rows)
    else:
        given, how, unread = _weigh(args, rows, sha256(content).hexdigest())
    figures = measure(rows, given)
    if args.format == "json":
        print_json({"rows": len(rows), "how": how, "not_answered": unread, **figures.record()})
    else:
        print_lines(_text(figures, len(rows), how, unread))
    return Exit.PARTIAL if unread else Exit.WITHIN


def read_file(path: Path) -> bytes:
    """Return a file; raise where there is none."""
    if not path.is_file():
        raise NothingToLookAt(f"Nothing was looked at: there is no file {path}.")
    return path.read_bytes()


def read_weights(name: str | None) -> LinearDetector:
    """Return the detector of a file of weights, by default the one that ships with Remit."""
    from remit.gateway.detectors.linear import built_in, read_detector

    return built_in() if name is None else read_detector(read_file(Path(name)).decode("utf-8", "replace"), name)


def _weigh(args: argparse.Namespace, rows: Sequence[LabelledRow], digest: str) -> tuple[list[str], str, int]:
    from remit.gateway.detectors.training import cross_validate

    detector = read_weights(args.weights)
    if detector.made_from.get("sha256") == digest:
        return cross_validate(rows), "cross-validated: these rows made the weights", 0
    return [detector.label(row.text) for row in rows], "on rows that the weights were not made from", 0


def _ask(args: argparse.Namespace, rows: Sequence[LabelledRow]) -> tuple[list[str], str, int]:
    """Ask the model about every row; a row without an answer counts as one that nothing was found in."""
    from remit.gateway.detectors.asking import GatewayAsker
    from remit.gateway.detectors.linear import NEITHER
    from remit.gateway.detectors.question import NOTHING, AnswerUnreadable, ask_body, read_answer

    row = _row(args)
    key = os.environ.get(row.key_from, "")
    if not key:
        raise UsageError(f"Nothing was measured: the key of {row.id} does not stand in the variable {row.key_from}.")
    asker, given, unread = GatewayAsker(args.gateway, key), [], 0
    for each in rows:
        try:
            label = read_answer(row, *asker.ask(ask_body(row, each.text)))
        except AnswerUnreadable:
            label, unread = NOTHING, unread + 1
        given.append(NEITHER if label == NOTHING else label)
    return given, f"by the model {row.model}, asked through {args.gateway}", unread


def _row(args: argparse.Namespace) -> DetectorRow:
    from remit.terms.fields import say_unknown
    from remit.terms.folder import load_terms

    known = {row.id: row for row in load_terms(find_folder(args.terms)).register.detectors}
    if args.detector not in known:
        raise UsageError(f"Nothing was measured: {args.detector}: {say_unknown('detector', args.detector, known)}")
    return known[args.detector]


def _text(figures: Figures, rows: int, how: str, unread: int) -> Iterator[str]:
    yield f"{rows} rows, {how}"
    if unread:
        yield f"{unread} rows had no answer that can be read, and count as not found"
    yield ""
    table: list[tuple[str, ...]] = [("class", "found", "right where it says so")]
    table += [(each.label, str(each.recall), str(each.precision)) for each in figures.classes]
    yield from columns(table)
    if figures.false_alarms:
        yield ""
        alarms = [(kind, str(share)) for kind, share in _worst_first(figures)]
        yield from columns([("of no class", "taken for one"), *alarms])
    yield ""
    yield "In brackets is where the share lies with 95 in 100 (Wilson)."
    yield "A signal with such errors may hold, and never permit."


def _worst_first(figures: Figures) -> list[tuple[str, Any]]:
    return sorted(figures.false_alarms, key=lambda each: -each[1].hits / max(1, each[1].of))
