"""`remit scan`: which models a place uses, how seriously, and where nobody looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.cache import add_cache, opened_cache
from remit.cli.change import add_around, add_changed, keep_added
from remit.cli.exit import Exit
from remit.cli.output import add_output, forms_of, put_out
from remit.cli.progress import progress
from remit.errors import NothingToLookAt, UsageError
from remit.scan.formats.inventory import Inventory
from remit.scan.run import known_for, scan

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.scan.signatures import Signatures

EPILOG = """\
It exits with 3 where there was nothing to read, and with 4 where it could not read everything, unless
--allow-incomplete says that this is fine. It says what was found and where it looked, never that a tree is free
of something.

example:
  remit scan examples/harbour
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "scan", description="Find which AI models a folder of code uses, and how seriously.", epilog=EPILOG
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a folder, checkout, file, archive, container image or bill of materials",
    )
    choice = parser.add_argument_group("what is looked at")
    choice.add_argument("--rev", default="", metavar="REV", help="a git revision, read without a checkout")
    choice.add_argument("--terms", metavar="FOLDER", help="terms whose own makers, models and rows are looked for too")
    add_around(choice)
    add_changed(choice)
    add_cache(choice)
    add_output(parser)
    verdict = parser.add_argument_group("verdict")
    verdict.add_argument("--allow-incomplete", action="store_true", help="exit with 0 where something was not read")


def run(args: argparse.Namespace) -> int:
    """Scan each path and put out what was found."""
    forms_of(args)
    paths = _places(args)
    added = [keep_added(path, args.changed) for path in paths]
    known = _known(args.terms)
    with progress() as show, opened_cache(args) as cache:
        found = scan(paths, progress=show, revision=args.rev, cache=cache, known=known, around=args.history)
    if not any(findings.coverage.present for findings in found):
        raise NothingToLookAt("Nothing was scanned: there is no file in the places named.")
    found = [keep(findings) for keep, findings in zip(added, found, strict=True)]
    put_out(Inventory(tuple(found)), args)
    complete = all(findings.coverage.is_complete for findings in found)
    return Exit.WITHIN if complete or args.allow_incomplete else Exit.PARTIAL


def _places(args: argparse.Namespace) -> list[Path]:
    """Return the places, each once, or raise where one of them is nothing that can be looked at."""
    if "" in args.paths:
        raise UsageError("Nothing was scanned: a PATH is empty; a full stop names the folder at hand.")
    paths = [Path(path) for path in args.paths]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise NothingToLookAt(f"Nothing was scanned: there is no {', '.join(missing)}.")
    for path in paths:
        if not path.is_dir() and not path.is_file():  # A pipe would be waited for.
            raise NothingToLookAt(f"Nothing was scanned: {path} is neither a file nor a folder.")
        if args.rev and not path.is_dir():
            raise UsageError(f"Nothing was scanned: --rev reads a checkout, and {path} is a file.")
    if args.rev and args.changed:
        raise UsageError("Nothing was scanned: --changed speaks of what lies there, and --rev of another revision.")
    return list({path.resolve(): path for path in reversed(paths)}.values())[::-1]


def _known(given: str | None) -> Signatures | None:
    """Return the catalogue with what some terms add to it; nothing where each place is to speak for itself."""
    if given is None:
        return None
    from remit.cli.folder import find_folder
    from remit.terms.folder import load_terms

    folder = find_folder(given)
    return known_for(folder, load_terms(folder).register)
