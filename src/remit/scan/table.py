"""Whether a file is a list about models and not a use of them: prices, or rules that look for secrets and crawlers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.scan.page import Page

_PRICED_NAME = re.compile(
    r"pric(?:e|es|ing)(?![a-z])|(?<![a-z])costs?(?![a-z])|(?<![a-z])rates?(?![a-z])|tariff|billing", re.IGNORECASE
)
_PRICES = re.compile(
    rb"""["']?\w*(?:cost|price|pricing|usd|per_?(?:m|1k|million|token))\w*["']?\s*[:=,]""", re.IGNORECASE
)
_RULE = re.compile(rb"rule_?-?id|\[\[rules\]\]|\bregex(?:p|es)?\b|\bpatterns?\b", re.IGNORECASE)
_SECRET = re.compile(rb"keywords|entropy|secret|api[ _-]?key", re.IGNORECASE)
_FEW = 2
_LOOKED_AT = 200_000
_SETTINGS = {"json", "yaml", "toml", "text", "ini"}
_RULES_FOLDER = re.compile(
    r"(?:^|/)(?:[\w\-]*rules?|detectors?|signatures|patterns|secrets?|scanners?)(?:/|[\w\-]*\.\w+$)|gitleaks|trufflehog|semgrep"
)


def is_price_list(document: Page) -> bool:
    """Say whether a file is about prices by its name, or a folder of data says what each model costs."""
    name = document.path.rsplit("/", 1)[-1]
    return _PRICED_NAME.search(name) is not None or (document.path.split("/", 1)[0] == "data" and _has_prices(document))


def _has_prices(document: Page) -> bool:
    if document.language not in _SETTINGS:
        return False
    return len(_PRICES.findall(document.data[:_LOOKED_AT])) >= _FEW


def is_rule_list(document: Page) -> bool:
    """Say whether a file, in a place for such, holds rules that look for secrets and what they catch."""
    if _RULES_FOLDER.search(document.path) is None:
        return False
    data = document.data[:_LOOKED_AT]
    return _RULE.search(data) is not None and _SECRET.search(data) is not None
