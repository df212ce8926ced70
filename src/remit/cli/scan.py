"""`remit scan`: which models a tree uses, how seriously, and where nobody looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.progress import progress
from remit.cli.screen import columns, make_console, print_json, styled
from remit.errors import NothingToLookAt, UsageError
from remit.scan.findings import Findings, worst
from remit.scan.occurrence import Strength
from remit.scan.run import scan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rich.text import Text

    from remit.cli.parser import Subparsers
    from remit.scan.integration import Integration

EPILOG = """\
It exits with 3 where there was nothing to read, and with 4 where it could not read everything, unless
--allow-incomplete says that this is fine. It says what was found and where it looked, never that a tree is free
of something.

example:
  remit scan examples/harbour
"""
_STYLES = {
    Strength.INTEGRATED: "bold red",
    Strength.OPTIONAL: "bold yellow",
    Strength.TEST_ONLY: "cyan",
    Strength.DEVTOOL: "blue",
    Strength.HISTORY_ONLY: "magenta",
}
_EVIDENCE = 3

Line = list[tuple[str, str]]


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "scan", description="Find which AI models a folder of code uses, and how seriously.", epilog=EPILOG
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a checkout or a file")
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="how to print (default: text)"
    )
    parser.add_argument("--allow-incomplete", action="store_true", help="exit with 0 where something was not read")


def run(args: argparse.Namespace) -> int:
    """Scan each path and print what was found."""
    if missing := [str(path) for path in args.paths if not path.exists()]:
        raise UsageError(f"Nothing was scanned: {', '.join(missing)} does not exist.")
    with progress() as show:
        found = scan(args.paths, progress=show)
    if not any(findings.coverage.present for findings in found):
        raise NothingToLookAt("Nothing was scanned: there is no file in the places named.")
    match args.format:
        case "json":
            print_json({findings.path: findings.as_json() for findings in found})
        case "markdown":
            for findings in found:
                print("\n".join(markdown(findings)))
        case _:
            console = make_console()
            for findings in found:
                for line in text(findings):
                    console.print(line, overflow="ignore", crop=False, no_wrap=True)
    complete = all(findings.coverage.is_complete for findings in found)
    return Exit.WITHIN if complete or args.allow_incomplete else Exit.PARTIAL


def text(findings: Findings) -> Iterator[Text]:
    """Write findings for a terminal: the most serious maker first, then what was left out, then where it looked."""
    yield styled((findings.path, "bold"))
    makers = findings.makers
    if not makers and not findings.history:
        yield styled(("  no model was found in what was looked at", ""))
    rows = [(worst(places).value, maker, _channels(places), _models(places)) for maker, places in makers.items()]
    for line, (_maker, places) in zip(columns(rows), makers.items(), strict=True):
        strength = worst(places)
        yield styled(
            ("  ", ""), (line[: len(strength.value)], _STYLES[strength]), (line[len(strength.value) :].rstrip(), "")
        )
        yield from (styled(("      ", ""), (row, "dim")) for row in columns(_evidence(places)))
    for trail in findings.history:
        forms = ", ".join(f"{form} {number}" for form, number in trail.by)
        yield styled(
            ("  ", ""), ("history", _STYLES[Strength.HISTORY_ONLY]),
            (f"  {trail.maker}  {trail.commits} of {findings.coverage.commits} commits ({forms})", ""),
        )  # fmt: skip
    yield from (styled((f"  {line}", "")) for line in _looked(findings))
    yield styled(("", ""))


def _channels(places: list[Integration]) -> str:
    return ", ".join(sorted({place.channel for place in places}))


def _models(places: list[Integration]) -> str:
    models = sorted({model for place in places for model in place.models})
    shown = ", ".join(models[:_EVIDENCE])
    return f"{shown} and {len(models) - _EVIDENCE} more" if len(models) > _EVIDENCE else shown


def _evidence(places: list[Integration]) -> list[tuple[str, str]]:
    """The first places that say most, each file once."""
    ordered = sorted(places, key=lambda place: place.strength.rank)
    rows: dict[str, tuple[str, str]] = {}
    for occurrence in (found for place in ordered for found in place.evidence):
        rows.setdefault(occurrence.path, (f"{occurrence.path}:{occurrence.line}", occurrence.says))
    return list(rows.values())[:_EVIDENCE]


def _looked(findings: Findings) -> Iterator[str]:
    coverage = findings.coverage
    yield f"{len(findings.dismissed)} places look like a use and are none; --format json lists each with the reason"
    yield f"looked at {coverage.read} of {coverage.present} files; history {coverage.history}"
    for why, paths in sorted(coverage.skipped.items()):
        yield f"  not read: {len(paths)} {why}, such as {min(paths)}"
    surfaces = "; ".join(str(row["surface"]) for row in _surfaces(findings))
    yield f"not looked at, since no tree shows it: {surfaces}"


def _surfaces(findings: Findings) -> list[dict[str, str]]:
    rows = findings.coverage.as_json()["not_inquired"]
    return rows if isinstance(rows, list) else []


def markdown(findings: Findings) -> Iterator[str]:
    """Write findings as a document for people."""
    yield f"# What a scan of `{findings.path}` found\n"
    if findings.makers:
        yield "| strength | maker | channel | relation | models | places |"
        yield "| --- | --- | --- | --- | --- | --- |"
    for maker, places in findings.makers.items():
        relations = ", ".join(sorted({place.relation.value for place in places}))
        where = "<br>".join(f"`{place}` {says}" for place, says in _evidence(places))
        yield f"| {worst(places).value} | {maker} | {_channels(places)} | {relations} | {_models(places)} | {where} |"
    if not findings.makers:
        yield "No model was found in what was looked at."
    if findings.history:
        yield "\n## History\n"
        yield from (
            f"- {trail.maker}: {trail.commits} of {findings.coverage.commits} commits" for trail in findings.history
        )
    yield "\n## Where it looked\n"
    yield f"- {len(findings.dismissed)} places look like a use and are none."
    yield f"- Read {findings.coverage.read} of {findings.coverage.present} files; history {findings.coverage.history}."
    yield from (f"- Not read: {len(paths)} {why}." for why, paths in sorted(findings.coverage.skipped.items()))
    yield "\n## Where nobody looked\n"
    yield from (f"- {row['surface']}: {row['settled_by']} would settle it." for row in _surfaces(findings))
