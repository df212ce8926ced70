"""`remit key list`: the keys there are, without any of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock
from remit.cli.screen import print_json, print_lines
from remit.cli.state import add_state, read_state
from remit.errors import RemitError
from remit.gateway.activation import active_terms
from remit.gateway.credential import ROWS, read_row
from remit.gateway.state import KEPT
from remit.terms.apart import keeps_requester_apart

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from remit.cli.parser import Subparsers
    from remit.gateway.credential import Credential
    from remit.ledger.store import Store
    from remit.terms.terms import Terms

EPILOG = """\
A key that is made for nobody is a program's. Where the terms in force keep whoever asks from approving, such a key is
told of: no person is known to be behind it, so that whoever uses it could approve what they asked for.

example:
  remit key new --terms examples/harbour/remit --state state --use find-reports
  remit key list --state state
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("list", description="List the keys, each by its id.", epilog=EPILOG)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each key, those that ended first."""
    store = read_state(Path(args.state)).open_store()
    try:
        found = [read_row(content) for _, content in store.rows(ROWS)]
        terms = _active(store, Path(args.state))
    finally:
        store.close()
    now = clock()
    apart = {each.id: _apart(each, terms, now) for each in found}
    found.sort(key=lambda each: (not each.is_over(now), each.use, each.made))
    if args.format == "json":
        rows = [asdict(each) | {"apart": list(apart[each.id])} for each in found]
        print_json([{k: v for k, v in row.items() if k != "digest"} for row in rows])
        return Exit.WITHIN
    width = max((len(each.use) for each in found), default=0)
    lines = []
    for each in found:
        end = "ended" if each.is_over(now) else f"until {each.until}" if each.until else ""
        narrow = " ".join(
            f"{name}={','.join(only)}" for name, only in (("models", each.models), ("tools", each.tools)) if only
        )
        holder = f"for {each.person}" if each.person else ""
        rest = " ".join(part for part in (holder, end, narrow) if part)
        lines.append(f"{each.id}  {each.use:<{width}}  made {each.made[:19]}Z  {rest}".rstrip())
    print_lines(lines)
    if told := [f"  {each.id}  by {', '.join(apart[each.id])}" for each in found if apart[each.id]]:
        print("\nMade for nobody, though whoever asks may not approve (remit key new --for PERSON):")
        print_lines(told)
    return Exit.WITHIN


def _active(store: Store, state: Path) -> Terms | None:
    """Return the terms in force, or nothing where none are yet."""
    try:
        return active_terms(store, state / KEPT)
    except (RemitError, OSError):
        return None


def _apart(key: Credential, terms: Terms | None, now: datetime) -> tuple[str, ...]:
    """Return the clauses that a person behind a key would matter for, where nobody is known to be behind it."""
    return () if terms is None or key.person or key.is_over(now) else keeps_requester_apart(terms, key.use)
