"""Boxes: products of finite sets, each set a bit mask; the arithmetic of every proof.

A box is a tuple of whole numbers, one for each axis, and a set bit is an element that belongs. No mask is ever zero:
what would be empty is not made. Everything here takes numbers and knows nothing of terms.

>>> whole, part = (0b11, 0b111), (0b01, 0b010)
>>> list(subtract(whole, part))
[(2, 7), (1, 5)]
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Box = tuple[int, ...]


def meet(one: Box, other: Box) -> Box | None:
    """Return what two boxes share; nothing where they are apart."""
    shared = tuple(a & b for a, b in zip(one, other, strict=True))
    return shared if all(shared) else None


def covers(one: Box, other: Box) -> bool:
    """Tell whether the other box lies within the first."""
    return not any(b & ~a for a, b in zip(one, other, strict=True))


def apart_on(one: Box, other: Box) -> int | None:
    """Return the first axis on which two boxes share nothing; nothing where they meet."""
    return next((axis for axis, (a, b) in enumerate(zip(one, other, strict=True)) if not a & b), None)


def subtract(one: Box, other: Box) -> Iterator[Box]:
    """Yield the first box without the second, in disjoint boxes: one axis is split off at a time."""
    if apart_on(one, other) is not None:
        yield one
        return
    rest = list(one)
    for axis, mask in enumerate(other):
        if outside := rest[axis] & ~mask:
            yield (*rest[:axis], outside, *rest[axis + 1 :])
        rest[axis] &= mask


def subtract_all(boxes: Iterable[Box], gone: Iterable[Box]) -> list[Box]:
    """Return some disjoint boxes without others, in disjoint boxes."""
    left = list(boxes)
    for other in gone:
        left = [piece for box in left for piece in subtract(box, other)]
    return left


def unite(boxes: Iterable[Box]) -> list[Box]:
    """Return disjoint boxes for the union of any."""
    found: list[Box] = []
    for box in boxes:
        found.extend(subtract_all([box], found))
    return found


def project(box: Box, axes: Sequence[int]) -> Box:
    """Return the shadow of a box on some axes."""
    return tuple(box[axis] for axis in axes)


def merge(boxes: Iterable[Box]) -> list[Box]:
    """Join disjoint boxes that differ on one axis only, as far as that goes; the first axes are joined last."""
    left = sorted(boxes)
    width = len(left[0]) if left else 0
    joined = True
    while joined:
        joined = False
        for axis in reversed(range(width)):
            alike: dict[Box, int] = defaultdict(int)
            for box in left:
                alike[box[:axis] + box[axis + 1 :]] |= box[axis]
            joined = joined or len(alike) < len(left)
            left = [(*rest[:axis], mask, *rest[axis:]) for rest, mask in alike.items()]
    return sorted(left)


def size(box: Box) -> int:
    """Return how many single points a box holds."""
    count = 1
    for mask in box:
        count *= mask.bit_count()
    return count


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
