"""One entry's proof as a file that needs nothing else: index, path and checkpoint (C2SP tlog-proof).

1. The lines are `c2sp.org/tlog-proof@v1`, perhaps `extra`, `index`, the hashes from the leaf's sibling upwards, an
   empty line, and the checkpoint as the log published it ("Format").
2. What stands behind `extra` is covered by no signature. Openings of commitments may stand there, verdicts may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.encoding import decode, decode_hash, encode, parse_number
from remit.ledger.policy import VerifiedCheckpoint, verify_checkpoint
from remit.ledger.proof import verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.ledger.policy import WitnessPolicy

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MOST_HASHES = 63
LARGEST_PROOF = 2_000_000


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof taken apart; nothing in it is to be believed before `verify_proof`."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def write_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """Write a proof around a signed checkpoint."""
    lines = [HEADER, *([] if extra is None else [f"extra {encode(extra)}"]), f"index {index}", *map(encode, hashes), ""]
    return "".join(f"{line}\n" for line in lines).encode() + checkpoint


def parse_proof(content: bytes) -> TlogProof:
    """Take a proof apart, strictly (1)."""
    if len(content) > LARGEST_PROOF:
        raise EvidenceRefused("proof-format", f"the proof is longer than {LARGEST_PROOF} bytes")
    head, blank, checkpoint = content.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as fault:
        raise EvidenceRefused("proof-format", "the lines before the checkpoint are not ASCII") from fault
    if header != HEADER or not blank:
        raise EvidenceRefused("proof-format", f"the file does not begin with {HEADER}, its lines and an empty one")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode(lines.pop(0).removeprefix("extra "), "proof-format", "what stands behind extra")
    if not lines or not lines[0].startswith("index "):
        raise EvidenceRefused("proof-format", "the proof has no line that gives the index where one belongs")
    index = parse_number(lines.pop(0).removeprefix("index "), "proof-index", "the index of the proof")
    if len(lines) > MOST_HASHES:
        raise EvidenceRefused("proof-format", f"the proof has more than {MOST_HASHES} hashes")
    hashes = tuple(decode_hash(line, "proof-hash", "a hash of the proof") for line in lines)
    return TlogProof(index, hashes, checkpoint, extra)


def verify_proof(content: bytes, leaf: bytes, policy: WitnessPolicy) -> tuple[TlogProof, VerifiedCheckpoint]:
    """Return the proof and who stands for it if the leaf hash is in the log; raise if not ("Verifying a tlog proof").

    1. The leaf hash is the caller's: it is made from the entry at hand, never taken from the proof.
    2. Demand a checkpoint whose origin, signatures and quorum the policy accepts (steps 2 and 3 there).
    3. Demand the path from the leaf to the root of that checkpoint (step 4).
    """
    proof = parse_proof(content)
    verified = verify_checkpoint(proof.checkpoint, policy)  # (2)
    checkpoint = verified.checkpoint
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)  # (3)
    return proof, verified
