"""Sends a call in Anthropic's form to a model at Google's Vertex AI, with a token got by a service account's key.

1. The model moves from the body into the path, beside the project and the region; `stream` stays, and changes the path.
2. The body says which version of the interface it is in.
3. A token is asked for with a statement signed by RS256 (RFC 7523), is kept until shortly before it ends, and is asked
   for once however many calls wait for it.
4. An error is written as Anthropic's clients expect it; everything else is theirs already.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from remit.errors import UsageError
from remit.gateway.upstream.bedrock_stream import read_message_text
from remit.gateway.upstream.client import Origin, Request, UpstreamUnreachable, read_whole
from remit.gateway.upstream.translated import (
    AsIs,
    CloudCall,
    TranslatedReply,
    read_error,
    read_members,
    translate_error,
    write_members,
)

if TYPE_CHECKING:
    from datetime import datetime

    from remit.gateway.upstream.client import Client, Response, Timeouts

VERSION = b"vertex-2023-10-16"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS = 3600
_EARLY = 120
"""How many seconds before its end a token is taken for ended."""
_LARGEST_TOKEN = 64 * 1024
_GIVEN = frozenset((b"anthropic-version", b"authorization", b"content-type", b"x-api-key"))
_GOOD = 300


class ServiceAccount(msgspec.Struct, frozen=True):
    """The file of a service account's key, as far as it is needed."""

    client_email: str
    private_key: str
    token_uri: str
    private_key_id: str = ""

    def __repr__(self) -> str:
        return f"ServiceAccount({self.client_email!r}, …)"


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: int = _LASTS


class _Token(NamedTuple):
    text: str
    until: float


def read_account(text: str) -> ServiceAccount:
    """Read a service account's key: the JSON itself, or the path of the file that holds it."""
    try:
        content = text.encode() if text.lstrip().startswith("{") else Path(text).read_bytes()
        return msgspec.json.decode(content, type=ServiceAccount)
    except (OSError, msgspec.MsgspecError):
        # Neither the path nor the content is repeated: one of them may be the key.
        raise UsageError(
            "No token was asked for: the service account's key is no JSON file of Google's form."
        ) from None


def write_assertion(account: ServiceAccount, at: datetime) -> str:
    """Write and sign the statement that a token is asked for with (3)."""
    try:
        key = load_pem_private_key(account.private_key.encode(), None)
    except (TypeError, ValueError):
        raise UsageError("No token was asked for: the service account's key cannot be read.") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageError("No token was asked for: the service account's key is not of RSA.")
    begins = int(at.timestamp())
    head = {"alg": "RS256", "typ": "JWT", **({"kid": account.private_key_id} if account.private_key_id else {})}
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": begins,
        "exp": begins + _LASTS,
    }
    signed = f"{_encode(msgspec.json.encode(head))}.{_encode(msgspec.json.encode(claims))}"
    return f"{signed}.{_encode(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class Tokens:
    """The token of one service account."""

    def __init__(self, client: Client, account: ServiceAccount) -> None:
        self._client = client
        self._account = account
        self._token = _Token("", 0)
        self._lock = asyncio.Lock()

    async def get(self, at: datetime, timeouts: Timeouts) -> str:
        """Return a token that is good at an instant; raises `UpstreamFailed`."""
        async with self._lock:
            if at.timestamp() >= self._token.until - _EARLY:
                self._token = await self._ask(at, timeouts)
            return self._token.text

    async def _ask(self, at: datetime, timeouts: Timeouts) -> _Token:
        parts = urlsplit(self._account.token_uri)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UpstreamUnreachable("No token was asked for: the service account names no address for it.")
        origin = Origin(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        body = urlencode({"grant_type": _GRANT, "assertion": write_assertion(self._account, at)}).encode()
        headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
        request = Request("POST", origin, (parts.path or "/").encode(), headers, body)
        reply = await self._client.send(request, timeouts=timeouts)
        answer = await read_whole(reply, _LARGEST_TOKEN)
        if reply.status >= _GOOD:
            raise UpstreamUnreachable(f"The request was not sent: no token was granted (status {reply.status}).")
        try:
            granted = msgspec.json.decode(answer, type=_Granted)
        except msgspec.MsgspecError:
            raise UpstreamUnreachable("The request was not sent: what was granted is no token.") from None
        return _Token(granted.access_token, at.timestamp() + granted.expires_in)


def write_call(call: CloudCall, token: str, project: str, region: str) -> Request:
    """Write the request for a call."""
    if call.endpoint not in {"/v1/messages", "/v1/messages/count_tokens"}:
        raise UpstreamUnreachable(f"The request was not sent: Vertex does not answer {call.endpoint}.")
    members = read_members(call.body)
    members.setdefault("anthropic_version", msgspec.Raw(b'"' + VERSION + b'"'))
    if call.endpoint.endswith("count_tokens"):
        members["model"] = msgspec.Raw(msgspec.json.encode(call.model))
        named, action = "count-tokens", "rawPredict"
    else:
        members.pop("model", None)
        streamed = bytes(members.get("stream", msgspec.Raw(b"false"))).strip() == b"true"
        named, action = quote(call.model, "-_.~@"), "streamRawPredict" if streamed else "rawPredict"
    place = f"projects/{quote(project, '-_.~:')}/locations/{quote(region, '-_.~')}"
    path = f"{call.path.removesuffix('/v1')}/v1/{place}/publishers/anthropic/models/{named}:{action}"
    headers = [row for row in call.headers if row[0] not in _GIVEN]
    headers += [(b"content-type", b"application/json"), (b"authorization", b"Bearer " + token.encode())]
    return Request("POST", call.origin, path.encode(), headers, write_members(members))


async def read_reply(reply: Response) -> Response:
    """Return a reply of Vertex's as Anthropic would have sent it."""
    if reply.status < _GOOD:
        return TranslatedReply(reply, b"", AsIs())
    body = await read_error(reply)
    return await translate_error(reply, "", read_message_text(body))
