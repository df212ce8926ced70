"""Answers as they come in: envelopes, signed files, minisign, paper; what is forged, and what is none at all."""

import base64
import gzip
import hashlib
import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.attest.envelope import Envelope, read_envelope
from remit.attest.predicates.receipt import PREDICATE_TYPE, Receipt
from remit.attest.signer import PemSigner, read_signer
from remit.attest.ssh_signature import verify_ssh_signature
from remit.attest.statement import Statement, Subject, read_statement
from remit.attest.suppliers.desk import Desk
from remit.attest.suppliers.keys import key_ident, read_key
from remit.attest.suppliers.minisign import verify_minisign
from remit.attest.suppliers.original import Original, read_original
from remit.attest.suppliers.receipt import make_receipt, sign_file
from remit.attest.suppliers.register import Round, Supplier
from remit.attest.suppliers.resolver import Known, resolve
from remit.attest.suppliers.statement import Answer, Claim, Form, Issued
from remit.attest.suppliers.status import Status
from remit.errors import EvidenceRefused, RemitError, TermsUnusable
from remit.ledger.signer import FileSigner
from tests.attest.suppliers.asked import ANSWERED, ASKED, AT, ORDER, round_of, supplier
from tests.attest.suppliers.handed_in import NONCE, answer_of, draw_key, sign_with_ssh_keygen

ISSUED = {NONCE: Issued(NONCE, "s2", "round-1", ORDER, ASKED)}
# The example of minisign's own documentation, as its verifiers test themselves by.
MINISIGN_KEY = "minisign RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"  # misspelt on purpose, says typos
MINISIGN = b"""\
untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==
"""


def asking(*keys: str) -> tuple[Round, Supplier]:
    asked = supplier("s2", keys=tuple(map(read_key, keys)))
    return round_of(asked), asked


def status_of(answer: Answer, rounds: Round) -> Status:
    return resolve(rounds, Known(tuple(ISSUED.values()), (answer,)), AT).nodes["s2"].status


def read(rounds: Round, content: bytes, signature: bytes = b"", **more: str) -> Answer:
    return read_original(Original("s2.answer.yaml", content, signature, **more), rounds, ISSUED, ANSWERED)


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "id"
    return path, draw_key(path)


def test_a_file_that_ssh_keygen_signed_stands(key: tuple[Path, str], tmp_path: Path) -> None:
    rounds, asked = asking(f"a@s2.example {key[1]}")
    path = tmp_path / "s2.answer.yaml"
    path.write_bytes(answer_of(rounds, asked))
    sign_with_ssh_keygen(key[0], path)
    signature = path.with_name(f"{path.name}.sig").read_bytes()
    answer = read(rounds, path.read_bytes(), signature)
    assert (answer.form, status_of(answer, rounds)) == (Form.SSH, Status.CLEAN)
    changed = read(rounds, path.read_bytes().replace(b"seen: 12", b"seen: 99"), signature)
    assert status_of(changed, rounds) is Status.BAD_SIGNATURE
    torn = read(rounds, path.read_bytes(), signature[:90])
    assert status_of(torn, rounds) is Status.BAD_SIGNATURE
    others, _ = asking()
    assert status_of(read(others, path.read_bytes(), signature), others) is Status.UNKNOWN_KEY


def test_a_signature_for_another_purpose_is_none(key: tuple[Path, str], tmp_path: Path) -> None:
    rounds, asked = asking(key[1])
    path = tmp_path / "s2.answer.yaml"
    path.write_bytes(answer_of(rounds, asked))
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(key[0]), str(path)]
    subprocess.run(words, check=True, capture_output=True)
    answer = read(rounds, path.read_bytes(), path.with_name(f"{path.name}.sig").read_bytes())
    assert status_of(answer, rounds) is Status.BAD_SIGNATURE


def test_the_signature_we_write_on_a_request_verifies_with_ssh_keygen(key: tuple[Path, str], tmp_path: Path) -> None:
    content = b"a request\n"
    for signer, line in (
        (read_signer(key[0]), key[1]),
        (PemSigner(pem := FileSigner.generate(), "pem"), public_line_of(pem)),
    ):
        (tmp_path / "sig").write_bytes(sign_file(content, signer))
        (tmp_path / "allowed").write_text(f"quayside {line}\n", encoding="utf-8")
        words = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "quayside", "-n", "remit-attestation@v1"]
        ran = subprocess.run([*words, "-s", "sig"], input=content, capture_output=True, check=False, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr


def public_line_of(pem: FileSigner) -> str:
    blob = PemSigner(pem, "").key.blob
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def test_minisign_verifies_its_own_example_and_refuses_it_changed() -> None:
    ident = read_key(MINISIGN_KEY).ident
    assert verify_minisign(b"test", MINISIGN, [ident]) == ident
    assert verify_minisign(b"test", MINISIGN.replace(b"\n", b"\r\n"), [ident]) == ident
    assert verify_minisign(b"test", MINISIGN, []) == ""
    for changed in (
        MINISIGN.replace(b"file:test", b"file:best"),
        MINISIGN.replace(b"wLMD", b"wLME"),
        MINISIGN.replace(b"\nRUQ", b"\nRWQ"),
        MINISIGN.replace(b"trusted comment: time", b"comment: time"),
        MINISIGN[:-3],
        MINISIGN + MINISIGN,
    ):
        with pytest.raises(EvidenceRefused):
            verify_minisign(b"test", changed, [ident])
    with pytest.raises(EvidenceRefused):
        verify_minisign(b"best", MINISIGN, [ident])


def minisign(content: bytes) -> tuple[str, bytes]:
    """Sign as minisign does, with a key drawn here."""
    private, number, comment = Ed25519PrivateKey.generate(), b"12345678", b"timestamp:1\tfile:x\thashed"
    made = private.sign(hashlib.blake2b(content).digest())
    over_all = private.sign(made + comment)
    lines = (
        b"untrusted comment: x", base64.b64encode(b"ED" + number + made),
        b"trusted comment: " + comment, base64.b64encode(over_all),
    )  # fmt: skip
    public = base64.b64encode(b"Ed" + number + private.public_key().public_bytes_raw()).decode()
    return f"minisign {public}", b"\n".join(lines) + b"\n"


def test_a_file_that_minisign_signed_stands_by_its_pinned_key() -> None:
    content = answer_of(*asking())
    line, signature = minisign(content)
    rounds, _ = asking(line)
    answer = read(rounds, content, signature)
    assert (answer.form, status_of(answer, rounds)) == (Form.MINISIGN, Status.CLEAN)
    others, _ = asking()
    assert status_of(read(others, content, signature), others) is Status.UNKNOWN_KEY
    assert status_of(read(rounds, content + b"#", signature), rounds) is Status.BAD_SIGNATURE


def test_paper_is_taken_in_by_name_and_grade_e0_and_not_otherwise() -> None:
    rounds, asked = asking()
    content = answer_of(rounds, asked)
    assert status_of(read(rounds, content, transcribed_by="R. Amadi"), rounds) is Status.TRANSCRIBED
    with pytest.raises(EvidenceRefused, match="bears no signature"):
        read(rounds, content)


def integration(**changes: object) -> dict[str, object]:
    return {
        "order": {"id": ORDER.id, "version": 3, "digest": {"sha256": "a" * 64}},
        "target": {"provider": "halden", "models": ["*"], "lineage": "including-derived"},
        "status": "not-found",
        "role": "developer",
        "scope": {"org": "urn:s2", "contracts": ["harbour-watch"]},
        "method": {
            "kind": "scan",
            "tool": "remit 0.1.0",
            "surfaces": [{"name": "repositories", "seen": 3, "unread": 0}],
        },
        "findings": {"open": 0, "accepted": 0, "evidence": []},
        "none": "We do all of it ourselves.",
        "validFrom": "2026-08-12T00:00:00Z",
        "validUntil": "2026-11-10T00:00:00Z",
        "request": NONCE,
        **changes,
    }


def envelope(signer: PemSigner, **changes: object) -> bytes:
    subject = Subject("git+https://git.s2.example/nav", {"gitCommit": "d" * 40})
    made = Envelope(
        Statement(
            (subject,), "https://remit.example/attestation/model-integration/v0.1", integration(**changes)
        ).payload()
    )
    return made.with_signature(signer.sign(made.message)).content()


@pytest.fixture
def signer() -> PemSigner:
    return PemSigner(FileSigner.generate(), "s2")


def test_an_envelope_stands_by_a_raw_signature_of_a_pinned_key(signer: PemSigner) -> None:
    rounds, _ = asking(f"ssh-ed25519 {key_ident(signer.key.blob)}")
    answer = read(rounds, envelope(signer))
    assert (answer.form, answer.statement.supplier, status_of(answer, rounds)) == (Form.DSSE, "s2", Status.CLEAN)
    others, _ = asking()
    assert status_of(read(others, envelope(signer)), others) is Status.BAD_SIGNATURE


def test_an_envelope_stands_by_an_ssh_signature(key: tuple[Path, str]) -> None:
    rounds, _ = asking(key[1])
    answer = read(rounds, envelope(read_signer(key[0])))  # type: ignore[arg-type]
    assert status_of(answer, rounds) is Status.CLEAN
    others, _ = asking()
    assert status_of(read(others, envelope(read_signer(key[0]))), others) is Status.UNKNOWN_KEY  # type: ignore[arg-type]


def test_an_envelope_says_what_a_file_would(signer: PemSigner) -> None:
    rounds, _ = asking(f"ssh-ed25519 {key_ident(signer.key.blob)}")
    surfaces = [
        {"name": "repositories", "seen": 3, "unread": 2},
        {"name": "bills", "seen": 0, "unread": "not inquired"},
    ]
    method = {"kind": "scan", "tool": "remit 0.1.0", "surfaces": surfaces}
    answer = read(rounds, envelope(signer, status="not-found with gaps", method=method))
    node = resolve(rounds, Known(tuple(ISSUED.values()), (answer,)), AT).nodes["s2"]
    assert node.says == ("bills: not looked at, not inquired", "repositories: 2 of 5 not read")
    removed = [{"what": "heron-4", "on": "2026-07-14", "replacedBy": "osprey-2"}, {"what": "more", "on": "in May"}]
    said = read(rounds, envelope(signer, status="removed", removed=removed)).statement
    assert (said.claim, said.removed[0].on) == (Claim.REMOVED, datetime(2026, 7, 14, tzinfo=UTC))
    rows = [{"id": "s7", "statement": {"sha256": "7" * 64}}, {"id": "s8", "missing": "no answer"}]
    edges = read(rounds, envelope(signer, status="not-found with gaps", suppliers=rows)).statement.edges
    assert [(edge.supplier, edge.statement[:9], edge.missing) for edge in edges] == [
        ("s7", "sha256:77", ""), ("s8", "", "no answer"),
    ]  # fmt: skip


def test_what_the_scope_of_an_envelope_leaves_out_is_told_and_no_gap(signer: PemSigner) -> None:
    rounds, _ = asking(f"ssh-ed25519 {key_ident(signer.key.blob)}")
    excluded = [{"what": "files outside of apps/**", "why": "they serve another contract"}]
    scope = {"org": "urn:s2", "contracts": ["harbour-watch"], "excluded": excluded}
    answer = read(rounds, envelope(signer, scope=scope))
    node = resolve(rounds, Known(tuple(ISSUED.values()), (answer,)), AT).nodes["s2"]
    assert node.status is Status.CLEAN
    assert node.says == ("left out: files outside of apps/**, they serve another contract",)


def test_whose_an_envelope_is_comes_from_our_nonce_our_word_or_its_key(
    signer: PemSigner, key: tuple[Path, str]
) -> None:
    ssh = read_signer(key[0])
    rounds, _ = asking(key[1])
    content = envelope(ssh, request="of-somebody-else")  # type: ignore[arg-type]
    assert read(rounds, content).statement.supplier == "s2"
    unknown = envelope(signer, request="of-somebody-else")
    assert read(rounds, unknown, supplier="s9").statement.supplier == "s9"
    with pytest.raises(EvidenceRefused, match="say it with --supplier"):
        read(rounds, unknown)
    with pytest.raises(EvidenceRefused, match="not a supplier's name"):
        read(rounds, unknown, supplier="../x")


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.yaml", b"0" * 10_000_000)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"x" * (1024 * 1024 + 1), "and no answer has"),
        (zipped(), "a zip archive"),
        (gzip.compress(b"0" * 1_000_000), "a gzip file"),
        (b"%PDF-1.7", "somebody has to transcribe"),
        (b"{", "cannot be read"),
        (b'{"payload": "", "payloadType": "text/plain", "signatures": []}', "signatures"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 50, "expected keys with values"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"form: x\n\x1b[2J", "control character"),
        (b"- 1", "expected keys with values"),
        (b"form: &a x", "anchor"),
        (b"!!python/object:x {}", "tag"),
    ],
)
def test_what_is_no_answer_is_refused_and_leaves_nothing_behind(content: bytes, says: str, tmp_path: Path) -> None:
    rounds, _ = asking()
    with pytest.raises((EvidenceRefused, TermsUnusable), match=says):
        read(rounds, content, transcribed_by="R. Amadi")
    assert list(tmp_path.iterdir()) == []


def test_an_envelope_of_another_kind_is_refused(signer: PemSigner) -> None:
    rounds, _ = asking()
    with pytest.raises(EvidenceRefused, match="not an in-toto statement"):
        read(rounds, Envelope(b"x", (signer.sign(b"x"),), "text/plain").content())
    other = Envelope(Statement((Subject("x", {"sha256": "0" * 64}),), "https://x.example/p", {}).payload())
    with pytest.raises(EvidenceRefused, match="not https://remit"):
        read(rounds, other.with_signature(signer.sign(other.message)).content())
    with pytest.raises(EvidenceRefused, match="not a supplier's name"):
        read(rounds, envelope(signer, status="not-found with gaps", suppliers=[{"id": "../x", "missing": "y"}]))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_bring_anything_but_an_answer_or_a_refusal(content: bytes, signature: bytes) -> None:
    rounds, asked = asking()
    for given_content in (content, b"{" + content, answer_of(rounds, asked)):
        try:
            answer = read(rounds, given_content, signature or b"-")
        except RemitError:
            continue
        assert answer.damage


# The folder that a round is kept in.


def desk_with(folder: Path, *originals: Original) -> Desk:
    desk = Desk(folder)
    desk.send(ISSUED[NONCE])
    for each in originals:
        desk.take(each, ANSWERED, "quayside")
    return desk


def test_what_came_in_is_kept_byte_for_byte_and_read_again_from_there(tmp_path: Path) -> None:
    rounds, asked = asking()
    content = answer_of(rounds, asked)
    desk_with(tmp_path, Original("s2.answer.yaml", content, transcribed_by="R. Amadi"))
    kept = tmp_path / "originals" / hashlib.sha256(content).hexdigest()
    assert kept.read_bytes() == content
    again = Desk(tmp_path)
    assert again.sent() == ISSUED
    assert [status_of(answer, rounds) for answer in again.answers(rounds)] == [Status.TRANSCRIBED]


def test_the_same_answer_twice_is_one_and_its_first_coming_counts(tmp_path: Path) -> None:
    rounds, asked = asking()
    original = Original("s2.answer.yaml", answer_of(rounds, asked), transcribed_by="R. Amadi")
    desk = desk_with(tmp_path, original)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    taken, is_new = Desk(tmp_path).take(original, AT, "quayside")
    assert (taken.received, is_new) == (ANSWERED, False)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert len(desk.taken()) == 1


@pytest.mark.parametrize("folder", ["originals", "taken", "sent"])
@pytest.mark.parametrize("change", ["cut", "flip", "gone"])
def test_what_was_changed_on_the_desk_ends_the_reading(tmp_path: Path, folder: str, change: str) -> None:
    rounds, asked = asking()
    desk_with(tmp_path, Original("s2.answer.yaml", answer_of(rounds, asked), transcribed_by="R. Amadi"))
    path = next(path for path in sorted((tmp_path / folder).iterdir()))
    content = path.read_bytes()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if change == "cut" else content.replace(b"s2", b"s3"))
    if (change == "gone" and folder != "originals") or (folder, change) == ("sent", "flip"):
        again = Desk(tmp_path)
        answers = again.answers(rounds)
        resolution = resolve(rounds, Known(tuple(again.sent().values()), tuple(answers)), AT)
        assert not resolution.whole.is_green, "what is lost never makes it better"
        return
    with pytest.raises(EvidenceRefused):
        (Desk(tmp_path).sent(), Desk(tmp_path).answers(rounds))


def test_a_write_that_fails_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds, asked = asking()
    desk = desk_with(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        desk.take(Original("a", answer_of(rounds, asked), transcribed_by="x"), ANSWERED, "quayside")
    assert [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path not in before] == []


def test_a_receipt_is_a_signed_statement_about_these_bytes(tmp_path: Path, key: tuple[Path, str]) -> None:
    rounds, asked = asking()
    content = answer_of(rounds, asked)
    original = Original("s2.answer.yaml", content, transcribed_by="R. Amadi")
    taken, _ = desk_with(tmp_path / "desk").take(original, ANSWERED, "quayside")
    receipt = make_receipt(read(rounds, content, transcribed_by="R. Amadi"), taken, "quayside", read_signer(key[0]))
    found = read_envelope(receipt)
    assert key_ident(verify_ssh_signature(found.message, found.signatures[0].signature)) == read_key(key[1]).ident
    statement = read_statement(found.payload)
    assert statement.predicate_type == PREDICATE_TYPE
    said = Receipt.from_dict(dict(statement.predicate))
    assert (said.received_from, said.received_by, said.statement) == (
        "s2",
        "quayside",
        hashlib.sha256(content).hexdigest(),
    )
    assert (said.form, said.transcribed_by, said.request) == ("transcribed", "R. Amadi", NONCE)


def test_a_receipt_is_read_by_the_libraries_of_others(tmp_path: Path, signer: PemSigner) -> None:
    dsse = pytest.importorskip("securesystemslib.dsse")
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not there")
    rounds, asked = asking()
    content = answer_of(rounds, asked)
    original = Original("s2.answer.yaml", content, transcribed_by="x")
    taken, _ = desk_with(tmp_path).take(original, ANSWERED, "quayside")
    receipt = make_receipt(read(rounds, content, transcribed_by="x"), taken, "quayside", signer)
    import json

    record = json.loads(receipt)
    assert dsse.Envelope.from_dict(record).payload == read_envelope(receipt).payload
