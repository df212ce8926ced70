"""`remit detector suggest`: which effect a tool's words look like, and where that disagrees with the register."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.cli.detector_measure import read_file, read_weights
from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.errors import NothingToLookAt

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from remit.cli.parser import Subparsers
    from remit.gateway.detectors.suggestion import Suggestion

EPILOG = """\
Without a file it looks at the tools of the register. It never suggests a milder effect than what is registered, and
where it suggests nothing a person chooses; until then a tool that is not registered counts as the most serious.
It exits with 10 where the words of a registered tool look more serious than its effect.

example:
  remit detector suggest examples/detector/tools.json
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "suggest", description="Suggest an effect for tools by their words, to be confirmed by a person.", epilog=EPILOG
    )
    parser.add_argument(
        "tools", nargs="?", metavar="FILE", help="tools as a model is offered them, in JSON (default: the register's)"
    )
    add_terms(parser)
    parser.add_argument("--weights", metavar="FILE", help="weights of your own (default: those that ship with Remit)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Suggest, and print."""
    from remit.gateway.detectors.suggestion import ToolWords, read_tools, suggest
    from remit.terms.folder import REGISTER, load_terms

    folder = find_folder(args.terms)
    asked_for = args.terms is not None or args.tools is None or (folder / REGISTER).is_file()
    registered = load_terms(folder).register.tools if asked_for else ()
    if args.tools is None:
        tools = [ToolWords(tool.id, tool.says) for tool in registered]
    else:
        tools = read_tools(read_file(Path(args.tools)).decode("utf-8-sig", "replace"), args.tools)
    if not tools:
        raise NothingToLookAt("Nothing was suggested: no tool is registered.")
    detector = read_weights(args.weights)
    found = suggest(detector, tools, registered)
    if args.format == "json":
        print_json({"tools": [_record(each) for each in found], "measured": detector.measured})
    else:
        print_lines(_text(found, detector.measured))
    return Exit.OUTSIDE if any(each.disagrees for each in found) else Exit.WITHIN


def _text(found: Sequence[Suggestion], measured: Mapping[str, Any]) -> Iterator[str]:
    yield from columns([_row(each) for each in found])
    yield ""
    yield "A guess by the words alone, for a person to confirm."
    for label, figures in sorted(measured.get("classes", {}).items()):
        recall, precision = figures["recall"], figures["precision"]
        yield (
            f"  of {label} it finds {recall['hits']} of {recall['of']}, "
            f"and is right {precision['hits']} of {precision['of']} times ({measured['how']})"
        )


def _row(each: Suggestion) -> tuple[str, ...]:
    registered = ", ".join(each.registered) or "not registered"
    if each.disagrees:
        return each.tool, f"looks like {each.suggested} ({each.score:.2f})", f"but is registered as {registered}"
    looks = f"looks like {each.suggested} ({each.score:.2f})" if each.suggested else "nothing suggested"
    return each.tool, looks, registered


def _record(each: Suggestion) -> dict[str, Any]:
    return {
        "tool": each.tool,
        "suggested": each.suggested or None,
        "score": round(each.score, 4),
        "registered": list(each.registered),
        "disagrees": each.disagrees,
    }
