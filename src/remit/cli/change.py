"""The options of a place in git: `--changed` keeps only what a change adds, `--history` asks the checkout around."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from remit.scan.findings import Findings


def add_changed(parser: argparse._ActionsContainer) -> None:
    """Add the option."""
    parser.add_argument(
        "--changed", default="", metavar="REV", help="keep only what was added since a git revision, such as main"
    )


def add_around(parser: argparse._ActionsContainer) -> None:
    """Add the option."""
    parser.add_argument(
        "--history", action="store_true", help="of a place within a checkout, read the commits that touched it too"
    )


def keep_added(path: Path, since: str) -> Callable[[Findings], Findings]:
    """Return what keeps the added findings of a place, having read what was added; without a revision it keeps all."""
    if not since:
        return lambda findings: findings
    from remit.scan.change import Addition, added_findings

    addition = Addition(path if path.is_dir() else path.parent, since)
    return lambda findings: added_findings(findings, addition)
