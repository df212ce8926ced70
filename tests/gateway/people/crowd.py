"""People who do not exist, each with one identifier of every kind, and the ways in which texts write them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

FILLER = (
    "The committee met at noon and looked at the draft.",
    "Version 2.4 ships on 2026-11-23, see page 17.",
    "It costs 1,250.00 in all; the rest follows.",
    "Nobody was at home. The dot on the map is blue.",
    "Berth 4 is free from 08:30 to 17:45.",
)


@dataclass(frozen=True)
class Person:
    """One person; every number follows from the first, so that two people never share one."""

    number: int

    @property
    def email(self) -> str:
        return f"p{self.number}.q@mail{self.number % 7}.example.org"

    @property
    def phone(self) -> str:
        area, exchange = 210 + self.number % 790, 200 + self.number // 790 % 800
        digits = f"{area}{exchange}{self.number % 10_000:04}"
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"

    @property
    def ssn(self) -> str:
        return f"{1 + self.number % 650:03}-{1 + self.number // 650 % 99:02}-{1 + self.number:04}"[:11]

    @property
    def card(self) -> str:
        digits = f"4{self.number:014}"
        digits += luhn(digits)
        return " ".join(digits[place : place + 4] for place in range(0, 16, 4))

    @property
    def iban(self) -> str:
        account = f"{self.number:018}"
        return f"DE{98 - int(account + '131400') % 97:02}{account}"

    @property
    def imsi(self) -> str:
        return f"26201{self.number:010}"

    def identifiers(self) -> tuple[str, ...]:
        return self.email, self.phone, self.ssn, self.card, self.iban, self.imsi


def luhn(digits: str) -> str:
    """Return the check digit."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        number = int(sign) * (2 if place % 2 == 0 else 1)
        total += number - 9 * (number > 9)
    return str(-total % 10)


def spelt(phone: str, way: int) -> str:
    """Write a telephone number as one of several people would."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    forms = (
        phone,
        f"+1 {digits[:3]} {digits[3:6]} {digits[6:]}",
        f"{digits[:3]}-{digits[3:6]}-{digits[6:]}",
        f"+1{digits}",
        f"{digits[:3]}.{digits[3:6]}.{digits[6:]}",
    )
    return forms[way % len(forms)]


TRICKS: dict[str, Callable[[str], str]] = {
    "worded": lambda text: text.replace("@", " at ").replace(".", " dot "),
    "bracketed": lambda text: text.replace("@", " [at] ").replace(".", " (dot) "),
    "spaced": lambda text: " ".join(text) if text[:1].isdigit() else text,
    "base64": lambda text: base64.b64encode(f"Write to {text} today.".encode()).decode(),
    "full-width": lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    "zero-width": "\u200b".join,
    "escaped": lambda text: "".join(f"\\u{ord(sign):04x}" if sign in "@.-" else sign for sign in text),
    "percent": lambda text: text.replace("@", "%40"),
}
"""Ways to hide an identifier."""


def write(people: list[Person], lots: Random, *, fewest: int = 1) -> list[str]:
    """Write texts in which every person is named by some of the identifiers, again and again and in any order."""
    lines = []
    for person in people:
        for _ in range(lots.randint(1, 3)):
            chosen = lots.sample(person.identifiers(), lots.randint(fewest, 6))
            words = [spelt(each, lots.randint(0, 4)) if each == person.phone else each for each in chosen]
            lines.append(f"{lots.choice(FILLER)} {'; '.join(words)}.")
    lots.shuffle(lines)
    cut = lots.randint(0, len(lines))
    return ["\n".join(lines[:cut]), "\n".join(lines[cut:])]
