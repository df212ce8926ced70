"""TLS on both sides of the gateway, over real sockets: who is not known is turned away before anything is judged."""

from __future__ import annotations

import asyncio
import json
import ssl
import warnings
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPSConnection
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from remit.cli.main import main
from remit.ledger.kind import Kind
from tests.gateway.authority import Authority
from tests.gateway.live import PATH, Live, act, live
from tests.gateway.upstream.peers import Peer
from tests.gateway.upstream.test_trust import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASKS = {"model": "heron-2", "messages": [{"role": "user", "content": "?"}]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.begin(tmp_path_factory.mktemp("house"), "house")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.begin(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, house: Authority) -> Iterator[Live]:
    """A gateway that every client must be known to."""
    with live(tmp_path_factory.mktemp("tls"), start=False) as running:
        ours = house.issue("localhost")
        running.more = ("--tls-certificate", ours, "--tls-key", ours, "--tls-clients", house.file)
        running.start()
        yield running


def known_to(authority: Authority, certificate: str = "", **limits: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.file)
    if certificate:
        context.load_cert_chain(certificate)
    for name, value in limits.items():
        setattr(context, name, value)
    return context


def ask(gateway: Live, context: ssl.SSLContext, text: str = "?") -> tuple[int, bytes]:
    """Ask over TLS; what was turned away comes as status -1."""
    connection = HTTPSConnection("localhost", gateway.port, timeout=20, context=context)
    body = json.dumps({**ASKS, "messages": [{"role": "user", "content": text}]})
    try:
        connection.request("POST", PATH, body, {"authorization": f"Bearer {gateway.key}"})
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return -1, b""
    finally:
        connection.close()


def settled(gateway: Live) -> int:
    """Return how many entries there are once each call has its end: an outcome is written when the reply has gone."""
    assert not gateway.without_end()
    return len(gateway.entries())


def test_a_client_that_is_known_is_served_over_tls(gateway: Live, house: Authority) -> None:
    status, body = ask(gateway, known_to(house, house.issue("client.example")))
    assert (status, json.loads(body)["model"]) == (200, "heron-2")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("who", ["nobody", "of another authority", "expired"])
def test_a_client_that_is_not_known_is_turned_away_before_anything_is_judged(
    gateway: Live, house: Authority, stranger: Authority, who: str, version: ssl.TLSVersion
) -> None:
    certificates = {
        "nobody": "",
        "of another authority": stranger.issue("client.example"),
        "expired": house.issue("client.example", ends=-timedelta(days=1)),
    }
    entries, asked = settled(gateway), len(gateway.peer.requests)
    context = known_to(house, certificates[who], maximum_version=version, minimum_version=version)
    assert ask(gateway, context)[0] == -1
    assert (settled(gateway), len(gateway.peer.requests)) == (entries, asked)
    assert ask(gateway, known_to(house, house.issue("client.example")))[0] == 200


def test_what_is_not_tls_is_not_answered(gateway: Live) -> None:
    entries = settled(gateway)
    found = gateway.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}", 2)
    assert not found.startswith(b"HTTP/")
    assert settled(gateway) == entries


def test_old_versions_of_tls_are_refused(gateway: Live, house: Authority) -> None:
    context = known_to(house, house.issue("client.example"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert ask(gateway, context)[0] == -1


def test_files_that_cannot_be_read_are_named_before_anything_is_made(
    tmp_path: Path, house: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    terms, state = "examples/harbour/remit", tmp_path / "state"
    ours = house.issue("localhost")
    for more, says in (
        (["--tls-certificate", str(tmp_path / "no.pem"), "--tls-key", ours], "no.pem"),
        (["--tls-certificate", ours, "--tls-key", ours, "--tls-clients", str(tmp_path / "none.pem")], "none.pem"),
        (["--tls-clients", house.file], "go together"),
    ):
        assert main(["serve", terms, "--state", str(state), "--check", *more]) == 2
        told = capsys.readouterr().err
        assert told.startswith("Nothing is served")
        assert says in told
        assert not state.exists()


@contextmanager
def secured(folder: Path, house: Authority, host: str = "localhost", authorities: str = "") -> Iterator[Live]:
    """Run a gateway in front of an upstream over TLS, whose certificate is for a host."""
    loop = asyncio.new_event_loop()
    peer = Peer(act)
    context = server(house.issue(host))
    listening = loop.run_until_complete(asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=context))
    thread = Thread(target=loop.run_forever)
    thread.start()
    port = listening.sockets[0].getsockname()[1]
    try:
        with live(folder, start=False) as gateway:
            register = gateway.folder / "terms/remit.yaml"
            text = register.read_text(encoding="utf-8")
            before = text[text.index('base_url: "') : text.index('/v1"') + 4]
            after = f'base_url: "https://localhost:{port}/v1", tls: {{authorities: {{env: UP_CA}}}}'
            register.write_text(text.replace(before, after), encoding="utf-8")
            gateway.environment = {"UP_CA": authorities or house.file}
            gateway.peer = peer
            gateway.start()
            yield gateway
    finally:
        listening.close()
        asyncio.run_coroutine_threadsafe(peer.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_an_upstream_is_reached_over_tls_by_its_own_authority_and_its_connection_serves_again(
    tmp_path: Path, house: Authority
) -> None:
    with secured(tmp_path, house) as gateway:
        for _ in range(3):
            assert gateway.ask()[0] == 200
        assert gateway.peer.connections == 1
        assert gateway.ask("#paced", stream=True)[2].endswith(b"data: [DONE]\n\n")
        assert gateway.ask("#reset")[0] == 502
        assert gateway.ask("#half", stream=True)[0] in {-1, 200}
        assert gateway.ask("#two-lengths")[0] == 502
        # A connection serves nobody after it went wrong, and the next request gets one of its own.
        assert gateway.ask()[0] == 200
        assert gateway.peer.connections == 4
        assert not gateway.without_end()


@pytest.mark.parametrize("wrong", ["host", "authority"])
def test_an_upstream_that_is_not_who_it_should_be_gets_nothing(
    tmp_path: Path, house: Authority, stranger: Authority, wrong: str
) -> None:
    host = "other.example" if wrong == "host" else "localhost"
    authorities = stranger.file if wrong == "authority" else ""
    with secured(tmp_path, house, host, authorities) as gateway:
        status, headers, body = gateway.ask()
        assert (status, headers["retry-after"]) == (503, "1")
        assert b"was not reached" in body
        assert not gateway.peer.requests
        outcomes = [entry.fields for entry in gateway.entries() if entry.kind == Kind.OUTCOME]
        # One for each model of the use case that was tried there.
        assert {fields.get("status") for fields in outcomes} == {None}
        assert not gateway.without_end()


def test_a_variable_that_is_not_set_trusts_nobody_in_place_of_everybody(tmp_path: Path, house: Authority) -> None:
    with secured(tmp_path, house, authorities=" ") as gateway:
        gateway.stop()
        gateway.environment = {}
        gateway.start()
        assert b"UP_CA" in gateway.ask()[2]
        assert not gateway.peer.requests
