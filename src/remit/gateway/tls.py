"""How the gateway's own connections are secured: who we are, and whose certificates clients must have.

1. TLS 1.2 at least, and nothing but HTTP/1.1 over it.
2. Where authorities for clients are named, a client without a certificate of theirs that holds now is turned away in
   the handshake: not a byte of a request is read from it.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from remit.errors import UsageError, say_refused


@dataclass(frozen=True, slots=True)
class Tls:
    """Our certificate with its key, and the authorities of those who may connect; files in PEM."""

    certificate: str
    key: str
    clients: str = ""


def make_server_context(tls: Tls) -> ssl.SSLContext:
    """Make of the files what a server needs; raise where one cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        why = say_refused(error)
        says = f"Nothing is served: the certificate {tls.certificate} or its key {tls.key} cannot be read ({why})."
        raise UsageError(says) from None
    if tls.clients:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(tls.clients)
        except (OSError, ssl.SSLError) as error:
            why = say_refused(error)
            says = f"Nothing is served: the authorities of clients in {tls.clients} cannot be read ({why})."
            raise UsageError(says) from None
    return context
