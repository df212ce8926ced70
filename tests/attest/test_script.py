"""The verifier as one file: it needs Python and cryptography, and says what `remit verify` says."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from remit.attest.files import ENVELOPE, FINDINGS
from remit.attest.script import sources, write_script
from remit.attest.signer import public_text
from tests.attest.signed import BUNDLE, QUAYSIDE

NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")
AT = "2026-09-01T12:00:00Z"
BARE = """
import runpy, sys
place, *sys.argv = sys.argv[1:]
sys.path.append(place)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
LOADED = """
import sys, remit.cli.verify
print(sorted({name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with the script, a bundle, the key, and a folder that holds cryptography and what it needs alone."""
    place = tmp_path_factory.mktemp("alone")
    (place / "remit-verify.py").write_bytes(write_script())
    (place / "allowed").write_text(public_text(QUAYSIDE.key), encoding="ascii")
    (place / "site").mkdir()
    for name in NEEDED:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            file = Path(found.origin)
            file = file.parent if found.submodule_search_locations else file
            (place / "site" / file.name).symlink_to(file)
    for name, content in BUNDLE.items():
        (place / "bundle" / name).parent.mkdir(exist_ok=True)
        (place / "bundle" / name).write_bytes(content)
    return place


def alone(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the script where nothing but the standard library and that folder can be imported."""
    command = [sys.executable, "-I", "-S", "-c", BARE, "site", "remit-verify.py", *words]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env=dict(os.environ))


def installed(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "remit", "verify", *words]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


TRUST = ("--allowed-signers", "allowed", "--at", AT)


def test_it_says_what_the_installed_command_says(place: Path) -> None:
    for words, code in (((*TRUST, "--json"), 0), ((*TRUST, "--nonce", "x"), 12), ((), 2)):
        ours, theirs = alone(place, "bundle", *words), installed(place, "bundle", *words)
        assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)
        assert ours.returncode == code


def test_it_finds_nothing_else_to_import(place: Path) -> None:
    look = "import sys; sys.path.append('site'); import remit"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", look], cwd=place, capture_output=True, check=False)
    assert b"No module named 'remit'" in ran.stderr


def test_it_refuses_what_was_changed(place: Path, tmp_path: Path) -> None:
    for name, content in (BUNDLE | {FINDINGS: b"{}"}).items():
        (tmp_path / name).write_bytes(content)
    ran = alone(place, str(tmp_path), *TRUST)
    assert (ran.returncode, "refused at the step companions" in ran.stdout) == (12, True)


def test_it_says_what_it_cannot_do_alone(place: Path) -> None:
    for words in (("bundle", *TRUST, "--rescan", "."), ("bundle", *TRUST, "--redecide", "."), ("--write-script", "x")):
        ran = alone(place, *words)
        assert (ran.returncode, "the whole of Remit" in ran.stderr) == (2, True)
    assert not (place / "x").exists()


def test_it_verifies_one_envelope_without_a_bundle(place: Path) -> None:
    assert alone(place, f"bundle/{ENVELOPE}", *TRUST).returncode == 0


def test_each_source_stands_there_unchanged_under_its_digest() -> None:
    text = write_script().decode()
    assert write_script().decode() == text
    named = dict(re.findall(r"^# (remit[\w.]*): sha256:([0-9a-f]{64})$", text, re.MULTILINE))
    assert named == {name: hashlib.sha256(source.encode()).hexdigest() for name, source in sources().items()}
    assert {"remit.attest.verify", "remit.cli.verify", "remit.ledger.tlog_proof", "remit.terms.signature"} <= set(named)
    assert not [name for name in named if name.split(".")[1:2] in (["scan"], ["gateway"], ["prove"], ["console"])]


def test_importing_the_command_imports_no_extra() -> None:
    look = f"import sys; sys.path[:0] = {sys.path!r}{LOADED}"
    ran = subprocess.run([sys.executable, "-S", "-c", look], capture_output=True, text=True, check=True)
    extras = set(re.findall(r"'([^']+)'", ran.stdout)) - {"__main__", "remit", *NEEDED}
    assert {name for name in extras if not name.startswith("_")} == set()
