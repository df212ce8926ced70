"""Writes a request as HTTP/1.1 and refuses what would be two requests, or none.

1. The method and the target are of few characters, so that neither can end its line (RFC 9112, section 3).
2. A header's name is a token and its value holds no end of a line and no NUL (RFC 9110, section 5.5).
3. The headers of the connection, and those that frame the body, are ours alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.errors import UsageError

if TYPE_CHECKING:
    from remit.gateway.upstream.client import Origin, Request

OURS = frozenset(
    (
        b"accept-encoding",
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""Headers that are about one connection, or that frame a body: neither sent on nor handed on."""
_METHODS = frozenset(("DELETE", "GET", "PATCH", "POST", "PUT"))
_TARGET = re.compile(rb"/[!-~]*")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_USUAL_PORT = {"http": 80, "https": 443}


def host_of(origin: Origin) -> str:
    """Return an origin as the header `host` has it."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if origin.port == _USUAL_PORT[origin.scheme] else f"{host}:{origin.port}"


def write_request(request: Request) -> bytes:
    """Return a request as it goes on the wire; what cannot be written safely is a `UsageError`."""
    if request.method not in _METHODS:
        raise UsageError(f"The request was not sent: {request.method!r} is no method that is sent upstream.")
    if not _TARGET.fullmatch(request.target):
        raise UsageError("The request was not sent: its target is not a path of visible ASCII characters.")
    lines = [b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (request.method.encode(), request.target, _host(request.origin))]
    for name, value in request.headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UsageError("The request was not sent: one of its headers holds what no header may.")
        if name.lower() not in OURS:
            lines.append(b"%b: %b\r\n" % (name, value))
    if request.body or request.method not in {"GET", "DELETE"}:
        lines.append(b"content-length: %d\r\n" % len(request.body))
    lines.append(b"\r\n")
    lines.append(request.body)
    return b"".join(lines)


def _host(origin: Origin) -> bytes:
    return host_of(origin).encode("ascii")
