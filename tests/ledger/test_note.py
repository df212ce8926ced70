"""Signed notes: the examples of C2SP signed-note, and what a note or a key must not be."""

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.ledger.note import (
    ED25519,
    LARGEST_NOTE,
    MOST_SIGNATURES,
    NoteSignature,
    SignedNote,
    VerifierKey,
    demand_name,
    parse_key,
    parse_note,
    sign_note,
    verify_bytes,
    verify_note,
)
from tests.ledger.small_log import LOG_KEY, LOG_SIGNER, ORIGIN, OTHER_SIGNER, WITNESS_KEY, flip, refused

WYCHEPROOF = Path(__file__).parents[3] / "shared/vectors/wycheproof/ed25519_test.json"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
""".encode()
POEM = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
""".encode()
TEXT = b"a text\n"


def signed(*signatures: NoteSignature) -> SignedNote:
    return SignedNote(TEXT, signatures)


def test_the_example_of_the_specification_verifies() -> None:
    key = parse_key(EXAMPLE_KEY)
    assert key.text == EXAMPLE_KEY
    assert verify_note(parse_note(EXAMPLE), [key]) == (key,)


def test_the_poem_of_the_specification_is_read_to_its_last_empty_line() -> None:
    note = parse_note(POEM)
    assert note.text.decode().endswith("sole:\n\ned è subito sera.\n")
    assert [(line.name, line.ident) for line in note.signatures] == [("quasimodo.example/salvatore", b"6{\xa0K")]
    assert note.content() == POEM


@given(st.integers(0, len(EXAMPLE) * 8 - 1))
def test_any_bit_flipped_refuses(bit: int) -> None:
    with pytest.raises(EvidenceRefused):
        verify_note(parse_note(flip(EXAMPLE, bit)), [parse_key(EXAMPLE_KEY)])


def test_our_own_note_verifies_and_is_written_as_it_was_read() -> None:
    note = signed(sign_note(TEXT, ORIGIN, LOG_SIGNER))
    assert parse_note(note.content()) == note
    assert verify_note(note, [LOG_KEY]) == (LOG_KEY,)


def test_several_signatures_verify_and_unknown_ones_are_passed_over() -> None:
    other = VerifierKey("other.example", ED25519, OTHER_SIGNER.public_key)
    mine, theirs = sign_note(TEXT, ORIGIN, LOG_SIGNER), sign_note(TEXT, "other.example", OTHER_SIGNER)
    unknown_name = NoteSignature("stranger.example", mine.ident, bytes(64))
    unknown_key = NoteSignature(ORIGIN, bytes(4), bytes(64))
    note = parse_note(signed(unknown_name, mine, unknown_key, theirs).content())
    assert set(verify_note(note, [other, LOG_KEY])) == {LOG_KEY, other}


def test_an_unknown_key_with_a_known_name_signs_nothing() -> None:
    with refused("note-unsigned"):
        verify_note(signed(sign_note(TEXT, ORIGIN, OTHER_SIGNER)), [LOG_KEY])
    with refused("note-unsigned"):
        verify_note(signed(sign_note(TEXT, ORIGIN, LOG_SIGNER)), [WITNESS_KEY])


def test_a_known_key_whose_signature_fails_ends_it_although_another_holds() -> None:
    other = VerifierKey("other.example", ED25519, OTHER_SIGNER.public_key)
    good, bad = sign_note(TEXT, ORIGIN, LOG_SIGNER), sign_note(b"another\n", "other.example", OTHER_SIGNER)
    with refused("note-signature"):
        verify_note(signed(good, bad), [LOG_KEY, other])


def test_signatures_swapped_between_their_lines_are_refused() -> None:
    other = VerifierKey("other.example", ED25519, OTHER_SIGNER.public_key)
    mine, theirs = sign_note(TEXT, ORIGIN, LOG_SIGNER), sign_note(TEXT, "other.example", OTHER_SIGNER)
    swapped = (
        NoteSignature(mine.name, mine.ident, theirs.signature),
        NoteSignature(theirs.name, theirs.ident, mine.signature),
    )
    with refused("note-signature"):
        verify_note(signed(*swapped), [LOG_KEY, other])


def test_a_line_that_stands_twice_is_refused() -> None:
    line = sign_note(TEXT, ORIGIN, LOG_SIGNER)
    with refused("note-duplicate"):
        verify_note(signed(line, line), [LOG_KEY])


def test_a_signature_of_the_wrong_length_is_refused() -> None:
    line = sign_note(TEXT, ORIGIN, LOG_SIGNER)
    with refused("note-signature"):
        verify_note(signed(NoteSignature(ORIGIN, line.ident, line.signature + b"!")), [LOG_KEY])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n",
        b"text\n\nno dash\n",
        "text\n\n— name AAAAAAA=".encode(),
        "text\n\n— name AAAAAAA=\r\n".encode(),
        "text\n\n— name AAAAAAA=\n\n".encode(),
        "text\n\n— name\n".encode(),
        "text\n\n— name AAAAAAA= more\n".encode(),
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),
        "text\n\n—  AAAAAAA=\n".encode(),
        b"text\n\n- name AAAAAAA=\n",
        "te\tt\n\n— name AAAAAAA=\n".encode(),
        b"te\x00t\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"te\xfft\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"a" * LARGEST_NOTE + "\n\n— name AAAAAAA=\n".encode(),
        ("text\n\n" + "— name AAAAAAA=\n" * (MOST_SIGNATURES + 1)).encode(),
    ],
)
def test_what_is_no_note_is_not_read(content: bytes) -> None:
    with pytest.raises(EvidenceRefused) as caught:
        parse_note(content)
    assert caught.value.step in {"note-format", "note-name"}


def test_sixteen_signatures_are_read_and_more() -> None:
    assert len(parse_note(("text\n\n" + "— name AAAAAAA=\n" * MOST_SIGNATURES).encode()).signatures) == 100


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x01b"])
def test_a_name_has_no_space_and_no_plus(name: str) -> None:
    with refused("note-name"):
        demand_name(name)
    with refused("note-name"):
        sign_note(TEXT, name, LOG_SIGNER)


def test_a_key_is_taken_only_as_it_would_be_written() -> None:
    name, ident, rest = EXAMPLE_KEY.split("+", 2)
    content = b64decode(rest)
    faults = {
        "example.com/foo+530d903a": "key-format",
        f"{name}+{ident}+{rest[:-1]}": "key-format",
        f"{name}+{ident}+" + b64encode(content[:-1]).decode(): "key-format",
        f"{name}+{ident}+" + b64encode(b"\x02" + content[1:]).decode(): "key-type",
        f"{name}+{ident}+": "key-type",
        f"{name}+630d903a+{rest}": "key-ident",
        f"{name}+{ident.upper()}+{rest}": "key-ident",
        f"example.com/fob+{ident}+{rest}": "key-ident",
        f"+{ident}+{rest}": "note-name",
    }
    for text, step in faults.items():
        with refused(step):
            parse_key(text)


def test_signatures_verify_as_wycheproof_says() -> None:
    if not WYCHEPROOF.exists():
        pytest.skip("the vectors of Wycheproof are not beside the project")
    groups = json.loads(WYCHEPROOF.read_text(encoding="utf-8"))["testGroups"]
    differ = []
    for group in groups:
        key = VerifierKey("wycheproof.example", ED25519, bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            try:
                verify_bytes(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
                holds = "valid"
            except EvidenceRefused:
                holds = "invalid"
            if holds != case["result"]:
                differ.append(case["tcId"])
    assert differ == []
