"""The keys that a supplier may sign with: lines of an `allowed_signers` file (ssh-keygen(1)), or minisign keys.

1. A line is `principals [options] type key [comment]`; a bare public key stands for itself.
2. Of the options, `namespaces`, `valid-after` and `valid-before` are understood; any other is refused, because it
   would restrict the key in a way that nobody here keeps.
3. A time must end in Z: without it, ssh-keygen reads it in the zone of whoever looks.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from remit.attest.ssh_signature import NAMESPACE
from remit.terms.signature import key_blob

KEY_TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
"""The types of SSH keys whose signatures are verified."""

MINISIGN = "minisign"
_MINISIGN_SIZE = 2 + 8 + 32
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_TIME = re.compile(r"(\d{8})(\d{4}(?:\d{2})?)?Z")


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One key, from when and until when it counts; `ident` is what a signature is found by."""

    ident: str
    from_: datetime | None = None
    until: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Tell whether the key counts at an instant."""
        return (self.from_ is None or self.from_ <= moment) and (self.until is None or moment < self.until)


def key_ident(blob: bytes) -> str:
    """Name an SSH key by its binary form."""
    return base64.b64encode(blob).decode()


def minisign_ident(key: bytes) -> str:
    """Name a minisign key by its number and its 32 bytes."""
    return f"{MINISIGN}:{base64.b64encode(key).decode()}"


def read_key(line: str) -> PinnedKey:
    """Read one line; raise `ValueError` that says what was expected."""
    words = _WORD.findall(line.strip())
    if words and words[0] == MINISIGN:
        return PinnedKey(minisign_ident(_minisign_key(words[1:])))
    place = next((at for at, word in enumerate(words) if word in KEY_TYPES), None)  # (1)
    if place is None:
        raise ValueError(f"no public key of a type that is verified here: {', '.join((*KEY_TYPES, MINISIGN))}")
    blob = key_blob(" ".join(words[place:]))
    if place == 0:
        return PinnedKey(key_ident(blob))
    options: dict[str, str] = {}
    for word in words[1:place]:
        for option in _options(word):
            name, _, value = option.partition("=")
            options[name.lower()] = value.strip('"')
    if unknown := sorted(set(options) - {"namespaces", "valid-after", "valid-before"}):  # (2)
        raise ValueError(f"the option {unknown[0]} is not understood here, so the key cannot be relied on")
    patterns = options.get("namespaces", "*").split(",")
    if not any(fnmatchcase(NAMESPACE, pattern) for pattern in patterns):
        raise ValueError(f"the key is not for the namespace {NAMESPACE}, so it signs no answer")
    return PinnedKey(key_ident(blob), _time(options.get("valid-after")), _time(options.get("valid-before")))


def _options(word: str) -> list[str]:
    """Part options at the commas that stand outside of quotes."""
    return [found for found in re.findall(r'(?:[^,"]|"[^"]*")+', word) if found]


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = _TIME.fullmatch(text)  # (3)
    if found is None:
        raise ValueError(f"the time {text!r} is not of the form 20260901Z or 202609011200Z")
    clock = (found[2] or "000000").ljust(6, "0")
    try:
        return datetime.strptime(found[1] + clock, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"the time {text!r} is none that the calendar has") from error


def _minisign_key(words: list[str]) -> bytes:
    """Take the number and the key out of a minisign public key: `Ed`, 8 bytes, 32 bytes, in base64."""
    try:
        content = base64.b64decode("".join(words[:1]), validate=True)
    except ValueError as error:
        raise ValueError("not a minisign key: the base64 text is broken") from error
    if len(content) != _MINISIGN_SIZE or content[:2] != b"Ed":
        raise ValueError("not a minisign key: expected `minisign` and the second line of a .pub file")
    return content[2:]
