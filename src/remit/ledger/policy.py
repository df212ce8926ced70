"""Whose signatures are enough: logs, witnesses, groups of them and a quorum, in a text file (C2SP tlog-policy).

1. Lines end in a newline and their words are parted by spaces and tabs; a line that begins with # is a comment.
2. Bytes beyond ASCII are opaque, and no control characters stand but tab and newline ("Character set").
3. Names are given once, before they are used, and belong to one group at most, so no witness counts twice.
4. A log's key signs checkpoints (0x01) and a witness's key cosigns (0x04); no key is listed twice in either role.
5. A log is not its own witness. The specification leaves that open; here such a file is refused, since the line of a
   witness under the log's control adds nothing.
6. There is exactly one quorum line, and `none` must be said.

Every fault ends the reading: nothing is verified by half a policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.checkpoint import Checkpoint, parse_checkpoint
from remit.ledger.cosignature import Cosignature, verify_cosignatures
from remit.ledger.note import COSIGNATURE, ED25519, VerifierKey, parse_key, parse_note, verify_note

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NONE = "none"
LARGEST_POLICY = 1_000_000
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BETWEEN = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class WitnessGroup:
    """So many of these members have to have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """The logs and witnesses that are known, and which witnesses it takes."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, WitnessGroup]
    quorum: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Where a log or a witness is reached, by the text of its key."""

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys of the log of this origin."""
        return tuple(key for key in self.logs if key.name == origin)

    def accepts(self, cosigned: Collection[str]) -> bool:
        """Say whether the witnesses of these names are enough."""
        return self.quorum == NONE or self._has_witnessed(self.quorum, cosigned)

    def _has_witnessed(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._has_witnessed(member, cosigned) for member in group.members) >= group.threshold


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that a policy accepts, and who stands for it."""

    checkpoint: Checkpoint
    signed_by: tuple[VerifierKey, ...]
    cosigned_by: Mapping[str, Cosignature]
    """By the names the policy gives the witnesses."""


def verify_checkpoint(content: bytes, policy: WitnessPolicy) -> VerifiedCheckpoint:
    """Return what a checkpoint says and who says so; raise unless the policy accepts it.

    1. Take the note apart, and its text (tlog-checkpoint, "Note text").
    2. Demand an origin that a log of the policy has (tlog-proof, "Verifying", step 2).
    3. Demand a signature by a key of that log, and that every signature by such a key holds.
    4. Demand that every cosignature by a known witness holds (step 3 there).
    5. Demand the quorum (tlog-policy, "Defining the quorum").
    """
    note = parse_note(content)  # (1)
    checkpoint = parse_checkpoint(note.text)
    keys = policy.keys_of(checkpoint.origin)
    if not keys:  # (2)
        raise EvidenceRefused("checkpoint-origin", f"the policy knows no log {checkpoint.origin!r}")
    signed_by = verify_note(note, keys)  # (3)
    names = {key: name for name, key in policy.witnesses.items()}
    cosigned_by = {names[made.key]: made for made in verify_cosignatures(note, names)}  # (4)
    if not policy.accepts(cosigned_by):  # (5)
        found = ", ".join(sorted(cosigned_by)) or "no witness"
        raise EvidenceRefused("policy-quorum", f"the quorum {policy.quorum} is not met by {found}")
    return VerifiedCheckpoint(checkpoint, signed_by, cosigned_by)


def parse_policy(content: bytes) -> WitnessPolicy:
    """Read a policy file."""
    if len(content) > LARGEST_POLICY:
        raise EvidenceRefused("policy-format", f"the policy is longer than {LARGEST_POLICY} bytes")
    if found := _FORBIDDEN.search(content):  # (2)
        raise EvidenceRefused("policy-format", f"the policy holds a control character at {found.start()}")
    if content and not content.endswith(b"\n"):  # (1)
        raise EvidenceRefused("policy-format", "the last line of the policy does not end in a newline")
    # Opaque bytes come through as they are: two texts are equal exactly where their bytes are.
    draft = _Draft()
    for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = _BETWEEN.split(line.strip(" \t"))
        if words != [""] and not words[0].startswith("#"):
            draft.take(number, words)
    return draft.finish()


class _Draft:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self.line = 0
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, WitnessGroup] = {}
        self.quorum: str | None = None
        self.addresses: dict[str, str] = {}
        self.taken: set[str] = set()

    def take(self, line: int, words: list[str]) -> None:
        self.line = line
        match words:
            case ["log", key, *address] if len(address) <= 1:
                self._add_log(key, address)
            case ["witness", name, key, *address] if len(address) <= 1:
                self._add_witness(name, key, address)
            case ["group", name, threshold, *members] if members:
                self._add_group(name, threshold, members)
            case ["quorum", name]:
                self._set_quorum(name)
            case _:
                raise self._fault("format", "is no log, witness, group or quorum with its words")

    def finish(self) -> WitnessPolicy:
        if self.quorum is None:  # (6)
            raise EvidenceRefused("policy-quorum", "the policy has no quorum line; `quorum none` asks for no witness")
        return WitnessPolicy(tuple(self.logs), self.witnesses, self.groups, self.quorum, self.addresses)

    def _add_log(self, text: str, address: list[str]) -> None:
        self.logs.append(self._key(text, ED25519, self.logs, address))

    def _add_witness(self, name: str, text: str, address: list[str]) -> None:
        self._define(name)
        self.witnesses[name] = self._key(text, COSIGNATURE, self.witnesses.values(), address)

    def _add_group(self, name: str, threshold: str, members: list[str]) -> None:
        for member in members:
            self._demand_defined(member)
            if member in self.taken:  # (3)
                raise self._fault("member", f"lists {_shown(member)}, which belongs to a group already")
            self.taken.add(member)
        self._define(name)
        self.groups[name] = WitnessGroup(self._threshold(threshold, len(members)), tuple(members))

    def _set_quorum(self, name: str) -> None:
        if self.quorum is not None:  # (6)
            raise self._fault("quorum", "is a second quorum")
        if name != NONE:
            self._demand_defined(name)
        self.quorum = name

    def _key(self, text: str, kind: int, listed: Collection[VerifierKey], address: list[str]) -> VerifierKey:
        try:
            key = parse_key(text)
        except (EvidenceRefused, UnicodeEncodeError) as fault:
            says = fault.says if isinstance(fault, EvidenceRefused) else "its name is not UTF-8"
            raise self._fault("key", f"has no key that can be used: {says}") from fault
        if key.kind != kind:  # (4)
            raise self._fault("key", f"has a key of type {key.kind:#04x}, not {kind:#04x}")
        if any(key.key == other.key for other in listed):
            raise self._fault("key", f"lists the key of {_shown(key.name)} a second time")
        other_role = self.witnesses.values() if kind == ED25519 else self.logs
        if any(key.key == other.key for other in other_role):  # (5)
            raise self._fault("own-witness", f"makes the log its own witness with the key of {_shown(key.name)}")
        for url in address:
            self.addresses[key.text] = url
        return key

    def _threshold(self, text: str, count: int) -> int:
        known = {"any": 1, "all": count}
        if text not in known and not _THRESHOLD.fullmatch(text):
            raise self._fault("threshold", f"asks for {_shown(text)} members: all, any or a number")
        threshold = known.get(text) or int(text)
        if threshold > count:
            raise self._fault("threshold", f"asks for {threshold} of {count} members")
        return threshold

    def _define(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:  # (3)
            raise self._fault("name", f"gives the name {_shown(name)}, which is taken")

    def _demand_defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:  # (3)
            raise self._fault("name", f"uses {_shown(name)}, which no line above it defines")

    def _fault(self, step: str, says: str) -> EvidenceRefused:
        return EvidenceRefused(f"policy-{step}", f"line {self.line} of the policy {says}")


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
