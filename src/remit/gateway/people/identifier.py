"""Finds what points at one person in a plain text: the most specific patterns first, each held against its check.

1. The order matters: with telephone numbers first, twenty people gave fifty-eight "telephones", since the pattern
   swallowed social security numbers, cards and addresses of machines.
2. What has a check digit is held against it; a number of the right length alone is not enough.
3. A finding has two spellings: the `fine` one keeps apart whatever could be two people, the `coarse` one joins
   whatever could be one. The upper end of a count takes the fine, the lower end the coarse.
4. Plates and addresses of machines are looked for only when asked for, since technical text is full of both.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.people.checksum import (
    iban_length,
    is_aadhaar,
    is_bsn,
    is_fiscal_code,
    is_hetu,
    is_iban,
    is_luhn,
    is_machine_zone,
    is_nir,
    is_pesel,
    is_spanish,
    is_ssn,
    is_swedish,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


class PersonKind(StrEnum):
    """The kinds of identifiers."""

    EMAIL = "email"
    PHONE = "phone"
    NATIONAL_ID = "national-id"
    IBAN = "iban"
    CARD = "card"
    DEVICE = "device"
    PASSPORT = "passport"
    PLATE = "plate"
    ADDRESS = "ip-address"


USUAL = frozenset(PersonKind) - {PersonKind.PLATE, PersonKind.ADDRESS}
"""What is looked for where the terms do not choose."""


SPELT = frozenset({PersonKind.EMAIL, PersonKind.PHONE})
"""What one person writes in several ways."""


class Identifier(NamedTuple):
    """One finding; it never leaves the process, and prints as its series alone."""

    series: str
    """What it is counted with: one person has at most one of each, as far as anybody can tell."""
    coarse: str
    fine: str

    def __repr__(self) -> str:
        return f"Identifier({self.series})"


class Pattern(NamedTuple):
    """One way an identifier is written; `check` sees it without blanks, dashes and brackets."""

    name: str
    kind: PersonKind
    written: str
    check: Callable[[str], bool]


_LEAST_SIGNS = 3
_PHONE_DIGITS = range(8, 16)
_COARSE_PHONE = 9
_IMEI_STARTS = {"01", "35", "86", "98", "99"}
_LONGEST_LOCAL = 64
_BOOKLET_DIGITS = 5
_LONGEST_START, _LONGEST_MARK = 64, 5


def _always(_: str) -> bool:
    return True


def _is_card(digits: str) -> bool:
    return digits[0] in "23456" and is_luhn(digits)


def _is_imei(digits: str) -> bool:
    """Tell the number of a device by who gives such numbers out, and by its check digit."""
    return digits[:2] in _IMEI_STARTS and is_luhn(digits)


def _is_imsi(digits: str) -> bool:
    """Tell the number of a subscriber by the code of a country before it; it has no check digit."""
    return "200" <= digits[:3] <= "799" and len(set(digits)) >= _LEAST_SIGNS


def _is_phone(digits: str) -> bool:
    # Eight to fifteen digits, as E.164 has it, and not a line of zeros.
    return len(digits.lstrip("+")) in _PHONE_DIGITS and len(set(digits)) >= _LEAST_SIGNS


def _is_booklet(form: str) -> bool:
    return sum(sign.isdigit() for sign in form) >= _BOOKLET_DIGITS


_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_PATTERNS = (
    Pattern("iban", PersonKind.IBAN, r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", is_iban),
    Pattern(
        "zone",
        PersonKind.PASSPORT,
        r"[A-Z0-9<]{9}[0-9][A-Z<]{3}[0-9]{7}[MFX<][0-9]{7}[A-Z0-9<]{14}[0-9<]{2}",
        is_machine_zone,
    ),
    Pattern(
        "fiscal",
        PersonKind.NATIONAL_ID,
        r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
        is_fiscal_code,
    ),
    Pattern(
        "nino",
        PersonKind.NATIONAL_ID,
        r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        _always,
    ),
    Pattern("spanish", PersonKind.NATIONAL_ID, r"[XYZ0-9]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", is_spanish),
    Pattern("hetu", PersonKind.NATIONAL_ID, r"[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", is_hetu),
    Pattern("ssn", PersonKind.NATIONAL_ID, r"[0-8][0-9]{2}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}", is_ssn),
    Pattern(
        "nir",
        PersonKind.NATIONAL_ID,
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]) ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        is_nir,
    ),
    Pattern("express", PersonKind.CARD, r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}", is_luhn),
    Pattern("card", PersonKind.CARD, r"[2-6][0-9]{3}(?:[ -][0-9]{4}){3}|[2-6][0-9]{15}", _is_card),
    Pattern("imei", PersonKind.DEVICE, r"[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]|[0-9]{15}", _is_imei),
    Pattern("imsi", PersonKind.DEVICE, r"[0-9]{15}", _is_imsi),
    Pattern("aadhaar", PersonKind.NATIONAL_ID, r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}", is_aadhaar),
    Pattern("pesel", PersonKind.NATIONAL_ID, r"[0-9]{11}", is_pesel),
    Pattern("swedish", PersonKind.NATIONAL_ID, r"[0-9]{2}[01][0-9][0-9]{2}[-+][0-9]{4}", is_swedish),
    Pattern("address", PersonKind.ADDRESS, rf"(?:{_OCTET}\.){{3}}{_OCTET}(?!\.[0-9])", _always),
    Pattern(
        "phone",
        PersonKind.PHONE,
        r"\+[1-9][0-9]{0,2}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){1,5}"
        r"|(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
        r"|0[1-9][0-9]{0,3}[ /-][0-9]{2,4}(?:[ -]?[0-9]{2,4}){1,3}",
        _is_phone,
    ),
    Pattern("plate", PersonKind.PLATE, r"[A-Z]{1,3}[ -][A-Z0-9]{1,3}[ -]?[0-9]{1,4}", _always),
)
"""Most specific first (1)."""

_LABELLED = (
    ("passport", PersonKind.PASSPORT, r"\s{0,3}(?:no|nr|number|num|#)?[.:#\s]{0,4}([A-Z0-9]{7,9})", _is_booklet),
    ("ssn", PersonKind.NATIONAL_ID, r"[.:#\s]{0,4}([0-9]{9})", is_ssn),
    ("bsn", PersonKind.NATIONAL_ID, r"[.:#\s]{0,4}([0-9]{9})", is_bsn),
)
"""Numbers that say nothing unless the word before them says what they are."""

_BARE = str.maketrans("", "", " -./()")
_TOKEN = re.compile(r"[0-9A-Za-z<]+")
_LETTERS_BEFORE = re.compile(r"(?<![0-9A-Za-z])([A-Z]{1,3}[ -])\Z")
_ANY_DIGIT = re.compile(r"[0-9]")
_LOCAL = re.compile(r"[\w%+][\w.%+'-]*\Z")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}")


class _Search:
    """The patterns of some kinds, as one expression and one by one."""

    def __init__(self, kinds: Collection[str]) -> None:
        wanted = [pattern for pattern in _PATTERNS if pattern.kind in kinds]
        # What is not asked for is still recognised, so that nothing else swallows it (1); a plate is too common.
        self.patterns = [p for p in _PATTERNS if p.kind in kinds or p.kind is not PersonKind.PLATE] if wanted else []
        bounded = [rf"(?:{p.written})(?![0-9A-Za-z])" for p in self.patterns]
        self.each = [re.compile(written) for written in bounded]
        self.labelled = [
            (word, kind, re.compile(word + written + r"(?![0-9A-Za-z])", re.IGNORECASE), check)
            for word, kind, written, check in _LABELLED
            if kind in kinds
        ]


@cache
def _search_for(kinds: frozenset[str]) -> _Search:
    return _Search(kinds)


def find_identifiers(text: str, kinds: frozenset[str] = USUAL) -> Iterator[Identifier]:
    """Yield what a text that was made plain holds of the kinds asked for."""
    if PersonKind.EMAIL in kinds and "@" in text:
        yield from _addresses(text)
    if _ANY_DIGIT.search(text) is None:
        return
    search = _search_for(kinds)
    yield from _numbers(text, kinds, search)
    lower = text.lower()
    for word, kind, written, check in search.labelled:
        if word in lower:
            found = (match[1].upper() for match in written.finditer(text))
            series = kind if kind is PersonKind.PASSPORT else f"{kind}.{word}"
            yield from (Identifier(series, form, form) for form in found if check(form))


def _addresses(text: str) -> Iterator[Identifier]:
    """Look around every at sign, which costs nothing where there is none."""
    place = text.find("@")
    while place >= 0:
        local = _LOCAL.search(text[max(0, place - _LONGEST_LOCAL) : place])
        domain = _DOMAIN.match(text, place + 1)
        if local is not None and domain is not None:
            name, host = local[0].lower(), domain[0].lower()
            # One person may write from jane.doe, janedoe and jane.doe+shop.
            coarse = name.partition("+")[0].replace(".", "") or name
            yield Identifier(PersonKind.EMAIL, f"{coarse}@{host}", f"{name}@{host}")
        place = text.find("@", place + 1)


def _numbers(text: str, kinds: Collection[str], search: _Search) -> Iterator[Identifier]:
    """Go from digit to digit, which is far quicker than to try every pattern at every letter."""
    end = 0
    while search.patterns and (digit := _ANY_DIGIT.search(text, end)) is not None:
        start = digit.start()
        while start > end and text[start - 1].isalnum() and digit.start() - start < _LONGEST_START:
            start -= 1
        places = [] if _goes_on(text, start) else dict.fromkeys((*_places(text, start, end), digit.start()))
        found = (_first_to_hold(text, place, search) for place in places)
        place, pattern, stop = next((each for each in found if each[1] is not None), (start, None, end))
        if pattern is None:
            whole = _TOKEN.match(text, digit.start())
            stop = digit.end() if whole is None else whole.end()
        elif pattern.kind in kinds:
            yield _identifier(pattern, text[place:stop])
        end = stop


def _places(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where an identifier may begin whose first digits stand in the token that begins at a place."""
    before = text[max(end, start - _LONGEST_MARK) : start]
    if before.endswith(("+", "(")):
        yield start - 1
    elif (letters := _LETTERS_BEFORE.search(before)) is not None:
        yield start - len(before) + letters.start(1)
    if not before.endswith("+"):
        yield start


def _goes_on(text: str, start: int) -> bool:
    """Tell whether digits are the rest of a number with a point."""
    return text[max(0, start - 1) : start] == "." and text[max(0, start - 2) : start - 1].isdigit()


def _first_to_hold(text: str, start: int, search: _Search) -> tuple[int, Pattern | None, int]:
    """Return a place, the first pattern whose check holds at it, and where it ends."""
    for pattern, written in zip(search.patterns, search.each, strict=True):
        match = written.match(text, start)
        if match is None:
            continue
        end = match.end()
        if pattern.kind is PersonKind.IBAN:
            # What follows a number may look like more of it; its country says how long it is.
            end = _end_after(text, start, iban_length(match[0]))
        if pattern.check(text[start:end].translate(_BARE)):
            return start, pattern, end
    return start, None, start


def _end_after(text: str, start: int, count: int) -> int:
    """Return where a number of signs ends, blanks not counted."""
    place = start
    while count and place < len(text):
        count -= text[place] != " "
        place += 1
    return place


def _identifier(pattern: Pattern, written: str) -> Identifier:
    if pattern.kind is PersonKind.ADDRESS:
        return Identifier(pattern.kind, written, written)
    form = written.translate(_BARE).upper()
    if pattern.kind is PersonKind.PHONE:
        # With and without the code of its country; the last nine digits are the same.
        return Identifier(pattern.kind, form[-_COARSE_PHONE:].lstrip("+"), form)
    if pattern.kind is PersonKind.PASSPORT:
        form = form[:9].rstrip("<")
    # One person has a number in more than one country, a device and a subscription.
    of_one = pattern.kind in {PersonKind.NATIONAL_ID, PersonKind.DEVICE}
    return Identifier(f"{pattern.kind}.{pattern.name}" if of_one else pattern.kind, form, form)
