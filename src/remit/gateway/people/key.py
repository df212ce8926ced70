"""The keys that people are hashed with: each lives for two blocks of thirty days, and is destroyed after them.

1. A window of thirty days lies in at most two blocks, so that one key has seen all of it: the key of its last block.
2. Whoever is seen is therefore hashed under two keys: that of the block, which counts now, and that of the next.
3. With its key gone, a hash points at nobody, and nobody can be looked for among the hashes.
4. The keys stand outside the ledger, beside its other private keys, so that a copy of the ledger links nothing.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remit.errors import NotRecorded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

BLOCK = 30
"""Days in a block."""
SPAN = 2 * BLOCK
"""Days a key lives."""
_DAY = 86_400
_WIDTH = 32


class WindowKey(NamedTuple):
    """One key; `block` is the last of the two that it lives in."""

    block: int
    secret: bytes

    def __repr__(self) -> str:
        return f"WindowKey({self.block})"

    @property
    def mark(self) -> bytes:
        """Return what tells this key from another of the same block, and reveals nothing of it."""
        return sha256(b"remit people window key\n" + self.secret).digest()[:8]

    def place_of(self, day: int) -> int:
        """Return a day counted from the first of this key."""
        return day - (self.block - 1) * BLOCK


def day_of(at: datetime) -> int:
    """Return the day of an instant, counted in UTC from 1970."""
    return int(at.timestamp()) // _DAY


class WindowKeys(Protocol):
    """Where the keys are kept."""

    def of_day(self, day: int) -> tuple[WindowKey, WindowKey]:
        """Return the key that counts on a day, and the one that will (2)."""

    def discard(self, day: int) -> None:
        """Destroy every key whose blocks are over on a day (3)."""


class KeyFiles(WindowKeys):
    """Keys as files of a folder that several processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[int, WindowKey] = {}

    def of_day(self, day: int) -> tuple[WindowKey, WindowKey]:  # noqa: D102
        block = day // BLOCK
        return self._key(block), self._key(block + 1)

    def discard(self, day: int) -> None:  # noqa: D102
        self._known = {block: key for block, key in self._known.items() if block >= day // BLOCK}
        for path in self._folder.glob("*.key"):
            if path.stem.isdigit() and int(path.stem) < day // BLOCK:
                _overwrite(path)

    def _key(self, block: int) -> WindowKey:
        key = self._known.get(block)
        if key is None:
            try:
                key = self._known[block] = WindowKey(block, self._read_or_make(block))
            except OSError as error:
                raise NotRecorded(f"the key that people are counted with cannot be read: {error}") from error
        return key

    def _read_or_make(self, block: int) -> bytes:
        path = self._folder / f"{block:06}.key"
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._folder / f".{block:06}.{secrets.token_hex(8)}"
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_WIDTH))
                file.flush()
                os.fsync(file.fileno())
            # Whoever comes first makes the key; a link never takes the place of one that is there.
            with suppress(FileExistsError):
                path.hardlink_to(beside)
            beside.unlink()
        secret = path.read_bytes()
        if len(secret) != _WIDTH:
            raise NotRecorded(f"the key that people are counted with is not one: {path.name} has {len(secret)} bytes")
        return secret


def _overwrite(path: Path) -> None:
    """Destroy a key; on a disk that keeps old blocks this is the best a program can do."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(bytes(_WIDTH))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
