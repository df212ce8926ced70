"""What the commands over the gateway's traffic share: its state folder, a period, and how tables are printed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.screen import columns
from remit.cli.state import read_state
from remit.errors import UsageError
from remit.gateway.traffic import Period
from remit.ledger.writer import write_time
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from remit.ledger.folder import LogFolder
    from remit.ledger.store import Store


def add_period(parser: argparse.ArgumentParser) -> None:
    """Add the period that is looked at."""
    group = parser.add_argument_group("time")
    group.add_argument("--since", metavar="INSTANT", help="from this instant on (default: the beginning)")
    group.add_argument("--until", metavar="INSTANT", help="until before this instant (default: the end)")


def read_period(args: argparse.Namespace) -> Period:
    """Return the period, as entries write instants."""
    return Period(_instant("--since", args.since), _instant("--until", args.until))


def _instant(option: str, text: str | None) -> str:
    if text is None:
        return ""
    try:
        return write_time(parse_instant(text))
    except ValueError as error:
        raise UsageError(f"Nothing was counted: {option} {text!r}: {error}.") from error


@contextmanager
def reading(state: str) -> Iterator[tuple[LogFolder, Store]]:
    """Open the ledger of a gateway's state for reading."""
    log = read_state(Path(state))
    store = log.open_store()
    try:
        yield log, store
    finally:
        store.close()


def table(rows: Sequence[Sequence[str]], *, markdown: bool) -> list[str]:
    """Write rows, the first of them the heads, aligned or as Markdown."""
    if not markdown:
        return [line.rstrip() for line in columns(rows)]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]]
