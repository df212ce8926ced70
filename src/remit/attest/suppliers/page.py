"""The chain of suppliers as a page: what it comes to, who has to be asked again, the drawing, and everybody."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from remit.attest.reports.shell import page, table
from remit.attest.suppliers.drawing import drawing, drawn_nodes
from remit.attest.suppliers.graph import ARROW, say_counts, say_way, sorted_nodes
from remit.attest.suppliers.status import MEANINGS
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.attest.suppliers.resolver import Resolution

STATUS = 0


def graph_page(resolution: Resolution) -> str:
    """Write the page."""
    rounds = resolution.rounds
    return page(f"What the suppliers of {rounds.name} say of {rounds.target.maker}", _body(resolution))


def _body(resolution: Resolution) -> Iterator[str]:
    rounds, whole = resolution.rounds, resolution.whole
    yield (
        f'<p class="soft">Round {escape(rounds.id)}, at {write_instant(resolution.at)}; asked because of '
        f"{escape(rounds.order.id)}, version {rounds.order.version}.</p>"
    )
    kind = "" if whole.is_green else ' class="alarm"'
    yield f"<p{kind}>{escape(say_counts(whole))}{_by(whole.path)}.</p>"
    if rounds.none_reason:
        yield f"<p>{escape(rounds.none_reason)}</p>"
    yield from table(("status", "suppliers", "it means"), _counts(resolution), marked=STATUS)
    yield from _drawn(resolution)
    yield "<h2>By contract</h2>"
    rows = [
        (found.worst, contract, f"{found.answered} of {found.required}", ARROW.join(found.path))
        for contract, found in resolution.by_contract.items()
    ]
    yield from table(("worst", "contract", "answered", "the way to the worst"), rows, marked=STATUS)
    yield "<h2>Every supplier, worst first</h2>"
    everybody = (
        (node.status, node.name, node.grade, say_way(node), "\n".join(node.says), "\n".join(node.remainder))
        for node in sorted_nodes(resolution)
    )
    yield from table(("status", "supplier", "grade", "way", "why", "not covered"), everybody, marked=STATUS)
    if resolution.circles:
        yield "<h2>Suppliers that supply each other</h2>"
        yield from table(("circle",), ((", ".join(circle),) for circle in resolution.circles))


def _by(path: tuple[str, ...]) -> str:
    return f" ({escape(ARROW.join(path))})" if len(path) > 1 else ""


def _counts(resolution: Resolution) -> Iterator[tuple[str, str, str]]:
    for status, count in resolution.by_status.items():
        yield status, str(count), MEANINGS[status]


def _drawn(resolution: Resolution) -> Iterator[str]:
    drawn = len(drawn_nodes(resolution))
    if not drawn:
        return
    yield "<h2>Who supplies whom</h2>"
    if drawn < len(resolution.nodes):
        yield f"<p>Drawn are {drawn} of {len(resolution.nodes)}: those to look at first, with the way to them.</p>"
    yield '<div class="draw">'
    yield from drawing(resolution)
    yield "</div>"
