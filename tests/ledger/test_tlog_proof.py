"""The offline proof of one entry: written, read and verified, and every bit of it held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.ledger.encoding import encode
from remit.ledger.tlog_proof import HEADER, LARGEST_PROOF, parse_proof, verify_proof, write_proof
from tests.ledger.small_log import UNWITNESSED, WITNESSED, SmallLog, flip, refused

LOG = SmallLog(11)
PROOF = LOG.proof(6)
CHECKPOINT = LOG.checkpoint().content()


@given(st.integers(1, 40), st.data(), st.none() | st.binary(max_size=40))
def test_every_proof_that_is_written_verifies(size: int, data: st.DataObject, extra: bytes | None) -> None:
    log, index = SmallLog(size), data.draw(st.integers(0, size - 1))
    proof, verified = verify_proof(log.proof(index, extra), log.leaves[index], UNWITNESSED)
    assert (proof.index, proof.extra) == (index, extra)
    assert verified.checkpoint.size == size
    assert write_proof(proof.index, proof.hashes, proof.checkpoint, proof.extra) == log.proof(index, extra)


@given(st.integers(0, len(PROOF) * 8 - 1))
def test_any_bit_flipped_refuses(bit: int) -> None:
    with pytest.raises(EvidenceRefused):
        verify_proof(flip(PROOF, bit), LOG.leaves[6], UNWITNESSED)


def test_another_entry_or_a_missing_witness_refuses() -> None:
    with refused("inclusion-root"):
        verify_proof(PROOF, LOG.leaves[5], UNWITNESSED)
    with refused("policy-quorum"):
        verify_proof(PROOF, LOG.leaves[6], WITNESSED)
    moved = PROOF.replace(b"index 6\n", b"index 7\n")
    with refused("inclusion-root"):
        verify_proof(moved, LOG.leaves[6], UNWITNESSED)


def head(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in (*lines, "")).encode() + CHECKPOINT


@pytest.mark.parametrize(
    ("content", "step"),
    [
        (b"", "proof-format"),
        (HEADER.encode(), "proof-format"),
        (head(HEADER), "proof-format"),
        (head("c2sp.org/tlog-proof@v2", "index 0"), "proof-format"),
        (head(HEADER, "extra", "index 0"), "proof-format"),
        (head(HEADER, "extra AAB=", "index 0"), "proof-format"),
        (head(HEADER, "extra AA==", "extra AA==", "index 0"), "proof-format"),
        (head(HEADER, "extra AA=="), "proof-format"),
        (head(HEADER, "index 00"), "proof-index"),
        (head(HEADER, "index -1"), "proof-index"),
        (head(HEADER, "index 0", "é"), "proof-format"),
        (head(HEADER, "index 0", "AA=="), "proof-hash"),
        (head(HEADER, "index 0", *[encode(bytes(32))] * 64), "proof-format"),
        (bytes(LARGEST_PROOF + 1), "proof-format"),
    ],
)
def test_what_is_no_proof_is_not_read(content: bytes, step: str) -> None:
    with refused(step):
        parse_proof(content)
