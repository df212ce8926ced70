"""One file as the detectors see it: a page, and what stands at every hit of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from remit.scan.definition import definitions
from remit.scan.mention import mentions
from remit.scan.page import Page
from remit.scan.table import has_prices, is_price_list

if TYPE_CHECKING:
    from remit.scan.definition import Definition
    from remit.scan.mention import Mention


_MOST = 50_000
"""Definitions that are kept at a time, of all documents together."""
_DEFINED: WeakKeyDictionary[Document, list[Definition]] = WeakKeyDictionary()


class Document(Page):
    """A page with its mentions."""

    @cached_property
    def mentions(self) -> list[Mention]:
        """What stands at every hit."""
        return mentions(self)

    @property
    def definitions(self) -> list[Definition]:
        """What it defines at its top; kept while there is room, since every maker whose models it names asks for it."""
        found = _DEFINED.get(self)
        if found is None:
            found = definitions(self)
            if sum(map(len, _DEFINED.values())) + len(found) > _MOST:
                _DEFINED.clear()
            _DEFINED[self] = found
        return found

    @cached_property
    def is_price_list(self) -> bool:
        """Whether the file is about prices."""
        return is_price_list(self)

    @cached_property
    def has_prices(self) -> bool:
        """Whether its entries bear prices."""
        return has_prices(self)

    @cached_property
    def live_lines(self) -> list[int]:
        """The lines on which a hit stands outside comments and documentation."""
        return sorted({mention.line for mention in self.mentions if not mention.is_silent})
