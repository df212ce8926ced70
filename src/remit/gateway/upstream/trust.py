"""Makes what TLS needs from the files an origin names; certificates and names are checked without exception."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.errors import UsageError

if TYPE_CHECKING:
    from remit.gateway.upstream.client import Trust


@lru_cache(maxsize=256)
def make_context(trust: Trust) -> ssl.SSLContext:
    """Return the context for an origin; the system's authorities hold where no others are given."""
    try:
        context = ssl.create_default_context(cafile=trust.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"No upstream was reached: the authorities in {trust.ca_file} cannot be read ({error})."
        ) from None
    if trust.certificate:
        try:
            context.load_cert_chain(trust.certificate, trust.key or None)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"No upstream was reached: the certificate {trust.certificate} or its key cannot be read ({error})."
            ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context
