"""Verifies a log that is published, or a parcel out of one, by a policy that came from elsewhere.

1. The checkpoint is of a log of the policy, signed by its key, and cosigned as the policy's quorum asks.
2. All entries, where they are here, give every tile and the root; a range stands in the log without a gap.
3. The entries hold together: places, streams, times, references, terms, summaries (invariants.py).
4. Each entry that stands alone is in the log, by its proof, under the same policy.
5. Each disclosure opens a digest that its entry holds.
6. Where a sample is claimed, the entries are those that the checkpoint and the nonce draw, all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError
from remit.ledger.checkpoint import write_checkpoint
from remit.ledger.commitment import open_disclosure
from remit.ledger.entry import Entry, read_entry
from remit.ledger.invariants import Findings, Invariants
from remit.ledger.kind import Kind
from remit.ledger.parcel import read_opened, read_range, read_sample
from remit.ledger.policy import NONE, verify_checkpoint
from remit.ledger.proof import make_consistency, verify_consistency, verify_range
from remit.ledger.reader import PublishedLog
from remit.ledger.recount import Tally, check_summary
from remit.ledger.sampling import choose_entries
from remit.ledger.stamps import read_stamps
from remit.ledger.tile import FULL_WIDTH, Tile
from remit.ledger.tlog_proof import verify_proof
from remit.ledger.tree import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from remit.ledger.parcel import Opened
    from remit.ledger.policy import VerifiedCheckpoint, WitnessPolicy
    from remit.ledger.recount import Counts
    from remit.ledger.site import Site
    from remit.ledger.stamps import Stamp


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry that was verified, with the fields that were opened."""

    entry: Entry
    fields: Mapping[str, object]
    closed: int
    """How many of its commitments stay closed."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Entries in a row, from `first` on."""

    first: int
    entries: Iterable[bytes]
    whole: bool


@dataclass(frozen=True, slots=True)
class Recount:
    """A summary that is right, with the count of its range."""

    summary: Entry
    counts: Counts
    verified: VerifiedCheckpoint


@dataclass(slots=True)
class Verification:
    """What was verified."""

    verified: VerifiedCheckpoint
    findings: Findings | None = None
    """Of the entries that are here in a row; None where there are none."""
    whole: bool = False
    opened: list[OpenedEntry] = field(default_factory=list)
    sampled: bool = False
    stamps: list[Stamp] = field(default_factory=list)


def verify_place(place: Site, policy: WitnessPolicy, *, beat: timedelta | None = None) -> Verification:
    """Verify whatever of a log is at a place; raise at the first step that does not hold."""
    log = PublishedLog(place, policy)  # (1)
    result = Verification(log.verified)
    rows = _rows(place, log)
    if rows is not None:
        invariants = Invariants(rows.first, beat=beat)
        for raw in rows.entries:
            invariants.take(raw)  # (3)
        result.findings, result.whole = invariants.finish(), rows.whole
    for opened in read_opened(place):
        entry, verified = verify_opened(opened, policy)
        if verified.checkpoint != log.checkpoint:
            found = f"the proof of entry {entry.entry.n} is under another checkpoint than the one here"
            raise EvidenceRefused("opened-checkpoint", found)
        result.opened.append(entry)
    _demand_sample(place, log, result)  # (6)
    return result


def verify_growth(place: Site, old: bytes, policy: WitnessPolicy) -> int:
    """Return the size of an older checkpoint that the one at a place has grown out of; raise if it has not."""
    log, before = PublishedLog(place, policy), verify_checkpoint(old, policy).checkpoint
    if before.size > log.size:
        raise EvidenceRefused("consistency-size", f"the older checkpoint has {before.size} entries, this {log.size}")
    if before.size:
        proof = make_consistency(before.size, log.size, log.node)
        verify_consistency(before.size, log.size, before.root, log.checkpoint.root, proof)
    return before.size


def verify_stamps(place: Site, certificate: bytes, policy: WitnessPolicy) -> list[Stamp]:
    """Return the time stamps at a place, by an authority that is pinned; raise if one is of another log or tree."""
    stamps = list(read_stamps(place, certificate))
    for stamp in stamps:
        verify_growth(place, stamp.checkpoint, replace(policy, quorum=NONE))
    return stamps


def verify_opened(opened: Opened, policy: WitnessPolicy) -> tuple[OpenedEntry, VerifiedCheckpoint]:
    """Verify one entry by its proof, and open the fields that are handed over with it."""
    proof, verified = verify_proof(opened.proof, leaf_hash(opened.entry), policy)  # (4)
    entry = read_entry(opened.entry)
    if entry.n != proof.index:
        raise EvidenceRefused("place", f"the entry at {proof.index} says that it stands at {entry.n}")
    digests = entry.fields.get("_sd", ())
    fields: dict[str, object] = {}
    for text in opened.disclosures:
        name, value = open_disclosure(text, digests)  # (5)
        if name in fields:
            raise EvidenceRefused("disclosure-name", f"the field {name} of entry {entry.n} is opened twice")
        fields[name] = value
    return OpenedEntry(entry, fields, len(digests) - len(fields)), verified


def recount(place: Site, policy: WitnessPolicy, n: int) -> Recount:
    """Count the range of the summary at a place in the log again; raise if the summary says otherwise.

    1. The entries are those of the log, and so is the summary.
    2. The range of the summary is here.
    3. The count is equal (recount.py).
    """
    log = PublishedLog(place, policy)
    rows = _rows(place, log)  # (1)
    if rows is None:
        raise NothingToLookAt("Nothing was counted: there are no entries in a row here.")
    tally, summary, stop = Tally(rows.first), None, rows.first
    for raw in rows.entries:
        entry = read_entry(raw)
        tally.add(entry)
        summary, stop = entry if entry.n == n else summary, entry.n + 1
    for opened in read_opened(place) if summary is None else ():
        entry = verify_opened(opened, policy)[0].entry
        summary = entry if entry.n == n else summary
    if summary is None or summary.kind != Kind.SUMMARY:
        raise UsageError(f"Nothing was counted: there is no summary at {n} here.")
    first, end = summary.fields["i"], summary.fields["j"]
    if not rows.first <= first <= end <= stop:  # (2)
        raise UsageError(f"Nothing was counted: the summary is about {first} to {end}, and not all of it is here.")
    check_summary(summary, tally)  # (3)
    return Recount(summary, tally.counts(first, end, summary.stream), log.verified)


def _rows(place: Site, log: PublishedLog) -> Rows | None:
    """Return the entries that are here in a row; those of a whole log are verified while they are read."""
    taken = read_range(place)
    if taken is not None:
        leaves = [leaf_hash(raw) for raw in taken.entries]
        verify_range(taken.first, leaves, log.size, taken.proof, log.checkpoint.root)  # (2)
        return Rows(taken.first, taken.entries, whole=len(leaves) == log.size)
    if log.size == 0 or _has_tiles(place, log.size):
        return Rows(0, log.walk(), whole=True)  # (2)
    return None


def _has_tiles(place: Site, size: int) -> bool:
    """Tell whether the whole log is here, by its first bundle; whatever is missing after that is refused."""
    first = Tile(0, 0, min(size, FULL_WIDTH))
    return any(place.read(tile.bundle_path) is not None for tile in (first, first._replace(width=FULL_WIDTH)))


def _demand_sample(place: Site, log: PublishedLog, result: Verification) -> None:
    sample = read_sample(place)
    if sample is None:
        return
    checkpoint = log.checkpoint
    text = write_checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)
    drawn = choose_entries(text, sample.nonce, sample.number, log.size)
    missing = set(drawn) - {opened.entry.n for opened in result.opened}
    if missing:
        raise EvidenceRefused(
            "sample", f"{len(missing)} of {len(drawn)} entries drawn are not here, such as {min(missing)}"
        )
    result.sampled = True
