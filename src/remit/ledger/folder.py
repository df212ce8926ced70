"""A log on one machine as a folder: what is published apart from what never leaves.

    public/      checkpoint, tiles, cosigned checkpoints: serve or copy this, and nothing else
    policy       the log's key and its witnesses, as others may pin them (C2SP tlog-policy)
    ledger.db    the store, the one truth
    private/     the keys of the log (*.pem) and of the epochs

1. The policy is written last, so that a folder is no log until everything it needs is there.
2. A log is opened only if its store holds what was signed and published.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError
from remit.ledger.note import ED25519, VerifierKey, demand_name
from remit.ledger.policy import NONE, WitnessPolicy, parse_policy
from remit.ledger.publisher import Publisher, demand_no_rewind
from remit.ledger.reader import PublishedLog
from remit.ledger.sidecar import KeyFolder
from remit.ledger.signer import FileSigner
from remit.ledger.site import FolderSite
from remit.ledger.sqlite import PATIENCE, SqliteStore, create_store
from remit.ledger.witness_call import HttpWitness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PUBLIC, PRIVATE, EPOCHS = "public", "private", "epochs"
POLICY, STORE = "policy", "ledger.db"
KEY_FILE, _KEYS = "log.pem", "*.pem"


@dataclass(frozen=True, slots=True)
class LogFolder:
    """The folder of a log, with what is in it."""

    path: Path
    origin: str
    policy: WitnessPolicy

    @property
    def site(self) -> FolderSite:
        """Where it is published."""
        return FolderSite(self.path / PUBLIC)

    @property
    def keyring(self) -> KeyFolder:
        """The keys of its epochs."""
        return KeyFolder(self.path / PRIVATE / EPOCHS)

    def open_store(self, patience: float = PATIENCE) -> SqliteStore:
        """Open its store, if that holds what was signed and published (2); others are waited for so many seconds."""
        store = SqliteStore(self.path / STORE, patience)
        try:
            demand_no_rewind(store, self.site)
        except BaseException:
            store.close()
            raise
        return store

    def publisher(self, store: SqliteStore) -> Publisher:
        """Return what publishes it, with every key it has here."""
        paths = sorted((self.path / PRIVATE).glob(_KEYS))
        signers = [FileSigner.from_pem(path.read_bytes()) for path in paths]
        if not signers:
            raise UsageError(f"Nothing was signed: {self.path / PRIVATE} holds no key of the log.")
        return Publisher(self.origin, store, self.site, signers)

    def published(self) -> PublishedLog:
        """Return what is published of it, at the newest checkpoint that has its quorum or, before the first, any."""
        try:
            return PublishedLog(self.site, self.policy)
        except EvidenceRefused as error:
            if error.step != "policy-quorum":
                raise
            return self.newest()

    def newest(self) -> PublishedLog:
        """Return what is published of it, cosigned or not."""
        return PublishedLog(self.site, replace(self.policy, quorum=NONE))

    def witnesses(self) -> Sequence[HttpWitness]:
        """Return the witnesses of its policy that have an address."""
        addresses = self.policy.addresses
        keys = [key for key in self.policy.witnesses.values() if key.text in addresses]
        return [HttpWitness(key, addresses[key.text]) for key in keys]


def make_folder(path: Path, origin: str, signer: FileSigner) -> LogFolder:
    """Make the folder of a new log with its first epoch; raise if anything is there already."""
    try:
        demand_name(origin)
    except EvidenceRefused as error:
        raise UsageError(f"Nothing was made: {error.says}.") from error
    if path.exists() and any(path.iterdir()):
        raise UsageError(f"Nothing was made: {path} is not empty.")
    (path / PUBLIC).mkdir(parents=True, exist_ok=True)
    (path / PRIVATE).mkdir(mode=0o700)
    with os.fdopen(os.open(path / PRIVATE / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(signer.to_pem())
    KeyFolder(path / PRIVATE / EPOCHS).begin()
    create_store(path / STORE)
    key = VerifierKey(origin, ED25519, signer.public_key)
    (path / POLICY).write_text(f"log {key.text}\nquorum none\n", encoding="utf-8")  # (1)
    return read_folder(path)


def is_folder(path: Path) -> bool:
    """Tell whether a path is the folder of a log."""
    return (path / POLICY).is_file() and (path / STORE).is_file()


def read_folder(path: Path) -> LogFolder:
    """Read the folder of a log, and open nothing yet."""
    if not is_folder(path):
        raise NothingToLookAt(
            f"Nothing was opened: there is no log at {path}.\n  Start one: remit log init {path} --origin NAME"
        )
    policy = parse_policy((path / POLICY).read_bytes())
    origins = [*{key.name for key in policy.logs}]
    if len(origins) != 1:
        raise UsageError(f"Nothing was opened: {path / POLICY} names {len(origins)} logs, not one.")
    return LogFolder(path, origins[0], policy)
