"""Checkpoints: three lines, read strictly and signed under the origin's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint, write_checkpoint
from remit.ledger.encoding import encode
from remit.ledger.note import ED25519, SignedNote, VerifierKey, parse_note, sign_note
from remit.ledger.tree import EMPTY_ROOT
from tests.ledger.small_log import LOG_KEY, LOG_SIGNER, ORIGIN, OTHER_SIGNER, SmallLog, flip, refused

EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()
ROOT = encode(bytes(32))
CONTENT = SmallLog(3).checkpoint().content()


def test_the_example_of_the_specification_is_read_and_written() -> None:
    note = parse_note(EXAMPLE)
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert write_checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root) == note.text


def test_our_own_checkpoint_opens() -> None:
    log = SmallLog(3)
    assert open_checkpoint(CONTENT, ORIGIN, [LOG_KEY]) == Checkpoint(ORIGIN, 3, log.root())
    assert sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, LOG_SIGNER).text.split(b"\n")[1] == b"0"


@given(st.integers(0, len(CONTENT) * 8 - 1))
def test_any_bit_flipped_refuses(bit: int) -> None:
    with pytest.raises(EvidenceRefused):
        open_checkpoint(flip(CONTENT, bit), ORIGIN, [LOG_KEY])


def test_extension_lines_are_read_and_covered_by_the_signature() -> None:
    text = CONTENT.partition(b"\n\n")[0] + b"\nan extension\n"
    note = SignedNote(text, (sign_note(text, ORIGIN, LOG_SIGNER),))
    assert open_checkpoint(note.content(), ORIGIN, [LOG_KEY]).extensions == ("an extension",)
    with refused("note-signature"):
        open_checkpoint(note.content().replace(b"an ext", b"no ext"), ORIGIN, [LOG_KEY])


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("", "checkpoint-format"),
        ("origin\n1\n", "checkpoint-format"),
        (f"\n1\n{ROOT}\n", "checkpoint-format"),
        (f"origin\n1\n{ROOT}\n\nmore\n", "checkpoint-format"),
        (f"origin\n\n{ROOT}\n", "checkpoint-format"),
        (f"origin\n01\n{ROOT}\n", "checkpoint-size"),
        (f"origin\n-1\n{ROOT}\n", "checkpoint-size"),
        (f"origin\n{2**63}\n{ROOT}\n", "checkpoint-size"),
        (f"origin\n1\n{encode(bytes(31))}\n", "checkpoint-root"),
        (f"origin\n1\n{ROOT[:-1]}\n", "checkpoint-root"),
        ("origin\n1\nAA\n", "checkpoint-root"),
    ],
)
def test_what_is_no_checkpoint_is_not_read(text: str, step: str) -> None:
    with refused(step):
        parse_checkpoint(text.encode())


def test_what_no_other_program_could_read_is_not_written() -> None:
    with refused("note-name"):
        write_checkpoint("an origin", 1, bytes(32))
    with refused("hash-length"):
        write_checkpoint(ORIGIN, 1, b"")
    for size in (-1, 2**63):
        with refused("checkpoint-size"):
            write_checkpoint(ORIGIN, size, bytes(32))


def test_a_checkpoint_of_another_log_or_by_another_key_does_not_open() -> None:
    with refused("checkpoint-origin"):
        open_checkpoint(CONTENT, "another.example/log", [LOG_KEY])
    with refused("note-unsigned"):
        open_checkpoint(CONTENT, ORIGIN, [VerifierKey(ORIGIN, ED25519, OTHER_SIGNER.public_key)])
    other_name = VerifierKey("another.example/log", ED25519, LOG_SIGNER.public_key)
    with refused("note-unsigned"):
        open_checkpoint(CONTENT, ORIGIN, [other_name])
