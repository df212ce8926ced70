"""The page is one file that asks nobody for anything, reads without a script, and takes no mark-up from a place."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

from remit.scan.formats.inventory import Inventory
from remit.scan.formats.page import page
from remit.scan.run import scan_path
from tests.scan.formats.places import checked, make_tree, scanned

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"
VOID = {"meta", "input", "br"}


class Reader(HTMLParser):
    """Reads a page and notes what it would fetch, and whether every part is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asks: list[tuple[str, str | None]] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asks += [(name, value) for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        self.rows += any(name == "data-maker" for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_the_page_is_well_formed_and_asks_nobody(tmp_path: Path) -> None:
    for inventory in (scanned(tmp_path), checked(HARBOUR)):
        text = page(inventory)
        reader = read(text)
        assert (reader.open, reader.asks) == ([], [])
        assert reader.rows == len(inventory.items)
        assert "http" not in re.sub(r"<t[dr].*", "", text.split("<body>")[0]).replace("http-equiv", "")


def test_its_own_policy_admits_its_own_style_and_script_alone(tmp_path: Path) -> None:
    text = page(scanned(tmp_path))
    for part in ("style", "script"):
        (body,) = re.findall(f"<{part}>(.*?)</{part}>", text, re.DOTALL)
        digest = b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{part}-src &#x27;sha256-{digest}&#x27;" in text
    assert "default-src &#x27;none&#x27;" in text


def test_the_chain_behind_a_default_is_shown(tmp_path: Path) -> None:
    make_tree(tmp_path, {
        "aliases.py": 'ALIASES = {"sonnet": "claude-sonnet-4-5", "mini": "gpt-4o-mini"}\n',
        "settings.yaml": "default-model: sonnet\n",
        "app.py": "import litellm\n",
    })  # fmt: skip
    text = page(Inventory((scan_path(tmp_path),)))
    assert "How the default is found" in text
    assert text.index("settings.yaml:1") < text.index("aliases.py:1")


def test_what_comes_from_a_place_is_text(tmp_path: Path) -> None:
    make_tree(tmp_path, {"<img src=x onerror=alert(1)>.py": "import anthropic\nanthropic.Anthropic()\n"})
    reader = read(page(Inventory((scan_path(tmp_path),))))
    assert reader.asks == []
