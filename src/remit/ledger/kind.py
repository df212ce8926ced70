"""The kinds of entries there are, and the fields each may show in clear (docs/evidence.md, "Entries").

What is shown in clear is what is counted: names, whole numbers, digests and instants, never prose.
Everything that could reveal an operation goes into a commitment instead.

1. A name is at most 128 of a few ASCII characters, so that no reader has to ask how text was normalised.
2. A number is whole and at most 2^53 - 1, so that every reader of JSON reads the same one.
3. A digest is `sha256:` and 64 hexadecimal digits; an instant is in UTC with exactly three digits of a second.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.canonical import LARGEST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Check = Callable[[object], str | None]
    """Says what was expected of a value, or nothing where the value is that."""

VERSION = 1
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
LOG_STREAM = "log"
"""The stream of entries that are about the log itself and no use case."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+#*~=-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)
_WIDTH = 44
_COMMITMENTS = re.compile(r"(?:[A-Za-z0-9_-]{43},)+")
_KEPT = 4096
_NAMES_SEEN: set[object] = set()
_ARMOUR = re.compile(r"[A-Za-z0-9+/]{1,16384}={0,2}")


class Kind(StrEnum):
    """What an entry says happened."""

    DECISION = "decision"
    """A use was judged."""
    RELEASE = "release"
    """A person answered a hold."""
    OUTCOME = "outcome"
    """What came back for a use that went on."""
    LOST = "lost"
    """Nothing is known of what came back; written on a restart."""
    TERMS = "terms"
    """Terms are in force from an instant on."""
    ORDER = "order"
    """An order of an authority was taken up."""
    BOUNDARY_TEST = "boundary-test"
    """The boundaries were tried, and this is how each answered."""
    MESSAGE = "message"
    """A notice between the parties, by its digest."""
    SUMMARY = "summary"
    """The counts of a range of entries."""
    BEAT = "beat"
    """The log lives, and this is the newest cosignature it has seen."""
    KEY = "key"
    """A key of the log or of an epoch changed."""
    START = "start"
    """A writer began; the first may refer to a log before this one."""
    STOP = "stop"
    """A writer ended."""
    BREAKGLASS = "breakglass"
    """Somebody went past the terms by name."""


class Effect(StrEnum):
    """What a decision was."""

    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"
    REDIRECT = "redirect"


class Answer(StrEnum):
    """What a person, or the time that ran out, said to a hold."""

    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    VOID = "void"
    """Whoever asked for it went away."""
    REVOKED = "revoked"
    """It was approved, and taken back before it was used."""


class KeyChange(StrEnum):
    """What happened to a key."""

    BEGUN = "begun"
    ROTATED = "rotated"
    DESTROYED = "destroyed"


def is_name(value: object) -> bool:
    """Tell whether a value is a name as (1) asks."""
    return type(value) is str and _NAME.fullmatch(value) is not None


def _are_names(values: Collection[object]) -> bool:
    """Tell whether all of some values are names; those found to be are remembered, as the same few come again."""
    try:
        if _NAMES_SEEN.issuperset(values):
            return True
    except TypeError:
        return False
    if not all(map(is_name, values)):
        return False
    if len(_NAMES_SEEN) > _KEPT:
        _NAMES_SEEN.clear()
    _NAMES_SEEN.update(values)
    return True


def _name(value: object) -> str | None:
    return None if is_name(value) else "a name"


def _names(value: object) -> str | None:
    return None if type(value) is list and value and _are_names(value) else "a list of names"


def _number(value: object) -> str | None:
    return None if type(value) is int and 0 <= value <= LARGEST_NUMBER else "a whole number from 0 to 2^53 - 1"


def _flag(value: object) -> str | None:
    return None if type(value) is bool else "true or false"


def _digest(value: object) -> str | None:
    return None if type(value) is str and _DIGEST.fullmatch(value) else "sha256: and 64 hexadecimal digits"


def _armour(value: object) -> str | None:
    return None if type(value) is str and _ARMOUR.fullmatch(value) else "base64 of at most 16,384 characters"


def _commitments(value: object) -> str | None:
    """Hold `_sd` against RFC 9901, section 4.2.4.1: SHA-256 in base64url, and no digest twice."""
    expected = "a list of different SHA-256 digests in base64url without padding"
    if type(value) is not list or not value:
        return expected
    try:
        text = ",".join([*value, ""])
    except TypeError:
        return expected
    # The length tells apart two digests from one item with a comma in it.
    fits = _COMMITMENTS.fullmatch(text) and len(text) == _WIDTH * len(value) and len(set(value)) == len(value)
    return None if fits else expected


def instant(value: object) -> str | None:
    """Say what is expected of an instant, or nothing."""
    if type(value) is not str or not _INSTANT.fullmatch(value):
        return "an instant such as 2026-11-23T09:48:24.123Z"
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "an instant that the calendar has"
    return None


def _verdicts(value: object) -> str | None:
    fits = type(value) is dict and value and _are_names(value) and _are_names(value.values())
    return None if fits else "an object of names to names"


def _counts(value: object) -> str | None:
    fits = type(value) is dict and _are_names(value) and all(map(_is_tally, value.values()))
    return None if fits else "an object of streams, each an object of names to whole numbers"


def _is_tally(value: object) -> bool:
    return type(value) is dict and _are_names(value) and not any(map(_number, value.values()))


def _one_of(among: type[StrEnum]) -> Check:
    words = frozenset(member.value for member in among)
    expected = f"one of {', '.join(member.value for member in among)}"

    def check(value: object) -> str | None:
        return None if type(value) is str and value in words else expected

    return check


def _version(value: object) -> str | None:
    return None if type(value) is int and value == VERSION else f"{VERSION}"


class Form:
    """The fields one kind of entry must have and may have beside those that every entry has."""

    def __init__(self, must: Mapping[str, Check], may: Mapping[str, Check] | None = None) -> None:
        self.checks = {**EVERY, **must, **COMMITTED, **(may or {})}
        self.must = frozenset((*EVERY, *must))
        self.given = frozenset((*must, *(may or {})))
        """What the caller gives; the rest comes from the place, the stream and what is hidden."""
        self.asked = frozenset(must)
        """What the caller must give."""
        self._texts: dict[str, dict[object, str]] = {name: {} for name in self.given}
        self._numbers = frozenset(name for name, check in self.checks.items() if check is _number)
        self._seen: dict[str, set[str]] = {name: set() for name in self.checks}

    def fault(self, record: Mapping[str, object]) -> tuple[str, str] | None:
        """Return the first field that is not of its form, with what was expected; nothing for one that is unknown.

        A text that was found to be right is remembered: of millions of entries most bear the same few texts.
        """
        seen, numbers = self._seen, self._numbers
        for name, value in record.items():
            if type(value) is str:
                if name in seen and value in seen[name]:
                    continue
            elif type(value) is int and name in numbers and 0 <= value <= LARGEST_NUMBER:
                continue
            check = self.checks.get(name)
            expected = "" if check is None else check(value)
            if expected is not None:
                return name, expected
            if type(value) is str:
                self._remember(seen[name], value)
        return None

    def text(self, name: str, value: object) -> str:
        """Return the JSON of a value the caller gives; raise `ValueError` with what was expected of it.

        What was found to be right is remembered with its JSON, as the same few rules and digests come again.
        """
        texts = self._texts[name]
        key: object = value
        if type(value) is list:
            key = tuple(value)
        elif type(value) is dict:
            key = (dict, *value.items())
        elif type(value) is not str:  # A number is quicker written than found.
            key = None
        try:
            found = None if key is None else texts.get(key)
        except TypeError:  # It holds something that has no hash, such as counts.
            key = found = None
        if found is not None:
            return found
        expected = self.checks[name](value)
        if expected is not None:
            raise ValueError(expected)
        written = _encode(value)
        if key is not None:
            if len(texts) > _KEPT:
                texts.clear()
            texts[key] = written
        return written

    @staticmethod
    def _remember(known: set[str], text: str) -> None:
        if len(known) > _KEPT:
            known.clear()
        known.add(text)


EVERY: Mapping[str, Check] = {
    "k": _one_of(Kind),
    "n": _number,
    "s": _name,
    "sn": _number,
    "t": instant,
    "v": _version,
}
"""Kind, place in the log, stream, place in the stream, time, version of this form."""

COMMITTED: Mapping[str, Check] = {"_sd": _commitments, "ep": _number}
"""The commitments, and the epoch whose key salts them; neither stands without the other."""

FORMS: Mapping[str, Form] = {
    Kind.DECISION: Form({"o": _one_of(Effect), "tm": _digest}, {"b": _verdicts, "r": _names}),
    Kind.RELEASE: Form({"o": _one_of(Answer), "of": _number}, {"sig": _armour}),
    Kind.OUTCOME: Form(
        {"of": _number},
        {"model": _name, "ms": _number, "refused": _flag, "status": _number, "variant": _name},
    ),
    Kind.LOST: Form({"of": _number}),
    Kind.TERMS: Form({"from": instant, "tm": _digest}, {"by": _names}),
    Kind.ORDER: Form({"digest": _digest, "order": _name, "version": _number}, {"state": _name}),
    Kind.BOUNDARY_TEST: Form({"b": _verdicts, "tm": _digest}),
    Kind.MESSAGE: Form({"digest": _digest, "type": _name}, {"by": _name, "to": _name}),
    Kind.SUMMARY: Form({"counts": _counts, "i": _number, "j": _number}),
    Kind.BEAT: Form({}, {"cosigned": _digest, "every": _number, "size": _number}),
    Kind.KEY: Form(
        {"change": _one_of(KeyChange)},
        {"by_new": _armour, "by_old": _armour, "epoch": _number, "new": _name, "old": _name},
    ),
    Kind.START: Form({}, {"old_origin": _name, "old_root": _digest, "old_size": _number}),
    Kind.STOP: Form({}, {"why": _name}),
    Kind.BREAKGLASS: Form({"by": _name, "tm": _digest}),
}
