"""`remit try`: what the gateway would decide of a call, and why, with nothing sent."""  # noqa: N999 - a file is named after its command.

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.cli.why import exit_for
from remit.errors import UsageError
from remit.gateway.facts import FactsRefused
from remit.gateway.ground import make_rulebook
from remit.gateway.rehearsal import rehearse
from remit.terms.argument import argue, decision_record
from remit.terms.fields import say_unknown
from remit.terms.folder import load_terms

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.cli.parser import Subparsers
    from remit.gateway.rehearsal import Rehearsed
    from remit.terms.terms import Terms

EPILOG = """\
The prompt is not judged by its words; it stands here as it would in a call, and goes nowhere.
Counts are those of a first call. What a caller would declare is given as --declare use-purpose=translate.
Exit codes: 0 it would go on, 10 it would be refused or held, 11 a boundary is surely crossed.

example:
  remit try "Which berth?" --terms examples/harbour/remit --use find-reports --model mistral-large-latest
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "try", description="Judge a call as the gateway would, and send nothing.", epilog=EPILOG
    )
    parser.add_argument("prompt", help="what would be asked of the model")
    parser.add_argument("--use", required=True, metavar="USE", help="the use case of the register")
    parser.add_argument("--model", metavar="M", help="the model, by any name (default: the first of the use case)")
    parser.add_argument("--tool", metavar="T", help="a tool that the model would propose to call")
    parser.add_argument("--args", metavar="JSON", default="{}", help="its arguments")
    parser.add_argument(
        "--declare", action="append", default=[], metavar="FACT=VALUE", help="what the caller would say of itself"
    )
    add_terms(parser)
    add_when(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Judge and print."""
    terms = load_terms(find_folder(args.terms))
    at, _ = read_when(args, terms)
    case = terms.register.use_case(args.use)
    if case is None:
        known = [each.id for each in terms.register.use_cases]
        raise UsageError(f"Nothing was judged: {say_unknown('use case', args.use, known)}")
    model = args.model or next(iter(case.models), "")
    if not model:
        raise UsageError(f"Nothing was judged: {args.use} names no models; name one with --model.")
    tool = None if args.tool is None else (args.tool, args.args)
    declared = dict(_pair(text) for text in args.declare)
    try:
        found = rehearse(make_rulebook(terms), args.use, model, declared, at, tool)
    except FactsRefused as error:
        raise UsageError(f"Nothing was judged: {error}.") from error
    if args.format == "json":
        print_json(_record(found))
    else:
        print_lines(_lines(terms, found))
    return _exit(found)


def _lines(terms: Terms, found: Rehearsed) -> Iterator[str]:
    choice = found.choice
    if choice.target is not None:
        yield f"Goes to {choice.target.model} at {choice.target.upstream.id}, as {choice.target.wire}."
    elif choice.rule:
        yield f"Refused by {choice.rule}: {choice.says}."
    if choice.deciding is not None and not choice.rule:
        yield from argue(terms, choice.deciding)
    if found.tool is not None:
        yield ""
        yield f"The tool call {found.tool.call.name}:"
        if found.tool.rule:
            yield f"Refused by {found.tool.rule}: the use case does not name this tool."
        else:
            yield from argue(terms, found.tool.decision)


def _record(found: Rehearsed) -> dict[str, object]:
    choice = found.choice
    return {
        "target": None
        if choice.target is None
        else {"model": choice.target.model, "upstream": choice.target.upstream.id, "wire": choice.target.wire},
        "rule": choice.rule or None,
        "says": choice.says or None,
        "decision": None if choice.deciding is None else decision_record(choice.deciding),
        "tool": None
        if found.tool is None
        else {
            "name": found.tool.call.name,
            "passes": found.tool.passes,
            "rule": found.tool.rule or None,
            "decision": decision_record(found.tool.decision),
        },
    }


def _exit(found: Rehearsed) -> Exit:
    deciding = found.choice.deciding
    if found.choice.rule or deciding is None:
        return Exit.OUTSIDE
    codes = [exit_for(deciding)]
    if found.tool is not None:
        codes.append(Exit.OUTSIDE if found.tool.rule else exit_for(found.tool.decision))
    return max(codes)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise UsageError(f"Nothing was judged: {text!r} is not FACT=VALUE, such as use-purpose=translate.")
    return name.replace(".", "-").replace("_", "-"), value
