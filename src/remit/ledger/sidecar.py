"""Contents beside the log: what was committed to, sealed under the key of its epoch (docs/evidence.md, "Commitments").

1. An epoch is a stretch of time with one key of 32 bytes; the key salts its commitments and seals its contents.
2. Contents are sealed with AES-256-GCM under a key derived from the epoch's, bound to the epoch and to the place in the
   log, so that those of one entry cannot be shown as those of another.
3. An epoch whose key is destroyed stays destroyed: its number is never given again. What it sealed cannot be opened
   and its commitments cannot be tried, while every entry and every count stays as it was.
4. Contents that were opened are held against the entry's own commitments before anybody is shown them.

What destroying a file does to the disk below it is the disk's affair; where that is not enough, put the keys on a
volume with a key of its own.
"""

from __future__ import annotations

import json
import os
import re
from hashlib import shake_256
from os.path import exists
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remit.errors import EvidenceRefused, NotRecorded, UsageError
from remit.ledger.commitment import KEY_SIZE, digest_of, make_disclosures, write_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from remit.ledger.commitment import Hidden
    from remit.ledger.entry import Entry

_NONCE_SIZE = 12
_NONCES = 64
_PLACE_SIZE = 8
_SEALING = b"remit contents v1"
"""Longer than an index, so that the derived key is no stretch of salts."""
_ENDING, _GRAVE = ".key", ".destroyed"
_FILE = re.compile(r"(\d{6})\.(key|destroyed)")
_TO_WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Epoch(NamedTuple):
    """One epoch: its number, from 1, and its key."""

    number: int
    key: bytes


class Keyring(Protocol):
    """Wherever the keys of the epochs are kept."""

    def current(self) -> Epoch:
        """Return the newest epoch; raise `NotRecorded` when its key is gone or none was begun."""

    def find(self, number: int) -> Epoch | None:
        """Return an epoch whose key is still there."""

    def begin(self) -> Epoch:
        """Begin a new epoch with a key of its own."""

    def destroy(self, number: int) -> None:
        """Destroy the key of an epoch, which nothing brings back; raise if there is none."""


class Sealer:
    """Seals and opens contents under the key of one epoch."""

    def __init__(self, epoch: Epoch) -> None:
        self.epoch = epoch
        self._cipher = AESGCM(shake_256(epoch.key + _SEALING).digest(KEY_SIZE))
        self._number = epoch.number.to_bytes(_PLACE_SIZE, "big")
        self._nonces, self._owner = b"", 0

    def seal(self, n: int, hidden: Hidden) -> bytes:
        """Seal the contents of the entry at a place."""
        if not self._nonces or self._owner != os.getpid():
            # Drawn for many at once: each draw lets go of the interpreter and must get it back. After a fork they are
            # drawn anew, since one that comes twice would give away what it seals.
            self._nonces, self._owner = os.urandom(_NONCE_SIZE * _NONCES), os.getpid()
        nonce, self._nonces = self._nonces[:_NONCE_SIZE], self._nonces[_NONCE_SIZE:]
        content = f"{{{','.join([f'{name}:{value}' for name, value in hidden])}}}".encode()
        return nonce + self._cipher.encrypt(nonce, content, self._bound(n))

    def unseal(self, n: int, sealed: bytes) -> dict[str, object]:
        """Open what was sealed for a place; raise if it is not that."""
        try:
            content = self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], self._bound(n))
        except (InvalidTag, ValueError) as error:
            found = f"the contents of entry {n} do not open under the key of epoch {self.epoch.number}"
            raise EvidenceRefused("contents-seal", found) from error
        fields: dict[str, object] = json.loads(content)
        return fields

    def _bound(self, n: int) -> bytes:  # (2)
        return self._number + n.to_bytes(_PLACE_SIZE, "big")


def open_contents(entry: Entry, sealed: bytes, epoch: Epoch) -> Sequence[bytes]:
    """Return the disclosures of an entry whose contents lie sealed, each of which the entry surely holds."""
    hidden = write_fields(Sealer(epoch).unseal(entry.n, sealed))
    disclosures = make_disclosures(epoch.key, entry.n, hidden)
    if sorted(map(digest_of, disclosures)) != entry.fields.get("_sd"):  # (4)
        raise EvidenceRefused("contents-digest", f"the contents of entry {entry.n} are not what it is committed to")
    return disclosures


class KeyFolder:
    """Keys as files that only their owner can read: `000001.key`, and `000001.destroyed` where one was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: Epoch | None = None
        self._own, self._later = "", ("", "")
        """The file of the key that is known, and those of which the next epoch has one."""

    def current(self) -> Epoch:  # noqa: D102  # the interface says it
        # Looked at each time: another process may have destroyed the key that is known here, or begun the next epoch,
        # which leaves one of two files of the next number for ever (3). Asked for by name, since listing costs more.
        if self._known is not None and exists(self._own) and not any(map(exists, self._later)):  # noqa: PTH110 - asked at each call: a Path costs more than the question.
            return self._known
        self._known = self.find(max(self._numbers(), default=0))
        if self._known is None:
            raise NotRecorded("no epoch has a key to commit with; begin one")
        own, later = self._path(self._known.number), self._path(self._known.number + 1)
        self._own, self._later = str(own), (str(later), str(later.with_suffix(_GRAVE)))
        return self._known

    def find(self, number: int) -> Epoch | None:  # noqa: D102
        try:
            key = self._path(number).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotRecorded(f"the key of epoch {number} cannot be read: {error}") from error
        if len(key) != KEY_SIZE:
            raise NotRecorded(f"the key of epoch {number} is {len(key)} bytes long, not {KEY_SIZE}")
        return Epoch(number, key)

    def begin(self) -> Epoch:  # noqa: D102
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        epoch = Epoch(max(self._numbers(), default=0) + 1, os.urandom(KEY_SIZE))
        self._put(self._path(epoch.number), epoch.key)
        return epoch

    def destroy(self, number: int) -> None:  # noqa: D102
        path = self._path(number)
        if not path.exists():
            raise UsageError(f"Nothing was destroyed: epoch {number} has no key here.")
        self._put(path.with_suffix(_GRAVE), b"")  # (3)
        with path.open("r+b") as file:
            file.write(bytes(KEY_SIZE))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        self._sync()
        self._known = None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}{_ENDING}"

    def _numbers(self) -> list[int]:
        try:
            found = (_FILE.fullmatch(name) for name in os.listdir(self._folder))  # noqa: PTH208 - once in every group.
            return [int(match[1]) for match in found if match]
        except OSError as error:
            raise NotRecorded(f"the keys of the epochs cannot be read: {error}") from error

    def _put(self, path: Path, content: bytes) -> None:
        with os.fdopen(os.open(path, _TO_WRITE_NEW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._sync()

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
