"""Envelopes: what is written is read again, and what DSSE does not say is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.attest.envelope import LARGEST_ENVELOPE, Envelope, EnvelopeSignature, pae, read_envelope
from remit.attest.files import ENVELOPE
from remit.errors import EvidenceRefused
from tests.attest.signed import BUNDLE, QUAYSIDE, TRUST, alone, changed, envelope_of, refusal, refused, statement

GOOD = BUNDLE[ENVELOPE]
KEYIDS = st.text(st.characters(codec="utf-8"), max_size=20)
SIGNATURES = st.lists(st.builds(EnvelopeSignature, st.binary(max_size=80), KEYIDS), min_size=1, max_size=4)


@given(st.binary(max_size=200), SIGNATURES.map(tuple), st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_what_is_written_is_read_again(
    payload: bytes, signatures: tuple[EnvelopeSignature, ...], payload_type: str
) -> None:
    envelope = Envelope(payload, signatures, payload_type)
    assert read_envelope(envelope.content()) == envelope


def test_the_bytes_that_are_signed_are_those_of_the_specification() -> None:
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", b"") == "DSSEv1 2 é 0 ".encode()


@given(st.integers(0, len(GOOD) * 8 - 1))
def test_any_bit_flipped_refuses(bit: int) -> None:
    content = bytearray(GOOD)
    content[bit // 8] ^= 1 << bit % 8
    assert refusal(alone(bytes(content))) in {"envelope", "signature", "namespace"}


def test_every_bit_of_the_envelope_is_held_and_the_signature_has_one_spelling() -> None:
    accepted = []
    for bit in range(len(GOOD) * 8):
        content = bytearray(GOOD)
        content[bit // 8] ^= 1 << bit % 8
        if alone(bytes(content)).refused is None:
            accepted.append(bit)
    assert accepted == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n", b"\r\n"),
        (b"==\n", b"==\n\n"),
        (b"\n-----END", b" \n-----END"),
        (b"\nU1N", b"\n U1N"),
        (b"-\nU", b"-\tU"),
    ],
)
def test_an_armour_that_other_readers_would_take_is_refused_in_an_envelope(old: bytes, new: bytes) -> None:
    envelope = read_envelope(GOOD)
    (signature,) = envelope.signatures
    assert old in signature.signature
    other = replace(signature, signature=signature.signature.replace(old, new))
    assert refusal(alone(replace(envelope, signatures=(other,)).content())) == "signature"


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=1))
def test_any_byte_replaced_refuses(place: int, byte: bytes) -> None:
    content = GOOD[:place] + byte + GOOD[place + 1 :]
    if content != GOOD:
        assert refusal(alone(content)) in {"envelope", "signature", "namespace"}


@given(st.integers(0, len(GOOD) - 1))
def test_an_envelope_cut_short_is_refused(length: int) -> None:
    content = GOOD[:length]
    if content != GOOD.rstrip(b"\n"):
        assert refusal(alone(content)) == "envelope"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"[]", "has not exactly"),
        (b"\xff\xfe", "cannot be read"),
        (b"{" * 100_000, "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (GOOD + b"\n", "something follows"),
        (b" " * (LARGEST_ENVELOPE + 1), "longer than"),
        (GOOD.replace(b'{"payload"', b'{"payload":"","payload"'), "twice"),
        (changed(GOOD, extra=1), "has not exactly"),
        (changed(GOOD, payload=1.5), "not whole"),
        (GOOD.replace(b'"signatures"', b'"signatures":NaN,"signature"'), "not whole"),
        (changed(GOOD, payload="e30"), "not base64"),
        (changed(GOOD, payload="e31="), "stray bits"),
        (changed(GOOD, payload="e30=\n"), "stray bits|not base64"),
        (changed(GOOD, signatures=[]), "0 signatures"),
        (changed(GOOD, signatures=json.loads(GOOD)["signatures"] * 17), "17 signatures"),
        (changed(GOOD, signatures=[1]), "has not exactly sig"),
        (changed(GOOD, signatures=[{"sig": "", "keyid": 1}]), "has not exactly sig"),
        (changed(GOOD, signatures=[{"sig": "", "cert": ""}]), "has not exactly sig"),
        (changed(GOOD, payloadType="\ud800"), "lone surrogate"),
    ],
)
def test_what_is_no_strict_envelope_is_refused_at_its_step(content: bytes, says: str) -> None:
    with pytest.raises(EvidenceRefused, match=says):
        read_envelope(content)
    assert refusal(alone(content)) == "envelope"


def test_an_envelope_without_hints_or_with_spaces_is_read_like_any_other(tmp_path: Path) -> None:
    record = json.loads(envelope_of(statement(), QUAYSIDE))
    del record["signatures"][0]["keyid"]
    (tmp_path / "spaced.json").write_text(json.dumps(record, indent=2), encoding="utf-8")
    assert alone((tmp_path / "spaced.json").read_bytes()).refused is None


def test_a_payload_of_another_type_is_refused() -> None:
    other = Envelope(statement().payload(), (), "application/json")
    signed = other.with_signature(QUAYSIDE.sign(other.message))
    result = alone(signed.content(), TRUST)
    assert refusal(result) == "envelope"
    with refused("envelope"):
        result.demand()
