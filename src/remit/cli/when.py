"""The instants a command judges at: the options `--at` and `--known`, and the only look at the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    import argparse

    from remit.terms.terms import Terms


def add_when(parser: argparse.ArgumentParser) -> None:
    """Add `--at` and `--known` in a group of their own."""
    group = parser.add_argument_group("time")
    group.add_argument(
        "--at",
        metavar="INSTANT",
        help="judge by what is in force then, e.g. 2026-02-27T17:01:00-05:00 (default: now)",
    )
    group.add_argument(
        "--known", metavar="INSTANT", help="count only what was known by then (default: all that is known)"
    )


def read_when(args: argparse.Namespace, terms: Terms) -> tuple[datetime, datetime]:
    """Return the instant to judge at, now by default, and the one of knowledge, by default all that is on file.

    Knowledge is then that of the last thing learned, so that one question with one folder has one answer for ever.
    """
    at = _read("--at", args.at) or datetime.now(UTC).replace(microsecond=0)
    return at, _read("--known", args.known) or max((*terms.learned[-1:], at))


def _read(option: str, text: str | None) -> datetime | None:
    if text is None or text == "now":
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(f"Nothing was judged: {option} {text!r}: {error}.") from error
