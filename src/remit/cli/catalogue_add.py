"""`remit catalogue add`: write one row of an organisation's own beside its terms, once nothing is wrong with it."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import print_lines
from remit.errors import NothingToLookAt, UsageError
from remit.scan.own_rows import FOLDER, read_own, shipped
from remit.scan.upkeep import faults_in
from remit.terms.table import TABLES

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.terms.table import Row

EPILOG = """\
The row goes to catalogue/TABLE.yaml in the folder of terms, and scans of what those terms are for read it beside ours.
A list is written with commas. The date is the day on which the source was looked at: today, unless it is given.

example:
  remit catalogue add hosts host=x.example maker=cohere channel=direct source=https://x.example --terms examples/harbour
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "add", description="Add a maker, model, package or host of your own beside the terms.", epilog=EPILOG
    )
    parser.add_argument("table", choices=list(TABLES), metavar="TABLE", help="the table the row goes to")
    parser.add_argument("columns", nargs="+", metavar="COLUMN=VALUE", help="what the row says")
    add_terms(parser)


def run(args: argparse.Namespace) -> int:
    """Read the row, hold it against ours and those that are there, and write it."""
    folder = find_folder(args.terms)
    if not folder.is_dir():
        raise NothingToLookAt(f"Nothing was added: there is no terms folder {folder}; remit init writes one.")
    own, ours = read_own(folder), shipped()
    row = _row(args.columns, ours[args.table])
    together = own | {args.table: [*own.get(args.table, []), row]}
    if wrong := [f"  {name}: {says}" for _, name, says in faults_in(together, ours)]:
        raise UsageError("\n".join(["Nothing was added: the row has faults.", *dict.fromkeys(wrong)]))
    file = folder / FOLDER / f"{args.table}.yaml"
    _append(file, row)
    print_lines([f"Added to {file}: {len(together[args.table])} rows of your own in {args.table}."])
    return Exit.WITHIN


def _row(given: list[str], form: list[Row]) -> Row:
    types = {key: type(value) for row in form for key, value in row.items() if value not in (None, "")}
    row: Row = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"Nothing was added: {pair!r} is not COLUMN=VALUE, such as maker=other:halden.")
        if types.get(key) is list:
            row[key] = [part.strip() for part in value.split(",") if part.strip()]
        elif types.get(key) is bool and value in {"true", "false"}:
            row[key] = value == "true"
        else:
            row[key] = value
    always = [key for key in form[0] if all(key in other for other in form)]
    left_out = {key: [] if types.get(key) is list else "" for key in always if key not in {"source", "date"}}
    empty = {key: value for key, value in left_out.items() if any(other[key] in ("", []) for other in form)}
    whole = {"date": datetime.now(UTC).date().isoformat()} | empty | row
    order = [key for key in types if key in whole]
    return {key: whole[key] for key in (*order, *(key for key in whole if key not in order))}


def _append(file: Path, row: Row) -> None:
    """Write the file beside itself and put it in place, so that nobody reads half of it."""
    file.parent.mkdir(exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.is_file() else "# Rows of our own, beside those of Remit.\n"
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as beside:
        beside.write(before + ("" if before.endswith("\n") else "\n") + f"- {json.dumps(row, ensure_ascii=False)}\n")
    Path(beside.name).chmod(0o644)
    os.replace(beside.name, file)  # noqa: PTH105 - it replaces, whatever the system.
