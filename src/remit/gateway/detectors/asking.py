"""Asks a model through the gateway, as any other client does: with a key of its own, judged and on record."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from remit.errors import RemitError, UsageError

PATIENCE = 120.0
_LARGEST = 1024 * 1024


class GatewayAsker:
    """One gateway, and the key of the use case that asks."""

    def __init__(self, address: str, key: str) -> None:
        if urlsplit(address).scheme not in {"http", "https"}:
            raise UsageError(f"Nothing was asked: {address!r} is not an address of http or https.")
        self._address = f"{address.rstrip('/')}/v1/chat/completions"
        self._key = key

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body of its answer."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
        request = Request(self._address, data=body, headers=headers, method="POST")  # noqa: S310  # looked at above
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # looked at above
                return answer.status, answer.read(_LARGEST)
        except HTTPError as error:
            with error:
                return error.code, error.read(_LARGEST)
        except (URLError, HTTPException, OSError) as error:
            raise RemitError(f"Nothing was asked: {self._address} gave no answer ({error}).") from error
