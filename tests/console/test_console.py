"""The pages in a real browser: signing in, approving by a passkey beside a second approver, and what is refused."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from remit.gateway.oversight.held import State
from tests.gateway.oversight.scene import AMADI, BAKER, Signer
from tests.gateway.oversight.served import Harbour, a_harbour
from tests.gateway.oversight.test_served import ask, may_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with a_harbour(tmp_path_factory.mktemp("harbour")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    found = context.new_page()
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("request", lambda asked: wrong.append(asked.url) if "localhost" not in asked.url else None)
    yield found
    context.close()
    assert wrong == [], "no script failed, and nothing was loaded from elsewhere"


def at(harbour: Harbour, place: str = "") -> str:
    return f"http://localhost:{harbour.port}/console{place}"


def sign_in(page: Page, harbour: Harbour, person: str, signer: Signer) -> None:
    """Sign in by an SSH key."""
    page.goto(at(harbour))
    page.fill("[name=person]", person)
    page.click("summary")
    page.click("[data-statement]")
    expect(page.locator("[name=statement]")).not_to_have_value("")
    statement = page.input_value("[name=statement]").encode()
    page.fill("[name=signature]", signer.sign(statement, "remit-sign-in@v1").decode())
    page.click("button:text-is('Sign in')")
    page.wait_for_selector(".live")


def a_passkey(context: BrowserContext, page: Page) -> None:
    """Give the browser a device that confirms by itself."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enrol(page: Page, harbour: Harbour, person: str) -> None:
    """Make a passkey, and put it into the register as its keeper would."""
    page.goto(at(harbour, "/enrol"))
    page.fill("[name=person]", person)
    page.click("button.go")
    expect(page.locator("[name=row]")).not_to_have_value("")
    row = page.input_value("[name=row]")
    register = harbour.terms_folder / "remit.yaml"
    before = harbour.terms().digest
    register.write_text(register.read_text().replace(f"{{id: {person}, ", f"{{id: {person}, {row}, "))
    for _ in range(100):
        if harbour.terms().digest != before:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the register was not taken up")


def test_nothing_is_shown_to_whoever_is_not_signed_in(harbour: Harbour) -> None:
    for place in ("", "/history", "/decisions", "/log", "/terms", "/attention", "/use-cases", "/call/abc", "/events"):
        connection = HTTPConnection("127.0.0.1", harbour.port, timeout=10)
        connection.request("GET", f"/console{place}")
        reply = connection.getresponse()
        reply.read()
        connection.close()
        assert (reply.status, reply.headers["location"]) == (303, "/console/sign-in")


def test_every_answer_forbids_what_comes_from_elsewhere(harbour: Harbour) -> None:
    for place in ("/sign-in", "/static/console.js", "/nothing"):
        connection = HTTPConnection("127.0.0.1", harbour.port, timeout=10)
        connection.request("GET", f"/console{place}")
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert re.findall(r"(?:src|href|action)=\"https?:", text) == []


def test_a_form_from_another_site_is_refused(harbour: Harbour) -> None:
    for origin in ("https://elsewhere.example", None):
        connection = HTTPConnection("127.0.0.1", harbour.port, timeout=10)
        headers = {"content-type": "application/json"} | ({"origin": origin} if origin else {})
        connection.request("POST", "/console/sign-in/begin", '{"person": "amadi"}', headers)
        assert connection.getresponse().status == 403
        connection.close()


def test_who_has_another_key_does_not_get_in(page: Page, harbour: Harbour) -> None:
    page.goto(at(harbour))
    page.fill("[name=person]", "amadi")
    page.click("summary")
    page.click("[data-statement]")
    expect(page.locator("[name=statement]")).not_to_have_value("")
    statement = page.input_value("[name=statement]").encode()
    page.fill("[name=signature]", BAKER.sign(statement, "remit-sign-in@v1").decode())
    page.click("button:text-is('Sign in')")
    page.wait_for_selector(".says.bad")
    assert "another key" in page.inner_text(".says")


def test_a_passkey_and_a_second_approver_release_a_call_and_each_decides_apart(page: Page, harbour: Harbour) -> None:
    a_passkey(page.context, page)
    enrol(page, harbour, "amadi")
    page.goto(at(harbour))
    page.fill("[name=person]", "amadi")
    page.click("[data-passkey]")
    page.wait_for_selector(".live")
    assert "Nothing waits" in page.inner_text("main")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Move it, says the browser.", stream=True)
        page.wait_for_selector(".cards a")  # It came by itself.
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".must")
        shown = page.inner_text(".must")
        for part in ("container 7", "operate-infrastructure", "halden/wait", "heron-1", "unload"):
            assert part in shown
        page.keyboard.press("a")
        page.wait_for_url(at(harbour))
        held = next(held for held in harbour.held() if held.state is State.OPEN)
        assert [answer.person for answer in held.answers] == ["amadi"]
        assert held.answers[0].ms > 0
        sign_in_and_approve(page, harbour, held.id)
        harbour.answer(held, BAKER, "baker")
        assert may_run(asked.result(20))
    assert harbour.said().count("release approved") == 2


def sign_in_and_approve(page: Page, harbour: Harbour, name: str) -> None:
    """Look as the other approver does: what the first answered is not there."""
    assert page.context.browser is not None
    other = page.context.browser.new_context()
    found = other.new_page()
    sign_in(found, harbour, "baker", BAKER)
    found.goto(at(harbour, f"/call/{name}"))
    text = found.inner_text("main")
    assert "each decides apart" in text
    assert "amadi" not in text
    other.close()


def test_a_refusal_takes_a_reason_and_the_agent_is_told(page: Page, harbour: Harbour) -> None:
    a_passkey(page.context, page)
    enrol(page, harbour, "baker")
    page.goto(at(harbour))
    page.fill("[name=person]", "baker")
    page.click("[data-passkey]")
    page.wait_for_selector(".live")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Refuse it, browser.")
        page.click(".cards a")
        page.click("[data-answer=refused]")
        page.wait_for_selector(".says.bad")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        page.keyboard.type("wind above limit")
        page.click("[data-answer=refused]")
        page.wait_for_url(at(harbour))
        assert "wind above limit" in asked.result(20)


def test_every_page_shows_what_it_is_for_at_any_width_and_in_both_lights(page: Page, harbour: Harbour) -> None:
    sign_in(page, harbour, "amadi", AMADI)
    wanted = {
        "": "Queue",
        "/history": "What became of calls",
        "/use-cases": "unload",
        "/decisions": "The newest on record",
        "/terms": "Nothing moves by itself",
        "/log": "quayside/gateway",
        "/attention": "How well reviewers look",
    }
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        for place, text in wanted.items():
            page.goto(at(harbour, place))
            assert text in page.inner_text("main")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), place


def test_signing_out_ends_the_session(page: Page, harbour: Harbour) -> None:
    sign_in(page, harbour, "amadi", AMADI)
    kept = page.context.cookies()
    page.click("button:text-is('Sign out')")
    page.wait_for_selector("[data-passkey]")
    page.context.add_cookies([{"name": each["name"], "value": each["value"], "url": at(harbour)} for each in kept])
    page.goto(at(harbour, "/log"))
    assert "Sign in" in page.inner_text("main")
