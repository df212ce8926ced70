"""The witness: each answer of the specification, and a memory that nothing rolls back."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ledger.checkpoint import sign_checkpoint
from remit.ledger.cosignature import verify_cosignatures
from remit.ledger.note import NoteSignature, SignedNote, parse_note, parse_signatures, sign_note
from remit.ledger.proof import make_consistency
from remit.ledger.tree import EMPTY_ROOT
from remit.ledger.witness import LARGEST_REQUEST, SIZE, Witness, WitnessMemory, write_request
from tests.ledger.small_log import (
    AT,
    LOG_KEY,
    LOG_SIGNER,
    ORIGIN,
    ORIGIN_HASH,
    OTHER_SIGNER,
    WITNESS,
    WITNESS_KEY,
    WITNESS_SIGNER,
    DictMemory,
    SmallLog,
)

LOG = SmallLog(40)


def new_witness(memory: WitnessMemory | None = None) -> Witness:
    return Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], memory or DictMemory())


def request(old: int, new: int, *, log: SmallLog = LOG) -> bytes:
    proof = make_consistency(old, new, log.node) if old else []
    return write_request(old, proof, log.checkpoint(new).content())


def ask(witness: Witness, body: bytes) -> tuple[int, str]:
    answer = witness.add_checkpoint(body, AT)
    return answer.status, answer.step


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_a_log_that_grows_is_cosigned_each_time(sizes: list[int]) -> None:
    witness, old = new_witness(), 0
    for size in sorted(sizes):
        answer = witness.add_checkpoint(request(old, size), AT)
        assert (answer.status, answer.step) == (HTTPStatus.OK, "")
        lines = parse_signatures(answer.body.decode())
        note = SignedNote(LOG.checkpoint(size).text, lines)
        assert [made.time for made in verify_cosignatures(note, [WITNESS_KEY])] == [AT]
        old = size


def test_what_is_remembered_is_shown_with_both_signatures_and_no_other() -> None:
    witness = new_witness()
    assert witness.latest(ORIGIN_HASH) is None
    stranger = NoteSignature("stranger.example", b"abcd", b"whatever this is")
    note = LOG.checkpoint(7)
    body = write_request(0, [], SignedNote(note.text, (stranger, *note.signatures)).content())
    witness.add_checkpoint(body, AT)
    stored = witness.latest(ORIGIN_HASH)
    assert stored is not None
    assert [line.name for line in parse_note(stored).signatures] == [ORIGIN, WITNESS]
    assert witness.latest(ORIGIN) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"new 0\n\n" + LOG.checkpoint(3).content(),
        b"old 00\n\n" + LOG.checkpoint(3).content(),
        b"old -1\n\n" + LOG.checkpoint(3).content(),
        b"old 0\nAA==\n\n" + LOG.checkpoint(3).content(),
        b"old 0\n\xc3\xa9\n\n" + LOG.checkpoint(3).content(),
        write_request(0, [bytes(32)] * 64, LOG.checkpoint(3).content()),
        write_request(0, [], b"no checkpoint\n\n\xe2\x80\x94 name AAAAAAA=\n"),
        bytes(LARGEST_REQUEST + 1),
    ],
)
def test_400_for_what_is_no_request(body: bytes) -> None:
    status, step = ask(new_witness(), body)
    assert status == HTTPStatus.BAD_REQUEST
    assert step


def test_400_where_the_log_would_shrink() -> None:
    assert ask(new_witness(), write_request(4, [], LOG.checkpoint(3).content())) == (400, "witness-old-size")


def test_404_for_an_unknown_log() -> None:
    note = sign_checkpoint("stranger.example/log", 1, bytes(32), LOG_SIGNER)
    assert ask(new_witness(), write_request(0, [], note.content())) == (404, "witness-origin")


def test_403_without_a_signature_that_holds() -> None:
    note = LOG.checkpoint(3)
    by_other = SignedNote(note.text, (sign_note(note.text, ORIGIN, OTHER_SIGNER),))
    assert ask(new_witness(), write_request(0, [], by_other.content())) == (403, "note-unsigned")
    broken = SignedNote(note.text, (NoteSignature(ORIGIN, LOG_KEY.ident, bytes(64)),))
    assert ask(new_witness(), write_request(0, [], broken.content())) == (403, "note-signature")


def test_409_with_the_size_that_was_cosigned_last() -> None:
    witness = new_witness()
    witness.add_checkpoint(request(0, 9), AT)
    for stale in (request(0, 12), request(8, 12), request(0, 9), request(10, 12)):
        answer = witness.add_checkpoint(stale, AT)
        assert (answer.status, answer.content_type, answer.body) == (HTTPStatus.CONFLICT, SIZE, b"9\n")


def test_422_for_a_proof_that_does_not_hold_or_does_not_belong() -> None:
    witness = new_witness()
    assert ask(witness, write_request(0, [bytes(32)], LOG.checkpoint(3).content())) == (422, "consistency-length")
    wrong = sign_checkpoint(ORIGIN, 0, bytes(32), LOG_SIGNER).content()
    assert ask(witness, write_request(0, [], wrong)) == (422, "witness-empty-root")
    witness.add_checkpoint(request(0, 9), AT)
    other = SmallLog(40)
    other.leaves.reverse()
    assert ask(witness, request(9, 12, log=other)) == (422, "consistency-old-root")
    assert ask(witness, write_request(9, [], LOG.checkpoint(12).content())) == (422, "consistency-length")


def test_422_for_a_second_root_of_one_size() -> None:
    witness = new_witness()
    witness.add_checkpoint(request(0, 9), AT)
    forked = sign_checkpoint(ORIGIN, 9, bytes(32), LOG_SIGNER).content()
    assert ask(witness, write_request(9, [], forked)) == (422, "consistency-new-root")
    assert ask(witness, request(9, 9)) == (200, "")


def test_an_empty_log_is_cosigned() -> None:
    note = sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, LOG_SIGNER).content()
    assert ask(new_witness(), write_request(0, [], note)) == (200, "")


def test_of_two_heads_that_come_at_once_the_smaller_does_not_roll_the_log_back() -> None:
    memory = DictMemory()
    witness = new_witness(memory)
    witness.add_checkpoint(request(0, 9), AT)
    memory.meanwhile = LOG.checkpoint(20).content()
    answer = witness.add_checkpoint(request(9, 12), AT)
    assert (answer.status, answer.body) == (HTTPStatus.CONFLICT, b"20\n")
    assert memory.notes[ORIGIN] == LOG.checkpoint(20).content()


def test_the_request_of_the_specification_is_read() -> None:
    body = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()
    assert ask(new_witness(), body) == (404, "witness-origin")
