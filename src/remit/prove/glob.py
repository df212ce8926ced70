"""The ways in which a name that nobody lists can match some globs: all of them, each with a name that does so.

Two globs may overlap, as `heron-*` and `*-2` do, so that unlisted names come in up to four kinds here. Which kinds
there are is found by walking the globs together, letter by letter, over the letters they hold and one they do not.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_STEPS = 20_000
ANY_OTHER = "any-other"
"""What a representative of unlisted names is called where nothing speaks against it."""

_LOOKS = 3
"""How often one state is walked through again, since the first name that leads to it may be a listed one."""

Kind = tuple[bool, ...]
_Token = tuple[str, frozenset[str]]
_State = frozenset[tuple[int, int]]


def kinds_of_names(globs: Sequence[str], listed: frozenset[str]) -> dict[Kind, str] | None:
    """Return each way to match the globs that some unlisted name has, with such a name; nothing if it takes too long.

    1. Try names that read well: each glob with words in the place of its stars.
    2. Walk all globs together, so that no way is left out.
    """
    found: dict[Kind, str] = {}
    for name in (ANY_OTHER, *(glob.replace("*", ANY_OTHER) for glob in globs), f"{ANY_OTHER}-one"):  # (1)
        if name not in listed:
            found.setdefault(_kind(name, globs), name)
    if not globs:
        return found
    tokens = [_tokens(glob) for glob in globs]
    for steps, (word, state) in enumerate(_walk(tokens)):  # (2)
        if steps > MOST_STEPS:
            return None
        if word and word not in listed:
            ends = {glob for glob, place in state if place == len(tokens[glob])}
            found.setdefault(tuple(glob in ends for glob in range(len(globs))), word)
    return found


def _kind(name: str, globs: Sequence[str]) -> Kind:
    return tuple(fnmatchcase(name, glob) for glob in globs)


def _walk(tokens: list[list[_Token]]) -> Iterator[tuple[str, _State]]:
    """Yield words, shortest first, with the places in the globs they lead to; each set of places a few times."""
    letters = frozenset[str]().union(*(chars for row in tokens for _, chars in row))
    fresh = next(letter for letter in "xzqkvjwyabcdefghilmnoprstu0123456789øþ§" if letter not in letters)
    alphabet = [fresh, *sorted(letters)]
    start = _settle({(glob, 0) for glob in range(len(tokens))}, tokens)
    seen = {start: 1}
    queue = [("", start)]
    for word, state in queue:
        yield word, state
        for letter in alphabet:
            after = _step(state, letter, tokens)
            if seen.get(after, 0) < _LOOKS:
                seen[after] = seen.get(after, 0) + 1
                queue.append((word + letter, after))


def _step(state: _State, letter: str, tokens: list[list[_Token]]) -> _State:
    moved: set[tuple[int, int]] = set()
    for glob, place in state:
        if place == len(tokens[glob]):
            continue
        kind, chars = tokens[glob][place]
        if kind == "*":
            moved.add((glob, place))
        elif (letter in chars) is (kind == "in"):
            moved.add((glob, place + 1))
    return _settle(moved, tokens)


def _settle(places: set[tuple[int, int]], tokens: list[list[_Token]]) -> _State:
    """Add the places behind stars, which may stand for nothing."""
    settled = set(places)
    for glob, first in places:
        place = first
        while place < len(tokens[glob]) and tokens[glob][place][0] == "*":
            place += 1
            settled.add((glob, place))
    return frozenset(settled)


def _tokens(glob: str) -> list[_Token]:
    """Split a glob as `fnmatch` reads it: stars, single letters and sets of them."""
    tokens: list[_Token] = []
    place = 0
    while place < len(glob):
        letter = glob[place]
        end = glob.find("]", place + 2 + (glob[place + 1 : place + 2] == "!")) if letter == "[" else -1
        place += 1
        if letter == "*":
            tokens.append(("*", frozenset()))
        elif letter == "?":
            tokens.append(("out", frozenset()))
        elif end > 0:
            body = glob[place:end]
            tokens.append(("out" if body[0] == "!" else "in", _letters(body.removeprefix("!"))))
            place = end + 1
        else:
            tokens.append(("in", frozenset(letter)))
    return tokens


def _letters(body: str) -> frozenset[str]:
    """Return the letters of a set, whose ranges are written with a hyphen."""
    found: set[str] = set()
    place = 0
    while place < len(body):
        if body[place + 1 : place + 2] == "-" and place + 2 < len(body):
            found.update(map(chr, range(ord(body[place]), ord(body[place + 2]) + 1)))
            place += 3
        else:
            found.add(body[place])
            place += 1
    return frozenset(found)
