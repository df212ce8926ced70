"""Sends a call in Anthropic's form to a model at Amazon Bedrock, and reads the reply as though Anthropic had sent it.

1. The model moves from the body into the path, and `stream` becomes another path.
2. The body says which version of the interface it is in; the flags of `anthropic-beta` move into it.
3. The request is signed, or bears a key of Bedrock's own.
4. A stream is read from AWS's framing; an error is written as Anthropic's clients expect it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from remit.gateway.upstream.bedrock_stream import ERRORS, EventWriter, read_message_text
from remit.gateway.upstream.client import Request, UpstreamUnreachable
from remit.gateway.upstream.signing import Place, Unsigned, read_credentials, sign
from remit.gateway.upstream.translated import (
    AsIs,
    CloudCall,
    TranslatedReply,
    read_error,
    read_members,
    translate_error,
    value_of,
    write_members,
)
from remit.gateway.upstream.wire import host_of

if TYPE_CHECKING:
    from datetime import datetime

    from remit.gateway.upstream.client import Header, Response

VERSION = b"bedrock-2023-05-31"
_GIVEN = frozenset(
    (b"accept", b"anthropic-beta", b"anthropic-version", b"authorization", b"content-type", b"x-api-key")
)
_STREAM = b"application/vnd.amazon.eventstream"
_GOOD = 300


def write_call(call: CloudCall, key: str, region: str, at: datetime) -> Request:
    """Write the request for a call; the key is `ACCESS:SECRET[:TOKEN]`, or one of Bedrock's own without a colon."""
    if call.endpoint != "/v1/messages":
        raise UpstreamUnreachable(f"The request was not sent: Bedrock answers /v1/messages alone, not {call.endpoint}.")
    members = read_members(call.body)
    members.pop("model", None)
    streamed = bytes(members.pop("stream", msgspec.Raw(b"false"))).strip() == b"true"
    members.setdefault("anthropic_version", msgspec.Raw(b'"' + VERSION + b'"'))
    flags = value_of(b"anthropic-beta", call.headers).decode("latin-1").split(",")
    if flags := [flag.strip() for flag in flags if flag.strip()]:
        members.setdefault("anthropic_beta", msgspec.Raw(msgspec.json.encode(flags)))
    body = write_members(members)
    action = "invoke-with-response-stream" if streamed else "invoke"
    path = f"{call.path}/model/{quote(call.model, '-_.~')}/{action}"
    kept = [row for row in call.headers if row[0] not in _GIVEN]
    own: list[Header] = [(b"content-type", b"application/json")]
    if ":" not in key:
        own.append((b"authorization", b"Bearer " + key.encode()))
    else:
        signed = {"content-type": "application/json", "host": host_of(call.origin)}
        added = sign(Unsigned("POST", path, "", signed, body), read_credentials(key), Place(region, "bedrock"), at)
        own += [(name.encode(), value.encode()) for name, value in added.items()]
    return Request("POST", call.origin, path.encode(), [*kept, *own], body)


async def read_reply(reply: Response) -> Response:
    """Return a reply of Bedrock's as Anthropic would have sent it."""
    if reply.status >= _GOOD:
        kind = value_of(b"x-amzn-errortype", reply.headers).decode("latin-1").partition(":")[0]
        says = read_message_text(await read_error(reply))
        return await translate_error(reply, ERRORS.get(kind[:1].lower() + kind[1:], ""), says)
    if value_of(b"content-type", reply.headers).startswith(_STREAM):
        return TranslatedReply(reply, b"text/event-stream; charset=utf-8", EventWriter())
    return TranslatedReply(reply, b"", AsIs())
