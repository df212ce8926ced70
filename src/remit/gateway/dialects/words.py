"""How the gateway's own words are put into a reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from remit.gateway.dialects.dialect import Refusal

LONGEST_WAIT = 60
"""Seconds that the makers' libraries are ready to wait before they ask again."""


def with_decision(refusal: Refusal) -> str:
    """Return the message, with what the decision is known by where it does not say so itself."""
    if not refusal.decision or refusal.decision in refusal.message:
        return refusal.message
    return f"{refusal.message} (decision {refusal.decision})"


def asking_again(refusal: Refusal) -> list[tuple[str, str]]:
    """Return the headers that say whether and when asking again may help.

    The makers' libraries wait for a minute at most and else ask again at once, which is of no use.
    """
    wait = refusal.retry_after
    again = wait is not None and wait <= LONGEST_WAIT
    headers = [("x-should-retry", "true" if again else "false")]
    return headers if wait is None else [*headers, ("retry-after", str(wait))]


def after(before: bool, text: str) -> str:  # noqa: FBT001 - whether text came before is all there is to say
    """Return a text set apart from what the model said before it."""
    return f"\n\n{text}" if before else text


def event(fields: dict[str, Any], name: str = "") -> bytes:
    """Return one event of the gateway's own."""
    line = b"event: " + name.encode() + b"\n" if name else b""
    return line + b"data: " + msgspec.json.encode(fields) + b"\n\n"
