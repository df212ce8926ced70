"""Handing a log on from one key to another, said by both of them in an entry (docs/evidence.md, "Keys of the log").

1. Both keys are Ed25519 keys of one name, the origin, and they differ.
2. Each signs the same text, which names both: the old one hands on, the new one shows that somebody holds it.
3. The old key of a rotation is the new key of the one before it, so that they make one chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, RecordUnusable, UsageError
from remit.ledger.encoding import decode, encode
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, KeyChange, Kind
from remit.ledger.note import ED25519, VerifierKey, parse_key, verify_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from remit.ledger.entry import Draft
    from remit.ledger.signer import Signer

_STEP = "key-rotation"
_FIELDS = ("old", "new", "by_old", "by_new")
_FIRST_LINE = "remit log key v1"


def write_statement(old: str, new: str) -> bytes:
    """Write the text that both keys sign (2)."""
    return f"{_FIRST_LINE}\n{old}\n{new}\n".encode()


def draft_rotation(origin: str, old: Signer, new: Signer) -> Draft:
    """Draft the entry that hands a log on; raise if the two keys are one."""
    keys = [VerifierKey(origin, ED25519, signer.public_key).text for signer in (old, new)]
    if keys[0] == keys[1]:
        raise UsageError("Nothing was handed on: the new key is the old one.")
    statement = write_statement(*keys)
    fields = {
        "by_new": encode(new.sign(statement)),
        "by_old": encode(old.sign(statement)),
        "change": KeyChange.ROTATED.value,
        "new": keys[1],
        "old": keys[0],
    }
    try:
        return make_draft(Kind.KEY, LOG_STREAM, fields)
    except RecordUnusable as error:
        raise UsageError(f"Nothing was handed on: the name {origin} is too long for an entry to bear a key.") from error


def verify_rotation(fields: Mapping[str, Any], before: str) -> str:
    """Return the key a log was handed on to, by the fields of an entry; raise if both keys do not say so.

    `before` is the key that the last rotation handed on to, empty where none is known.
    """
    missing = [name for name in _FIELDS if name not in fields]
    if missing:
        raise EvidenceRefused(_STEP, f"a rotation lacks {', '.join(missing)}")
    old, new = parse_key(fields["old"]), parse_key(fields["new"])
    if old.name != new.name or old == new or {old.kind, new.kind} != {ED25519}:  # (1)
        raise EvidenceRefused(_STEP, f"{old.text} is not handed on to another key of its name by {new.text}")
    if before and before != old.text:  # (3)
        raise EvidenceRefused(_STEP, f"{old.text} hands the log on, which was handed on to {before}")
    statement = write_statement(old.text, new.text)
    for key, name in ((old, "by_old"), (new, "by_new")):  # (2)
        verify_bytes(key, statement, decode(fields[name], _STEP, f"the signature {name}"))
    return new.text
