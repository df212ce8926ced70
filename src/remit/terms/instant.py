"""Instants with a time of day and a zone, and lengths of time.

An instant is an aware datetime in UTC. A date alone is the first instant of that day in UTC; a time of day without
a zone is refused, because the two sides of a dispute seldom live in the same one.
RFC 3339 gives the form, and RFC 9557 that of `[Zone/Name]`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_INSTANT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?(?:\[(?P<name>[A-Za-z0-9_+/-]+)\])?)?",
    re.ASCII,
)
_LENGTH = re.compile(r"(?P<number>[1-9]\d{0,5})(?P<unit>s|m|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

FORM = "write 2026-02-27T17:01:00-05:00, 2026-02-27T22:01:00Z, 2026-02-27T17:01[America/New_York] or 2026-02-27"


def parse_instant(text: str) -> datetime:
    """Read an instant; raise `ValueError` that says what was expected."""
    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not an instant: {FORM}")
    try:
        return _instant(found)
    except OverflowError as error:
        raise ValueError("in universal time, it lies outside the years 1 to 9999") from error


def _instant(found: re.Match[str]) -> datetime:
    day = datetime.fromisoformat(found["date"])
    if found["time"] is None:
        return day.replace(tzinfo=UTC)
    moment = datetime.fromisoformat(f"{found['date']}T{found['time']}")
    if found["name"] is not None:
        return _in_named_zone(moment, found["zone"], found["name"])
    if found["zone"] is None:
        raise ValueError(f"a time of day needs a zone: {FORM}")
    return _at_offset(moment, found["zone"])


def _at_offset(moment: datetime, offset: str) -> datetime:
    return datetime.fromisoformat(f"{moment.isoformat()}{offset.replace('Z', '+00:00')}").astimezone(UTC)


def _in_named_zone(moment: datetime, offset: str | None, name: str) -> datetime:
    """Read a time of day in a zone; where clocks go back it comes twice, and the offset says which is meant."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown zone {name}") from error
    folds = {moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    real = [known for known in folds if known.astimezone(zone).replace(tzinfo=None) == moment]
    if not real:
        raise ValueError(f"this time of day does not exist in {name} on that day")
    if offset is not None:
        if _at_offset(moment, offset) not in real:
            raise ValueError(f"the offset {offset} is not that of {name} at this time")
        return _at_offset(moment, offset)
    if len(real) > 1:
        raise ValueError(f"this time of day comes twice in {name} on that day; write its offset before the zone")
    return real[0]


def parse_length(text: str) -> timedelta:
    """Read a length of time such as `10m`, `8h`, `30d` or `2w`; raise `ValueError` otherwise."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a length of time: write 30s, 10m, 8h, 30d or 2w")
    return timedelta(seconds=int(found["number"]) * _SECONDS[found["unit"]])


def write_instant(moment: datetime) -> str:
    """Write an instant in UTC, to the second where it has no fraction (RFC 3339)."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_length(length: timedelta) -> str:
    """Write a length of time in the largest unit that divides it."""
    seconds = int(length.total_seconds())
    unit = max((unit for unit, size in _SECONDS.items() if seconds % size == 0), key=_SECONDS.__getitem__)
    return f"{seconds // _SECONDS[unit]}{unit}"
