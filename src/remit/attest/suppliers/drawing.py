"""The chain of suppliers as a drawing (SVG): a column for each step away from us, a box for each supplier.

1. A drawing of everything would show nothing: of many, those that need looking at are drawn with the way to them, and
   what is left out is counted.
2. A status is written in the box and not only told by its colour.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from remit.attest.suppliers.graph import sorted_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.attest.suppliers.resolver import Resolution

MOST_DRAWN = 150
WIDTH, HEIGHT, GAP, STEP = 168, 40, 14, 252
_LONGEST = 22


def drawn_nodes(resolution: Resolution) -> list[str]:
    """Choose whom to draw (1): worst first, each with everybody on the way to it."""
    chosen: dict[str, None] = {}
    for node in sorted_nodes(resolution):
        way = [ident for ident in node.path[1:] if ident not in chosen]
        if len(chosen) + len(way) > MOST_DRAWN:
            break
        chosen.update(dict.fromkeys(way))
    return list(chosen)


def drawing(resolution: Resolution) -> Iterator[str]:
    """Yield the lines of the drawing."""
    root = resolution.rounds.by
    chosen = drawn_nodes(resolution)
    columns: dict[int, list[str]] = {0: [root]}
    for ident in sorted(chosen, key=lambda ident: resolution.nodes[ident].path):
        columns.setdefault(len(resolution.nodes[ident].path) - 1, []).append(ident)
    tallest = max(len(column) for column in columns.values())
    places = {
        ident: (8 + depth * STEP, 8 + row * (HEIGHT + GAP) + (tallest - len(column)) * (HEIGHT + GAP) // 2)
        for depth, column in columns.items()
        for row, ident in enumerate(column)
    }
    width, height = 16 + max(columns) * STEP + WIDTH, 16 + tallest * (HEIGHT + GAP) - GAP
    yield (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(f"Who supplies whom, drawn for {len(chosen)} suppliers")}">'
    )
    yield '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    yield '<path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>'
    for above, found in sorted(resolution.edges.items()):
        for below in found:
            if above in places and below in places:
                yield _edge(places[above], places[below], is_way=above == _before(resolution, below))
    yield _box(places[root], root, "asks", "root")
    for ident in chosen:
        node = resolution.nodes[ident]
        yield _box(places[ident], node.name, node.status, node.status)
    yield "</svg>"


def _before(resolution: Resolution, ident: str) -> str:
    return resolution.nodes[ident].path[-2]


def _edge(start: tuple[int, int], end: tuple[int, int], *, is_way: bool) -> str:
    """Draw an edge; one that leads back, or past the shortest way, bends around and is dashed."""
    (x1, y1), (x2, y2) = start, end
    x1, y1, y2 = x1 + WIDTH, y1 + HEIGHT // 2, y2 + HEIGHT // 2
    bend = max(40, abs(x2 - x1) // 2)
    kind = "edge" if is_way else "edge other"
    return f'<path class="{kind}" marker-end="url(#end)" d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"/>'


def _box(place: tuple[int, int], name: str, word: str, kind: str) -> str:
    x, y = place
    shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return (
        f'<g class="box {escape(kind)}"><title>{escape(name)}: {escape(word)}</title>'
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text x="{x + 9}" y="{y + 17}">{escape(shown)}</text>'
        f'<text x="{x + 9}" y="{y + 32}" class="status">{escape(word)}</text></g>'
    )
