from __future__ import annotations

import asyncio
import base64
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from remit.errors import UsageError
from remit.gateway.upstream.bedrock_stream import EventWriter
from remit.gateway.upstream.client import (
    Timeouts,
    UpstreamCut,
    UpstreamMalformed,
    UpstreamTooLarge,
    UpstreamUnreachable,
    read_whole,
)
from remit.gateway.upstream.cloud import Clouds
from remit.gateway.upstream.pool import PooledClient
from remit.gateway.upstream.signing import Credentials, Place, Unsigned, read_credentials, sign
from remit.gateway.upstream.translated import CloudCall
from remit.gateway.upstream.vertex import read_account, write_assertion
from tests.gateway.upstream.peers import Talk, upstream

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from remit.gateway.upstream.client import Header, Origin, Response

EXAMPLE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)
WAIT = Timeouts(2, 2, 2)
ASKED = b'{"model":"heron-2","max_tokens":1e2,"messages":[{"role":"user","content":"h\\u00e9"}],"stream":true}'


def run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


@pytest.mark.parametrize(
    ("method", "query", "signature"),
    [
        ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_the_published_examples_of_aws_are_signed_as_published(method: str, query: str, signature: str) -> None:
    request = Unsigned(method, "/", query, {"host": "example.amazonaws.com"}, b"")
    added = sign(request, EXAMPLE, Place("us-east-1", "service"), datetime(2015, 8, 30, 12, 36, tzinfo=UTC))
    assert added["authorization"].endswith(f"SignedHeaders=host;x-amz-date, Signature={signature}")
    assert added["x-amz-date"] == "20150830T123600Z"


@pytest.mark.parametrize(
    ("path", "query", "token", "signature"),
    [
        (
            "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
            "",
            "",
            "52d30a98274f90d4fa571fc08d675b3b8f31e7d2a853ea286cd4c9f0b0c4907d",
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Fx.y/invoke-with-response-stream",
            "b=2&a=1%202&a=",
            "TOKEN/+=",
            "56527fca1261a6e1787ce0977872e33349aa79e85004e6c28878e54926328041",
        ),
    ],
)
def test_a_call_to_bedrock_is_signed_as_botocore_signs_it(path: str, query: str, token: str, signature: str) -> None:
    # What botocore 1.44.5 made of the same requests.
    headers = {"host": "bedrock-runtime.eu-central-1.amazonaws.com", "content-type": "application/json"}
    request = Unsigned("POST", path, query, headers, b'{"max_tokens":1}')
    added = sign(request, EXAMPLE._replace(session_token=token), Place("eu-central-1", "bedrock"), NOW)
    assert added["authorization"].endswith(f"Signature={signature}")


def test_credentials_do_not_show_their_secret() -> None:
    assert "wJalr" not in repr(EXAMPLE)
    assert read_credentials("A:B") == Credentials("A", "B")
    assert read_credentials("A:B:C") == Credentials("A", "B", "C")
    for wrong in ("AKID", "A:", ":B"):
        with pytest.raises(UsageError, match="Nothing was signed"):
            read_credentials(wrong)


def frame(payload: bytes, **headers: str) -> bytes:
    """Write a message as AWS does."""
    block = b"".join(
        bytes([len(name) + 1])
        + b":"
        + name.replace("_", "-").encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in headers.items()
    )
    head = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    message = head + struct.pack(">I", crc32(head)) + block + payload
    return message + struct.pack(">I", crc32(message))


def chunk(event: bytes) -> bytes:
    payload = json.dumps({"bytes": base64.b64encode(event).decode(), "p": "abcdefgh"}).encode()
    return frame(payload, message_type="event", event_type="chunk", content_type="application/json")


EVENTS = (b'{"type":"message_start","message":{"id":"m1"}}', b'{"type":"message_stop", "x" : 1.0}')
SSE = b"".join(b"event: " + event[9:].partition(b'"')[0] + b"\ndata: " + event + b"\n\n" for event in EVENTS)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_stream_of_bedrock_becomes_events_byte_for_byte_however_it_is_cut_up(size: int) -> None:
    sent = b"".join(map(chunk, EVENTS))
    writer = EventWriter()
    found = b"".join(writer.feed(sent[place : place + size]) for place in range(0, len(sent), size)) + writer.end()
    assert found == SSE


def test_an_exception_in_a_stream_becomes_an_error_event() -> None:
    sent = frame(b'{"message":"Slow down."}', message_type="exception", exception_type="throttlingException")
    kind, data = EventWriter().feed(sent).decode().strip().split("\n")
    assert kind == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Slow down."},
    }


def test_a_stream_that_does_not_fit_its_sums_is_malformed() -> None:
    good = chunk(EVENTS[0])
    for place in (1, 9, 20, len(good) // 2, len(good) - 1):
        bad = bytearray(good)
        bad[place] ^= 1
        with pytest.raises(UpstreamMalformed):
            EventWriter().feed(bytes(bad))
    with pytest.raises(UpstreamMalformed):
        EventWriter().feed(frame(b'{"bytes":"*"}', message_type="event", event_type="chunk"))
    head = struct.pack(">II", 1 << 30, 0)
    with pytest.raises(UpstreamTooLarge):
        EventWriter().feed(head + struct.pack(">I", crc32(head)) + bytes(8))
    writer = EventWriter()
    writer.feed(good[:-3])
    with pytest.raises(UpstreamCut):
        writer.end()


def call(origin: Origin, endpoint: str = "/v1/messages", *headers: Header) -> CloudCall:
    return CloudCall(origin, "", endpoint, "halden.heron-2-v1:0", headers, ASKED)


async def read(response: Response) -> bytes:
    return await read_whole(response, 1 << 20)


def test_a_streamed_call_goes_to_bedrock_and_comes_back_as_anthropic_would_have_sent_it() -> None:
    async def script(talk: Talk) -> None:
        await talk.heed()
        body = b"".join(map(chunk, EVENTS))
        head = b"content-type: application/vnd.amazon.eventstream\r\nx-amzn-requestid: r1\r\n"
        await talk.say(b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body))
        await talk.wait_for_end()

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            beta = ((b"anthropic-beta", b"one, two"), (b"anthropic-version", b"2023-06-01"), (b"x-session", b"s"))
            made = call(peer.origin, "/v1/messages", *beta)
            response = await Clouds(client).send_bedrock(made, "AKID:SECRET", "eu-central-1", at=NOW, timeouts=WAIT)
            assert dict(response.headers)[b"content-type"].startswith(b"text/event-stream")
            assert dict(response.headers)[b"request-id"] == b"r1"
            assert await read(response) == SSE
            await client.aclose()
            head, _, body = peer.requests[0].partition(b"\r\n\r\n")
            assert head.startswith(b"POST /model/halden.heron-2-v1%3A0/invoke-with-response-stream HTTP/1.1\r\n")
            assert b"authorization: AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-central-1/bedrock" in head
            assert b"x-session: s" in head
            assert b"anthropic-" not in head
            assert body == (
                b'{"max_tokens":1e2,"messages":[{"role":"user","content":"h\\u00e9"}],'
                b'"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["one","two"]}'
            )

    run(work())


def answers(status: int, headers: bytes, body: bytes) -> object:
    async def script(talk: Talk) -> None:
        await talk.heed()
        await talk.say(b"HTTP/1.1 %d X\r\n%bcontent-length: %d\r\n\r\n%b" % (status, headers, len(body), body))
        await talk.wait_for_end()

    return script


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (
            429,
            b"x-amzn-errortype: ThrottlingException:http://x\r\n",
            b'{"message":"Slow"}',
            ("rate_limit_error", "Slow"),
        ),
        (403, b"", b'{"Message":"No"}', ("permission_error", "No")),
        (500, b"", b"<html>", ("api_error", "status 500")),
    ],
)
def test_an_error_of_bedrock_is_written_as_anthropics(
    status: int, headers: bytes, body: bytes, expected: tuple[str, str]
) -> None:
    async def work() -> None:
        async with upstream(answers(status, headers, body)) as peer:  # type: ignore[arg-type]  # it is a script.
            client = PooledClient()
            response = await Clouds(client).send_bedrock(call(peer.origin), "own-key", "eu", at=NOW, timeouts=WAIT)
            assert response.status == status
            error = {"type": "error", "error": dict(zip(("type", "message"), expected, strict=True))}
            assert json.loads(await read(response)) == error
            await client.aclose()
            assert b"authorization: Bearer own-key" in peer.requests[0]

    run(work())


def test_what_a_cloud_does_not_answer_is_not_sent() -> None:
    async def work() -> None:
        async with upstream(answers(200, b"", b"")) as peer:  # type: ignore[arg-type]  # it is a script.
            clouds = Clouds(PooledClient())
            with pytest.raises(UpstreamUnreachable, match="Bedrock answers"):
                await clouds.send_bedrock(call(peer.origin, "/v1/other"), "k", "eu", at=NOW, timeouts=WAIT)
            assert not peer.requests

    run(work())


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def account(key: rsa.RSAPrivateKey, token_uri: str) -> str:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    row = {"client_email": "a@b.example", "private_key": private, "token_uri": token_uri, "private_key_id": "k1"}
    return json.dumps({"type": "service_account", **row})


def test_a_statement_for_a_token_is_signed_and_says_for_what(key: rsa.RSAPrivateKey) -> None:
    written = write_assertion(read_account(account(key, "https://token.example/")), NOW)
    signed, _, signature = written.rpartition(".")
    key.public_key().verify(_decode(signature), signed.encode(), PKCS1v15(), SHA256())
    head, claims = (json.loads(_decode(part)) for part in signed.split("."))
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims == {
        "iss": "a@b.example",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://token.example/",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
    }


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_service_account_that_cannot_be_read_is_not_repeated() -> None:
    for wrong in ("{secret", "nowhere-secret.json"):
        with pytest.raises(UsageError, match="No token was asked for") as caught:
            read_account(wrong)
        assert "secret" not in str(caught.value)


def test_a_call_goes_to_vertex_with_a_token_that_is_asked_for_once_until_it_ends(key: rsa.RSAPrivateKey) -> None:
    asked: list[bytes] = []

    async def script(talk: Talk) -> None:
        while True:
            request = await talk.heed()
            token = request.startswith(b"POST /token ")
            asked.append(b"token" if token else request)
            body = b'{"access_token":"t1","expires_in":3600,"token_type":"Bearer"}' if token else SSE
            kind = b"application/json" if token else b"text/event-stream"
            await talk.say(
                b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(body)), body
            )

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            clouds = Clouds(client)
            text = account(key, f"http://127.0.0.1:{peer.origin.port}/token")

            async def one(at: datetime) -> bytes:
                made = call(peer.origin, "/v1/messages", (b"anthropic-beta", b"one"))
                return await read(await clouds.send_vertex(made, text, ("p-1", "europe-west1"), at=at, timeouts=WAIT))

            assert await asyncio.gather(*(one(NOW) for _ in range(5))) == [SSE] * 5
            assert asked.count(b"token") == 1
            await one(NOW + timedelta(minutes=59))
            assert asked.count(b"token") == 2
            head, _, body = asked[1].partition(b"\r\n\r\n")
            assert head.startswith(
                b"POST /v1/projects/p-1/locations/europe-west1/publishers/anthropic/models/"
                b"halden.heron-2-v1%3A0:streamRawPredict HTTP/1.1\r\n"
            )
            assert b"authorization: Bearer t1" in head
            assert b"anthropic-beta: one" in head
            assert b'"model"' not in body
            assert body.endswith(b'"stream":true,"anthropic_version":"vertex-2023-10-16"}')
            await client.aclose()

    run(work())


@pytest.mark.parametrize("wrong", [(403, b'{"error":"no"}'), (200, b"[]")])
def test_a_token_that_is_not_granted_sends_nothing(key: rsa.RSAPrivateKey, wrong: tuple[int, bytes]) -> None:
    async def work() -> None:
        async with upstream(answers(wrong[0], b"", wrong[1])) as peer:  # type: ignore[arg-type]  # it is a script.
            client = PooledClient()
            text = account(key, f"http://127.0.0.1:{peer.origin.port}/token")
            with pytest.raises(UpstreamUnreachable, match="The request was not sent"):
                await Clouds(client).send_vertex(call(peer.origin), text, ("p", "r"), at=NOW, timeouts=WAIT)
            await client.aclose()
            assert len(peer.requests) == 1

    run(work())


def test_an_error_of_vertex_is_written_as_anthropics(key: rsa.RSAPrivateKey) -> None:
    async def script(talk: Talk) -> None:
        token = (await talk.heed()).startswith(b"POST /token ")
        body = b'{"access_token":"t"}' if token else b'[{"error":{"code":404,"message":"No such model"}}]'
        await talk.say(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b" % (200 if token else 404, len(body), body))

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            text = account(key, f"http://127.0.0.1:{peer.origin.port}/token")
            response = await Clouds(client).send_vertex(call(peer.origin), text, ("p", "r"), at=NOW, timeouts=WAIT)
            error = {"type": "not_found_error", "message": "No such model"}
            assert (response.status, json.loads(await read(response))["error"]) == (404, error)
            await client.aclose()

    run(work())
