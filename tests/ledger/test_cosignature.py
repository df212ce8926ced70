"""Cosignatures: bound to a time and a whole checkpoint, and to one type of key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.ledger.cosignature import LATEST_TIME, Cosignature, cosign, verify_cosignatures
from remit.ledger.note import COSIGNATURE, NoteSignature, SignedNote, VerifierKey, parse_note, sign_note
from tests.ledger.small_log import AT, LOG_SIGNER, ORIGIN, WITNESS, WITNESS_KEY, WITNESS_SIGNER, SmallLog, flip, refused

NOTE = SmallLog(5).checkpoint()
LINE = cosign(NOTE.text, WITNESS, WITNESS_SIGNER, AT)
COSIGNED = SignedNote(NOTE.text, (*NOTE.signatures, LINE))
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— witness.example.com/w1 \
jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
""".encode()


def test_the_example_of_the_specification_bears_its_time() -> None:
    (line,) = parse_note(EXAMPLE).signatures
    assert (len(line.signature), int.from_bytes(line.signature[:8], "big")) == (72, 1_679_315_147)


def test_what_is_signed_is_the_header_the_time_and_the_whole_text() -> None:
    message = f"cosignature/v1\ntime {AT}\n".encode() + NOTE.text
    assert LINE.signature == AT.to_bytes(8, "big") + WITNESS_SIGNER.sign(message)
    assert LINE.ident == WITNESS_KEY.ident


def test_a_cosignature_verifies_and_says_when() -> None:
    assert verify_cosignatures(COSIGNED, [WITNESS_KEY]) == (Cosignature(WITNESS_KEY, AT),)
    assert verify_cosignatures(NOTE, [WITNESS_KEY]) == ()


@given(st.integers(0, len(LINE.signature) * 8 - 1))
def test_any_bit_flipped_in_time_or_signature_refuses(bit: int) -> None:
    changed = NoteSignature(WITNESS, LINE.ident, flip(LINE.signature, bit))
    with pytest.raises(EvidenceRefused) as caught:
        verify_cosignatures(SignedNote(NOTE.text, (changed,)), [WITNESS_KEY])
    assert caught.value.step in {"note-signature", "cosignature-time"}


def test_a_cosignature_of_another_checkpoint_refuses() -> None:
    with refused("note-signature"):
        verify_cosignatures(SignedNote(SmallLog(6).checkpoint().text, (LINE,)), [WITNESS_KEY])


def test_a_witness_line_signed_by_the_key_of_the_log_counts_for_nothing_or_fails() -> None:
    plain = sign_note(NOTE.text, WITNESS, LOG_SIGNER)
    assert verify_cosignatures(SignedNote(NOTE.text, (plain,)), [WITNESS_KEY]) == ()
    forged = NoteSignature(WITNESS, WITNESS_KEY.ident, cosign(NOTE.text, WITNESS, LOG_SIGNER, AT).signature)
    with refused("note-signature"):
        verify_cosignatures(SignedNote(NOTE.text, (forged,)), [WITNESS_KEY])


def test_a_plain_signature_under_the_type_of_a_cosignature_refuses() -> None:
    plain = NoteSignature(WITNESS, WITNESS_KEY.ident, WITNESS_SIGNER.sign(NOTE.text))
    with refused("cosignature-format"):
        verify_cosignatures(SignedNote(NOTE.text, (plain,)), [WITNESS_KEY])


def test_a_line_that_stands_twice_refuses() -> None:
    with refused("note-duplicate"):
        verify_cosignatures(SignedNote(NOTE.text, (LINE, LINE)), [WITNESS_KEY])


@pytest.mark.parametrize("time", [0, -1, LATEST_TIME + 1])
def test_a_time_is_after_1970_and_fits(time: int) -> None:
    with refused("cosignature-time"):
        cosign(NOTE.text, WITNESS, WITNESS_SIGNER, time)


@pytest.mark.parametrize("time", [0, LATEST_TIME + 1])
def test_a_time_that_none_may_bear_refuses_although_it_is_signed(time: int) -> None:
    message = f"cosignature/v1\ntime {time}\n".encode() + NOTE.text
    line = NoteSignature(WITNESS, WITNESS_KEY.ident, time.to_bytes(8, "big") + WITNESS_SIGNER.sign(message))
    with refused("cosignature-time"):
        verify_cosignatures(SignedNote(NOTE.text, (line,)), [WITNESS_KEY])


def test_the_key_of_the_log_may_not_pass_for_a_witness_of_its_name() -> None:
    key = VerifierKey(ORIGIN, COSIGNATURE, LOG_SIGNER.public_key)
    assert verify_cosignatures(NOTE, [key]) == ()
