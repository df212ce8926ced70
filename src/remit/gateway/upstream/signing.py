"""Signs a request as AWS asks for it (Signature Version 4), over bytes and an instant.

1. The canonical request: method, path, query, headers that are signed, and the digest of the body.
2. The string to sign: the algorithm, the instant, the scope, and the digest of (1).
3. The signing key: the secret, then the day, the region, the service and `aws4_request`, each under the one before.
4. The header `authorization`, with the scope, the names of what is signed, and the signature.

The path stands in (1) as it is on the wire, encoded once more, as every service but S3 has it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote

from remit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"
_FEWEST, _MOST = 2, 3


class Credentials(NamedTuple):
    """Who signs."""

    access_key: str
    secret: str
    session_token: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.access_key!r}, …)"


class Place(NamedTuple):
    """What a signature is good for."""

    region: str
    service: str


class Unsigned(NamedTuple):
    """What is signed of a request; header names are in lower case, and the path is as on the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def read_credentials(text: str) -> Credentials:
    """Read `ACCESS-KEY:SECRET`, or with a session token as a third."""
    parts = text.split(":", 2)
    if len(parts) < _FEWEST or not all(parts):
        raise UsageError("Nothing was signed: expected an access key, a colon and its secret, found neither.")
    return Credentials(*parts[:_MOST])


def sign(request: Unsigned, credentials: Credentials, place: Place, at: datetime) -> dict[str, str]:
    """Return the headers that go beside those of the request: the instant, the token and the signature."""
    instant = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": instant}
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token
    headers = {name: " ".join(value.split()) for name, value in sorted({**request.headers, **added}.items())}
    names = ";".join(headers)
    scope = f"{instant[:8]}/{place.region}/{place.service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, instant, scope, _digest(_canonical(request, headers, names).encode())))  # (2)
    signature = hmac.new(_key(credentials, place, instant[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
    added["authorization"] = (  # (4)
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return added


def _canonical(request: Unsigned, headers: Mapping[str, str], names: str) -> str:
    """Write the canonical request (1)."""
    query = sorted(
        (quote(key, "-_.~"), quote(value, "-_.~")) for key, value in parse_qsl(request.query, keep_blank_values=True)
    )
    return "\n".join(
        (
            request.method,
            quote(request.path, "/-_.~"),
            "&".join(f"{key}={value}" for key, value in query),
            *(f"{name}:{value}" for name, value in headers.items()),
            "",
            names,
            _digest(request.body),
        )
    )


def _key(credentials: Credentials, place: Place, day: str) -> bytes:
    """Derive the signing key (3)."""
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, place.region, place.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
