"""Find the addresses at which makers, clouds and routers answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import bears, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention
    from remit.scan.signatures import Host, Signatures

IDENT = "provider-address"
_ASKS = re.compile(
    r"(?:^|[._:!])(?:post|get|fetch|request|urlopen|send|stream|axios|open|call|ky|got)\w*$", re.IGNORECASE
)
_ANY_PORT = re.compile(r":(?:1234|3000|4000|5000|8000|8080|8888)\b")
_VISITS = re.compile(r"/oauth/|/(?:auth_)?callback(?![\w/])")
_LETS_IN = re.compile(
    r"redirect_?ur[il]|callback|(?:^|[a-z_])origins?$|Origins?$|\bcors\b|refer+er|client_?(?:name|ur[il]|id)$",
    re.IGNORECASE,
)
LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal|\[::1\]")
"""An address on this machine: whoever answers there, it is no maker's service."""
_NAME = re.compile(
    r"(?<![\w.@\-${}<>%])[a-z0-9_${}<>%\-]++(?:\.[a-z0-9_${}<>%()\-]++)*\.[a-z][a-z0-9\-]++(?::\d++)?(?![\w\-])|(?:localhost|127\.0\.0\.1|0\.0\.0\.0|[a-z][\w\-]*):\d{4,5}"
)


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each place, outside comments, that holds the address of a service."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    for mention in document.mentions:
        token = mention.token
        if mention.is_silent or not ("." in token or ":" in token):
            continue
        host = host_in(token, context.signatures)
        if host is None:
            continue
        for maker, channel in report(context, host.maker, host.channel):
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=mention.line,
                maker=maker,
                channel=channel,
                role=_role(mention),
                grip=_grip(document, mention, context.signatures.words_of(maker)),
                scoped=scope_of(document, mention, mention.line, context.signatures),
                bound=mention.place.key,
                says="holds the address of its service",
            )


def _role(mention: Mention) -> Role:
    if comes_in(mention):
        return Role.VISITOR
    return Role.CALL_SITE if is_asked(mention) else Role.ADDRESS


def comes_in(mention: Mention) -> bool:
    """Say whether what is named is let in: it signs in, is sent back to, or is allowed to ask from its pages."""
    return _VISITS.search(mention.token) is not None or any(_LETS_IN.search(name) for name in mention.names[:3])


def is_asked(mention: Mention) -> bool:
    """Say whether an address is handed to a call that asks it something."""
    return mention.place.argument and _ASKS.search(mention.place.callee) is not None


def _grip(document: Document, mention: Mention, words: frozenset[str]) -> Grip:
    """An address on this machine proves little in a test.

    On a port that everything uses it proves something only where the runtime is named along with it.
    """
    if LOCAL.search(mention.token) is None:
        return Grip.FIRM
    if document.part is Part.TEST:
        return Grip.LOOSE
    if not _ANY_PORT.search(mention.token):
        return Grip.FIRM
    return Grip.FIRM if bears(document.line_text(mention.line), words) else Grip.LOOSE


def host_in(token: str, signatures: Signatures) -> Host | None:
    """Find the service whose address a string holds."""
    lower = token.lower()
    for match in _NAME.finditer(lower):
        name, rest = match[0], lower[match.end() :]
        for host in signatures.hosts_of(name):
            if rest.startswith("/mcp"):  # A server of tools, whoever runs it, is no model.
                continue
            if host.is_at(name) and (not host.path or host.path in rest):
                return host
    return None
