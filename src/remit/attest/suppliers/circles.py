"""The circles of a graph: nodes that reach each other (Tarjan 1972), without recursion, however deep it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(slots=True)
class _Walk:
    """Where a walk stands: the order in which nodes were come upon, and the first that each of them reaches."""

    number: dict[str, int] = field(default_factory=dict)
    lowest: dict[str, int] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    on_stack: set[str] = field(default_factory=set)
    open: list[tuple[str, Iterator[str]]] = field(default_factory=list)

    def enter(self, node: str, edges: Mapping[str, tuple[str, ...]]) -> None:
        self.number[node] = self.lowest[node] = len(self.number)
        self.stack.append(node)
        self.on_stack.add(node)
        self.open.append((node, iter(edges.get(node, ()))))

    def leave(self) -> list[str]:
        """Close the node on top; return the nodes that reach each other where it is the first of them."""
        node, _ = self.open.pop()
        if self.open:
            above = self.open[-1][0]
            self.lowest[above] = min(self.lowest[above], self.lowest[node])
        if self.lowest[node] != self.number[node]:
            return []
        place = _last(self.stack, node)
        found = self.stack[place:]
        del self.stack[place:]
        self.on_stack.difference_update(found)
        return found


def _last(stack: list[str], node: str) -> int:
    """Find a node from the top of the stack, where it mostly lies."""
    place = len(stack) - 1
    while stack[place] != node:
        place -= 1
    return place


def circles_in(edges: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the sets of nodes that reach each other, each sorted; a node that reaches itself in one step is one."""
    walk = _Walk()
    circles: list[tuple[str, ...]] = []
    for start in edges:
        if start not in walk.number:
            walk.enter(start, edges)
            _walk_on(walk, edges, circles)
    return sorted(circles)


def _walk_on(walk: _Walk, edges: Mapping[str, tuple[str, ...]], circles: list[tuple[str, ...]]) -> None:
    """Walk until everything that was opened is closed again."""
    while walk.open:
        node, below = walk.open[-1]
        step = next(below, None)
        if step is None:
            found = walk.leave()
            if len(found) > 1 or (found and found[0] in edges.get(found[0], ())):
                circles.append(tuple(sorted(found)))
        elif step not in walk.number:
            walk.enter(step, edges)
        elif step in walk.on_stack:
            walk.lowest[node] = min(walk.lowest[node], walk.number[step])
