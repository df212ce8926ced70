"""The shell verifier: it accepts what we write, and refuses each change with a word for it."""

import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from shutil import which

import pytest

from remit.ledger.bundle import write_bundle
from remit.ledger.checkpoint import sign_checkpoint
from remit.ledger.note import ED25519, SignedNote, VerifierKey, parse_note, sign_note
from tests.ledger.small_log import LOG_KEY, LOG_SIGNER, ORIGIN, OTHER_SIGNER, SmallLog, flip

TOOLS = ("sh", "openssl", "xxd", "sed", "sha256sum", "base64", "cmp", "mktemp")
SCRIPT = files("remit.ledger") / "verify.sh"
LOG = SmallLog(9)
OTHER_KEY = VerifierKey(ORIGIN, ED25519, OTHER_SIGNER.public_key)


def verify(*words: str | Path) -> tuple[int, str]:
    missing = [tool for tool in TOOLS if which(tool) is None]
    if missing:
        pytest.skip(f"not there: {', '.join(missing)}")
    ran = subprocess.run(["sh", str(SCRIPT), *map(str, words)], capture_output=True, text=True, check=False)
    return ran.returncode, (ran.stdout + ran.stderr).strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LOG.write(tmp_path)
    (tmp_path / "entry").write_bytes(LOG.entries[6])
    (tmp_path / "entry.tlog-proof").write_bytes(LOG.proof(6, extra=b"anything"))
    return tmp_path


@pytest.mark.parametrize("size", [1, 2, 9, 258])
def test_a_whole_log_is_accepted(size: int, tmp_path: Path) -> None:
    SmallLog(size).write(tmp_path)
    assert verify(LOG_KEY.text, tmp_path) == (0, f"ok: {size} entries are all that {ORIGIN} signed")


@pytest.mark.parametrize("index", range(9))
def test_one_entry_is_accepted_by_its_proof(index: int, tmp_path: Path) -> None:
    (tmp_path / "entry").write_bytes(LOG.entries[index])
    (tmp_path / "proof").write_bytes(LOG.proof(index))
    said = verify(LOG_KEY.text, tmp_path / "entry", tmp_path / "proof")
    assert said == (0, f"ok: {tmp_path / 'entry'} is entry {index} of the 9 that {ORIGIN} signed")


def test_a_checkpoint_with_the_lines_of_two_keys_is_accepted_by_either(folder: Path) -> None:
    note = LOG.checkpoint()
    both = SignedNote(note.text, (sign_note(note.text, ORIGIN, OTHER_SIGNER), *note.signatures))
    (folder / "checkpoint").write_bytes(both.content())
    assert verify(LOG_KEY.text, folder)[0] == 0
    assert verify(OTHER_KEY.text, folder)[0] == 0


CHANGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "another signature": ("checkpoint", lambda note: flip(note, len(note) * 8 - 100), "the signature"),
    "another size": ("checkpoint", lambda note: note.replace(b"\n9\n", b"\n8\n"), "the signature"),
    "another origin": ("checkpoint", lambda note: note.replace(b"harbour\n9", b"haven\n9"), "the origin"),
    "no signature": ("checkpoint", lambda note: parse_note(note).text + b"\n", "which the key has not signed"),
    "another log's root": ("checkpoint", lambda _: SmallLog(10).checkpoint(9).content(), ""),
    "a root of its own": (
        "checkpoint",
        lambda _: sign_checkpoint(ORIGIN, 9, bytes(32), LOG_SIGNER).content(),
        "the root, which the entries do not give",
    ),
    "a short root": (
        "checkpoint",
        lambda note: note.replace(note.split(b"\n")[2], b"AAAA"),
        "is no hash",
    ),
    "an entry changed": ("tile/entries/000.p/9", lambda bundle: flip(bundle, 30), "which the entries do not give"),
    "an entry removed": ("tile/entries/000.p/9", lambda _: write_bundle(LOG.entries[:8]), "which ends early"),
    "an entry added": ("tile/entries/000.p/9", lambda _: write_bundle([*LOG.entries, b"!"]), "does not end with"),
    "entries swapped": ("tile/entries/000.p/9", lambda _: write_bundle(LOG.entries[::-1]), "do not give"),
    "a tile changed": ("tile/0/000.p/9", lambda tile: flip(tile, 5), "tile/0/000.p/9"),
    "a bundle gone": ("tile/entries/000.p/9", lambda _: b"", "which is missing"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_log_is_refused(name: str, folder: Path) -> None:
    path, change, says = CHANGES[name]
    content = change((folder / path).read_bytes())
    if content:
        (folder / path).write_bytes(content)
    else:
        (folder / path).unlink()
    code, said = verify(LOG_KEY.text, folder)
    if name == "another log's root":
        assert code == 0, "the root of nine entries is the same whatever comes after"
    else:
        assert (code, said.startswith("refused: "), says in said) == (1, True, True), said


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("entry", lambda entry: flip(entry, 3), "the root"),
        ("entry.tlog-proof", lambda proof: proof.replace(b"index 6", b"index 5"), "the root"),
        ("entry.tlog-proof", lambda proof: proof.replace(b"index 6", b"index 9"), "the index 9"),
        ("entry.tlog-proof", lambda proof: proof.replace(b"index 6\n", b"index 6\nAAAA\n"), "is no hash"),
        (
            "entry.tlog-proof",
            lambda proof: proof.replace(b"\n\n", b"\n" + proof.split(b"\n")[3] + b"\n\n", 1),
            "which is too long",
        ),
        ("entry.tlog-proof", lambda proof: proof.replace(proof.split(b"\n")[3] + b"\n", b""), "the root"),
        ("entry.tlog-proof", lambda proof: flip(proof, len(proof) * 8 - 100), "the signature"),
    ],
)
def test_a_changed_proof_is_refused(name: str, change: Callable[[bytes], bytes], says: str, folder: Path) -> None:
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    code, said = verify(LOG_KEY.text, folder / "entry", folder / "entry.tlog-proof")
    assert (code, says in said) == (1, True), said


def test_another_key_is_refused(folder: Path) -> None:
    code, said = verify(OTHER_KEY.text, folder)
    assert (code, said) == (1, "refused: the checkpoint, which the key has not signed")
    wrong = LOG_KEY.text.replace(LOG_KEY.ident.hex(), OTHER_KEY.ident.hex())
    assert verify(wrong, folder) == (1, "refused: the key's ID")


def test_an_empty_log_shows_nothing(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(sign_checkpoint(ORIGIN, 0, bytes(32), LOG_SIGNER).content())
    assert verify(LOG_KEY.text, folder) == (1, "refused: the size")
