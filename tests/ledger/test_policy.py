"""Policies: read whole or not at all, and a quorum that no witness meets twice."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ledger.cosignature import cosign
from remit.ledger.note import COSIGNATURE, ED25519, SignedNote, VerifierKey
from remit.ledger.policy import LARGEST_POLICY, parse_policy, verify_checkpoint
from remit.ledger.signer import FileSigner
from tests.ledger.small_log import (
    AT,
    LOG_KEY,
    LOG_SIGNER,
    ORIGIN,
    OTHER_SIGNER,
    UNWITNESSED,
    WITNESS,
    WITNESS_KEY,
    WITNESS_SIGNER,
    WITNESSED,
    SmallLog,
    refused,
)

SIGNERS = {name: FileSigner.from_seed(bytes([place + 100]) * 32) for place, name in enumerate(("X1", "X2", "X3", "Y1"))}
KEYS = {name: VerifierKey(f"{name}.example", COSIGNATURE, signer.public_key) for name, signer in SIGNERS.items()}
TWO_LEVELS = "\n".join(
    [
        "# The example of the specification, with one witness less.",
        f"log {LOG_KEY.text} https://quayside.example/log",
        "",
        *(f"witness\t{name}  {key.text}" for name, key in KEYS.items()),
        "group X-witnesses 2 X1 X2 X3",
        " group Y-witnesses any Y1",
        "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y",
        "",
    ]
).encode()
W1 = f"witness one {WITNESS_KEY.text}\n"
W2 = f"witness two {KEYS['X1'].text}\n"
LOG = f"log {LOG_KEY.text}\n"
CHECKPOINT = SmallLog(5).checkpoint()


def with_cosignatures(*names: str) -> bytes:
    lines = [cosign(CHECKPOINT.text, f"{name}.example", SIGNERS[name], AT) for name in names]
    return SignedNote(CHECKPOINT.text, (*CHECKPOINT.signatures, *lines)).content()


def test_a_policy_of_two_levels_is_read() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.keys_of(ORIGIN) == (LOG_KEY,)
    assert policy.witnesses == KEYS
    assert policy.addresses == {LOG_KEY.text: "https://quayside.example/log"}


@pytest.mark.parametrize("names", [names for count in range(5) for names in combinations(KEYS, count)])
def test_a_checkpoint_is_accepted_exactly_where_the_quorum_is_met(names: tuple[str, ...]) -> None:
    policy, content = parse_policy(TWO_LEVELS), with_cosignatures(*names)
    if len({"X1", "X2", "X3"} & set(names)) >= 2 and "Y1" in names:
        verified = verify_checkpoint(content, policy)
        assert verified.signed_by == (LOG_KEY,)
        assert {name: made.time for name, made in verified.cosigned_by.items()} == dict.fromkeys(names, AT)
    else:
        with refused("policy-quorum"):
            verify_checkpoint(content, policy)


@given(st.sets(st.sampled_from(sorted(KEYS))), st.sets(st.sampled_from(sorted(KEYS))))
def test_more_cosignatures_never_take_a_quorum_away(some: set[str], more: set[str]) -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.accepts(some | more) >= policy.accepts(some)


def test_a_quorum_of_one_witness_and_of_none() -> None:
    content = CHECKPOINT.content()
    assert verify_checkpoint(content, UNWITNESSED).checkpoint.size == 5
    with refused("policy-quorum"):
        verify_checkpoint(content, WITNESSED)
    line = cosign(CHECKPOINT.text, WITNESS, WITNESS_SIGNER, AT)
    cosigned = SignedNote(CHECKPOINT.text, (*CHECKPOINT.signatures, line)).content()
    assert set(verify_checkpoint(cosigned, WITNESSED).cosigned_by) == {"ministry"}


def test_a_log_that_the_policy_does_not_know_is_refused() -> None:
    with refused("checkpoint-origin"):
        verify_checkpoint(CHECKPOINT.content(), parse_policy(b"quorum none\n"))


def test_a_known_witness_whose_line_fails_ends_it_although_the_quorum_is_met() -> None:
    wrong = cosign(b"another text\n", "X3.example", SIGNERS["X3"], AT)
    content = with_cosignatures("X1", "X2", "Y1") + wrong.line.encode()
    with refused("note-signature"):
        verify_checkpoint(content, parse_policy(TWO_LEVELS))


def test_two_keys_of_one_log_are_both_taken_while_it_changes_them() -> None:
    new = VerifierKey(ORIGIN, ED25519, OTHER_SIGNER.public_key)
    policy = parse_policy(f"{LOG}log {new.text}\nquorum none\n".encode())
    assert policy.keys_of(ORIGIN) == (LOG_KEY, new)
    assert verify_checkpoint(CHECKPOINT.content(), policy).signed_by == (LOG_KEY,)


def test_names_are_opaque_bytes() -> None:
    policy = parse_policy(b"witness \xff\xe2\x84\xaa " + WITNESS_KEY.text.encode() + b"\nquorum \xff\xe2\x84\xaa\n")
    assert policy.accepts(set(policy.witnesses))
    with refused("policy-name"):
        parse_policy(b"witness \xe2\x84\xaa " + WITNESS_KEY.text.encode() + b"\nquorum K\n")


OWN = f"witness own {VerifierKey('own.example', COSIGNATURE, LOG_SIGNER.public_key).text}\n"
AGAIN = VerifierKey("again.example", COSIGNATURE, WITNESS_SIGNER.public_key).text
FAULTS = {
    "": "policy-quorum",
    LOG: "policy-quorum",
    "quorum none": "policy-format",
    "quorum none\r\n": "policy-format",
    "quorum none\x7f\n": "policy-format",
    "quorum\n": "policy-format",
    "quorum none none\n": "policy-format",
    "sorum none\n": "policy-format",
    f"log {LOG_KEY.text} https://a.example b\n": "policy-format",
    f"{W1}group g all\nquorum g\n": "policy-format",
    "quorum none\nquorum none\n": "policy-quorum",
    "quorum one\n" + W1: "policy-name",
    f"{W1}{W1.replace(WITNESS_KEY.text, KEYS['X1'].text)}quorum one\n": "policy-name",
    f"{W1}group one all one\nquorum one\n": "policy-name",
    f"{W1}group none all one\nquorum none\n": "policy-name",
    f"{W1}group g all g\nquorum g\n": "policy-name",
    f"{W1}group g all none\nquorum g\n": "policy-name",
    f"{W1}{W2}group g 2 one one\nquorum g\n": "policy-member",
    f"{W1}{W2}group g all one\ngroup h any one two\nquorum h\n": "policy-member",
    f"{W1}group g 0 one\nquorum g\n": "policy-threshold",
    f"{W1}group g 2 one\nquorum g\n": "policy-threshold",
    f"{W1}group g 01 one\nquorum g\n": "policy-threshold",
    f"{W1}group g some one\nquorum g\n": "policy-threshold",
    f"{W1}witness two {AGAIN}\nquorum one\n": "policy-key",
    f"{LOG}{LOG}quorum none\n": "policy-key",
    f"log {WITNESS_KEY.text}\nquorum none\n": "policy-key",
    f"witness one {LOG_KEY.text}\nquorum one\n": "policy-key",
    "log name+0+AA==\nquorum none\n": "policy-key",
    LOG + OWN + "quorum own\n": "policy-own-witness",
    OWN + LOG + "quorum own\n": "policy-own-witness",
    "#" * LARGEST_POLICY + "\nquorum none\n": "policy-format",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: text[:40])
def test_half_a_policy_is_none(text: str) -> None:
    with refused(FAULTS[text]):
        parse_policy(text.encode())


def test_the_line_with_the_fault_is_named() -> None:
    with pytest.raises(Exception, match=r"line 2 of the policy .*lists the key of"):
        parse_policy((LOG + LOG).encode())


def test_a_key_whose_name_is_no_text_is_refused() -> None:
    with refused("policy-key"):
        parse_policy(b"log \xff" + LOG_KEY.text.encode() + b"\nquorum none\n")
