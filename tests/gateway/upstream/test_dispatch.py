"""A call whose upstream is a cloud leaves signed, in the cloud's own form, and any other as it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from remit.gateway.dispatch import Dispatch
from remit.gateway.routing import Target
from remit.gateway.step import Send
from remit.gateway.upstream.client import Client, Request, Timeouts, UpstreamUnreachable
from remit.gateway.upstream.translated import WholeReply
from remit.terms.upstream import Upstream

if TYPE_CHECKING:
    from remit.gateway.upstream.client import Response

NOW = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)
CLOUD = Upstream(
    "cloud-a",
    "halden",
    "cloud",
    "https://bedrock-runtime.eu-central-1.amazonaws.com",
    service="bedrock",
    key_from="CLOUD_KEY",
    region="eu-central-1",
)
BODY = b'{"model":"halden.heron-2-v1:0","messages":[]}'


class Keeping(Client):
    """A client that keeps what it is to send."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    async def send(self, request: Request, *, timeouts: Timeouts) -> Response:
        assert timeouts
        self.sent.append(request)
        return WholeReply(200, ((b"x-amzn-requestid", b"r1"),), b"{}")

    async def aclose(self) -> None:
        pass


def send(
    upstream: Upstream, dialect: str = "anthropic", keys: dict[str, str] | None = None
) -> tuple[Request, Response]:
    client = Keeping()
    step = Send(Target("heron-2", upstream, "halden.heron-2-v1:0"), dialect, "/v1/messages", b"beta=true", (), BODY)
    dispatch = Dispatch(client, {"CLOUD_KEY": "AKID:SECRET"} if keys is None else keys, clock=lambda: NOW)
    response = asyncio.run(dispatch.send(step))
    return client.sent[0], response


def test_a_call_to_bedrock_leaves_signed_with_its_model_in_the_path() -> None:
    request, response = send(CLOUD)
    assert request.target == b"/model/halden.heron-2-v1%3A0/invoke"
    assert b"model" not in request.body
    assert dict(request.headers)[b"authorization"].startswith(
        b"AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-central-1/"
    )
    assert dict(response.headers)[b"request-id"] == b"r1"


def test_a_wire_that_a_cloud_does_not_speak_and_a_key_that_is_not_there_send_nothing() -> None:
    with pytest.raises(UpstreamUnreachable, match="Anthropic's messages alone"):
        send(CLOUD, "openai-chat")
    with pytest.raises(UpstreamUnreachable, match="CLOUD_KEY"):
        send(CLOUD, keys={})
    with pytest.raises(UpstreamUnreachable, match="Nothing was signed"):
        send(CLOUD, keys={"CLOUD_KEY": ":SECRET"})
