"""What a hold demands, as a record that outlives the process: written whole, and read back whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from remit.terms.hold import Approval, Attention, Envelope, Hold, Oversight

if TYPE_CHECKING:
    from collections.abc import Mapping


def hold_record(hold: Hold) -> dict[str, Any]:
    """Return a hold as a record."""
    envelope = hold.envelope
    return {
        "approvals": [_approval_record(approval) for approval in hold.approvals],
        "envelope": envelope
        and {
            "at_most": envelope.at_most,
            "below": envelope.below,
            "lasts": _seconds(envelope.lasts),
            "same": sorted(envelope.same),
        },
        "expires_in": _seconds(hold.expires_in),
        "oversight": hold.oversight.value,
        "shown": sorted(hold.shown),
        "window": _seconds(hold.window),
    }


def read_hold(record: Mapping[str, Any]) -> Hold:
    """Take a hold from its record."""
    envelope = record["envelope"]
    return Hold(
        tuple(map(_read_approval, record["approvals"])),
        frozenset(record["shown"]),
        _length(record["expires_in"]),
        Oversight(record["oversight"]),
        _length(record["window"]),
        envelope
        and Envelope(
            envelope["at_most"],
            timedelta(seconds=envelope["lasts"]),
            frozenset(envelope["same"]),
            envelope["below"],
        ),
    )


def _approval_record(approval: Approval) -> dict[str, Any]:
    rate = approval.attention.catch_rate
    return {
        "at_least": approval.at_least,
        "catch_rate": None if rate is None else str(rate),
        "different_units": approval.different_units,
        "excluded": sorted(approval.excluded),
        "items_per_hour": approval.attention.items_per_hour,
        "of": approval.of,
        "pace": approval.attention.pace,
        "qualified": sorted(approval.qualified),
        "separately": approval.separately,
    }


def _read_approval(record: Mapping[str, Any]) -> Approval:
    rate = record["catch_rate"]
    return Approval(
        record["of"],
        record["at_least"],
        record["separately"],
        frozenset(record["excluded"]),
        record["different_units"],
        frozenset(record["qualified"]),
        Attention(None if rate is None else Decimal(rate), record["items_per_hour"], record["pace"]),
    )


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def _length(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
