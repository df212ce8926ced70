"""The page in a browser: it asks for nothing, filters by keyboard, fits a telephone and prints what is folded away."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from remit.scan.formats.inventory import Inventory
from remit.scan.formats.page import page
from remit.scan.run import scan_path
from tests.scan.formats.places import make_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MANY = 1000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of as many places as an organisation has repositories, with three uses in each."""
    folder = tmp_path_factory.mktemp("large")
    found = scan_path(make_tree(folder / "tree"))
    assert len(found.integrations) >= 3
    findings = tuple(
        replace(found, path=f"place-{number}", integrations=found.integrations[:3]) for number in range(MANY)
    )
    (folder / "page.html").write_text(page(Inventory(findings)), encoding="utf-8")
    return folder / "page.html"


def opened(browser: Browser, file: Path, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
    shown = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    shown.set_default_timeout(20_000)
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: asked.append(message.text))
    shown.on("pageerror", lambda error: asked.append(str(error)))
    shown.goto(file.as_uri())
    assert asked == [file.as_uri()]
    return shown


def test_three_thousand_uses_are_filtered_at_once_by_keyboard_alone(browser: Browser, large: Path) -> None:
    shown = opened(browser, large)
    assert shown.inner_text("#shown") == f"{3 * MANY} of {3 * MANY} shown"
    for _ in range(4):
        shown.keyboard.press("Tab")
    began = time.perf_counter()
    shown.keyboard.type("place-77/")
    assert shown.inner_text("#shown") == f"3 of {3 * MANY} shown"
    assert time.perf_counter() - began < 10
    assert shown.locator("tr[data-maker]:visible").count() == 3
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.tagName") == "SUMMARY"
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.parentElement.open") is True
    shown.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_beside_the_edge_of_a_telephone(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    make_tree(tmp_path, {"a" * 200 + ".py": "import anthropic\nanthropic.Anthropic()\n"})
    file = tmp_path / "page.html"
    file.write_text(page(Inventory((scan_path(tmp_path),))), encoding="utf-8")
    shown = opened(browser, file, width=360, scheme=scheme)
    shown.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert shown.evaluate("document.documentElement.scrollWidth") == 360
    beyond = (
        "[...document.querySelectorAll('.inventory *')].filter((e) => e.getBoundingClientRect().right > 361).length"
    )
    assert shown.evaluate(beyond) == 0
    shown.context.close()


def test_what_is_folded_away_is_printed_and_folded_again(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(Inventory((scan_path(make_tree(tmp_path / "tree")),))), encoding="utf-8")
    shown = opened(browser, file, scheme="dark")
    folded = shown.locator("details:not([open])").count()
    assert folded
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.locator("details:not([open])").count() == 0
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.locator("details:not([open])").count() == folded
    shown.emulate_media(media="print")
    assert not shown.locator("form").is_visible()
    shown.set_viewport_size({"width": 700, "height": 1000})
    assert shown.evaluate("document.querySelector('.inventory').getBoundingClientRect().right") <= 700
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown.context.close()
