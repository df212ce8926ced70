"""`remit log show`: entries of a log that is kept here, or of one that was published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import print_record
from remit.errors import UsageError
from remit.ledger.entry import read_entry
from remit.ledger.folder import read_folder
from remit.ledger.kind import Kind

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.ledger.entry import Entry

_NAMED = {"k", "n", "s", "sn", "t", "v", "_sd", "ep"}
EPILOG = """\
It shows what the store holds and verifies nothing: remit log verify does.

example:
  remit log show examples/ledger --kind decision --last 5
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("show", description="Show entries of a log, the newest last.", epilog=EPILOG)
    parser.add_argument("log", metavar="LOG", help="the folder of the log")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin at this entry (default: 0)")
    parser.add_argument("--stop", type=int, metavar="N", help="end before this entry (default: the end)")
    parser.add_argument("--stream", metavar="NAME", help="only the entries of this stream")
    parser.add_argument(
        "--kind", choices=[kind.value for kind in Kind], metavar="KIND", help="only the entries of this kind"
    )
    parser.add_argument("--last", type=int, default=20, metavar="COUNT", help="how many at most (default: 20)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print the entries asked for."""
    store = read_folder(Path(args.log)).open_store()
    try:
        size = store.head().size
        stop = size if args.stop is None else args.stop
        if not 0 <= args.first <= stop <= size:
            raise UsageError(
                f"Nothing was shown: the log has {size} entries, and {args.first} to {stop} are not there."
            )
        found: list[Entry] = []
        for raw in store.entries(args.first, stop):
            entry = read_entry(raw)
            if args.stream in {None, entry.stream} and args.kind in {None, entry.kind}:
                found.append(entry)
                del found[: -args.last]
    finally:
        store.close()
    if args.format == "json":
        print_record([entry.fields for entry in found])
    else:
        for entry in found:
            print(_line(entry))
    return Exit.WITHIN


def _line(entry: Entry) -> str:
    fields = " ".join(f"{name}={_shown(value)}" for name, value in entry.fields.items() if name not in _NAMED)
    hidden = f" +{len(entry.fields['_sd'])} hidden" if "_sd" in entry.fields else ""
    return f"{entry.n:>7} {entry.at} {entry.stream}#{entry.sn} {entry.kind} {fields}{hidden}".rstrip()


def _shown(value: object) -> str:
    match value:
        case dict() if any(isinstance(inner, dict) for inner in value.values()):
            return f"({', '.join(value)})"
        case dict():
            return ",".join(f"{name}:{_shown(inner)}" for name, inner in value.items())
        case list():
            return ",".join(map(str, value))
        case str() if value.startswith("sha256:"):
            return value[:19]
        case _:
            return str(value)
