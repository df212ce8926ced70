"""What a third party carries away: a checkpoint with entries and proofs, in files that are checked without us.

    checkpoint, tile/            the whole log, where all of it is handed over
    range.json, entries          a range of it, with the proof that none is missing
    open/N.entry                 one entry, with N.tlog-proof, and N.disclosures where fields of it are opened
    sample.json                  how the opened entries were drawn
    policy, VERIFY.md, verify.sh

The policy travels for convenience. Trust comes from a key that reached the reader by another way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.bundle import write_bundle
from remit.ledger.encoding import decode_hash, encode
from remit.ledger.proof import make_range
from remit.ledger.site import CHECKPOINT
from remit.ledger.strict import read_json
from remit.ledger.tile import FULL_WIDTH, read_tile, tiles_of, write_tile
from remit.ledger.tlog_proof import write_proof

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.ledger.reader import PublishedLog
    from remit.ledger.site import Site
    from remit.ledger.tile import TileReader

RANGE, ENTRIES, SAMPLE, OPEN = "range.json", "entries", "sample.json", "open"
POLICY, ABOUT, SCRIPT = "policy", "VERIFY.md", "verify.sh"
_ENTRY, _PROOF, _DISCLOSURES = ".entry", ".tlog-proof", ".disclosures"
_LENGTH = 2
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Opened:
    """One entry of a parcel with its proof and the disclosures handed over with it; nothing of it is verified."""

    name: str
    entry: bytes
    proof: bytes
    disclosures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """A range of entries with its proof; nothing of it is verified."""

    first: int
    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """How the opened entries were drawn."""

    nonce: bytes
    number: int


def write_frame(place: Site, log: PublishedLog, policy: bytes) -> None:
    """Write what every parcel has: the checkpoint, the policy, and how to check them."""
    packed = files("remit.ledger")
    about = _about(log).encode()
    script = (packed / SCRIPT).read_bytes()
    place.write({CHECKPOINT: log.note, POLICY: policy, ABOUT: about, SCRIPT: script})


def write_whole(place: Site, log: PublishedLog, source: TileReader) -> None:
    """Copy every tile and bundle of the log, as they are at the size of its checkpoint."""
    batch: dict[str, bytes] = {}
    for tile in tiles_of(log.size):
        batch[tile.path] = write_tile(read_tile(tile, source))
        if tile.level == 0:
            start = tile.number * FULL_WIDTH
            batch[tile.bundle_path] = write_bundle([*log.entries(start, start + tile.width)])
        if len(batch) >= _AT_ONCE:
            place.write(batch)
            batch = {}
    place.write(batch)


def write_range(place: Site, log: PublishedLog, first: int, stop: int) -> None:
    """Write a range with the proof that its entries stand in the log without a gap."""
    proof = make_range(first, stop - first, log.size, log.node)
    content = b"".join(len(raw).to_bytes(_LENGTH, "big") + raw for raw in log.entries(first, stop))
    record = {"first": first, "proof": [encode(value) for value in proof], "stop": stop}
    place.write({ENTRIES: content, RANGE: _json(record)})


def write_opened(place: Site, log: PublishedLog, n: int, disclosures: Sequence[bytes] = ()) -> None:
    """Write one entry with its proof, and disclosures of its fields where there are any."""
    raw, proof = log.entry(n)
    written = {f"{OPEN}/{n}{_ENTRY}": raw, f"{OPEN}/{n}{_PROOF}": write_proof(n, proof, log.note)}
    if disclosures:
        written[f"{OPEN}/{n}{_DISCLOSURES}"] = b"".join(disclosure + b"\n" for disclosure in disclosures)
    place.write(written)


def write_sample(place: Site, sample: Sample) -> None:
    """Write how entries were drawn."""
    place.write({SAMPLE: _json({"nonce": sample.nonce.hex(), "number": sample.number})})


def read_range(place: TileReader) -> Range | None:
    """Read the range of a parcel, or None where it has none."""
    content, entries = place.read(RANGE), place.read(ENTRIES)
    if content is None or entries is None:
        return None
    record = _record(RANGE, content)
    match record:
        case {"first": int(first), "stop": int(stop), "proof": list(proof)} if 0 <= first < stop:
            hashes = tuple(decode_hash(str(value), "range-format", "a hash of the range") for value in proof)
            return Range(first, tuple(_split(entries, stop - first)), hashes)
        case _:
            raise EvidenceRefused("range-format", f"{RANGE} has no first, stop and proof")


def read_opened(place: Site) -> Iterator[Opened]:
    """Yield the opened entries of a parcel, by their places."""
    names = [name.removesuffix(_ENTRY) for name in place.names(OPEN) if name.endswith(_ENTRY)]
    for name in sorted(names, key=lambda text: (len(text), text)):
        entry, proof = (place.read(f"{OPEN}/{name}{ending}") for ending in (_ENTRY, _PROOF))
        if entry is None or proof is None:
            raise EvidenceRefused("opened-format", f"{OPEN}/{name}{_ENTRY} has no proof beside it")
        disclosures = place.read(f"{OPEN}/{name}{_DISCLOSURES}") or b""
        yield Opened(name, entry, proof, tuple(disclosures.split()))


def read_sample(place: TileReader) -> Sample | None:
    """Read how the opened entries were drawn, or None where they were chosen."""
    content = place.read(SAMPLE)
    if content is None:
        return None
    match _record(SAMPLE, content):
        case {"nonce": str(nonce), "number": int(number)}:
            try:
                return Sample(bytes.fromhex(nonce), number)
            except ValueError as error:
                raise EvidenceRefused("sample-format", "the nonce is not hexadecimal") from error
        case _:
            raise EvidenceRefused("sample-format", f"{SAMPLE} has no nonce and number")


def _split(content: bytes, number: int) -> Iterator[bytes]:
    at = 0
    for _ in range(number):
        start = at + _LENGTH
        at = start + int.from_bytes(content[at:start], "big")
        if start > len(content) or at > len(content):
            raise EvidenceRefused("range-format", f"{ENTRIES} ends before its {number} entries")
        yield content[start:at]
    if at != len(content):
        raise EvidenceRefused("range-format", f"{ENTRIES} goes on after its {number} entries")


def _record(name: str, content: bytes) -> object:
    try:
        return read_json(content.decode().removesuffix("\n"))
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused(f"{name.removesuffix('.json')}-format", f"{name} cannot be read: {error}") from error


def _json(record: object) -> bytes:
    return (json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _about(log: PublishedLog) -> str:
    return f"""\
# How to check this

This is evidence out of the log `{log.checkpoint.origin}`, at {log.size} entries.
Get the key of the log, and of its witnesses, by another way than this folder; the file `policy` here shows nothing.

With openssl, xxd and a shell, and none of our software:

    sh verify.sh 'THE KEY OF THE LOG' .                                  # where tile/ is here: the whole log
    sh verify.sh 'THE KEY OF THE LOG' open/N.entry open/N.tlog-proof     # one entry
    while read -r D; do printf %s "$D" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =
    done < open/N.disclosures                                            # each must occur in open/N.entry
    while read -r D; do printf %s "$D" | basenc --base64url -d 2> /dev/null; echo
    done < open/N.disclosures                                            # what they say

With Remit, where `pinned` is the policy you have from elsewhere:

    remit log verify . --policy pinned

What no log shows: calls that went past the gateway, whether declared facts are true, whether anybody thought.
"""
