"""Whether a file is a list about models and not a use of them: prices, or rules that look for secrets and crawlers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.scan.page import Page

_PRICED_PATH = re.compile(
    r"pric(?:e|es|ing)(?![a-z])|(?<![a-z])costs?(?![a-z])|(?<![a-z])rates?(?![a-z])|tariff|billing", re.IGNORECASE
)
_PRICES = re.compile(
    rb"""(?:cost|price|pricing|usd|mtok|per_?(?:m|1k|million|token))\w{0,40}+["']?\s*+[:=,]""", re.IGNORECASE
)
_RULE = re.compile(rb"rule_?-?id|\[\[rules\]\]|\bregex(?:p|es)?\b|\bpatterns?\b|\bregexp\.", re.IGNORECASE)
_SECRET = re.compile(rb"keywords|entropy|secret|api[ _-]?key|mention|detect", re.IGNORECASE)
_LINK = re.compile(
    rb"""https://(?:www\.)?[\w.\-]+/(?:new|search|chat|)?/?\?(?:(?:q|query|prompt|text)=|\$\{new\sURLSearchParams)"""
)
_INTERFACE = re.compile(
    rb"""^(?:\xef\xbb\xbf)?\s*+(?:\{\s*+)?["']?(?:openapi|swagger)["']?\s*+:\s*+["']?[23]\.\d""", re.MULTILINE
)
_HEAD = 2_000
_BETWEEN = re.compile(r">([^<]++)")
_SENTENCE = 20
_FEW = 2
_MANY = 12
_LOOKED_AT = 200_000
_SETTINGS = {"json", "yaml", "toml", "text", "ini"}
_RULES_FOLDER = re.compile(
    r"(?:^|/)(?:[\w\-]*rules?|detect(?:ors?|ion)|signatures|patterns|secrets?|scanners?)(?:/|[\w\-]*\.\w+$)"
    r"|gitleaks|trufflehog|semgrep"
)


def links_out(page: Page) -> bool:
    """Say whether a file of code holds links that a person follows to a page with a question in it."""
    return page.language in {"script", "component"} and _LINK.search(page.data[:_LOOKED_AT]) is not None


def is_running_text(page: Page) -> bool:
    """Say whether most of a file of XML stands between its marks, in stretches too long for values."""
    if page.language != "xml":
        return False
    text = page.text[:_LOOKED_AT]
    stretches = (len(between) for between in _BETWEEN.findall(text) if len(between.split()) > _SENTENCE)
    return sum(stretches) * 2 > len(text)


def describes_interface(page: Page) -> bool:
    """Say whether a file of settings is the description of an interface: OpenAPI, whoever offers it."""
    return page.language in {"yaml", "json"} and _INTERFACE.search(page.data[:_HEAD]) is not None


def is_price_list(page: Page) -> bool:
    """Say whether a file is about prices by its name or place, or is a table of data that says what models cost."""
    return _PRICED_PATH.search(page.path) is not None or (
        page.path.startswith("data/") and _PRICES.search(page.data[:_LOOKED_AT]) is not None
    )


def has_prices(page: Page) -> bool:
    """Say whether entries of a file of settings bear prices."""
    prices = len(_PRICES.findall(page.data[:_LOOKED_AT]))
    return prices >= (_FEW if page.language in _SETTINGS else _MANY)


def is_rule_list(page: Page) -> bool:
    """Say whether a file, in a place for such, holds rules that look for secrets and what they catch."""
    if _RULES_FOLDER.search(page.path) is None:
        return False
    data = page.data[:_LOOKED_AT]
    return _RULE.search(data) is not None and _SECRET.search(data) is not None
