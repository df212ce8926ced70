"""`remit suppliers status`: who answered, who did not, and what the worst of it is, with the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_json, print_styled
from remit.cli.suppliers import add_at, add_evidence, add_round, read_instant, settle
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.attest.suppliers.resolver import Resolution
    from remit.cli.parser import Subparsers
    from remit.cli.screen import Span

EPILOG = """\
Statuses, worst first: bad-signature, revoked-key, unknown-key, replayed, contradicted, found, missing,
wrong-order-version, wrong-scope, expired, stale, gaps, transcribed, sealed, removed, clean.
Exit codes: 0 everybody who must answer did and nothing is left to ask, 10 what was asked about is there or may be,
4 anything else.

example:
  remit suppliers status --register examples/harbour-suppliers/suppliers.yaml --at 2026-09-01  # exit 4
"""
_STYLES = ("bold red", "yellow", "cyan", "green")


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "status", description="Say where every supplier stands, worst first, and how we get there.", epilog=EPILOG
    )
    parser.add_argument("--all", action="store_true", help="list those too with whom nothing is left to ask")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    add_round(parser)
    add_evidence(parser)
    add_at(parser, "where they stood then, by what had come in by then")


def run(args: argparse.Namespace) -> int:
    """Resolve and print."""
    resolution = settle(args, read_instant(args))
    if args.json:
        from remit.attest.suppliers.graph import resolution_record

        print_json(resolution_record(resolution))
    else:
        print_styled(list(_lines(resolution, everybody=args.all)))
    return exit_of(resolution)


def exit_of(resolution: Resolution) -> Exit:
    """Choose the code: what is there comes before what is not known."""
    if resolution.is_alarming:
        return Exit.OUTSIDE
    return Exit.WITHIN if resolution.whole.is_green else Exit.PARTIAL


def _lines(resolution: Resolution, *, everybody: bool) -> Iterator[list[Span]]:
    from remit.attest.suppliers.graph import ARROW, say_counts, say_way, sorted_nodes
    from remit.attest.suppliers.status import GREEN

    rounds, whole = resolution.rounds, resolution.whole
    yield [(f"{say_counts(whole)}", _style(resolution)), (f", at {write_instant(resolution.at)}", "")]
    if not whole.required:
        yield [(f"  {rounds.none_reason or 'everybody is exempt'}", "")]
        return
    yield [(f"  {ARROW.join(whole.path)}: {'; '.join(resolution.nodes[whole.path[-1]].says) or whole.worst}", "")]
    yield [("  " + ", ".join(f"{count} {status}" for status, count in resolution.by_status.items()), "")]
    shown = [node for node in sorted_nodes(resolution) if everybody or node.status not in GREEN]
    if shown:
        yield [("", "")]
    rows = [(node.status, node.name, say_way(node), "; ".join(node.says)) for node in shown]
    for node, line in zip(shown, columns(rows), strict=True):
        yield [(line.rstrip(), _style_of(node.status))]
    yield [("", "")]
    contracts = [
        (contract, found.worst, f"{found.answered} of {found.required}", ARROW.join(found.path))
        for contract, found in resolution.by_contract.items()
    ]
    yield from ([(line, "")] for line in columns([("contract", "worst", "answered", "way"), *contracts]))
    yield [("", "")]
    yield from ([(line, "")] for line in _notes(resolution))


def _notes(resolution: Resolution) -> Iterator[str]:
    from remit.attest.suppliers.status import Status

    yield f"{len(resolution.unresolved)} edges unresolved, {resolution.depth} steps deep"
    for circle in resolution.circles:
        yield f"supply each other: {', '.join(circle)}"
    for ident, node in sorted(resolution.nodes.items()):
        if node.status is Status.CLEAN and node.says:
            yield f"{ident}: {'; '.join(node.says)}"
        for digest, status, why in node.set_aside:
            yield f"set aside: {ident} {digest[:19]}, {status}: {why}"
    for supplier in resolution.rounds.suppliers:
        if not supplier.is_required:
            yield f"need not answer: {supplier.id}, {supplier.exempt}"


def _style(resolution: Resolution) -> str:
    return _STYLES[3] if resolution.whole.is_green else _style_of(resolution.whole.worst)


def _style_of(status: str) -> str:
    from remit.attest.suppliers.status import GREEN, SEVERITY, Status

    found = Status(status)
    if found in GREEN:
        return _STYLES[3]
    if SEVERITY[found] <= SEVERITY[Status.MISSING]:
        return _STYLES[0]
    return _STYLES[1] if SEVERITY[found] <= SEVERITY[Status.GAPS] else _STYLES[2]
