"""Gives the folder of a log a new key, and takes the old one out of use (docs/evidence.md, "Keys of the log").

The steps, in an order in which each can be done again after a crash:

1. The new key is kept under a name that nothing signs with.
2. The entry in which both keys hand the log on is durable.
3. The new key gets its name among those that sign, and its line in the policy: from now on checkpoints bear both lines.
4. When everybody has pinned the new key, the old one leaves the policy, and its file the keys that sign.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from remit.errors import NothingToLookAt, UsageError
from remit.ledger.entry import read_entry
from remit.ledger.folder import KEY_FILE, POLICY, PRIVATE, read_folder
from remit.ledger.kind import Kind
from remit.ledger.note import ED25519, VerifierKey
from remit.ledger.rotation import draft_rotation
from remit.ledger.signer import FileSigner

if TYPE_CHECKING:
    from pathlib import Path

    from remit.ledger.entry import Draft
    from remit.ledger.folder import LogFolder

_NEXT = "next.key"
_RETIRED = "retired"
_NUMBERED = re.compile(r"log(?:-(\d+))?\.pem")


def prepare_key(log: LogFolder, given: FileSigner | None) -> Draft | None:
    """Keep the key that comes next (1) and draft the entry; None where an earlier try has written it already."""
    paths = _keys(log)
    if len(paths) > 1:
        raise UsageError(
            f"Nothing was handed on: {log.path} has {len(paths)} keys already.\n"
            f"  Take the old one out of use first: remit log rotate {log.path} --finish"
        )
    waiting = log.path / PRIVATE / _NEXT
    if not waiting.exists():
        _write_key(waiting, given or FileSigner.generate())
    new, old = FileSigner.from_pem(waiting.read_bytes()), FileSigner.from_pem(paths[0].read_bytes())
    if given is not None and given.public_key != new.public_key:
        raise UsageError(f"Nothing was handed on: an earlier try left another key in {waiting}; finish or remove that.")
    draft = draft_rotation(log.origin, old, new)
    return None if _is_written(log, str(draft.fields["new"])) else draft


def take_key(log: LogFolder) -> LogFolder:
    """Sign with the new key too, and list it in the policy (3)."""
    waiting = log.path / PRIVATE / _NEXT
    key = _text(log, FileSigner.from_pem(waiting.read_bytes()))
    lines = (log.path / POLICY).read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if line.split()[:1] == ["log"])
    _write_policy(log, [*lines[: last + 1], f"log {key}\n", *lines[last + 1 :]])
    number = 1 + max(map(_number, _keys(log)))
    waiting.rename(log.path / PRIVATE / f"log-{number}.pem")
    return read_folder(log.path)


def retire_keys(log: LogFolder) -> tuple[LogFolder, list[str]]:
    """Take every key but the newest out of use (4); return which."""
    *old, _ = sorted(_keys(log), key=_number)
    if not old:
        raise NothingToLookAt(f"Nothing was taken out of use: {log.path} has one key.")
    gone = {_text(log, FileSigner.from_pem(path.read_bytes())) for path in old}
    lines = (log.path / POLICY).read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    _write_policy(log, [line for line in lines if not (line.split()[:1] == ["log"] and line.split()[1] in gone)])
    (log.path / PRIVATE / _RETIRED).mkdir(mode=0o700, exist_ok=True)
    for path in old:
        path.rename(log.path / PRIVATE / _RETIRED / path.name)
    return read_folder(log.path), sorted(gone)


def _keys(log: LogFolder) -> list[Path]:
    paths = [path for path in (log.path / PRIVATE).iterdir() if _NUMBERED.fullmatch(path.name)]
    if not paths:
        raise UsageError(f"Nothing was signed: {log.path / PRIVATE} holds no key of the log, such as {KEY_FILE}.")
    return paths


def _number(path: Path) -> int:
    match = _NUMBERED.fullmatch(path.name)
    return int(match[1]) if match and match[1] else 1


def _text(log: LogFolder, signer: FileSigner) -> str:
    return VerifierKey(log.origin, ED25519, signer.public_key).text


def _is_written(log: LogFolder, key: str) -> bool:
    """Tell whether the log was handed on to a key: the last rotation says so."""
    store = log.open_store()
    try:
        last = ""
        for raw in store.entries(0, store.head().size):
            entry = read_entry(raw)
            if entry.kind == Kind.KEY:
                last = entry.fields.get("new", last)
        return last == key
    finally:
        store.close()


def _write_key(path: Path, signer: FileSigner) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(signer.to_pem())
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)


def _write_policy(log: LogFolder, lines: list[str]) -> None:
    beside = log.path / f"{POLICY}.new"
    beside.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    beside.rename(log.path / POLICY)
