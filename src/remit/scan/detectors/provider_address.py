"""Find the addresses at which makers, clouds and routers answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.occurrence import Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import is_scoped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Host, Signatures

IDENT = "provider-address"
_DOTTED = re.compile(r"[\w\-]+\.[\w\-${}<>%]+|localhost:\d+|127\.0\.0\.1:\d+")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each place, outside comments, that holds the address of a service."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    for mention in document.mentions:
        token = mention.token
        if mention.is_silent or not _DOTTED.search(token):
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
                role=Role.ADDRESS,
                scoped=is_scoped(document, mention, mention.line, context.signatures),
                bound=mention.place.key,
                says="holds the address of its service",
            )


def host_in(token: str, signatures: Signatures) -> Host | None:
    """Find the service whose address a string holds."""
    lower = token.lower()
    for host in signatures.hosts:
        match = host.pattern.search(lower)
        if match and (not host.path or lower[match.end() :].lstrip(":0123456789").startswith(host.path)):
            return host
    return None
