"""Verification: every change that must be refused, each with the step that refuses it, and what a grade rests on."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.attest.envelope import EnvelopeSignature, read_envelope
from remit.attest.files import (
    ABOUT,
    ASSESSMENT,
    BOM,
    ENTRY,
    ENVELOPE,
    FINDINGS,
    PROOF,
    READING,
    RECONCILIATION,
    SARIF,
    SCRIPT,
    SIGNERS,
)
from remit.attest.predicates.assessment import PREDICATE_TYPE as ASSESSED
from remit.attest.predicates.model_integration import Surface
from remit.attest.predicates.receipt import PREDICATE_TYPE as RECEIVED
from remit.attest.predicates.reconciliation import PREDICATE_TYPE as RECONCILED
from remit.attest.ssh_signature import sign_with_key
from remit.attest.trust import Revocations, Trust, TrustedKey, ed25519_blob
from remit.attest.verify import Expected, Outcome, Repetition, Verification, Verified, verify_envelope, write_reading
from remit.errors import EvidenceRefused
from remit.ledger.cosignature import cosign
from remit.ledger.entry import make_draft
from remit.ledger.grade import Grade
from remit.ledger.kind import Kind
from remit.ledger.proof import make_inclusion
from remit.ledger.tlog_proof import write_proof
from remit.ledger.tree import leaf_hash
from tests.attest.signed import (
    AT,
    BUNDLE,
    COMPANIONS,
    MACHINE,
    PREDICATE,
    QUAYSIDE,
    SECRET,
    SUBJECT,
    TIDEWATER,
    TRUST,
    VALIDITY,
    SoftwareSecurityKey,
    alone,
    bundle,
    changed,
    envelope_of,
    refusal,
    refused,
    renewed,
    statement,
    verify,
)
from tests.attest.test_predicates import RECORDS
from tests.ledger.small_log import AT as SEEN
from tests.ledger.small_log import UNWITNESSED, WITNESS, WITNESS_SIGNER, WITNESSED, SmallLog

WYCHEPROOF = Path(__file__).parents[3] / "shared/vectors/wycheproof/ed25519_test.json"
DIGEST = hashlib.sha256(read_envelope(BUNDLE[ENVELOPE]).payload).hexdigest()
BOTH = Trust((QUAYSIDE.key, TIDEWATER.key))


def test_a_bundle_verifies_and_says_what_was_not_checked() -> None:
    result = verify()
    assert result.demand().statement.subjects == (SUBJECT,)
    assert (result.grade, dict(result.grades)) == (Grade.E1, {"repository": Grade.E1})
    assert [step.number for step in result.steps] == list(range(1, 22))
    passed = [step.name for step in result.steps if step.outcome is Outcome.PASS]
    assert passed == [
        "files", "envelope", "signature", "namespace", "key validity", "statement", "predicate", "validity",
        "companions", "reading copy",
    ]  # fmt: skip
    assert {step.outcome for step in result.steps if step.name not in passed} == {Outcome.NOT_CHECKED}


EVERYTHING = Expected("ministry-order-12", 3, "harbour-watch", f"gitTree:{'e' * 40}", "nonce-7")


def test_a_bundle_answers_what_was_asked() -> None:
    result = verify(trust=replace(TRUST, revoked=Revocations(), identity="quayside"), expected=EVERYTHING)
    assert result.refused is None
    asked = {"order", "scope", "subject", "nonce", "revocation"}
    assert {step.name for step in result.steps if step.outcome is Outcome.PASS} >= asked
    assert verify(expected=Expected(subject="d" * 40)).refused is None


@pytest.mark.parametrize(
    ("expected", "step"),
    [
        (Expected("ministry-order-13"), "order"),
        (Expected("ministry-order-12", 2), "order"),
        (Expected(contract="citizen-desk"), "scope"),
        (Expected(subject="f" * 40), "subject"),
        (Expected(subject=f"gitCommit:{'e' * 40}"), "subject"),
        (Expected(nonce="nonce-8"), "nonce"),
    ],
)
def test_a_statement_replayed_for_another_question_is_refused(expected: Expected, step: str) -> None:
    assert refusal(verify(expected=expected)) == step


def test_a_statement_of_another_kind_answers_no_question_about_an_order() -> None:
    content = envelope_of(statement(RECORDS["receipt"] | {"evidence": []}, RECEIVED))
    result = alone(content)
    assert result.refused is None
    assert (result.grade, dict(result.grades)) == (Grade.E1, {"the signature": Grade.E1})
    files = {ENVELOPE: content}
    assert refusal(verify(files, expected=Expected("ministry-order-12"))) == "order"
    assert refusal(verify(files, expected=Expected(contract="harbour-watch"))) == "scope"
    assert refusal(verify(files, expected=Expected(nonce="other"))) == "nonce"


FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"payloadType": "application/json"}, "envelope"),
    ({"payloadType": ""}, "envelope"),
    ({"payload": base64.b64encode(statement(renewed(request="x").as_dict()).payload()).decode()}, "signature"),
    ({"payload": ""}, "signature"),
    ({"signatures": [{"keyid": QUAYSIDE.key.ident, "sig": ""}]}, "signature"),
    ({"signatures": [{"keyid": TIDEWATER.key.ident, "sig": json.loads(BUNDLE[ENVELOPE])["signatures"][0]["sig"]}]},
     "signature"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "step"), FIELDS)
def test_each_field_of_the_envelope_is_held(fields: dict[str, Any], step: str) -> None:
    assert refusal(alone(changed(BUNDLE[ENVELOPE], **fields))) == step


@given(st.sampled_from(sorted(set(BUNDLE) - {SIGNERS})), st.data())
def test_any_byte_of_any_file_changed_refuses(name: str, data: st.DataObject) -> None:
    content = bytearray(BUNDLE[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    steps = {ENVELOPE: {"envelope", "signature", "namespace"}, READING: {"reading copy"}}
    assert refusal(verify(BUNDLE | {name: bytes(content)})) in steps.get(name, {"companions"})


@pytest.mark.parametrize("name", [FINDINGS, BOM, SARIF, ABOUT, SCRIPT])
def test_a_file_that_was_taken_away_is_missed(name: str) -> None:
    assert refusal(verify({key: content for key, content in BUNDLE.items() if key != name})) == "companions"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("more.txt", "companions"),
        ("../outside", "files"),
        ("/etc/passwd", "files"),
        ("a/../../b", "files"),
        ("a\\b", "files"),
        ("", "files"),
        (".hidden", "files"),
        ("a\nb", "files"),
        ("-rf", "files"),
        ("a/b/c/d/e", "files"),
        ("x" * 200, "files"),
        ("\u00e9", "files"),
    ],
)
def test_a_file_that_nobody_signed_for_or_with_a_strange_name_is_refused(name: str, step: str) -> None:
    assert refusal(verify({**BUNDLE, name: b""})) == step


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", ENVELOPE, SIGNERS, "a..b"])
def test_a_companion_is_not_looked_for_under_a_strange_name(name: str) -> None:
    record = PREDICATE.as_dict()
    record["findings"]["evidence"] = [{"name": name, "digest": {"sha256": hashlib.sha256(b"").hexdigest()}}]
    files = {ENVELOPE: envelope_of(statement(record)), FINDINGS: b""}
    assert refusal(verify(files)) == "companions"


def test_without_an_envelope_nothing_is_looked_at() -> None:
    result = verify({})
    assert refusal(result) == "files"
    assert (result.grade, result.grades) == (Grade.E0, {})
    with refused("files"):
        result.demand()
    with refused("files"):
        Verification((), None, {}, Grade.E0).demand()


def test_an_envelope_may_come_alone_and_says_so() -> None:
    result = verify({ENVELOPE: BUNDLE[ENVELOPE]})
    says = {step.name: step.says for step in result.steps}
    assert (result.refused, says["companions"], says["reading copy"]) == (
        None,
        "the envelope came alone",
        "there is no statement.json",
    )


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (AT - timedelta(seconds=1), "validity"),
        (VALIDITY.end, "validity"),
        (VALIDITY.end - timedelta(seconds=1), None),
    ],
)
def test_a_statement_counts_from_its_instant_until_before_its_end(at: Any, step: str | None) -> None:
    result = verify(at=at)
    assert (None if result.refused is None else result.refused.name) == step


def key(**fields: Any) -> Trust:
    return Trust((replace(QUAYSIDE.key, **fields),))


@pytest.mark.parametrize(
    ("trust", "step"),
    [
        (Trust((TIDEWATER.key,)), "signature"),
        (Trust(()), "signature"),
        (Trust((TrustedKey("quayside", QUAYSIDE.key.blob, raw=True),)), "signature"),
        (replace(TRUST, identity="tidewater"), "signature"),
        (key(namespaces=("git",)), "namespace"),
        (replace(TRUST, namespace="remit-instrument@v1"), "namespace"),
        (key(start=AT + timedelta(seconds=1)), "key validity"),
        (key(end=AT - timedelta(seconds=1)), "key validity"),
        (key(start=AT - timedelta(2), end=AT - timedelta(1)), "key validity"),
        (replace(TRUST, revoked=Revocations(blobs=frozenset({QUAYSIDE.key.blob}))), "revocation"),
    ],
)
def test_a_key_that_does_not_count_is_refused_at_its_step(trust: Trust, step: str) -> None:
    assert refusal(verify(trust=trust)) == step


def test_a_key_inside_gives_no_more_than_an_assertion() -> None:
    result = verify(trust=replace(TRUST, pinned=False))
    assert (result.refused, result.grade, result.grades["repository"]) == (None, Grade.E0, Grade.E0)
    assert "a key found inside the bundle, which shows nothing" in result.steps[2].says


@pytest.mark.parametrize(("flags", "step"), [(0, "presence"), (4, "presence"), (1, None), (5, None)])
def test_a_security_key_counts_only_when_somebody_touched_it(flags: int, step: str | None) -> None:
    signer = SoftwareSecurityKey(flags)
    result = alone(envelope_of(statement(), signer), Trust((signer.key,)))
    assert (None if result.refused is None else result.refused.name) == step
    if step is None:
        assert result.steps[4].says == "somebody touched the security key"


def test_a_key_in_pem_signs_in_no_namespace() -> None:
    result = verify(bundle(MACHINE), Trust((MACHINE.key,)))
    assert result.refused is None
    assert result.steps[3].says == "a key in PEM signs in no namespace"
    broken = changed(bundle(MACHINE)[ENVELOPE], payload="e30=")
    assert refusal(alone(broken, Trust((MACHINE.key,)))) == "signature"
    plain = json.loads(broken)
    del plain["signatures"][0]["keyid"]
    assert refusal(alone(json.dumps(plain).encode(), Trust((MACHINE.key,)))) == "signature"


def test_a_raw_signature_does_not_count_for_a_key_of_openssh_nor_the_other_way_about() -> None:
    said = statement()
    envelope = read_envelope(envelope_of(said))
    raw = EnvelopeSignature(SECRET.sign(envelope.message))
    assert refusal(alone(replace(envelope, signatures=(raw,)).content())) == "signature"
    pinned = TrustedKey("quayside", ed25519_blob(SECRET.public_key().public_bytes_raw()), raw=True)
    assert refusal(alone(envelope.content(), Trust((pinned,)))) == "signature"


def test_two_may_sign_and_each_is_named() -> None:
    files = bundle(QUAYSIDE, TIDEWATER, MACHINE)
    trust = Trust((QUAYSIDE.key, TIDEWATER.key, MACHINE.key))
    assert [each.principal for each in verify(files, trust).demand().signers] == [
        "quayside",
        "tidewater",
        "quayside-ci",
    ]
    assert [each.principal for each in verify(files).demand().signers] == ["quayside"]
    assert verify(files, replace(BOTH, identity="tidewater")).refused is None


def test_a_strangers_signature_is_passed_over_whether_it_holds_or_not() -> None:
    envelope = read_envelope(bundle(TIDEWATER, QUAYSIDE)[ENVELOPE])
    stranger, known = envelope.signatures
    broken = TIDEWATER.sign(b"something else")
    hint = replace(stranger, keyid="SHA256:nobody")
    for first in (stranger, broken, hint, EnvelopeSignature(b"raw", "nobody"), EnvelopeSignature(b"raw")):
        assert alone(replace(envelope, signatures=(first, known)).content()).refused is None


def test_a_known_key_whose_signature_fails_refuses_although_another_holds() -> None:
    envelope = read_envelope(bundle(QUAYSIDE, TIDEWATER)[ENVELOPE])
    first, second = envelope.signatures
    broken = TIDEWATER.sign(b"something else")
    other = EnvelopeSignature(sign_with_key(SECRET, QUAYSIDE.key.blob, envelope.message, "git"), QUAYSIDE.key.ident)
    for signatures, step in (
        ((first, broken), "signature"),
        ((broken, first), "signature"),
        ((second, other), "namespace"),
        ((first, replace(second, keyid=QUAYSIDE.key.ident)), "signature"),
        ((first, replace(second, keyid="SHA256:nobody")), "signature"),
    ):
        assert refusal(alone(replace(envelope, signatures=signatures).content(), BOTH)) == step


def test_signatures_swapped_between_their_rows_are_refused() -> None:
    envelope = read_envelope(bundle(QUAYSIDE, TIDEWATER)[ENVELOPE])
    first, second = envelope.signatures
    swapped = (replace(first, signature=second.signature), replace(second, signature=first.signature))
    assert refusal(alone(replace(envelope, signatures=swapped).content(), BOTH)) == "signature"


def test_the_reading_copy_must_say_the_same() -> None:
    other = write_reading(statement(renewed(request="x").as_dict()))
    assert refusal(verify(BUNDLE | {READING: other})) == "reading copy"


def entry_of(digest: str, kind: Kind = Kind.MESSAGE) -> bytes:
    fields = {"digest": f"sha256:{digest}", "type": "model-integration"} if kind is Kind.MESSAGE else {}
    return make_draft(kind, "log", fields).write(3, 3, "2026-09-01T12:00:00.000Z")


def logged(entry: bytes, *, witnessed: bool) -> dict[str, bytes]:
    log = SmallLog(9)
    log.entries[3], log.leaves[3] = entry, leaf_hash(entry)
    plain = log.checkpoint()
    lines = (*plain.signatures, *([cosign(plain.text, WITNESS, WITNESS_SIGNER, SEEN)] if witnessed else []))
    note = replace(plain, signatures=lines).content()
    return BUNDLE | {ENTRY: entry, PROOF: write_proof(3, make_inclusion(3, 9, log.node), note)}


def test_a_cosigned_log_gives_a_better_grade_and_an_uncosigned_one_does_not() -> None:
    files = logged(entry_of(DIGEST), witnessed=True)
    assert verify(files, policy=WITNESSED).grade is Grade.E3
    assert verify(logged(entry_of(DIGEST), witnessed=False), policy=UNWITNESSED).grade is Grade.E1
    without = verify(files)
    assert (without.grade, without.steps[16].outcome) == (Grade.E1, Outcome.NOT_CHECKED)


def test_a_log_that_commits_to_something_else_is_refused() -> None:
    for entry in (entry_of("0" * 64), entry_of("", Kind.BEAT)):
        assert refusal(verify(logged(entry, witnessed=True), policy=WITNESSED)) == "log"
    good = logged(entry_of(DIGEST), witnessed=True)
    assert refusal(verify(good | {ENTRY: entry_of(DIGEST) + b" "}, policy=WITNESSED)) == "log"
    assert refusal(verify(logged(entry_of(DIGEST), witnessed=False), policy=WITNESSED)) == "log"


def assessment(**fields: Any) -> dict[str, Any]:
    return {**RECORDS["assessment"], "statements": [{"sha256": DIGEST}], "evidence": [], **fields}


def reconciliation(**fields: Any) -> dict[str, Any]:
    record = {**RECORDS["reconciliation"], "statement": {"sha256": DIGEST}, "found": 3, "evidence": [], **fields}
    return {key: value for key, value in record.items() if key != "missing"}


def test_what_others_sign_for_it_raises_the_grade() -> None:
    reconciled = envelope_of(statement(reconciliation(), RECONCILED), TIDEWATER)
    assert verify(BUNDLE | {RECONCILIATION: reconciled}, BOTH).grade is Grade.E4
    short = envelope_of(statement(reconciliation(found=2), RECONCILED), TIDEWATER)
    assert verify(BUNDLE | {RECONCILIATION: short}, BOTH).grade is Grade.E1
    assessed = envelope_of(statement(assessment(), ASSESSED), TIDEWATER)
    result = verify(BUNDLE | {ASSESSMENT: assessed}, BOTH)
    assert (result.grade, result.steps[18].says) == (
        Grade.E5,
        "tidewater: upheld with reservations; bills were not shown",
    )


@pytest.mark.parametrize(
    ("name", "content", "step"),
    [
        (RECONCILIATION, envelope_of(statement(reconciliation(statement={"sha256": "0" * 64}), RECONCILED), TIDEWATER),
         "reconciliation"),
        (RECONCILIATION, envelope_of(statement(reconciliation(), RECONCILED)), "reconciliation"),
        (RECONCILIATION, envelope_of(statement(assessment(), ASSESSED), TIDEWATER), "reconciliation"),
        (RECONCILIATION, envelope_of(statement(reconciliation(), RECONCILED), MACHINE), "reconciliation"),
        (ASSESSMENT, envelope_of(statement(assessment(statements=[{"sha256": "0" * 64}]), ASSESSED), TIDEWATER),
         "assessment"),
        (ASSESSMENT, envelope_of(statement(assessment(result="not upheld"), ASSESSED), TIDEWATER), "assessment"),
        (ASSESSMENT, envelope_of(statement(assessment(validUntil="2026-09-01T12:00:01Z",
                                                      validFrom="2026-09-01T12:00:00.5Z"), ASSESSED), TIDEWATER),
         "assessment"),
        (ASSESSMENT, b"{}", "assessment"),
    ],
)  # fmt: skip
def test_what_others_sign_for_it_must_be_theirs_and_about_it(name: str, content: bytes, step: str) -> None:
    assert refusal(verify(BUNDLE | {name: content}, BOTH)) == step


def nothing(_: Verified) -> str:
    return "the same findings"


def something(_: Verified) -> str:
    raise EvidenceRefused("rescan", "it gives something else")


def test_looking_again_gives_the_grade_of_what_was_looked_at_again() -> None:
    repetitions = {"rescan": Repetition(nothing, ("repository",)), "redecide": Repetition(nothing)}
    result = verify(repetitions=repetitions)
    assert (result.grade, dict(result.grades)) == (Grade.E2, {"repository": Grade.E2})
    asked = Surface("bills", 1, 0, how="R. Amadi asked the accounts")
    method = replace(PREDICATE.method, surfaces=(*PREDICATE.method.surfaces, asked))
    files = bundle(predicate=renewed(method=method))
    mixed = verify(files, repetitions=repetitions)
    assert (mixed.grade, dict(mixed.grades)) == (Grade.E1, {"repository": Grade.E2, "bills": Grade.E1})
    assert refusal(verify(repetitions={"rescan": Repetition(something, ("repository",))})) == "rescan"
    nobody = verify(trust=replace(TRUST, pinned=False), repetitions=repetitions)
    assert nobody.grade is Grade.E0


def test_one_envelope_is_verified_without_a_bundle_and_raises_at_its_step() -> None:
    said, keys = verify_envelope(BUNDLE[ENVELOPE], TRUST, AT)
    assert (said.subjects, keys) == ((SUBJECT,), (QUAYSIDE.key,))
    with refused("signature"):
        verify_envelope(BUNDLE[ENVELOPE], Trust((TIDEWATER.key,)), AT)
    with refused("key validity"):
        verify_envelope(BUNDLE[ENVELOPE], key(end=AT - timedelta(1)), AT)
    with refused("revocation"):
        verify_envelope(BUNDLE[ENVELOPE], replace(TRUST, revoked=Revocations(blobs=frozenset({QUAYSIDE.key.blob}))), AT)


def test_signatures_verify_as_wycheproof_says() -> None:
    if not WYCHEPROOF.exists():
        pytest.skip("the vectors of Wycheproof are not beside the project")
    from remit.attest.envelope import Envelope
    from remit.attest.signatures import signers_of

    class Plain(Envelope):
        """An envelope whose message is its payload, so that vectors can be put in."""

        @property
        def message(self) -> bytes:
            return self.payload

    differ = []
    for group in json.loads(WYCHEPROOF.read_text(encoding="utf-8"))["testGroups"]:
        trust = Trust((TrustedKey("w", ed25519_blob(bytes.fromhex(group["publicKey"]["pk"])), raw=True),))
        for case in group["tests"]:
            envelope = Plain(bytes.fromhex(case["msg"]), (EnvelopeSignature(bytes.fromhex(case["sig"])),))
            try:
                signers_of(envelope, trust)
                holds = "valid"
            except EvidenceRefused:
                holds = "invalid"
            if holds != case["result"]:
                differ.append(case["tcId"])
    assert differ == []


def test_the_word_that_is_never_said_stands_in_no_file() -> None:
    for content in (*BUNDLE.values(), COMPANIONS.sarif):
        assert b"complian" not in content.lower()
        assert b"free of" not in content.lower()
