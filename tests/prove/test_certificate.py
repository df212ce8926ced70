"""A certificate holds in a process that knows nothing of Remit, and each fault that is put into it is found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from remit.canonical import digest
from tests.house.console import ROOT, remit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHECKER = ROOT / "src" / "remit" / "prove" / "check_certificate.py"
HISTORY = ROOT / "tests" / "golden" / "history"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a folder of terms, with a copy of the checker and a certificate beside it."""
    place = tmp_path_factory.mktemp("certificate")
    shutil.copytree(HISTORY, place / "remit")
    shutil.copy(CHECKER, place / "check.py")
    ran = remit("terms", "prove", "--at", "2026-07-01", "--certificate", "certificate.json", within=place)
    assert ran.returncode == 11
    return place


def check(place: Path, name: str = "certificate.json") -> subprocess.CompletedProcess[str]:
    # Isolated, so that nothing but the standard library is there to help it.
    words = [sys.executable, "-I", "-S", "check.py", name, "remit"]
    return subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)


def test_it_holds_without_anything_installed(place: Path) -> None:
    ran = check(place)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "It holds: 4 rows of boundaries are never passed; 3 are not got round by words.\n"


def test_the_checker_is_short_enough_to_be_read() -> None:
    assert len(CHECKER.read_text(encoding="utf-8").splitlines()) <= 100


def sealed(certificate: dict[str, Any]) -> None:
    """Make the digest of the rows fit again, as somebody would who means to deceive."""
    form = certificate["form"]
    form.pop("digest")
    form["digest"] = digest(form)


def drop_claim(certificate: dict[str, Any]) -> None:
    del certificate["claims"][0]


def drop_proof(certificate: dict[str, Any]) -> None:
    certificate["claims"][0]["proof"] = {}


def nothing_permits(certificate: dict[str, Any]) -> None:
    certificate["claims"][0]["proof"] = {"nothing": True}


def drop_part(certificate: dict[str, Any]) -> None:
    claim = next(claim for claim in certificate["claims"] if "axis" in claim["proof"])
    claim["proof"]["parts"].pop()


def another_row(certificate: dict[str, Any]) -> None:
    rows = certificate["form"]["actions"]["invoke"]
    permit = next(place for place, row in enumerate(rows) if row["does"] == "permit")
    certificate["claims"][0]["proof"] = {"row": permit}


def no_boundary(certificate: dict[str, Any]) -> None:
    rows = certificate["form"]["actions"]["invoke"]
    certificate["claims"][0]["row"] = next(place for place, row in enumerate(rows) if not row["boundary"])


def hold_for_forbid(certificate: dict[str, Any]) -> None:
    certificate["claims"][0]["held_is_enough"] = True


def row_changed(certificate: dict[str, Any]) -> None:
    certificate["form"]["actions"]["invoke"][0]["box"][0] = "1"


def boundary_lifted(certificate: dict[str, Any]) -> None:
    rows = certificate["form"]["actions"]["invoke"]
    next(row for row in rows if row["boundary"])["lifted_by"] = [0]
    sealed(certificate)


def boundary_hidden(certificate: dict[str, Any]) -> None:
    rows = certificate["form"]["actions"]["invoke"]
    next(row for row in rows if row["boundary"])["boundary"] = False
    sealed(certificate)


def other_terms(certificate: dict[str, Any]) -> None:
    certificate["form"]["terms"] = "sha256:" + "0" * 64
    sealed(certificate)


def other_catalogue(certificate: dict[str, Any]) -> None:
    certificate["catalogue"] = "sha256:" + "0" * 64


def file_left_out(certificate: dict[str, Any]) -> None:
    certificate["files"].popitem()


FAULTS: list[Callable[[dict[str, Any]], None]] = [
    drop_claim,
    drop_proof,
    nothing_permits,
    drop_part,
    another_row,
    no_boundary,
    hold_for_forbid,
    row_changed,
    boundary_lifted,
    boundary_hidden,
    other_terms,
    other_catalogue,
    file_left_out,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_seeded_fault_is_found(place: Path, fault: Callable[[dict[str, Any]], None]) -> None:
    certificate = json.loads((place / "certificate.json").read_text(encoding="utf-8"))
    seeded = deepcopy(certificate)
    fault(seeded)
    assert seeded != certificate
    (place / "seeded.json").write_text(json.dumps(seeded), encoding="utf-8")
    ran = check(place, "seeded.json")
    assert ran.returncode == 1
    assert ran.stderr.startswith("The certificate does not hold: ")


def test_a_changed_file_is_found(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place, tmp_path / "copy")
    policy = tmp_path / "copy" / "remit" / "instruments" / "halden-usage-policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("500", "501"), encoding="utf-8")
    assert "the files of the folder are not those" in check(tmp_path / "copy").stderr
