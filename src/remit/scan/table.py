"""Whether a file is a table: prices of many makers' models, or the terms that Remit itself judges by."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.scan.document import Document

_PRICED_NAME = re.compile(
    r"pric(?:e|es|ing)|(?<![a-z])costs?(?![a-z])|(?<![a-z])rates?(?![a-z])|tariff|billing", re.IGNORECASE
)
_PRICES = re.compile(
    rb"""["']?(?:\w*(?:cost|price|pricing|usd|per_?(?:m|1k|million|token)\w*))["']?\s*[:=,]""", re.IGNORECASE
)
_FEW = 3


def is_priced(document: Document) -> bool:
    """Say whether a file is about prices: its name says so, or most of its entries bear one."""
    if _PRICED_NAME.search(document.path.rsplit("/", 1)[-1]):
        return True
    return _count(document.data) >= _FEW and document.language in {"json", "yaml", "toml", "text", "ini"}


@lru_cache(maxsize=64)
def _count(data: bytes) -> int:
    return len(_PRICES.findall(data[:200_000]))
