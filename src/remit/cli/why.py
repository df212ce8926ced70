"""`remit why`: one use, given as options or a file, and the decision on it as a short argument."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.errors import NothingToLookAt, TermsUnusable, UsageError
from remit.terms.action import Action
from remit.terms.argument import argue, decision_record
from remit.terms.cases import read_use
from remit.terms.completion import complete_use
from remit.terms.decision import Effect, Verdict
from remit.terms.document import read_document
from remit.terms.fields import Fields
from remit.terms.folder import load_terms
from remit.terms.judge import decide
from remit.terms.use import VouchedBy

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.terms.decision import Decision
    from remit.terms.document import Document
    from remit.terms.terms import Terms
    from remit.terms.use import Use

EPILOG = """\
A fact is ATTRIBUTE=VALUE, with several values as VALUE,VALUE, and after @ who vouches for it: declared (the default),
configured, measured or attested. What follows from the model's name or the scope is filled in.
Exit codes: 0 permitted, 10 denied, held or not known, 11 a boundary is surely crossed.

example:
  remit why --terms examples/harbour/remit --action invoke model.maker=mistral scope.id=harbour-watch  # exit 10
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "why", description="Say which clauses decide a use, and what would change it.", epilog=EPILOG
    )
    parser.add_argument("facts", nargs="*", metavar="ATTRIBUTE=VALUE", help="a fact of the use")
    parser.add_argument("--action", choices=[a.value for a in Action], help="what is done (default: invoke)")
    parser.add_argument(
        "--use", metavar="FILE", help="a YAML file with action, facts and vouched_by, instead of options"
    )
    add_terms(parser)
    add_when(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Judge the use and print the argument."""
    terms = load_terms(find_folder(args.terms))
    at, known = read_when(args, terms)
    document = _document(args)
    use = _read(document, terms)
    decision = decide(terms, use, at=at, known=known)
    if args.format == "json":
        print_json(decision_record(decision))
    else:
        print_lines(argue(terms, decision))
    return exit_for(decision)


def exit_for(decision: Decision) -> Exit:
    """Choose the code: crossed for a boundary, outside for what is not permitted now."""
    if decision.crosses_boundary:
        return Exit.CROSSED
    within = decision.effect is Effect.PERMIT and decision.verdict is not Verdict.UNKNOWN
    return Exit.WITHIN if within else Exit.OUTSIDE


def _read(document: Document, terms: Terms) -> Use:
    use = None if document.root is None else read_use(Fields.of(document, document.root), terms)
    if document.faults or use is None:
        raise TermsUnusable(document.faults, "The use is not usable; nothing was judged.")
    return complete_use(terms, use)


def vouched(given: str) -> tuple[str, str]:
    """Part a value from who vouches for it; the id of a model may hold the sign between them and a version after it."""
    value, at, word = given.rpartition("@")
    known = [each.word for each in VouchedBy]
    return (value, word) if at and get_close_matches(word, known, n=1, cutoff=0.8) else (given, "")


def _document(args: argparse.Namespace) -> Document:
    """Return the use as a document; facts given as options become one, so that there is one reader of uses."""
    if args.use is not None:
        path = Path(args.use)
        if args.facts or args.action:
            raise UsageError("Nothing was judged: give the use as a file or as options, not both.")
        if not path.is_file():
            raise NothingToLookAt(f"Nothing was judged: there is no file {path}.")
        return read_document(path.as_posix(), path.read_bytes())
    facts, vouches = [], []
    for given in args.facts:
        name, equals, rest = given.partition("=")
        value, vouching = vouched(rest)
        if not equals or not name or not value:
            raise UsageError(f"Nothing was judged: {given!r} is not ATTRIBUTE=VALUE, such as model.maker=mistral.")
        facts.append(f"  {name}: {f'[{value}]' if ',' in value else value}\n")
        vouches.extend([f"  {name}: {vouching}\n"] if vouching else [])
    text = f"action: {args.action or Action.INVOKE.value}\n"
    text += f"facts:\n{''.join(facts)}" if facts else ""
    text += f"vouched_by:\n{''.join(vouches)}" if vouches else ""
    return read_document("(options)", text.encode())
