"""Rows in memory, as a group of the ledger shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class MemoryRows:
    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def row(self, name: str) -> bytes | None:
        return self.content.get(name)

    def put(self, name: str, content: bytes | None) -> None:
        if content is None:
            self.content.pop(name, None)
        else:
            self.content[name] = content

    def take(self, changes: Iterable[tuple[str, bytes | None]]) -> None:
        for name, content in changes:
            self.put(name, content)
