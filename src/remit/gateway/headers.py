"""Which headers go which way: everything that is the two ends' own affair passes, nothing that is the gateway's.

1. A credential of the caller ends here; the upstream gets the key of the register instead.
2. What the caller says to the gateway, `remit-*`, goes no further, nor what says whence a request came.
3. What frames a body or is about one connection is written anew by whoever sends it.
4. What tells a router or a proxy of another model or another place than was judged ends here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from remit.gateway.step import Header

_KEPT_BACK = frozenset(
    (
        b"accept-encoding",
        b"api-key",
        b"authorization",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"cookie",
        b"expect",
        b"forwarded",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"ocp-apim-subscription-key",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-api-key",
        b"x-goog-api-key",
        b"x-goog-user-project",
        b"x-http-method-override",
        b"x-method-override",
        b"x-original-url",
        b"x-real-ip",
        b"x-rewrite-url",
    )
)
_KEPT_BACK_STARTS = (b"remit-", b"x-forwarded-", b"proxy-", b"x-amz-", b"x-amzn-")
_ELSEWHERE = re.compile(
    rb"model|fallback|deployment|upstream|(target|base)-?url|api-base|x-goog-request-params|(x-portkey|x-litellm|helicone|cf-aig)-"
)
_JSON = (b"content-type", b"application/json")
_STREAM = b"text/event-stream"
_NOT_HANDED_ON = frozenset(
    (
        b"alt-svc",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"keep-alive",
        b"set-cookie",
        b"strict-transport-security",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)


def text_headers(headers: Iterable[Header]) -> dict[str, str]:
    """Return headers as texts by name; several of one name are joined, as HTTP has it."""
    texts: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        texts[key] = f"{texts[key]}, {text}" if key in texts else text
    return texts


def sent_headers(headers: Iterable[Header]) -> list[Header]:
    """Return the headers of a request that go on to an upstream.

    A body was read as JSON in UTF-8, and that is what it is sent on as: by another charset it would read otherwise.
    """
    return [row if row[0] != b"content-type" else _JSON for row in headers if _goes_on(row[0])]


@lru_cache(maxsize=1024)
def _goes_on(name: bytes) -> bool:
    return not (name in _KEPT_BACK or name.startswith(_KEPT_BACK_STARTS) or _ELSEWHERE.search(name))


def reply_headers(headers: Iterable[Header], decision: str, terms: str) -> list[Header]:
    """Return the headers of an upstream's reply that go on to the client, and the gateway's own."""
    kept = [row for row in headers if row[0] not in _NOT_HANDED_ON and not row[0].startswith(b"remit-")]
    return [*kept, *own_headers(decision, terms)]


def is_stream(headers: Iterable[Header]) -> bool:
    """Tell whether a reply comes as events."""
    return any(name == b"content-type" and value.lower().startswith(_STREAM) for name, value in headers)


def own_headers(decision: str, terms: str) -> Sequence[Header]:
    """Return what every reply says of itself: by which decision it came, and by which terms."""
    return ((b"remit-decision", decision.encode() or b"none"), (b"remit-terms", terms.encode()))
