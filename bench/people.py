"""What counting people adds to a call, and how near the count is, on texts of 4 KB.

The time is that of one call: cleaning, patterns, keyed hashes, and the counts with the call added, in memory.
The reference is the least that any count could do with the text: a digest of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from itertools import count as numbers
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.ratio import compare
from remit.gateway.people.census import Census, Looked, Subject, add
from remit.gateway.people.key import KeyFiles
from remit.gateway.people.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 11, 23, tzinfo=UTC)
SUBJECT = Subject("desk", "quayside")
SAID = (
    "the harbour office has asked whether a letter of the port authority about the new berths can be sent before the "
    "next meeting and what it should say about costs dates and the people who look after the cranes in winter"
)
WORDS = SAID.split()
SIZE = 4096


class Rows:
    """Rows of a store in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def row(self, name: str) -> bytes | None:
        """Return a row."""
        return self.content.get(name)

    def put(self, name: str, content: bytes | None) -> None:
        """Write a row."""
        self.content[name] = content or b""


def prose(lots: Random, people: int) -> str:
    """Return 4 KB of sentences, with so many people among them."""
    parts: list[str] = []
    length = 0
    while length < SIZE:
        sentence = " ".join(lots.choices(WORDS, k=lots.randint(8, 16))).capitalize() + ". "
        parts.append(sentence)
        length += len(sentence)
    for _ in range(people):
        number = lots.randrange(10**6)
        parts.insert(
            lots.randrange(len(parts)), f"Write to p{number}@mail.example.org or call (212) 555-{number % 10**4:04}. "
        )
    return "".join(parts)[:SIZE]


def one_call(census: Census, rows: Rows, texts: list[str]) -> Callable[[], object]:
    """Return a task that counts a text that was not seen before, each time another."""
    turn = numbers()

    def task() -> object:
        text = texts[next(turn) % len(texts)]
        return add(rows, rows.put, census.measure([text], AT), SUBJECT, Looked())

    return task


def main() -> None:
    """Print the times and the errors."""
    lots = Random(7)  # noqa: S311  # a drawing that can be repeated
    print(f"{'one call, 4 KB':<40}{'counting':>15}{'sha-256':>15}{'ratio':>10}")
    plain = prose(lots, 0)

    def digest() -> bytes:
        return sha256(plain.encode()).digest()

    with TemporaryDirectory() as folder:
        census, rows = Census(KeyFiles(Path(folder))), Rows()
        for name, people in (("prose, nobody in it", 0), ("prose, 3 people", 3), ("prose, 20 people", 20)):
            texts = [prose(lots, people) for _ in range(400)]
            compare(name, one_call(census, rows, texts), digest, pairs=201)
        compare("a text that comes again, 20 people", one_call(census, rows, [prose(lots, 20)]), digest, pairs=201)
    print(f"\n{'people':<12}{'counted':>12}{'between':>20}")
    for people in (500, 5_000, 16_384, 20_000, 100_000):
        sketch = Sketch()
        sketch.add((lots.getrandbits(64) for _ in range(people)), 0)
        lower, estimate, upper = sketch.count(0, 1)
        print(f"{people:<12}{estimate:>12}{f'{lower} and {upper}':>20}  {len(sketch.to_bytes()) / 1024:.0f} KB")


if __name__ == "__main__":
    main()
